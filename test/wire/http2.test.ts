import { describe, expect, test } from '@jest/globals';
import { CLIENT, MORE, NO, REQUEST, RESPONSE, SERVER } from '../../src/wire/decoder.ts';
import { createHttp2, HTTP2_REJECTS } from '../../src/wire/http2.ts';
import { detectHttp2 } from '../../src/wire/http2_detect.ts';
import { Driver } from './driver.ts';
import { runWireCases } from './harness.ts';
import { context, failures, framing, grpc, losses } from './http2.cases.ts';
import { block, concat, data, frame, get, headers, PREFACE, reset, settings } from './http2_bytes.ts';

const make = () =>
  createHttp2({ routes: [], maxRoutes: 100, headers: { request: ['X-Test'], response: ['x-answer'] }, query: 'scrub' });

describe('framing', () => runWireCases(make, framing));
describe('failures', () => runWireCases(make, failures));
describe('trace context', () => runWireCases(make, context));
describe('gRPC', () => runWireCases(make, grpc));
describe('losses', () => runWireCases(make, losses));

function opened(): Driver {
  const driver = new Driver(make());
  driver.data(CLIENT, concat(PREFACE, settings()), 0, true);
  driver.data(SERVER, settings(), 0, true);
  return driver;
}

test('a response that comes a little before its request waits for it', () => {
  const driver = opened();
  driver.data(SERVER, headers(1, { ':status': '204' }, true), 1000, true);
  expect(driver.told).toEqual([]);
  driver.data(CLIENT, headers(1, get('/a'), true), 5000, true);
  expect(driver.told).toEqual([expect.objectContaining({ 'http.response.status_code': 204, start: 5000, end: 5000 })]);
  expect(driver.rejects).toEqual({});
});

/** RFC 9113 section 7. */
test.each([
  [0, 'stream_reset'],
  [1, 'protocol_error'],
  [2, 'internal_error'],
  [3, 'flow_control_error'],
  [4, 'settings_timeout'],
  [5, 'stream_closed'],
  [6, 'frame_size_error'],
  [7, 'refused_stream'],
  [8, 'cancelled'],
  [9, 'compression_error'],
  [10, 'connect_error'],
  [11, 'enhance_your_calm'],
  [12, 'inadequate_security'],
  [13, 'http_1_1_required'],
  [14, 'stream_reset'],
])('a request that is reset with the code %d: %s', (code, name) => {
  const driver = opened();
  driver.data(CLIENT, headers(1, get('/a'), true), 1000, true);
  driver.data(SERVER, reset(1, code), 2000, true);
  expect(driver.told).toEqual([expect.objectContaining({ 'error.type': name, error: true, end: 2000 })]);
});

test('more open streams than are remembered are counted', () => {
  const driver = opened();
  for (let at = 0; at < 1030; at++) driver.data(CLIENT, headers(2 * at + 1, get(`/${at}`), true), at, true);
  for (let at = 0; at < 1030; at++) driver.data(SERVER, headers(2 * at + 1, { ':status': '200' }, true), 5000, true);
  expect(driver.told).toHaveLength(1024);
  expect(driver.rejects).toEqual({ too_many_streams: 6 });
});

test('streams whose answers were lost make room for others, oldest first', () => {
  const driver = opened();
  const ask = (from: number, to: number, at: number): void => {
    for (let id = from; id < to; id++) driver.data(CLIENT, headers(2 * id + 1, get(`/${id}`), true), at, true);
  };
  ask(0, 1000, 1000);
  driver.gap(SERVER, 100_000, 2000);
  ask(1000, 1030, 3000);
  expect(driver.rejects).toEqual({});
  expect(driver.told.map((one) => one['url.path'])).toEqual(['/0', '/1', '/2', '/3', '/4', '/5']);
  expect(driver.told[0]).toMatchObject({ 'sonde.partial': ['http.response'], start: 1000, end: 1000 });
});

test('streams whose answers were lost ten seconds ago are told while the connection goes on', () => {
  const driver = opened();
  driver.data(CLIENT, headers(1, get('/lost'), true), 1000, true);
  driver.gap(SERVER, 100, 2000);
  driver.data(CLIENT, headers(3, get('/late'), true), 9e9, true);
  expect(driver.told).toEqual([]);
  driver.data(CLIENT, headers(5, get('/later'), true), 11e9, true);
  expect(driver.told).toMatchObject([{ 'url.path': '/lost', 'sonde.partial': ['http.response'] }]);
});

test('a request whose end was lost ends with its answer', () => {
  const driver = opened();
  driver.data(CLIENT, headers(1, get('/a')), 1000, true);
  driver.gap(CLIENT, 100, 2000);
  driver.data(SERVER, headers(1, { ':status': '200' }), 3000, true);
  driver.data(SERVER, data(1, 'answer', true), 4000, true);
  expect(driver.told).toMatchObject([{ 'url.path': '/a', 'http.response.status_code': 200, end: 4000 }]);
});

test('an invalid frame does not end the streams that are open', () => {
  const driver = opened();
  driver.data(CLIENT, headers(1, get('/a'), true), 1e12, true);
  driver.data(SERVER, frame(2, 0, 1, 'abc'), 1e12, true);
  driver.gap(SERVER, 10, 1e12 + 1000);
  expect(driver.told).toEqual([]);
});

test('of a field that a block names ten thousand times so much is kept, and the rest is marked', () => {
  const driver = opened();
  const added = concat(block({ 'x-test': 'v'.repeat(1000) }, true), new Uint8Array(10_000).fill(0xbe));
  driver.data(CLIENT, frame(1, 5, 1, concat(block(get('/a')), added)), 1000, true);
  driver.data(SERVER, headers(1, { ':status': '431' }, true), 2000, true);
  const [span] = driver.told;
  expect(span?.['http.request.header.x-test']).toHaveLength(31);
  expect(span?.['sonde.truncated']).toEqual(['http.request.header.x-test']);
});

test('a header block beyond the bound is told as far as it was read, and frames go on behind it', () => {
  const driver = opened();
  const large = block({ ...get('/large'), 'x-a': 'a'.repeat(100_000) });
  const pieces = Array.from({ length: 7 }, (_, at) => large.slice(at * 16_000, (at + 1) * 16_000));
  const send = concat(...pieces.map((piece, at) => frame(at === 0 ? 1 : 9, at === 6 ? 4 : at === 0 ? 1 : 0, 1, piece)));
  for (let at = 0; at < send.length; at += 10_000) driver.data(CLIENT, send.slice(at, at + 10_000), at, true);
  driver.data(CLIENT, headers(3, get('/next'), true), 200_000, true);
  driver.data(SERVER, headers(1, { ':status': '431' }, true), 300_000, true);
  driver.data(SERVER, headers(3, { ':status': '200' }, true), 300_000, true);
  expect(driver.told).toMatchObject([
    { 'url.path': '/large', 'http.response.status_code': 431, 'sonde.partial': ['http.request'] },
    { 'url.path': '/next', 'http.response.status_code': 200 },
  ]);
  expect(driver.rejects).toEqual({ header_block_too_large: 1 });
});

test('every reject is reached', () => {
  const reached = new Set([...framing, ...failures, ...losses].flatMap((wire) => Object.keys(wire.rejects ?? {})));
  expect(new Set([...reached, 'too_many_streams', 'header_block_too_large'])).toEqual(new Set(HTTP2_REJECTS));
});

describe('detection', () => {
  const post = frame(1, 4, 5, Uint8Array.of(0x83, 0x86, 0xc0));
  test.each<[string, Uint8Array, number]>([
    ['nothing', new Uint8Array(), MORE],
    ['the preface', PREFACE, REQUEST],
    ['a part of it', PREFACE.subarray(0, 10), MORE],
    ['a request of HTTP/1', Buffer.from('PRI * HTTP/1.1\r\n\r\n'), NO],
    ['another one', Buffer.from('GET / HTTP/1.1\r\n\r\n'), NO],
    ["a server's settings", settings(), RESPONSE],
    ['their beginning', settings().subarray(0, 5), MORE],
    ['a request in the middle', concat(frame(8, 0, 0, '\0\0\0\x09'), post), REQUEST],
    ['a response in the middle', concat(data(1, 'x'), frame(1, 4, 3, Uint8Array.of(0x88))), RESPONSE],
    ['a request after a table size', frame(1, 4, 3, Uint8Array.of(0x3f, 0xe1, 0x1f, 0x82)), REQUEST],
    ['frames that do not tell', concat(data(1, 'x'), reset(1, 8)), NO],
    ['a request that is followed by none', concat(post, Buffer.from('something else')), NO],
    ['TLS', Buffer.from('160301020001', 'hex'), NO],
    ['MySQL', Buffer.from('4a0000000a382e302e', 'hex'), NO],
    ['PostgreSQL', Buffer.from('0000000804d2162f', 'hex'), MORE],
    ['PostgreSQL, startup', Buffer.from('000000540003000075736572', 'hex'), NO],
    ['zeros', new Uint8Array(64), NO],
  ])('%s', (_, bytes, expected) => {
    const all = concat(Buffer.from('xx'), bytes, PREFACE);
    expect(detectHttp2(all, 2, 2 + bytes.length)).toBe(expected);
  });
});
