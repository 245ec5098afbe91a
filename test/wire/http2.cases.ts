import type { Step, Told, WireCase } from './driver.ts';
import { block, concat, data, frame, get, headers, message, PREFACE, reset, settings, uint32 } from './http2_bytes.ts';

const open: Step[] = [
  ['client', concat(PREFACE, settings())],
  ['server', concat(settings(), settings(true))],
];
const client = (...parts: Uint8Array[]): Step => ['client', concat(...parts)];
const server = (...parts: Uint8Array[]): Step => ['server', concat(...parts)];
const ok = (stream: number, body = ''): Uint8Array =>
  concat(headers(stream, { ':status': '200' }, body === ''), body === '' ? new Uint8Array() : data(stream, body, true));

const one = (
  name: string,
  from: string,
  steps: readonly Step[],
  expect: Told,
  more: Partial<WireCase> = {},
): WireCase => ({
  name,
  from,
  once: true,
  steps: [...open, ...steps],
  expect: [expect],
  ...more,
});

const padded = (type: number, flags: number, stream: number, before: Uint8Array, payload: Uint8Array): Uint8Array =>
  frame(type, flags | 8, stream, concat(Uint8Array.of(7), before, payload, new Uint8Array(7)));

const parts = block(get('/long', { 'x-test': 'a'.repeat(200) }));

export const framing: readonly WireCase[] = [
  one(
    'one request',
    'RFC 9113 section 8.8.1',
    [client(headers(1, get('/hello?name=x', { 'user-agent': 'curl/7.88.1' }), true)), server(ok(1, 'hello world\n'))],
    {
      name: 'GET /hello',
      start: 30e6,
      end: 40e6,
      error: false,
      'http.request.method': 'GET',
      'url.path': '/hello',
      'url.query': 'name=REDACTED',
      'url.scheme': 'http',
      'server.address': 'example.com',
      'server.port': 8080,
      'network.protocol.version': '2',
      'user_agent.original': 'curl/7.88.1',
      'http.response.status_code': 200,
      'http.request.body.size': 0,
      'http.response.body.size': 12,
      'sonde.partial': undefined,
      measurements: [0.01, 0, 12],
      metricValues: ['GET', 200, undefined, '2', 'http', '/hello'],
    },
  ),
  one(
    'the scheme of a client that knows of TLS',
    'RFC 9113 section 8.3.1',
    [client(headers(1, { ...get('/s'), ':scheme': 'https' }, true)), server(ok(1))],
    { 'url.scheme': 'https' },
  ),
  one(
    'a scheme that is free text',
    'RFC 9113 section 8.3.1',
    [client(headers(1, { ...get('/s'), ':scheme': 'hunter' }, true)), server(ok(1))],
    { 'url.scheme': 'http' },
  ),
  one(
    'an answer without a status',
    'RFC 9113 section 8.3.2',
    [client(headers(1, get('/n'), true)), server(headers(1, { 'x-a': 'b' }, true))],
    { 'http.response.status_code': undefined, 'sonde.partial': ['http.response'] },
  ),
  one(
    'padding and priority',
    'RFC 9113 sections 6.1 and 6.2',
    [
      client(
        padded(1, 4 | 0x20, 1, new Uint8Array(5), block(get('/p'))),
        padded(0, 1, 1, new Uint8Array(), Buffer.from('12345')),
      ),
      server(
        headers(1, { ':status': '404' }),
        padded(0, 0, 1, new Uint8Array(), Buffer.from('abc')),
        data(1, '', true),
      ),
    ],
    { 'url.path': '/p', 'http.response.status_code': 404, 'http.request.body.size': 5, 'http.response.body.size': 3 },
  ),
  one(
    'CONTINUATION, cut within fields',
    'RFC 9113 section 6.10',
    [
      client(
        frame(1, 1, 1, parts.slice(0, 3)),
        frame(9, 0, 1, parts.slice(3, 70)),
        frame(9, 0, 1),
        frame(9, 4, 1, parts.slice(70)),
      ),
      server(ok(1)),
    ],
    { 'url.path': '/long', 'http.request.header.x-test': ['a'.repeat(200)], 'sonde.partial': undefined },
  ),
  one(
    'interim responses and trailers',
    'RFC 9113 section 8.1',
    [
      client(headers(1, { ...get('/t'), ':method': 'POST' }), data(1, 'ab'), headers(1, { 'x-sum': '1' }, true)),
      server(
        headers(1, { ':status': '103', link: 'x' }),
        headers(1, { ':status': '201' }),
        data(1, 'abc'),
        headers(1, { 'x-sum': '2' }, true),
      ),
    ],
    { name: 'POST /t', 'http.response.status_code': 201, 'http.request.body.size': 2, 'http.response.body.size': 3 },
  ),
  {
    name: 'streams in one buffer, answered in another order',
    from: 'RFC 9113 section 5',
    once: true,
    steps: [
      ...open,
      client(headers(1, get('/a'), true), headers(3, get('/b'), true), headers(5, get('/c'), true)),
      server(headers(5, { ':status': '205' }, true), headers(1, { ':status': '201' }), ok(3, 'x'), data(1, 'yz', true)),
    ],
    expect: [
      { 'url.path': '/c', 'http.response.status_code': 205 },
      { 'url.path': '/b', 'http.response.body.size': 1 },
      { 'url.path': '/a', 'http.response.status_code': 201, 'http.response.body.size': 2 },
    ],
  },
  {
    name: 'push',
    from: 'RFC 9113 section 6.6',
    once: true,
    steps: [
      ...open,
      client(headers(1, get('/page'), true)),
      server(frame(5, 4, 1, concat(uint32(2), block(get('/style.css')))), ok(1, 'page'), ok(2, 'style')),
    ],
    expect: [
      { 'url.path': '/page', 'http.response.body.size': 4 },
      { 'url.path': '/style.css', 'http.response.body.size': 5, 'http.request.body.size': 0 },
    ],
  },
  one(
    'CONNECT',
    'RFC 9113 section 8.5',
    [
      client(headers(1, { ':method': 'CONNECT', ':authority': 'db:5432' }), data(1, 'ab')),
      server(headers(1, { ':status': '200' }), data(1, 'abc', true)),
      client(data(1, 'c', true)),
    ],
    {
      name: 'CONNECT',
      'server.address': 'db',
      'server.port': 5432,
      'url.path': undefined,
      'http.request.body.size': 3,
    },
  ),
  one(
    'frames that nobody knows, and those that say nothing of a stream',
    'RFC 9113 section 5.5',
    [
      client(
        frame(0x42, 0xff, 9, 'any'),
        frame(6, 0, 0, '12345678'),
        frame(8, 0, 0, uint32(9)),
        headers(1, get('/u'), true),
      ),
      server(frame(2, 0, 1, '\0\0\0\0\x01'), frame(0xa, 0, 0, 'alt'), ok(1)),
    ],
    { 'url.path': '/u' },
  ),
];

export const failures: readonly WireCase[] = [
  {
    name: 'padding that is all of the payload, and more',
    from: 'RFC 9113 section 6.1',
    once: true,
    whole: true,
    steps: [
      ...open,
      client(
        headers(1, get('/a')),
        frame(0, 9, 1, Uint8Array.of(3, 0, 0, 0)),
        headers(3, get('/b')),
        frame(0, 9, 3, Uint8Array.of(0)),
      ),
      server(ok(1), ok(3)),
      client(headers(5, get('/c'))),
      client(frame(0, 9, 5, Uint8Array.of(4, 0, 0, 0))),
      client(headers(7, get('/d'), true)),
      server(ok(7)),
    ],
    expect: [
      { 'url.path': '/a', 'http.request.body.size': 0 },
      { 'url.path': '/b', 'http.request.body.size': 0 },
      { 'url.path': '/d' },
    ],
    rejects: { invalid_frame: 1 },
  },
  one('the client cancels', 'RFC 9113 section 7', [client(headers(1, get('/slow'), true)), client(reset(1, 8))], {
    'url.path': '/slow',
    'error.type': 'cancelled',
    error: false,
    'http.response.status_code': undefined,
    end: 40e6,
  }),
  one('the server refuses', 'RFC 9113 section 8.7', [client(headers(1, get('/no'), true)), server(reset(1, 7))], {
    'error.type': 'refused_stream',
    error: true,
    'http.response.status_code': undefined,
  }),
  one(
    'an answer before the request ends, then RST_STREAM with NO_ERROR',
    'RFC 9113 section 8.1',
    [
      client(headers(1, { ...get('/early'), ':method': 'POST' }), data(1, 'ab')),
      server(headers(1, { ':status': '413' }, true), reset(1, 0)),
    ],
    { 'http.response.status_code': 413, 'error.type': undefined, 'sonde.partial': ['http.request.body.size'] },
  ),
  {
    name: 'GOAWAY',
    from: 'RFC 9113 section 6.8',
    once: true,
    steps: [
      ...open,
      client(headers(1, get('/a'), true), headers(3, get('/b'), true)),
      server(frame(7, 0, 0, concat(uint32(1), uint32(0), Buffer.from('debug'))), ok(1)),
      ['server ends', 'finished'],
      ['client ends', 'finished'],
    ],
    expect: [
      { 'url.path': '/b', 'error.type': 'goaway' },
      { 'url.path': '/a', 'http.response.status_code': 200, 'error.type': undefined },
    ],
  },
  ...(
    [
      ['server ends', 'finished', 'server_closed', true],
      ['server ends', 'reset', 'connection_reset', true],
      ['client ends', 'reset', 'client_closed', false],
      ['client ends', 'timeout', 'timeout', true],
    ] as const
  ).map(([side, how, type, error]) =>
    one(`${side}: ${how}`, 'RFC 9113 section 5.4', [client(headers(1, get('/x'), true)), [side, how]], {
      'error.type': type,
      error,
      'http.response.status_code': undefined,
    }),
  ),
  {
    name: 'the tap stops looking',
    from: 'contract of Session.end',
    once: true,
    steps: [...open, client(headers(1, get('/x'), true)), ['client ends', 'unknown']],
    expect: [],
    rejects: { unfinished: 1 },
  },
  {
    name: 'not HTTP/2',
    from: 'RFC 9113 section 3.4',
    whole: true,
    steps: [['client', 'GET / HTTP/1.1\r\n\r\n']],
    expect: [],
    rejects: { invalid_frame: 1 },
  },
  {
    name: 'a header block that is none',
    from: 'RFC 9113 section 4.3',
    once: true,
    steps: [...open, client(frame(1, 5, 1, '\x82\x80')), server(ok(1))],
    expect: [{ 'http.request.method': 'GET', 'url.path': undefined, 'sonde.partial': ['http.request'] }],
    rejects: { invalid_header_block: 1 },
  },
  {
    name: 'the connection ends within a frame',
    from: 'contract of Session.end',
    once: true,
    steps: [...open, client(headers(1, get('/x'), true).slice(0, 20)), ['client ends', 'finished']],
    expect: [],
    rejects: { incomplete_frame: 1 },
  },
];

const call = (method = '/shop.Cart/Add'): Readonly<Record<string, string>> => ({
  ':method': 'POST',
  ':scheme': 'http',
  ':path': method,
  ':authority': 'cart:50051',
  'content-type': 'application/grpc+proto',
  te: 'trailers',
});
const begin = (stream: number): Uint8Array => headers(stream, { ':status': '200', 'content-type': 'application/grpc' });
const trailers = (stream: number, status: number, text = ''): Uint8Array =>
  headers(stream, { 'grpc-status': String(status), ...(text === '' ? {} : { 'grpc-message': text }) }, true);
const unary = (status: number, told: Told, more: Partial<WireCase> = {}): WireCase =>
  one(
    `gRPC status ${status} (${more.kind ?? 'server'})`,
    'https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md',
    [client(headers(1, call()), data(1, message(10), true)), server(begin(1), trailers(1, status, 'secret%20text'))],
    told,
    more,
  );

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
/** A request whose block ends in these fields, each of them as often as it is there. */
const traced = (...fields: [name: string, value: string][]): readonly Step[] => [
  client(
    frame(
      1,
      5,
      1,
      concat(block(get('/t', { traceparent })), ...fields.map(([name, value]) => block({ [name]: value }))),
    ),
  ),
  server(ok(1)),
];

/** W3C Trace Context Level 2. */
export const context: readonly WireCase[] = [
  one('one tracestate', 'section 3.3', traced(['tracestate', 'a=1']), { traceparent, tracestate: 'a=1' }),
  one('two tracestates', 'section 3.3.1', traced(['tracestate', 'a=1'], ['tracestate', 'b=2']), {
    traceparent,
    tracestate: 'a=1,b=2',
  }),
  one(
    'a tracestate that is none spoils those around it',
    'section 3.3',
    traced(['tracestate', 'a=1'], ['tracestate', 'b=\x01'], ['tracestate', 'c=3']),
    { traceparent, tracestate: '' },
  ),
  one('two traceparents are none', 'section 3.2.2.5', traced(['traceparent', traceparent], ['tracestate', 'a=1']), {
    traceparent: '',
    tracestate: '',
  }),
  one('three traceparents', 'section 3.2.2.5', traced(['traceparent', traceparent], ['traceparent', traceparent]), {
    traceparent: '',
  }),
  one(
    'of a call',
    'grpc-js with the SDK',
    [
      client(
        headers(1, { ...get('/a.B/C', { 'content-type': 'application/grpc', traceparent }), tracestate: 'a=1' }, true),
      ),
      server(headers(1, { ':status': '200', 'content-type': 'application/grpc', 'grpc-status': '0' }, true)),
    ],
    { name: 'a.B/C', traceparent, tracestate: 'a=1' },
  ),
  {
    name: 'each request has its own',
    from: 'section 3.2',
    once: true,
    steps: [
      ...open,
      ...traced(['tracestate', 'b='], ['tracestate', '\x01']),
      client(headers(3, get('/u', { tracestate: 'c=3', traceparent }), true), headers(5, get('/v'), true)),
      server(ok(3), ok(5)),
    ],
    expect: [
      { traceparent, tracestate: '' },
      { traceparent, tracestate: 'c=3' },
      { traceparent: '', tracestate: '' },
    ],
  },
];

export const grpc: readonly WireCase[] = [
  one(
    'a unary call',
    'grpc-js: @grpc/grpc-js 1.x, insecure channel',
    [
      client(headers(1, { ...call(), 'grpc-timeout': '1500m' }), data(1, message(300), true)),
      server(begin(1), data(1, message(7)), trailers(1, 0)),
    ],
    {
      name: 'shop.Cart/Add',
      error: false,
      'rpc.system.name': 'grpc',
      'rpc.method': 'shop.Cart/Add',
      'rpc.status_code': 'OK',
      'error.type': undefined,
      'server.address': 'cart',
      'server.port': 50051,
      'sonde.rpc.request.messages': 1,
      'sonde.rpc.response.messages': 1,
      'sonde.rpc.timeout': 1.5,
      'http.request.method': undefined,
      'sonde.partial': undefined,
      metricValues: ['grpc', 'shop.Cart/Add', 'OK', undefined],
      measurements: [0.01],
    },
  ),
  one(
    'messages that lie across frames, both ways',
    'gRPC over HTTP/2: DATA frame boundaries have no relation to messages',
    [
      client(
        headers(1, call()),
        data(1, concat(message(3), message(0)).slice(0, 9)),
        data(1, concat(message(3), message(0)).slice(9)),
      ),
      server(begin(1), data(1, concat(message(1), message(2), message(3)))),
      client(data(1, message(5), true)),
      server(trailers(1, 0)),
    ],
    { 'sonde.rpc.request.messages': 3, 'sonde.rpc.response.messages': 3 },
  ),
  one(
    'the status in the only header block',
    'gRPC over HTTP/2: Trailers-Only',
    [
      client(headers(1, call('/shop.Cart/None')), data(1, message(1), true)),
      server(headers(1, { ':status': '200', 'content-type': 'application/grpc', 'grpc-status': '12' }, true)),
    ],
    { name: 'shop.Cart/None', 'rpc.status_code': 'UNIMPLEMENTED', 'error.type': 'UNIMPLEMENTED', error: true },
  ),
  unary(5, { 'rpc.status_code': 'NOT_FOUND', error: false, 'error.type': undefined }),
  unary(13, { 'rpc.status_code': 'INTERNAL', error: true, 'error.type': 'INTERNAL' }),
  unary(5, { 'rpc.status_code': 'NOT_FOUND', error: true, 'error.type': 'NOT_FOUND' }, { kind: 'client' }),
  unary(99, { 'rpc.status_code': '99', error: true, 'error.type': '99' }, { kind: 'client' }),
  one(
    'cancelled by the client',
    'grpc-js: call.cancel()',
    [client(headers(1, call()), data(1, message(1))), server(begin(1), data(1, message(2))), client(reset(1, 8))],
    { 'rpc.status_code': 'CANCELLED', 'error.type': undefined, error: false, 'sonde.rpc.response.messages': 1 },
  ),
  one(
    'a proxy answers instead',
    'gRPC: HTTP to gRPC status code mapping',
    [client(headers(1, call()), data(1, message(1), true)), server(headers(1, { ':status': '503' }, true))],
    { 'error.type': '503', 'http.response.status_code': 503, 'rpc.status_code': undefined },
    { kind: 'client' },
  ),
  one(
    'no status at all',
    'gRPC over HTTP/2: Status must be sent',
    [client(headers(1, call()), data(1, message(1), true)), server(begin(1), data(1, message(1), true))],
    { 'error.type': 'missing_status', 'rpc.status_code': undefined },
  ),
  one(
    'a path that is no method',
    'OpenTelemetry semantic conventions: rpc.method',
    [client(headers(1, call('/a b/../c')), data(1, message(1), true)), server(trailers(1, 12))],
    { name: 'grpc', 'rpc.method': '_OTHER', 'rpc.method_original': 'a b/../c' },
  ),
  one(
    'OTLP',
    'opentelemetry/proto/collector/trace/v1/trace_service.proto',
    [
      client(
        headers(1, call('/opentelemetry.proto.collector.trace.v1.TraceService/Export')),
        data(1, message(9), true),
      ),
      server(begin(1), data(1, message(0)), trailers(1, 0)),
    ],
    { otlp: true },
  ),
];

export const losses: readonly WireCase[] = [
  one(
    'bytes within DATA',
    'capture limits: a gap has its exact length',
    [
      client(headers(1, get('/big'), true)),
      server(headers(1, { ':status': '200' }), frame(0, 0, 1, new Uint8Array(1000)).slice(0, 100)),
      ['server', 909],
      server(data(1, 'end', true)),
    ],
    { 'http.response.body.size': 1003, 'sonde.partial': undefined },
  ),
  one(
    'bytes within a gRPC message',
    'capture limits: a gap has its exact length',
    [
      client(headers(1, call()), data(1, message(1), true)),
      server(begin(1), frame(0, 0, 1, message(1000)).slice(0, 100)),
      ['server', 914],
      server(data(1, message(4)), trailers(1, 0)),
    ],
    { 'sonde.rpc.response.messages': 2, 'rpc.status_code': 'OK', 'sonde.partial': undefined },
  ),
  {
    name: 'a whole request',
    from: 'a record that the ring refused',
    whole: true,
    steps: [
      ...open,
      ['client', 120],
      client(headers(3, get('/b'), true)),
      server(headers(1, { ':status': '500' }, true), ok(3)),
    ],
    expect: [{ 'url.path': '/b', 'http.response.status_code': 200, 'sonde.partial': undefined }],
    rejects: { orphan_response: 1 },
  },
  {
    name: 'the end of a header block: older entries are unknown',
    from: 'a record that the ring refused',
    whole: true,
    steps: [
      ...open,
      client(frame(1, 5, 1, block(get('/a'), true))),
      server(ok(1)),
      client(frame(1, 5, 3, block(get('/b', { 'x-test': 'b'.repeat(50) }))).slice(0, 60)),
      ['client', 80],
      client(frame(1, 5, 5, concat(Uint8Array.of(0x82, 0x86, 0xbe), block({ ':path': '/c' })))),
      server(ok(3), ok(5)),
    ],
    expect: [
      { 'url.path': '/a', 'sonde.partial': undefined },
      { 'url.path': '/b', 'sonde.partial': ['http.request'] },
      { 'url.path': '/c', 'sonde.partial': ['http.request'] },
    ],
  },
  {
    name: 'an answer and what follows',
    from: 'a record that the ring refused',
    whole: true,
    steps: [
      ...open,
      client(headers(1, get('/a'), true), headers(3, get('/b'), true)),
      server(headers(1, { ':status': '200' }), frame(0, 0, 1, new Uint8Array(50)).slice(0, 20)),
      ['server', 400],
      server(ok(3, 'xyz')),
      ['server ends', 'finished'],
      ['client ends', 'finished'],
    ],
    expect: [
      { 'url.path': '/b', 'http.response.body.size': 3, 'sonde.partial': ['http.response.body.size'] },
      {
        'url.path': '/a',
        'http.response.status_code': 200,
        'http.response.body.size': 50,
        'sonde.partial': ['http.response', 'http.response.body.size'],
        'error.type': undefined,
      },
    ],
  },
  {
    name: 'bytes that are no frames, and a frame that does not begin an operation',
    from: 'a record that the ring refused',
    whole: true,
    steps: [
      ...open,
      ['client', 50],
      ['client', 'x'.repeat(100)],
      client(Buffer.from('xyz'), headers(3, get('/a'), true), headers(5, get('/b'), true)),
      server(ok(3), ok(5)),
    ],
    expect: [{ 'url.path': '/a' }, { 'url.path': '/b' }],
    rejects: { unsynchronised: 1 },
  },
  {
    name: 'joined in the middle',
    from: 'a connection older than Sonde',
    whole: true,
    joined: true,
    steps: [
      client(headers(9, { ...get('/m'), ':method': 'PUT' }, true)),
      server(headers(7, { ':status': '200' }, true), headers(9, { ':status': '204' }, true)),
      client(frame(1, 5, 11, Uint8Array.of(0x82, 0x86, 0xbe, 0xbf))),
      server(headers(11, { ':status': '200' }, true)),
    ],
    expect: [
      { name: 'PUT /m', 'http.response.status_code': 204, 'sonde.partial': undefined },
      { name: 'GET', 'http.request.method': 'GET', 'url.path': undefined, 'sonde.partial': ['http.request'] },
    ],
    rejects: { orphan_response: 1 },
  },
];
