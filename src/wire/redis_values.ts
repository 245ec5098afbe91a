import { asciiText, byteAt, CR, SP } from './bytes.ts';
import { BULK, headerNumber, lineEnd, MAX_HEADER } from './redis_detect.ts';

/** Of an error's code. */
export const MAX_PREFIX = 32;

/** `$-1` and `*-1`. */
export function isNull(bytes: Uint8Array, at: number, lf: number): boolean {
  return lf === at + 4 && byteAt(bytes, at + 1) === 0x2d && byteAt(bytes, at + 2) === 0x31;
}

/** Upper case letters and digits before the first space; other text is no code. */
export function errorPrefix(bytes: Uint8Array, start: number, end: number): string {
  let at = start;
  while (at < end && byteAt(bytes, at) !== SP && byteAt(bytes, at) !== CR) at++;
  if (at === start || at - start > MAX_PREFIX) return '_OTHER';
  const text = asciiText(bytes, start, at);
  return /^[A-Z][A-Z0-9_]*$/.test(text) ? text : '_OTHER';
}

/** The first string of an array, up to 12 bytes of it; '' if it has none; undefined: not there yet. */
export function firstWord(bytes: Uint8Array, at: number, end: number): string | undefined {
  const lf = lineEnd(bytes, at, end, MAX_HEADER);
  if (lf === -1) return undefined;
  if (lf < 0 || headerNumber(bytes, at, lf) < 2) return '';
  const bulk = lf + 1;
  if (bulk >= end) return undefined;
  if (byteAt(bytes, bulk) !== BULK) return '';
  const second = lineEnd(bytes, bulk, end, MAX_HEADER);
  if (second === -1) return undefined;
  const length = second < 0 ? -1 : headerNumber(bytes, bulk, second);
  if (length < 0 || length > 12) return '';
  if (second + 1 + length > end) return undefined;
  return asciiText(bytes, second + 1, second + 1 + length);
}
