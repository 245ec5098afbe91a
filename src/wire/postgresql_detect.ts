import { byteAt } from './bytes.ts';
import { type Detection, MORE, NO, REQUEST, RESPONSE } from './decoder.ts';

/** Type byte and length. */
export const HEADER = 5;
/** Codes where a version would be: https://www.postgresql.org/docs/current/protocol-message-formats.html */
export const CANCEL = 80877102;
export const SSL = 80877103;
export const GSS = 80877104;
export const MAX_STARTUP = 10_000;
/** PostgreSQL's own limit of a message. */
const MAX_LENGTH = 0x3fff_ffff;

const types = (text: string): ReadonlySet<number> => new Set([...text].map((char) => char.charCodeAt(0)));
const CLIENT_TYPES = types('QPBEDCSHXFpdcf');
const SERVER_TYPES = types('RSKZTDCIEN123nstAGHWdcVv');
const SERVER_SHORT = types('123nscI');

export function int32(bytes: Uint8Array, at: number): number {
  return (
    (byteAt(bytes, at) << 24) | (byteAt(bytes, at + 1) << 16) | (byteAt(bytes, at + 2) << 8) | byteAt(bytes, at + 3)
  );
}

/** Length of the message at `at`, type byte included; 0 if there is none. */
export function messageLength(bytes: Uint8Array, at: number, client: boolean): number {
  if (!(client ? CLIENT_TYPES : SERVER_TYPES).has(byteAt(bytes, at))) return 0;
  const length = int32(bytes, at + 1);
  return length >= 4 && length <= MAX_LENGTH ? length + 1 : 0;
}

/** 3.0 and what may follow it. */
export const isVersion = (code: number): boolean => code >> 16 === 3 && (code & 0xffff) < 100;

/** A startup packet, or in the middle of a connection a message that can hardly be anything else. */
export function detectPostgresql(bytes: Uint8Array, start: number, end: number): Detection {
  const length = end - start;
  if (length < 1) return MORE;
  const first = byteAt(bytes, start);
  if (first === 0) return detectStartup(bytes, start, end);
  if (!CLIENT_TYPES.has(first) && !SERVER_TYPES.has(first)) return NO;
  // No message worth a guess has 16 MiB; text has no zeros.
  if (length > 1 && byteAt(bytes, start + 1) !== 0) return NO;
  if (length < HEADER) return MORE;
  return detectMessage(bytes, start, end, first, int32(bytes, start + 1));
}

function detectStartup(bytes: Uint8Array, start: number, end: number): Detection {
  if (end - start > 1 && byteAt(bytes, start + 1) !== 0) return NO;
  if (end - start < 8) return MORE;
  const length = int32(bytes, start);
  const code = int32(bytes, start + 4);
  if (code === SSL || code === GSS) return length === 8 ? REQUEST : NO;
  if (code === CANCEL) return length === 16 ? REQUEST : NO;
  if (!isVersion(code) || length < 9 || length > MAX_STARTUP) return NO;
  return byteAt(bytes, start + length - 1 < end ? start + length - 1 : start) === 0 ? REQUEST : NO;
}

function detectMessage(bytes: Uint8Array, start: number, end: number, type: number, length: number): Detection {
  const next = start + 1 + length;
  const at = start + HEADER;
  switch (type) {
    case 0x51: // Query: text, then a zero at its end
      return length > 5 && isTextUntil(bytes, at, Math.min(end, next - 1)) && zeroAt(bytes, next - 1, end)
        ? REQUEST
        : NO;
    case 0x50: // Parse
      return length >= 8 && followedBy(bytes, next, end, true) ? REQUEST : NO;
    case 0x42: // Bind
      return length >= 12 && followedBy(bytes, next, end, true) ? REQUEST : NO;
    case 0x58: // Terminate
      return length === 4 && next === end ? REQUEST : NO;
    case 0x5a: // ReadyForQuery
      return length === 5 && (next > end || [0x49, 0x54, 0x45].includes(byteAt(bytes, at))) ? RESPONSE : NO;
    case 0x54: // RowDescription
      return length > 6 && followedBy(bytes, next, end, false) ? RESPONSE : NO;
    case 0x52: // Authentication…
      return length >= 8 && length < 1000 && followedBy(bytes, next, end, false) ? RESPONSE : NO;
    case 0x43: // CommandComplete; Close of a client has S or P here
      return length > 5 &&
        length < 80 &&
        isTextUntil(bytes, at, Math.min(end, next - 1)) &&
        zeroAt(bytes, next - 1, end)
        ? RESPONSE
        : NO;
    case 0x45: // ErrorResponse begins with the field S; Execute of a client has a name and a number
      if (length >= 9 && byteAt(bytes, at < end ? at : start) === 0x53) return RESPONSE;
      return length === 9 && followedBy(bytes, next, end, true) ? REQUEST : NO;
    default:
      return SERVER_SHORT.has(type) && length === 4 && followedBy(bytes, next, end, false) ? RESPONSE : NO;
  }
}

const zeroAt = (bytes: Uint8Array, at: number, end: number): boolean => at >= end || byteAt(bytes, at) === 0;

/** What comes next is a message too, as far as it is there. */
function followedBy(bytes: Uint8Array, at: number, end: number, client: boolean): boolean {
  if (at + 1 >= end) return at >= end || (client ? CLIENT_TYPES : SERVER_TYPES).has(byteAt(bytes, at));
  if (at + HEADER > end) return byteAt(bytes, at + 1) === 0;
  return messageLength(bytes, at, client) > 0;
}

function isTextUntil(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < Math.min(end, start + 64); at++) {
    const byte = byteAt(bytes, at);
    if (byte < 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return false;
  }
  return true;
}
