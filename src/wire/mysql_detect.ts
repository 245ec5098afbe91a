import { byteAt } from './bytes.ts';
import { type Detection, MORE, NO, REQUEST, RESPONSE } from './decoder.ts';

/** Length (3 bytes, little end first) and sequence number. */
export const HEADER = 4;
export const MAX_PACKET = 0xffffff;
/** Of a server's version: `5.5.5-10.11.19-MariaDB-0+deb12u1`. */
const MAX_VERSION = 80;

export const packetLength = (bytes: Uint8Array, at: number): number =>
  byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16);

export const int16 = (bytes: Uint8Array, at: number): number => byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8);

/**
 * The server speaks first: a greeting of version 10 with a version that begins with a digit. In the middle of a
 * connection only a whole packet that is a query, the beginning of words, tells.
 */
export function detectMysql(bytes: Uint8Array, start: number, end: number): Detection {
  const length = end - start;
  if (length < HEADER) return length > 2 && byteAt(bytes, start + 2) !== 0 ? NO : MORE;
  // No first packet has 64 KiB; every text protocol stops here.
  if (byteAt(bytes, start + 2) !== 0 || byteAt(bytes, start + 3) > 1) return NO;
  const body = packetLength(bytes, start);
  if (body === 0) return NO;
  if (length < HEADER + 1) return MORE;
  const first = byteAt(bytes, start + HEADER);
  const sequence = byteAt(bytes, start + 3);
  if (sequence === 0 && first === 10) return detectGreeting(bytes, start, end, body);
  if (sequence === 0 && first === 0xff) return detectRefusal(bytes, start, end, body);
  if (sequence === 0) return detectCommand(bytes, start, end, body, first);
  return detectLogin(bytes, start, end, body);
}

function detectGreeting(bytes: Uint8Array, start: number, end: number, body: number): Detection {
  if (body < 40 || body > 1024) return NO;
  const from = start + HEADER + 1;
  for (let at = from; at < end && at - from < MAX_VERSION; at++) {
    const byte = byteAt(bytes, at);
    if (byte === 0) return at - from > 2 ? RESPONSE : NO;
    if (byte < 0x20 || byte > 0x7e || (at === from && (byte < 0x30 || byte > 0x39))) return NO;
  }
  return end - from < MAX_VERSION ? MORE : NO;
}

/** `Too many connections`, `Host is blocked`. */
function detectRefusal(bytes: Uint8Array, start: number, end: number, body: number): Detection {
  if (body < 9 || body > 512) return NO;
  if (end - start < HEADER + 3) return MORE;
  const code = int16(bytes, start + HEADER + 1);
  return code >= 1000 && code < 5000 ? RESPONSE : NO;
}

/** The client's answer to the greeting: capabilities with protocol 4.1, 23 zeros (MariaDB uses the last four). */
function detectLogin(bytes: Uint8Array, start: number, end: number, body: number): Detection {
  if (body < 32) return NO;
  if (end - start < HEADER + 32) return MORE;
  if ((byteAt(bytes, start + HEADER + 1) & 0x02) === 0) return NO;
  for (let at = start + HEADER + 9; at < start + HEADER + 28; at++) if (byteAt(bytes, at) !== 0) return NO;
  return REQUEST;
}

function detectCommand(bytes: Uint8Array, start: number, end: number, body: number, command: number): Detection {
  // COM_QUERY and COM_STMT_PREPARE carry text.
  if (command === 0x03 || command === 0x16) {
    const stop = Math.min(end, start + HEADER + body, start + HEADER + 33);
    if (end - start < HEADER + Math.min(body, 8)) return MORE;
    for (let at = start + HEADER + 1; at < stop; at++) {
      const byte = byteAt(bytes, at);
      if (byte < 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09 && at > start + HEADER + 2) return NO;
    }
    return body > 4 && end <= start + HEADER + body ? REQUEST : NO;
  }
  // COM_PING, COM_QUIT; COM_STMT_EXECUTE has an iteration count of one.
  if ((command === 0x0e || command === 0x01) && body === 1) return end === start + HEADER + 1 ? REQUEST : NO;
  if (command !== 0x17 || body < 10) return NO;
  if (end - start < HEADER + 10) return MORE;
  const at = start + HEADER + 6;
  return byteAt(bytes, at) === 1 && byteAt(bytes, at + 1) + byteAt(bytes, at + 2) + byteAt(bytes, at + 3) === 0
    ? REQUEST
    : NO;
}
