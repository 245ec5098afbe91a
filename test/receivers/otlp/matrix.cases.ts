import { execFileSync } from 'node:child_process';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { encodeMessage } from '../../../src/pdata/otlp/encode.ts';
import { requestOf } from '../../../src/pdata/otlp/schema.ts';
import { toJson } from '../../../src/pdata/otlp/to_json.ts';
import { type Signal, signals } from '../../../src/pdata/pdata.ts';
import { type NativeEncoding, nativeCompression } from '../../../src/transport/native_compression.ts';
import { httpPaths } from '../../../src/transport/signals.ts';
import type { Request } from '../../support/otlp_receivers.ts';
import { samples } from '../../support/otlp_samples.ts';

/** What is sent to both. `meant`: where Sonde differs on purpose, what it answers instead; the README has the reasons. */
export interface MatrixCase {
  readonly name: string;
  readonly signal: Signal;
  readonly request: Request;
  readonly meant?: {
    readonly status: number;
    readonly code?: number;
    readonly type?: string;
    /** The answer is the same, what is written is not. */
    readonly written?: boolean;
    readonly reason: string;
  };
}

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const bytesOf = (signal: Signal): Uint8Array => encodeMessage(requestOf[signal], samples[signal]);

function post(signal: Signal, type: string, body: Uint8Array, encoding?: string, path = httpPaths[signal]): Request {
  const headers = { 'content-type': type, ...(encoding === undefined ? {} : { 'content-encoding': encoding }) };
  return { path, headers, body };
}

/** One span of ExportTraceServiceRequest around these bytes. */
function span(...content: number[]): Uint8Array {
  const wrap = (number: number, inner: readonly number[]): number[] => [number * 8 + 2, inner.length, ...inner];
  return Uint8Array.from(wrap(1, wrap(2, wrap(2, content))));
}

/** Node has no zstd before 22.15; without a size the program writes no content size into the header. */
const zstd = (bytes: Uint8Array, ...args: string[]): Buffer =>
  execFileSync('zstd', ['-q', '-c', ...args], { input: bytes, maxBuffer: 2 ** 28 });

const packed = (name: NativeEncoding, bytes: Uint8Array): Buffer =>
  Buffer.from(nativeCompression().compress(name, bytes, 0, false));
const others = ['lz4', 'snappy', 'x-snappy-framed'] as const;

const everySignal = signals.flatMap((signal): MatrixCase[] => {
  const bytes = bytesOf(signal);
  const json = toJson(requestOf[signal], bytes);
  const one = (name: string, request: Request): MatrixCase => ({ name: `${signal}: ${name}`, signal, request });
  return [
    one('protobuf', post(signal, PROTOBUF, bytes)),
    one('JSON', post(signal, JSON_TYPE, json)),
    one('protobuf, gzip', post(signal, PROTOBUF, gzipSync(bytes), 'gzip')),
    one('JSON, gzip', post(signal, JSON_TYPE, gzipSync(json), 'gzip')),
    one('zlib', post(signal, PROTOBUF, deflateSync(bytes), 'zlib')),
    one('zstd', post(signal, PROTOBUF, zstd(bytes), 'zstd')),
    one('JSON, zstd', post(signal, JSON_TYPE, zstd(json, '-19'), 'zstd')),
    one('deflate', post(signal, PROTOBUF, deflateSync(bytes), 'deflate')),
    ...others.map((name) => one(name, post(signal, PROTOBUF, packed(name, bytes), name))),
    one('empty protobuf', post(signal, PROTOBUF, text(''))),
    one('empty JSON object', post(signal, JSON_TYPE, text('{}'))),
    one('a whole URL', { ...post(signal, PROTOBUF, bytes), path: `http://a.example:1${httpPaths[signal]}?a=/` }),
    one('GET', { method: 'GET', path: httpPaths[signal] }),
    one('cut off', post(signal, PROTOBUF, bytes.subarray(0, -1))),
    one('JSON cut off', post(signal, JSON_TYPE, json.subarray(0, -1))),
  ];
});

const traces = (name: string, request: Request, meant?: MatrixCase['meant']): MatrixCase => ({
  name,
  signal: 'traces',
  request,
  ...(meant === undefined ? {} : { meant }),
});
const sample = bytesOf('traces');
const sampleJson = toJson(requestOf.traces, sample);

const envelope: MatrixCase[] = [
  ...['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'].map((method) =>
    traces(`method ${method}`, { method, headers: { 'content-type': PROTOBUF } }),
  ),
  ...['/', '/v1/trace', '/v1/traces/', '/V1/traces', '/v1/traces%20', '/v1development/traces', '/v2/traces'].map(
    (path) => traces(`path ${path}`, post('traces', PROTOBUF, sample, undefined, path)),
  ),
  traces('path with a query', post('traces', PROTOBUF, sample, undefined, '/v1/traces?a=b')),
  traces('path with an escaped letter', post('traces', PROTOBUF, sample, undefined, '/v1/%74races')),
  ...[
    'application/json; charset=utf-8',
    'Application/JSON',
    ' application/json ',
    'application/json;',
    'text/json',
    'text/plain',
    'application/protobuf',
    'application/x-protobuf; a=b',
    'application/grpc',
    'application/json, text/plain',
    'application/json; =',
    'json',
    '',
  ].map((type) =>
    traces(
      `content type "${type}"`,
      post('traces', type, type.includes('json') || type.includes('JSON') ? sampleJson : sample),
    ),
  ),
  traces('no content type', { body: sample }),
];

const unsupported = (type: string): MatrixCase['meant'] =>
  type === PROTOBUF || type === JSON_TYPE
    ? undefined
    : {
        status: 400,
        code: 3,
        type: JSON_TYPE,
        reason: 'the Collector answers 500 here: it has no encoding for its error',
      };

const compression: MatrixCase[] = [
  ...['br', 'identity', 'GZIP', 'gzip, gzip', 'x-gzip', 'compress'].flatMap((encoding) =>
    [PROTOBUF, JSON_TYPE, 'text/plain'].map((type) =>
      traces(`encoding ${encoding}, ${type}`, post('traces', type, gzipSync(sample), encoding), unsupported(type)),
    ),
  ),
  traces('gzip of two members', post('traces', PROTOBUF, Buffer.concat([gzipSync(sample), gzipSync(sample)]), 'gzip')),
  traces('gzip, fast', post('traces', PROTOBUF, gzipSync(sample, { level: 1 }), 'gzip')),
  traces('gzip of nothing', post('traces', PROTOBUF, gzipSync(''), 'gzip')),
  traces('gzip cut off', post('traces', PROTOBUF, gzipSync(sample).subarray(0, -9), 'gzip')),
  traces('gzip with a wrong checksum', post('traces', PROTOBUF, withByte(gzipSync(sample), -6, 0x55), 'gzip')),
  traces('gzip with a wrong length', post('traces', PROTOBUF, withByte(gzipSync(sample), -1, 0x55), 'gzip')),
  traces(
    'gzip with garbage behind',
    post('traces', PROTOBUF, Buffer.concat([gzipSync(sample), Buffer.from('xyz')]), 'gzip'),
  ),
  traces('no gzip at all', post('traces', PROTOBUF, sample, 'gzip')),
  traces('empty body as gzip', post('traces', PROTOBUF, text(''), 'gzip')),
  traces('gzip, not said', post('traces', PROTOBUF, gzipSync(sample))),
  traces('raw deflate', post('traces', PROTOBUF, deflateRawSync(sample), 'deflate')),
  traces('zlib cut off', post('traces', PROTOBUF, deflateSync(sample).subarray(0, -5), 'zlib')),
  ...others.flatMap((name) => [
    traces(`${name} garbage`, post('traces', PROTOBUF, sample, name)),
    traces(`${name} cut off`, post('traces', PROTOBUF, packed(name, sample).subarray(0, -7), name)),
    traces(`${name} changed`, post('traces', PROTOBUF, withByte(packed(name, sample), 15, 0x55), name)),
    traces(`${name} of nothing`, post('traces', PROTOBUF, packed(name, new Uint8Array(0)), name)),
    traces(`empty body as ${name}`, post('traces', PROTOBUF, text(''), name)),
    traces(
      `${name} with garbage behind`,
      post('traces', PROTOBUF, Buffer.concat([packed(name, sample), Buffer.from('xyz')]), name),
    ),
  ]),
  traces('framed snappy as snappy', post('traces', PROTOBUF, packed('x-snappy-framed', sample), 'snappy')),
  traces('snappy of a block as x-snappy-framed', post('traces', PROTOBUF, packed('snappy', sample), 'x-snappy-framed')),
  traces(
    'lz4 of two frames',
    post('traces', PROTOBUF, Buffer.concat([packed('lz4', sample), packed('lz4', sample)]), 'lz4'),
  ),
  traces('zstd garbage', post('traces', PROTOBUF, sample, 'zstd')),
  traces('zstd cut off', post('traces', PROTOBUF, zstd(sample).subarray(0, -7), 'zstd')),
  traces('zstd with a wrong checksum', post('traces', PROTOBUF, withByte(zstd(sample, '--check'), -1, 0x55), 'zstd')),
  traces('zstd of two frames', post('traces', PROTOBUF, Buffer.concat([zstd(sample), zstd(sample)]), 'zstd')),
  traces('zstd of nothing', post('traces', PROTOBUF, zstd(new Uint8Array(0)), 'zstd')),
  traces('empty body as zstd', post('traces', PROTOBUF, text(''), 'zstd')),
  traces(
    'zstd with garbage behind',
    post('traces', PROTOBUF, Buffer.concat([zstd(sample), Buffer.from('xyz')]), 'zstd'),
  ),
];

const MAX = 20 * 1024 * 1024;
const big = { status: 413, code: 8, reason: 'OTLP asks for 413; the Collector answers 400' };

function large(length: number): Uint8Array {
  const field = length - 5;
  const bytes = new Uint8Array(length);
  // Field 15 of the request, which is unknown: length-delimited, a varint of four bytes.
  bytes.set([15 * 8 + 2, (field & 127) | 128, ((field >> 7) & 127) | 128, ((field >> 14) & 127) | 128, field >> 21]);
  return bytes;
}

const size: MatrixCase[] = [
  traces('as large as can be', post('traces', PROTOBUF, large(MAX))),
  traces('one byte too large', post('traces', PROTOBUF, large(MAX + 1)), big),
  traces('as large as can be, gzip', post('traces', PROTOBUF, gzipSync(large(MAX)), 'gzip')),
  traces('one byte too large, gzip', post('traces', PROTOBUF, gzipSync(large(MAX + 1)), 'gzip'), big),
  traces('a bomb, gzip', post('traces', PROTOBUF, gzipSync(Buffer.alloc(100_000_000), { level: 9 }), 'gzip'), big),
  traces('as large as can be, zstd', post('traces', PROTOBUF, zstd(large(MAX)), 'zstd')),
  traces('one byte too large, zstd', post('traces', PROTOBUF, zstd(large(MAX + 1)), 'zstd'), big),
  traces('a bomb, zstd', post('traces', PROTOBUF, zstd(Buffer.alloc(100_000_000)), 'zstd'), big),
  ...others.flatMap((name) => [
    traces(`as large as can be, ${name}`, post('traces', PROTOBUF, packed(name, large(MAX)), name)),
    traces(`one byte too large, ${name}`, post('traces', PROTOBUF, packed(name, large(MAX + 1)), name), big),
    traces(`a bomb, ${name}`, post('traces', PROTOBUF, packed(name, Buffer.alloc(30_000_000)), name), big),
  ]),
  traces('a bomb, zlib', post('traces', JSON_TYPE, deflateSync(Buffer.alloc(30_000_000, 32)), 'zlib'), big),
];

const malformed: MatrixCase[] = [
  ['text', text('hello')],
  ['zeros', new Uint8Array(4)],
  ['field number 0', Uint8Array.of(0x02, 0)],
  ['end of a group', Uint8Array.of(0x0c)],
  ['wire type 6', Uint8Array.of(0x0e, 1)],
  ['wire type 7', Uint8Array.of(0x0f, 1)],
  ['length beyond the end', Uint8Array.of(0x0a, 5, 1)],
  ['length of 2^63', Uint8Array.of(0x0a, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1)],
  ['varint of eleven bytes', Uint8Array.of(0x78, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1)],
  ['garbage in a span', span(0xff, 0xff, 0xff)],
  ['empty span', span()],
  ['trace id of 15 bytes', span(10, 15, ...new Array(15).fill(1))],
  ['trace id of 0 bytes', span(10, 0)],
  ['span id of 9 bytes', span(18, 9, ...new Array(9).fill(1))],
  ['parent span id of 1 byte', span(34, 1, 1)],
  ['name as varint', span(40, 1)],
  ['kind as bytes', span(50, 1, 1)],
  ['time as varint', span(56, 1)],
  ['time cut off', span(57, 1, 2, 3)],
  ['flags as fixed64', span(0x81, 1, 1, 2, 3, 4, 5, 6, 7, 8)],
  ['garbage in an attribute', span(74, 3, 10, 5, 65)],
  ['attribute without value', span(74, 3, 10, 1, 65)],
  ['value of the wrong type', span(74, 7, 10, 1, 65, 18, 2, 32, 1)],
  ['name that is no UTF-8', span(42, 2, 0xff, 0xfe)],
  ['unknown field', span(0xa2, 6, 1, 0)],
  ['kind of ten bytes', span(48, 254, 255, 255, 255, 255, 255, 255, 255, 255, 1)],
].map(([name, body]) => traces(`malformed: ${name as string}`, post('traces', PROTOBUF, body as Uint8Array)));

export const cases: readonly MatrixCase[] = [...everySignal, ...envelope, ...compression, ...size, ...malformed];

function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(bytes);
  const index = changed.length + at;
  changed[index] = (changed[index] ?? 0) ^ value;
  return changed;
}
