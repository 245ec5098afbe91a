/**
 * Frames of HTTP/2 (RFC 9113 section 4.1 and 6):
 *
 *   frame = length (24) type (8) flags (8) 0 (1) stream identifier (31) payload
 */
import { asciiBytes, byteAt, startsWith } from './bytes.ts';

/** What a client sends first (section 3.4). */
export const PREFACE = asciiBytes('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
export const FRAME_HEADER = 9;

export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

export const END_STREAM = 0x01;
export const ACK = 0x01;
export const END_HEADERS = 0x04;
export const PADDED = 0x08;
export const HAS_PRIORITY = 0x20;

/** Flags that a frame of each type may have. */
const FLAGS = [
  END_STREAM | PADDED,
  END_STREAM | END_HEADERS | PADDED | HAS_PRIORITY,
  0,
  0,
  ACK,
  END_HEADERS | PADDED,
  ACK,
  0,
  0,
  END_HEADERS,
];
/** SETTINGS_MAX_FRAME_SIZE before anybody says otherwise; few say otherwise. */
export const DEFAULT_FRAME_SIZE = 16_384;
/** More settings than are defined, less than a guess would have. */
const MAX_SETTINGS = 6 * 32;
const MAX_GOAWAY = 1024;

export function frameLength(bytes: Uint8Array, at: number): number {
  return (byteAt(bytes, at) << 16) | (byteAt(bytes, at + 1) << 8) | byteAt(bytes, at + 2);
}

export function uint31(bytes: Uint8Array, at: number): number {
  return (
    ((byteAt(bytes, at) & 0x7f) << 24) |
    (byteAt(bytes, at + 1) << 16) |
    (byteAt(bytes, at + 2) << 8) |
    byteAt(bytes, at + 3)
  );
}

export function uint32(bytes: Uint8Array, at: number): number {
  return uint31(bytes, at) + (byteAt(bytes, at) >= 0x80 ? 0x80000000 : 0);
}

export function frameType(bytes: Uint8Array, at: number): number {
  return byteAt(bytes, at + 3);
}

export function frameFlags(bytes: Uint8Array, at: number): number {
  return byteAt(bytes, at + 4);
}

export function frameStream(bytes: Uint8Array, at: number): number {
  return uint31(bytes, at + 5);
}

/** May a frame with this header be sent at all? What is known of its type is kept to (section 6). */
export function valid(type: number, length: number, stream: number): boolean {
  switch (type) {
    case DATA:
    case HEADERS:
    case CONTINUATION:
      return stream !== 0;
    case PRIORITY:
      return stream !== 0 && length === 5;
    case RST_STREAM:
      return stream !== 0 && length === 4;
    case SETTINGS:
      return stream === 0 && length % 6 === 0;
    case PUSH_PROMISE:
      return stream !== 0 && length >= 4;
    case PING:
      return stream === 0 && length === 8;
    case GOAWAY:
      return stream === 0 && length >= 8;
    case WINDOW_UPDATE:
      return length === 4;
    default:
      // Types nobody knows have to be passed over (section 5.5).
      return length <= DEFAULT_FRAME_SIZE;
  }
}

/** Does a usual frame begin at `at`? Stricter than `valid`: this is how frames are found among other bytes. */
export function plausible(bytes: Uint8Array, at: number): boolean {
  const type = frameType(bytes, at);
  if (byteAt(bytes, at) !== 0 || type > CONTINUATION || byteAt(bytes, at + 5) >= 0x80) return false;
  const length = frameLength(bytes, at);
  const flags = frameFlags(bytes, at);
  if (length > DEFAULT_FRAME_SIZE || (flags & ~(FLAGS[type] ?? 0)) !== 0) return false;
  if (!valid(type, length, frameStream(bytes, at))) return false;
  if (type === SETTINGS) return (flags & ACK) === 0 ? length <= MAX_SETTINGS : length === 0;
  if (type === GOAWAY) return length <= MAX_GOAWAY;
  if (type === DATA) return length > 0 || (flags & END_STREAM) !== 0;
  return length > 0;
}

/** Frames that are followed at most. */
const MAX_CHAIN = 3;

/** How many plausible frames follow each other from `at` on, up to MAX_CHAIN; 0 if any header seen is none. */
export function chain(bytes: Uint8Array, at: number, end: number): number {
  let count = 0;
  let next = at;
  while (count < MAX_CHAIN && next + FRAME_HEADER <= end) {
    if (!plausible(bytes, next)) return 0;
    count++;
    next += FRAME_HEADER + frameLength(bytes, next);
  }
  return count;
}

/** Is `bytes[start, end)` the preface, or its beginning? */
export function matchesPreface(bytes: Uint8Array, start: number, end: number): boolean {
  const length = Math.min(PREFACE.length, end - start);
  return length > 0 && startsWith(bytes, start, length === PREFACE.length ? PREFACE : PREFACE.subarray(0, length));
}
