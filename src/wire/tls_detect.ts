import { byteAt } from './bytes.ts';
import { type Detection, EITHER, MORE, NO, REQUEST, RESPONSE } from './decoder.ts';
import { int16 } from './tls_hello.ts';

/** Content types of records. */
export const CHANGE_CIPHER_SPEC = 20;
export const ALERT = 21;
export const HANDSHAKE = 22;
export const APPLICATION_DATA = 23;
const HEARTBEAT = 24;
/** Type, version, length. */
export const HEADER = 5;
/** 2^14, and what encryption may add up to TLS 1.2: RFC 5246 section 6.2.3. */
const MAX_RECORD = 16_384 + 2048;
export const CLIENT_HELLO = 1;
export const SERVER_HELLO = 2;

/** Can a record begin with the five bytes at `at`? */
export function isRecord(bytes: Uint8Array, at: number): boolean {
  const type = byteAt(bytes, at);
  const length = int16(bytes, at + 3);
  if (type < CHANGE_CIPHER_SPEC || type > HEARTBEAT || byteAt(bytes, at + 1) !== 3 || byteAt(bytes, at + 2) > 4)
    return false;
  return length > 0 && length <= MAX_RECORD;
}

/** A hello, an alert alone, or in the middle of a connection records of application data. */
export function detectTls(bytes: Uint8Array, start: number, end: number): Detection {
  const length = end - start;
  if (length < 1) return MORE;
  const type = byteAt(bytes, start);
  if (type === 0x80) return detectVersion2(bytes, start, end);
  if (type !== HANDSHAKE && type !== ALERT && type !== APPLICATION_DATA) return NO;
  if (length > 1 && byteAt(bytes, start + 1) !== 3) return NO;
  if (length < HEADER) return MORE;
  if (!isRecord(bytes, start)) return NO;
  if (type === HANDSHAKE) return detectHello(bytes, start + HEADER, end, int16(bytes, start + 3));
  if (type === ALERT) return detectAlert(bytes, start, end);
  const next = start + HEADER + int16(bytes, start + 3);
  return next + HEADER > end || isRecord(bytes, next) ? EITHER : NO;
}

function detectHello(bytes: Uint8Array, at: number, end: number, length: number): Detection {
  if (at >= end) return MORE;
  const type = byteAt(bytes, at);
  if (type !== CLIENT_HELLO && type !== SERVER_HELLO) return NO;
  // Length and version of the message, unless it is cut into smaller records.
  if (length >= 6) {
    if (at + 6 > end) return MORE;
    if (byteAt(bytes, at + 1) !== 0 || byteAt(bytes, at + 4) !== 3) return NO;
  }
  return type === CLIENT_HELLO ? REQUEST : RESPONSE;
}

function detectAlert(bytes: Uint8Array, start: number, end: number): Detection {
  if (int16(bytes, start + 3) !== 2) return NO;
  if (end - start < HEADER + 2) return MORE;
  const level = byteAt(bytes, start + HEADER);
  return level === 1 || level === 2 ? EITHER : NO;
}

/**
 * The hello of SSL 2, with which clients of TLS 1.0 and before could begin too (RFC 5246 appendix E.2):
 * length (its first bit set), 1, version, lengths of ciphers (three bytes each), session and challenge.
 */
export function detectVersion2(bytes: Uint8Array, start: number, end: number): Detection {
  if (end - start > 2 && byteAt(bytes, start + 2) !== CLIENT_HELLO) return NO;
  if (end - start < 11) return MORE;
  const version = int16(bytes, start + 3);
  const ciphers = int16(bytes, start + 5);
  const session = int16(bytes, start + 7);
  const challenge = int16(bytes, start + 9);
  if (version !== 2 && (version < 0x300 || version > 0x303)) return NO;
  const whole = 9 + ciphers + session + challenge === (int16(bytes, start) & 0x7fff);
  return whole && ciphers > 0 && ciphers % 3 === 0 && challenge >= 16 && challenge <= 32 ? REQUEST : NO;
}
