import { describe, expect, test } from '@jest/globals';
import { CLIENT, type ConnectionContext, type Decoder, SERVER } from '../../src/wire/decoder.ts';
import { createDecoders } from '../../src/wire/decoders.ts';
import type { OperationDefinition } from '../../src/wire/operation.ts';
import { context, Driver, type Told } from './driver.ts';
import { block, concat, data, frame, get, headers, message, PREFACE, settings } from './http2_bytes.ts';
import * as pg from './postgresql.cases.ts';
import { command } from './redis.cases.ts';

/** Every attribute of a span and of its metric, and none beside them. */

const http = { routes: [], maxRoutes: 2, headers: { request: ['x-test'], response: [] }, query: 'scrub' } as const;
const decoderOf = (name: string): Decoder => {
  const found = createDecoders({ http, db: { query: 'obfuscate' } }).find((decoder) => decoder.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};
type Steps = readonly (readonly [side: 0 | 1, bytes: string | Uint8Array])[];

function play(decoder: Decoder, steps: Steps, overrides: Partial<ConnectionContext> = {}): readonly Told[] {
  const driver = new Driver(decoder, overrides);
  steps.forEach(([side, bytes], at) => {
    driver.data(side, typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, (at + 1) * 1e9, true);
  });
  return driver.told;
}

/** The definition of what a connection tells. */
function definitionOf(decoder: Decoder, steps: Steps, overrides: Partial<ConnectionContext>): OperationDefinition {
  const found: OperationDefinition[] = [];
  const sink = {
    operation: ({ definition }: { definition: OperationDefinition }) => found.push(definition),
    reject: () => undefined,
  };
  const session = decoder.open({ ...context, ...overrides }, sink);
  steps.forEach(([side, text], at) => {
    const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
    session.data(side, bytes, 0, bytes.length, at, true, true);
  });
  const [definition] = found;
  if (definition === undefined) throw new Error('nothing told');
  return definition;
}

const usual = { error: false, otlp: false, traceparent: '', tracestate: '' };
const asServer = {
  'server.address': '10.0.0.1',
  'server.port': 8080,
  'client.address': '10.0.0.2',
  'client.port': 40000,
  'network.peer.address': '10.0.0.2',
  'network.peer.port': 40000,
  'network.local.address': '10.0.0.1',
  'network.local.port': 8080,
};
const asClient = {
  'server.address': '10.0.0.2',
  'server.port': 40000,
  'network.peer.address': '10.0.0.2',
  'network.peer.port': 40000,
  'network.local.address': '10.0.0.1',
  'network.local.port': 8080,
};
const unix = {
  transport: 'unix',
  networkType: undefined,
  local: { address: '/run/db.sock', port: 0 },
  remote: { address: '', port: 0 },
} as const;

const queried: Steps = [
  [CLIENT, pg.startup],
  [SERVER, pg.hello],
  [CLIENT, pg.query("SELECT a FROM t WHERE b = 'x'")],
  [SERVER, pg.columns + pg.message('D', '\0\x01\0\0\0\x01a').repeat(3) + pg.complete('SELECT 3') + pg.ready],
];
const refused: Steps = [...queried.slice(0, 3), [SERVER, pg.failure('42P01') + pg.ready]];
const got: Steps = [
  [CLIENT, command('GET', 'k')],
  [SERVER, '$-1\r\n'],
];
const selected = {
  ...usual,
  name: 'SELECT t',
  start: 3e9,
  end: 4e9,
  'db.system.name': 'postgresql',
  'db.operation.name': 'SELECT',
  'db.collection.name': 't',
  'db.namespace': 'shop',
  'db.query.text': 'SELECT a FROM t WHERE b = ?',
  'db.query.summary': 'SELECT t',
  'db.response.returned_rows': 3,
  measurements: [1],
};
const metricValues = ['postgresql', 'SELECT', 't', 'shop', 'SELECT t', undefined, undefined];

describe('databases', () => {
  test.each<[string, string, Steps, Partial<ConnectionContext>, Told]>([
    ['a server', 'postgresql', queried, {}, { ...selected, ...asServer, metricValues }],
    [
      'a client',
      'postgresql',
      queried,
      { kind: 'client' },
      { ...selected, ...asClient, metricValues: [...metricValues, '10.0.0.2', 40000] },
    ],
    [
      'a server on a Unix socket',
      'redis',
      got,
      unix,
      {
        ...usual,
        name: 'GET',
        start: 1e9,
        end: 2e9,
        'db.system.name': 'redis',
        'db.operation.name': 'GET',
        'db.namespace': '0',
        'db.query.text': 'GET ?',
        'server.address': '/run/db.sock',
        'network.local.address': '/run/db.sock',
        'network.transport': 'unix',
        metricValues: ['redis', 'GET', undefined, '0', undefined, undefined, undefined],
        measurements: [1],
      },
    ],
    [
      'a client on a Unix socket',
      'redis',
      got,
      { ...unix, kind: 'client', local: unix.remote, remote: unix.local },
      {
        ...usual,
        name: 'GET',
        start: 1e9,
        end: 2e9,
        'db.system.name': 'redis',
        'db.operation.name': 'GET',
        'db.namespace': '0',
        'db.query.text': 'GET ?',
        'server.address': '/run/db.sock',
        'network.peer.address': '/run/db.sock',
        'network.transport': 'unix',
        metricValues: ['redis', 'GET', undefined, '0', undefined, undefined, undefined, '/run/db.sock', undefined],
        measurements: [1],
      },
    ],
    [
      'an error',
      'postgresql',
      refused,
      {},
      {
        ...selected,
        ...asServer,
        error: true,
        'db.response.returned_rows': undefined,
        'db.response.status_code': '42P01',
        'error.type': '42P01',
        metricValues: ['postgresql', 'SELECT', 't', 'shop', 'SELECT t', '42P01', '42P01'],
      },
    ],
  ])('%s', (_, name, steps, overrides, expected) => {
    expect(play(decoderOf(name), steps, overrides)).toEqual([expected]);
  });

  test.each(['client', 'server'] as const)('metric of a %s', (kind) => {
    const definition = definitionOf(decoderOf('postgresql'), queried, { kind });
    expect({ ...definition, metricKeys: definition.metricKeys.map(({ name }) => name) }).toEqual({
      protocol: 'postgresql',
      scope: 'sonde.postgresql',
      kind,
      metrics: [
        {
          name: `db.${kind}.operation.duration`,
          description: `Duration of database ${kind} operations.`,
          unit: 's',
          boundaries: [
            0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10,
          ],
        },
      ],
      metricKeys: [
        'db.system.name',
        'db.operation.name',
        'db.collection.name',
        'db.namespace',
        'db.query.summary',
        'db.response.status_code',
        'error.type',
        ...(kind === 'client' ? ['server.address', 'server.port'] : []),
      ],
    });
  });
});

const grpcType = { 'content-type': 'application/grpc' };
const asks = (path: string, more: Readonly<Record<string, string>> = {}, stream = 1): Uint8Array =>
  concat(
    headers(stream, { ...get(path, { ...grpcType, ...more }), ':method': 'POST' }),
    data(stream, message(3), true),
  );
const answers = (status: string, fields: Readonly<Record<string, string>>, stream = 1): Uint8Array =>
  headers(stream, { ':status': status, ...fields }, true);
const begun: Steps = [
  [CLIENT, concat(PREFACE, settings())],
  [SERVER, settings()],
];
const called = (path: string, more: Readonly<Record<string, string>> = {}): Steps => [
  ...begun,
  [CLIENT, asks(path, more)],
];
const unary: Steps = [
  ...called('/a.B/C', { 'user-agent': 'grpc-go/1', 'grpc-timeout': '5S', 'x-test': 'y' }),
  [SERVER, answers('200', { ...grpcType, 'grpc-status': '0' })],
];
const unaryTold = {
  ...usual,
  name: 'a.B/C',
  start: 3e9,
  end: 4e9,
  'rpc.system.name': 'grpc',
  'rpc.method': 'a.B/C',
  'rpc.status_code': 'OK',
  'user_agent.original': 'grpc-go/1',
  'sonde.rpc.request.messages': 1,
  'sonde.rpc.response.messages': 0,
  'sonde.rpc.timeout': 5,
  'http.request.header.x-test': ['y'],
  measurements: [1],
};

describe('gRPC', () => {
  test.each<[string, Steps, Partial<ConnectionContext>, Told]>([
    [
      'a server',
      unary,
      {},
      { ...unaryTold, ...asServer, 'server.address': 'example.com', metricValues: ['grpc', 'a.B/C', 'OK', undefined] },
    ],
    [
      'a client',
      unary,
      { kind: 'client' },
      {
        ...unaryTold,
        ...asClient,
        'server.address': 'example.com',
        'server.port': 8080,
        metricValues: ['grpc', 'a.B/C', 'OK', undefined, 'example.com', 8080],
      },
    ],
  ])('%s', (_, steps, overrides, expected) => {
    expect(play(decoderOf('http2'), steps, overrides)).toEqual([expected]);
  });

  /** What only a part of the attributes shows. */
  test.each<[string, Steps, Partial<ConnectionContext>, Told]>([
    [
      'no authority: the connection',
      [
        ...begun,
        [CLIENT, frame(1, 5, 1, block({ ':method': 'POST', ':path': '/a.B/C', ...grpcType }))],
        [SERVER, answers('200', { 'grpc-status': '0' })],
      ],
      { kind: 'client' },
      {
        'server.address': '10.0.0.2',
        'server.port': 40000,
        'user_agent.original': undefined,
        metricValues: ['grpc', 'a.B/C', 'OK', undefined, '10.0.0.2', 40000],
      },
    ],
    [
      'an authority without a port',
      [...called('/a.B/C', { ':authority': 'shop' }), [SERVER, answers('200', { 'grpc-status': '0' })]],
      { kind: 'client' },
      { 'server.address': 'shop', 'server.port': 80 },
    ],
    [
      'an authority without a port, under TLS',
      [...called('/a.B/C', { ':authority': 'shop' }), [SERVER, answers('200', { 'grpc-status': '0' })]],
      { kind: 'client', secure: true },
      { 'server.address': 'shop', 'server.port': 443 },
    ],
    [
      'a path that is no method',
      [...called('/a b'), [SERVER, answers('200', { 'grpc-status': '12' })]],
      {},
      {
        name: 'grpc',
        'rpc.method': '_OTHER',
        'rpc.method_original': 'a b',
        'rpc.status_code': 'UNIMPLEMENTED',
        error: true,
      },
    ],
    [
      'a Collector',
      [
        ...called('/opentelemetry.proto.collector.trace.v1.TraceService/Export'),
        [SERVER, answers('200', { 'grpc-status': '0' })],
      ],
      {},
      { otlp: true },
    ],
    [
      'a proxy that answers 400',
      [...called('/a.B/C'), [SERVER, answers('400', {})]],
      {},
      {
        'rpc.status_code': undefined,
        'http.response.status_code': 400,
        'error.type': '400',
        error: true,
        measurements: [1],
      },
    ],
    [
      'a proxy that answers 399',
      [...called('/a.B/C'), [SERVER, answers('399', {})]],
      {},
      { 'http.response.status_code': 399, 'error.type': 'missing_status' },
    ],
    [
      'an answer without a status',
      [...called('/a.B/C'), [SERVER, answers('200', grpcType)]],
      {},
      {
        'rpc.status_code': undefined,
        'http.response.status_code': undefined,
        'error.type': 'missing_status',
        error: true,
        'sonde.partial': undefined,
      },
    ],
  ])('%s', (_, steps, overrides, expected) => {
    const [told] = play(decoderOf('http2'), steps, overrides);
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, told?.[name]]))).toEqual(expected);
  });

  test.each<[string, string | undefined]>([
    ['OK', undefined],
    ['CANCELLED', undefined],
    ['UNKNOWN', 'UNKNOWN'],
    ['INVALID_ARGUMENT', undefined],
    ['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED'],
    ['NOT_FOUND', undefined],
    ['ALREADY_EXISTS', undefined],
    ['PERMISSION_DENIED', undefined],
    ['RESOURCE_EXHAUSTED', undefined],
    ['FAILED_PRECONDITION', undefined],
    ['ABORTED', undefined],
    ['OUT_OF_RANGE', undefined],
    ['UNIMPLEMENTED', 'UNIMPLEMENTED'],
    ['INTERNAL', 'INTERNAL'],
    ['UNAVAILABLE', 'UNAVAILABLE'],
    ['DATA_LOSS', 'DATA_LOSS'],
    ['UNAUTHENTICATED', undefined],
  ])('%s is an error of a client, and of a server: %s', (status, ofServer) => {
    const codes =
      'OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED'.split(
        ' ',
      );
    const steps: Steps = [
      ...called('/a.B/C'),
      [SERVER, answers('200', { 'grpc-status': String(codes.indexOf(status)) })],
    ];
    const errors = (['client', 'server'] as const).map((kind) => {
      const [told] = play(decoderOf('http2'), steps, { kind });
      expect([told?.['rpc.status_code'], told?.['error']]).toEqual([status, told?.['error.type'] !== undefined]);
      return told?.['error.type'];
    });
    expect(errors).toEqual([status === 'OK' ? undefined : status, ofServer]);
  });

  test('methods are bounded, for each service instance', () => {
    const decoder = decoderOf('http2');
    const [one, other] = [{}, {}];
    const methodOf = (path: string, instance?: object): unknown => {
      const steps: Steps = [...called(path), [SERVER, answers('200', { 'grpc-status': '0' })]];
      return play(decoder, steps, instance === undefined ? {} : { instance })[0]?.['rpc.method'];
    };
    expect(['/a.A/A', '/a.A/B', '/a.A/C', '/a.A/A'].map((path) => methodOf(path, one))).toEqual([
      'a.A/A',
      'a.A/B',
      '_OTHER',
      'a.A/A',
    ]);
    expect(['/a.A/C', '/a.A/A'].map((path) => methodOf(path, other))).toEqual(['a.A/C', 'a.A/A']);
    expect(['/a.A/D', '/a.A/E', '/a.A/F'].map((path) => methodOf(path))).toEqual(['a.A/D', 'a.A/E', '_OTHER']);
  });

  test.each(['client', 'server'] as const)('metric of a %s', (kind) => {
    const { metrics, metricKeys, protocol, scope } = definitionOf(decoderOf('http2'), unary, { kind });
    expect({ protocol, scope, keys: metricKeys.map(({ name }) => name) }).toEqual({
      protocol: 'grpc',
      scope: 'sonde.grpc',
      keys: [
        'rpc.system.name',
        'rpc.method',
        'rpc.status_code',
        'error.type',
        ...(kind === 'client' ? ['server.address', 'server.port'] : []),
      ],
    });
    expect(metrics.map(({ name, unit, description }) => [name, unit, description])).toEqual([
      [`rpc.${kind}.call.duration`, 's', `Duration of RPC ${kind} calls.`],
    ]);
  });
});
