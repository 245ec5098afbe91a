/**
 * W3C Trace Context Level 2 (https://www.w3.org/TR/trace-context-2/).
 *
 *   traceparent = version "-" trace-id "-" parent-id "-" trace-flags
 *   version     = 2HEXDIGLC, ff invalid; trace-id = 32HEXDIGLC, not all 0; parent-id = 16HEXDIGLC, not all 0
 *
 * Version 00 is exactly 55 characters. A higher version may go on after them with "-"; its first 55 count.
 */
import { asciiText, byteAt, isDigit } from './bytes.ts';

const LENGTH = 55;
const DASH = 0x2d;
const ZERO = 0x30;
/** Section 3.3.1.1: a list of more members is not valid; 3.3.1.5: at least 512 characters should be passed on. */
const MAX_MEMBERS = 32;
const MAX_TRACESTATE = 512;

/** The first 55 characters of a valid header, or ''. `[start, end)` has no white space around it. */
export function readTraceparent(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length < LENGTH) return '';
  let traceId = false;
  let parentId = false;
  for (let at = 0; at < LENGTH; at++) {
    const byte = byteAt(bytes, start + at);
    if (at === 2 || at === 35 || at === 52) {
      if (byte !== DASH) return '';
      continue;
    }
    if (!isDigit(byte) && !(byte >= 0x61 && byte <= 0x66)) return '';
    if (byte === ZERO) continue;
    if (at > 2 && at < 35) traceId = true;
    else if (at > 35 && at < 52) parentId = true;
  }
  if (!traceId || !parentId) return '';
  const first = byteAt(bytes, start);
  const second = byteAt(bytes, start + 1);
  if (first === 0x66 && second === 0x66) return '';
  if (length > LENGTH) {
    if (first === ZERO && second === ZERO) return '';
    if (byteAt(bytes, start + LENGTH) !== DASH) return '';
  }
  return asciiText(bytes, start, start + LENGTH);
}

/**
 * Adds one `tracestate` field to those before it. undefined: the list is unfit (characters, members, length) and
 * none of it may be passed on.
 */
export function joinTracestate(before: string, bytes: Uint8Array, start: number, end: number): string | undefined {
  if (start >= end) return before;
  const length = end - start + (before === '' ? 0 : before.length + 1);
  if (length > MAX_TRACESTATE) return undefined;
  for (let at = start; at < end; at++) {
    const byte = byteAt(bytes, at);
    if ((byte < 0x20 && byte !== 0x09) || byte > 0x7e) return undefined;
  }
  const text = asciiText(bytes, start, end);
  const joined = before === '' ? text : `${before},${text}`;
  let members = 1;
  for (let at = 0; at < joined.length; at++) if (joined.charCodeAt(at) === 0x2c) members++;
  return members > MAX_MEMBERS ? undefined : joined;
}
