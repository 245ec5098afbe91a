import { asciiBytes, byteAt, CR, indexOf, isDigit, isToken, LF, SP, startsWith } from './bytes.ts';
import { type Detection, MORE, NO, REQUEST, RESPONSE } from './decoder.ts';

export const MAX_METHOD = 32;
/** `HTTP/1.1 200`: what a status line must have. */
export const STATUS_PREFIX = 12;
/** Without the end of the line, this much of a request line with a known method is enough. */
const ENOUGH_KNOWN = 64;
/** And this much with any token as method. */
const ENOUGH = 1024;

const PLUS = 0x2b;
const MINUS = 0x2d;
const VERSION = asciiBytes('HTTP/1.');
const SCHEME = asciiBytes('http');
const KNOWN = ['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE'].map(asciiBytes);

/** Does a message of HTTP/1 begin at `start`? Bounded by MAX_METHOD + ENOUGH bytes. */
export function detectHttp1(bytes: Uint8Array, start: number, end: number): Detection {
  if (start >= end) return MORE;
  if (byteAt(bytes, start) === VERSION[0]) {
    const cut = end - start < VERSION.length;
    if (startsWith(bytes, start, cut ? VERSION.subarray(0, end - start) : VERSION))
      return detectResponse(bytes, start, end);
  }
  return detectRequest(bytes, start, end);
}

function detectResponse(bytes: Uint8Array, start: number, end: number): Detection {
  for (let at = 7; at < STATUS_PREFIX; at++) {
    if (start + at >= end) return MORE;
    const byte = byteAt(bytes, start + at);
    if (at === 8 ? byte !== SP : !isDigit(byte)) return NO;
  }
  if (start + STATUS_PREFIX >= end) return MORE;
  const after = byteAt(bytes, start + STATUS_PREFIX);
  return after === SP || after === CR || after === LF ? RESPONSE : NO;
}

function detectRequest(bytes: Uint8Array, start: number, end: number): Detection {
  // They begin text in Redis, and no method, though they may: `-ET /a HTTP/1.1` is an error.
  if (byteAt(bytes, start) === PLUS || byteAt(bytes, start) === MINUS) return NO;
  let at = start;
  while (at < end && isToken(byteAt(bytes, at))) {
    if (++at - start > MAX_METHOD) return NO;
  }
  if (at === end) return MORE;
  if (at === start || byteAt(bytes, at) !== SP) return NO;
  const known = isKnown(bytes, start, at);
  const target = at + 1;
  if (target >= end) return MORE;
  const connect = known && byteAt(bytes, start) === 0x43;
  if (!connect && !plausibleTarget(bytes, target, end)) return NO;
  const limit = Math.min(end, target + ENOUGH);
  for (at = target; at < limit; at++) {
    const byte = byteAt(bytes, at);
    if (byte === LF) return endsInVersion(bytes, target, at) ? REQUEST : NO;
    if ((byte < SP && byte !== CR) || byte === 0x7f) return NO;
  }
  return at - target >= (known ? ENOUGH_KNOWN : ENOUGH) ? REQUEST : MORE;
}

const isKnown = (bytes: Uint8Array, start: number, end: number): boolean =>
  KNOWN.some((method) => method.length === end - start && startsWith(bytes, start, method));

/** Can `bytes[start, end)`, where no line ends, begin a request with a known method, or a response? */
export function begins(expected: Detection, bytes: Uint8Array, start: number, end: number): boolean {
  if (expected === RESPONSE) return startsWith(bytes, start, VERSION.subarray(0, end - start));
  const space = indexOf(bytes, SP, start, Math.min(end, start + MAX_METHOD + 1));
  if (space >= 0) return isKnown(bytes, start, space);
  return KNOWN.some((method) => startsWith(method, 0, bytes.subarray(start, end)));
}

/** Origin form, asterisk form, or the beginning of absolute form. */
function plausibleTarget(bytes: Uint8Array, at: number, end: number): boolean {
  const first = byteAt(bytes, at);
  if (first === 0x2f || first === 0x2a) return true;
  const length = Math.min(SCHEME.length, end - at);
  return startsWith(bytes, at, SCHEME.subarray(0, length));
}

/** Is `bytes[start, lf)` a target and ` HTTP/1.x`, with or without CR? */
export function endsInVersion(bytes: Uint8Array, start: number, lf: number): boolean {
  const end = lf > start && byteAt(bytes, lf - 1) === CR ? lf - 1 : lf;
  const version = end - 8;
  if (version - 1 <= start) return false;
  return byteAt(bytes, version - 1) === SP && startsWith(bytes, version, VERSION) && isDigit(byteAt(bytes, end - 1));
}
