/**
 * Chunked transfer coding (RFC 9112 section 7.1), byte by byte, so that nothing stays untaken:
 *
 *   chunked-body = *( chunk-size [ chunk-ext ] CRLF chunk-data CRLF ) 1*"0" [ chunk-ext ] CRLF *( field-line CRLF ) CRLF
 */
import { byteAt, CR, HT, hexValue, LF, SP } from './bytes.ts';
import { CHUNK_DATA, CHUNK_END, CHUNK_EXTENSION, CHUNK_SIZE, type Direction, TRAILER } from './http1_direction.ts';

/** 52 bits: exact in a number. */
const MAX_DIGITS = 13;
/** The framing is broken. */
export const BROKEN = -1;
const SEMICOLON = 0x3b;

/** Reads a chunk's size line. Returns where it stopped, or BROKEN. */
export function readChunkSize(direction: Direction, bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const byte = byteAt(bytes, at);
    if (byte === LF) {
      if (direction.digits === 0) return BROKEN;
      direction.lineEmpty = true;
      direction.phase = direction.remaining === 0 ? TRAILER : CHUNK_DATA;
      return at + 1;
    }
    if (direction.phase === CHUNK_EXTENSION) continue;
    const value = hexValue(byte);
    if (value >= 0) {
      // Leading zeros are digits too; they are few in honest messages.
      if (++direction.digits > MAX_DIGITS) return BROKEN;
      direction.remaining = direction.remaining * 16 + value;
    } else if (direction.digits > 0 && (byte === CR || byte === SEMICOLON || byte === SP || byte === HT)) {
      direction.phase = CHUNK_EXTENSION;
    } else {
      return BROKEN;
    }
  }
  return end;
}

/** The line end after a chunk's data. */
export function readChunkEnd(direction: Direction, bytes: Uint8Array, at: number): number {
  const byte = byteAt(bytes, at);
  if (byte === LF) direction.startChunk();
  else if (byte !== CR || direction.phase !== CHUNK_END) return BROKEN;
  return at + 1;
}

/** Trailer fields. The phase leaves TRAILER behind the empty line: the message is over. */
export function readTrailer(direction: Direction, bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const byte = byteAt(bytes, at);
    if (byte === LF) {
      if (direction.lineEmpty) {
        direction.phase = CHUNK_SIZE;
        return at + 1;
      }
      direction.lineEmpty = true;
    } else if (byte !== CR) {
      direction.lineEmpty = false;
    }
  }
  return end;
}

/** `0 CRLF CRLF` at the end of an operation, itself at the beginning of a line. */
export function endsInLastChunk(bytes: Uint8Array, start: number, end: number): boolean {
  const at = end - 5;
  if (at < start || byteAt(bytes, at) !== 0x30) return false;
  if (byteAt(bytes, at + 1) !== CR || byteAt(bytes, at + 2) !== LF) return false;
  if (byteAt(bytes, at + 3) !== CR || byteAt(bytes, at + 4) !== LF) return false;
  return at === start || byteAt(bytes, at - 1) === LF;
}
