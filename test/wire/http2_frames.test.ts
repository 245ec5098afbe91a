import { expect, test } from '@jest/globals';
import { type Detection, MORE, NO, REQUEST, RESPONSE } from '../../src/wire/decoder.ts';
import { detectHttp2 } from '../../src/wire/http2_detect.ts';
import { chain, frameStream, plausible, uint32, valid } from '../../src/wire/http2_frames.ts';
import { block, concat, data, uint32 as fourBytes, frame, headers, PREFACE, settings } from './http2_bytes.ts';

/** RFC 9113 section 6: type, length, stream. */
test.each<[string, number, number, number, boolean]>([
  ['DATA', 0, 5, 1, true],
  ['DATA of the connection', 0, 5, 0, false],
  ['HEADERS of the connection', 1, 5, 0, false],
  ['PRIORITY', 2, 5, 1, true],
  ['PRIORITY of the connection', 2, 5, 0, false],
  ['PRIORITY, 4 bytes', 2, 4, 1, false],
  ['RST_STREAM', 3, 4, 1, true],
  ['RST_STREAM of the connection', 3, 4, 0, false],
  ['RST_STREAM, 5 bytes', 3, 5, 1, false],
  ['SETTINGS', 4, 12, 0, true],
  ['SETTINGS, 7 bytes', 4, 7, 0, false],
  ['SETTINGS of a stream', 4, 6, 1, false],
  ['PUSH_PROMISE', 5, 4, 1, true],
  ['PUSH_PROMISE, 3 bytes', 5, 3, 1, false],
  ['PUSH_PROMISE of the connection', 5, 4, 0, false],
  ['PING', 6, 8, 0, true],
  ['PING, 7 bytes', 6, 7, 0, false],
  ['PING of a stream', 6, 8, 1, false],
  ['GOAWAY', 7, 8, 0, true],
  ['GOAWAY, 7 bytes', 7, 7, 0, false],
  ['GOAWAY of a stream', 7, 8, 1, false],
  ['WINDOW_UPDATE', 8, 4, 0, true],
  ['WINDOW_UPDATE, 5 bytes', 8, 5, 0, false],
  ['CONTINUATION of the connection', 9, 1, 0, false],
  ['unknown', 0x20, 16_384, 0, true],
  ['unknown, too long', 0x20, 16_385, 0, false],
])('a frame is valid or not: %s', (_, type, length, stream, expected) => {
  expect(valid(type, length, stream)).toBe(expected);
});

test.each<[string, Uint8Array, boolean]>([
  ['DATA', data(1, 'x'), true],
  ['DATA, 16 384 bytes', data(1, 'x'.repeat(16_384)), true],
  ['DATA, longer', data(1, 'x'.repeat(16_385)), false],
  ['DATA, 64 KiB', data(1, 'x'.repeat(65_536)), false],
  ['DATA, empty', data(1, ''), false],
  ['DATA, empty, and the end', data(1, '', true), true],
  ['DATA with a flag of HEADERS', frame(0, 4, 1, 'x'), false],
  ['HEADERS with all flags', frame(1, 0x2d, 1, 'x'), true],
  ['HEADERS, empty', frame(1, 4, 1), false],
  ['HEADERS with another flag', frame(1, 0x40, 1, 'x'), false],
  ['HEADERS of the connection', frame(1, 4, 0, 'x'), false],
  ['a reserved bit', frame(1, 4, 0x8000_0001, 'x'), false],
  ['PRIORITY', frame(2, 0, 1, '12345'), true],
  ['PRIORITY with a flag', frame(2, 1, 1, '12345'), false],
  ['SETTINGS', settings(), true],
  ['SETTINGS, 32', frame(4, 0, 0, new Uint8Array(192)), true],
  ['SETTINGS, 33', frame(4, 0, 0, new Uint8Array(198)), false],
  ['SETTINGS, acknowledged', settings(true), true],
  ['SETTINGS, acknowledged, with settings', frame(4, 1, 0, new Uint8Array(6)), false],
  ['PING', frame(6, 0, 0, '12345678'), true],
  ['PING, acknowledged', frame(6, 1, 0, '12345678'), true],
  ['GOAWAY, 1024 bytes', frame(7, 0, 0, new Uint8Array(1024)), true],
  ['GOAWAY, 1025 bytes', frame(7, 0, 0, new Uint8Array(1025)), false],
  ['CONTINUATION', frame(9, 4, 1, 'x'), true],
  ['an unknown type', frame(10, 0, 1, 'x'), false],
])('a frame is usual or not: %s', (_, bytes, expected) => {
  expect(plausible(bytes, 0)).toBe(expected);
});

test('frames that follow each other', () => {
  const three = concat(settings(), headers(1, { a: 'b' }), data(1, 'x'));
  expect(chain(three, 0, three.length)).toBe(3);
  expect(chain(concat(three, three), 0, 2 * three.length)).toBe(3);
  expect(chain(three, 0, 9)).toBe(1);
  expect(chain(three, 0, 8)).toBe(0);
  expect(chain(three, 0, 17)).toBe(1);
  expect(chain(three, 0, 18)).toBe(2);
  expect(chain(concat(settings(), Buffer.alloc(9, 'x')), 0, 18)).toBe(0);
});

test('numbers', () => {
  expect(uint32(fourBytes(0xfedcba98), 0)).toBe(0xfedcba98);
  expect(frameStream(frame(0, 0, 0x7fff_fffe), 0)).toBe(0x7fff_fffe);
  expect(frameStream(frame(0, 0, 0x8000_0003), 0)).toBe(3);
});

const first = (byte: number, ...more: number[]): Uint8Array => frame(1, 4, 1, Uint8Array.of(byte, ...more, 0, 0));

/** RFC 9113 sections 3.4 and 8.3, RFC 7541 section 6 and appendix A. */
test.each<[string, Uint8Array, Detection]>([
  ['nothing', new Uint8Array(), MORE],
  ['the preface', PREFACE, REQUEST],
  ['most of the preface', PREFACE.subarray(0, 23), MORE],
  ['another', Buffer.from('PRI / HTTP/2.0'), NO],
  ['8 bytes of a frame', settings().slice(0, 8), MORE],
  ['4 bytes of a frame', settings().slice(0, 4), MORE],
  ['4 bytes, no type', Uint8Array.of(0, 0, 0, 10), NO],
  ['4 bytes, the last type', Uint8Array.of(0, 0, 0, 9), MORE],
  ['a frame of 64 KiB', Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 1), NO],
  ['the settings of a server', settings(), RESPONSE],
  ['settings with an identifier', frame(4, 0, 0, Uint8Array.of(0, 3, 0, 0, 0, 100)), RESPONSE],
  ['settings with a reserved one', frame(4, 0, 0, Uint8Array.of(0xf0, 3, 0, 0, 0, 100)), RESPONSE],
  ['settings with one that nobody has', frame(4, 0, 0, Uint8Array.of(0xef, 3, 0, 0, 0, 100)), NO],
  ['settings, the second nobody has', frame(4, 0, 0, Uint8Array.of(0, 3, 0, 0, 0, 1, 9, 9, 0, 0, 0, 1)), NO],
  ['settings, cut', frame(4, 0, 0, Uint8Array.of(0, 3, 0, 0, 0, 1, 9, 9, 0, 0, 0, 1)).slice(0, 16), RESPONSE],
  ['only acknowledged settings', settings(true), NO],
  [':method GET', first(0x82), REQUEST],
  [':authority', first(0x81), REQUEST],
  [':scheme https', first(0x87), REQUEST],
  [':status 200', first(0x88), RESPONSE],
  [':status 500', first(0x8e), RESPONSE],
  ['accept-charset', first(0x8f), NO],
  ['index 0', first(0x80), NO],
  ['the last of the static table', first(0xbd), NO],
  ['an entry of the dynamic table, then :path', first(0xbe, 0x84), REQUEST],
  ['four entries of the dynamic table', first(0xbe, 0xbf, 0xc0, 0xc1, 0x84), NO],
  ['a literal :path, added', first(0x44), REQUEST],
  ['a literal :status, added', first(0x48), RESPONSE],
  ['a literal with a new name, added', first(0x40), NO],
  ['a literal :path, never added', first(0x14), REQUEST],
  ['a literal :status, not added', first(0x08), RESPONSE],
  ['a table size, then :method', first(0x20, 0x82), REQUEST],
  ['a long table size, then :status', first(0x3f, 0xe1, 0x1f, 0x88), RESPONSE],
  ['padding before it', frame(1, 0x0c, 1, Uint8Array.of(1, 0x82, 0)), REQUEST],
  ['priority before it', frame(1, 0x24, 1, Uint8Array.of(0, 0, 0, 0, 1, 0x88)), RESPONSE],
  ['padding and priority', frame(1, 0x2c, 1, Uint8Array.of(1, 0, 0, 0, 0, 1, 0x88, 0)), RESPONSE],
  ['a block that is not there yet', first(0x82).slice(0, 9), MORE],
  ['a request and another frame', concat(first(0x82), data(1, 'x')), REQUEST],
  ['a request and no frame', concat(first(0x82), Buffer.alloc(9, 'x')), NO],
  ['a request and the beginning of something', concat(first(0x82), Buffer.alloc(8, 'x')), REQUEST],
  ['DATA, then a response', concat(data(1, 'x'), first(0x88)), RESPONSE],
  ['DATA alone', data(1, 'x'), NO],
  ['DATA, then no frame', concat(data(1, 'x'), Buffer.alloc(9, 'x')), NO],
  ['seven frames, then a request', concat(...Array.from({ length: 7 }, () => data(1, 'x')), first(0x82)), REQUEST],
  ['eight frames, then a request', concat(...Array.from({ length: 8 }, () => data(1, 'x')), first(0x82)), NO],
  ['a block of literals', frame(1, 4, 1, block({ 'x-a': 'b' })), NO],
])('which end sends %s', (_, bytes, expected) => {
  // With other bytes around: only [start, end) counts.
  expect(detectHttp2(concat(Uint8Array.of(0x82), bytes, Uint8Array.of(0x88, 0x82)), 1, 1 + bytes.length)).toBe(
    expected,
  );
});
