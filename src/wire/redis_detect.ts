import { byteAt, CR, decimal, isDigit, LF, SP } from './bytes.ts';
import { type Detection, MORE, NO, REQUEST, RESPONSE } from './decoder.ts';
import { isCommand, MAX_NAME } from './redis_commands.ts';

export const ARRAY = 0x2a;
export const BULK = 0x24;
/** `*1024\r\n`, `:-9223372036854775808\r\n`. */
export const MAX_HEADER = 32;
/** What memcached calls its commands too, in lower case. */
const SHARED = 0x20;

/** Position of the LF of `…\r\n`; −1: not there yet; −2: there is none within `limit` bytes. */
export function lineEnd(bytes: Uint8Array, start: number, end: number, limit: number): number {
  const stop = Math.min(end, start + limit);
  for (let at = start; at < stop; at++) if (byteAt(bytes, at) === LF) return at;
  return stop === end && end - start < limit ? -1 : -2;
}

/** The number of a header line `*3\r\n` whose LF is at `lf`; −1 for `-1` as well as for what is no number. */
export function headerNumber(bytes: Uint8Array, start: number, lf: number): number {
  return byteAt(bytes, lf - 1) === CR ? decimal(bytes, start + 1, lf - 1) : -1;
}

/** Does a request or an answer begin at `start`? An array of strings of which the first names a command is a request. */
export function detectRedis(bytes: Uint8Array, start: number, end: number): Detection {
  if (start >= end) return MORE;
  const first = byteAt(bytes, start);
  if (first === ARRAY) return detectArray(bytes, start, end);
  if (isLetter(first)) return detectInline(bytes, start, end);
  return detectReply(bytes, start, end);
}

function detectArray(bytes: Uint8Array, start: number, end: number): Detection {
  const lf = lineEnd(bytes, start, end, MAX_HEADER);
  if (lf === -1) return plausibleNumber(bytes, start + 1, end) ? MORE : NO;
  if (!isNumberLine(bytes, start, lf)) return NO;
  const count = headerNumber(bytes, start, lf);
  if (count <= 0) return RESPONSE;
  const bulk = lf + 1;
  if (bulk >= end) return MORE;
  const kind = byteAt(bytes, bulk);
  if (kind !== BULK) return isReplyType(kind) ? RESPONSE : NO;
  const second = lineEnd(bytes, bulk, end, MAX_HEADER);
  if (second === -1) return plausibleNumber(bytes, bulk + 1, end) ? MORE : NO;
  if (!isNumberLine(bytes, bulk, second)) return NO;
  const length = headerNumber(bytes, bulk, second);
  if (length <= 0 || length > MAX_NAME) return RESPONSE;
  if (second + 1 + length > end) return MORE;
  return isCommand(bytes, second + 1, second + 1 + length) ? REQUEST : RESPONSE;
}

/**
 * A line of words. The same words mean something to other protocols: HTTP's end in a version, memcached's are in lower
 * case (its answers then do not fit).
 */
function detectInline(bytes: Uint8Array, start: number, end: number): Detection {
  let at = start;
  const stop = Math.min(end, start + MAX_NAME);
  while (at < stop && isLetter(byteAt(bytes, at))) at++;
  if (at === end && end - start < MAX_NAME) return MORE;
  const after = at < end ? byteAt(bytes, at) : 0;
  if (after !== SP && after !== CR && after !== LF) return NO;
  if (!isCommand(bytes, start, at)) return NO;
  if (after === SP && (byteAt(bytes, start) & SHARED) !== 0) return NO;
  const lf = lineEnd(bytes, at, end, 512);
  if (lf === -1) return MORE;
  if (lf === -2) return NO;
  for (let slash = at; slash + 5 < lf; slash++) {
    // ` HTTP/`
    if (byteAt(bytes, slash) === SP && byteAt(bytes, slash + 1) === 0x48 && byteAt(bytes, slash + 5) === 0x2f)
      return NO;
  }
  return REQUEST;
}

function detectReply(bytes: Uint8Array, start: number, end: number): Detection {
  const first = byteAt(bytes, start);
  if (!isReplyType(first)) return NO;
  const lf = lineEnd(bytes, start, end, 256);
  if (lf === -1) return first === BULK && !plausibleNumber(bytes, start + 1, end) ? NO : MORE;
  return lf > 0 && isReplyLine(bytes, start, lf) ? RESPONSE : NO;
}

/** Is the line that ends in the LF at `lf` the first of an answer? Of text, only Redis' own words count. */
export function isReplyLine(bytes: Uint8Array, start: number, lf: number): boolean {
  if (lf - start < 2 || byteAt(bytes, lf - 1) !== CR) return false;
  const length = lf - 1 - start;
  switch (byteAt(bytes, start)) {
    case 0x2b: // +OK
      return length >= 3 && isUpperWord(bytes, start + 1, lf - 1);
    case 0x2d: {
      // -WRONGTYPE Operation…
      let at = start + 1;
      while (at < lf - 1 && byteAt(bytes, at) !== SP) at++;
      return at - start > 2 && isUpperWord(bytes, start + 1, at);
    }
    case 0x5f: // _
      return length === 1;
    case 0x23: // #t
      return length === 2;
    case 0x2c: // ,1.23
      return length > 1;
    default:
      return plausibleNumber(bytes, start + 1, lf - 1) && length > 1;
  }
}

function isUpperWord(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = byteAt(bytes, at);
    if (!(byte >= 0x41 && byte <= 0x5a) && !isDigit(byte)) return false;
  }
  return true;
}

const isNumberLine = (bytes: Uint8Array, start: number, lf: number): boolean =>
  lf > start + 2 && byteAt(bytes, lf - 1) === CR && plausibleNumber(bytes, start + 1, lf - 1);

/** Digits with a sign before them, whole or cut. */
function plausibleNumber(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = byteAt(bytes, at);
    if (isDigit(byte) || (at === start && byte === 0x2d)) continue;
    if (byte === CR && at === end - 1) continue;
    return false;
  }
  return true;
}

const isLetter = (byte: number): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;

/** RESP3 has thirteen more than a look at the first byte can be wrong about: https://redis.io/docs/latest/develop/reference/protocol-spec/ */
export function isReplyType(byte: number): boolean {
  switch (byte) {
    case 0x2b: // + simple string
    case 0x2d: // - error
    case 0x3a: // : integer
    case BULK:
    case ARRAY:
    case 0x5f: // _ null
    case 0x23: // # boolean
    case 0x2c: // , double
    case 0x28: // ( big number
    case 0x21: // ! bulk error
    case 0x3d: // = verbatim string
    case 0x25: // % map
    case 0x7e: // ~ set
    case 0x3e: // > push
    case 0x7c: // | attribute
      return true;
    default:
      return false;
  }
}
