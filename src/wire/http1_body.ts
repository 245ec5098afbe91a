/**
 * Bodies (RFC 9112 section 6), chunked ones byte by byte, so that nothing stays untaken:
 *
 *   chunked-body = *( chunk-size [ chunk-ext ] CRLF chunk-data CRLF ) 1*"0" [ chunk-ext ] CRLF *( field-line CRLF ) CRLF
 */
import { byteAt, CR, HT, hexValue, LF, SP } from './bytes.ts';
import type { HttpMessage } from './http_exchange.ts';

/** Where in the body. */
const FIXED = 0;
const CHUNK_SIZE = 1;
const CHUNK_EXTENSION = 2;
const CHUNK_DATA = 3;
const CHUNK_END = 4;
const TRAILER = 5;
const UNTIL_CLOSE = 6;

/** The framing is broken. */
export const BROKEN = -1;

/** Where missing bytes end: in the body, behind it, or nobody knows. */
const INSIDE = 0;
export const BEHIND = 1;
export const SOMEWHERE = 2;

/** 52 bits: exact in a number. */
const MAX_DIGITS = 13;
const SEMICOLON = 0x3b;

/** The body of one message at a time, by its framing. */
export class Http1Body {
  /** It is whole. */
  done = false;
  #place = FIXED;
  /** Bytes left of the body or of the chunk. */
  #left = 0;
  /** Hexadecimal digits of the chunk size read. */
  #digits = 0;
  #lineEmpty = true;

  /** `length` bytes, of which there are some. */
  fixed(length: number): void {
    this.done = false;
    this.#place = FIXED;
    this.#left = length;
  }

  chunked(): void {
    this.done = false;
    this.#startChunk();
  }

  untilClose(): void {
    this.done = false;
    this.#place = UNTIL_CLOSE;
  }

  /** It goes on until the connection ends. */
  get endless(): boolean {
    return this.#place === UNTIL_CLOSE;
  }

  /** Takes some of it for `message`; returns the position behind, or BROKEN. */
  take(bytes: Uint8Array, at: number, end: number, message: HttpMessage, time: number): number {
    message.last = time;
    switch (this.#place) {
      case UNTIL_CLOSE:
        message.size += end - at;
        return end;
      case FIXED:
      case CHUNK_DATA: {
        const taken = Math.min(end - at, this.#left);
        message.size += taken;
        this.#passed(taken);
        return at + taken;
      }
      case CHUNK_END:
        return this.#chunkEnd(bytes, at);
      case TRAILER:
        return this.#trailer(bytes, at, end);
      default:
        return this.#chunkSize(bytes, at, end);
    }
  }

  /** `length` bytes are missing: tells where they end. */
  skip(length: number, message: HttpMessage, time: number): typeof INSIDE | typeof BEHIND | typeof SOMEWHERE {
    if (this.#place === TRAILER) return BEHIND;
    message.last = time;
    const sized = this.#place === FIXED || this.#place === CHUNK_DATA;
    const data = sized ? this.#left : this.endless ? length : 0;
    message.size += Math.min(length, data);
    if (length > data) return this.#place === FIXED ? BEHIND : SOMEWHERE;
    if (sized) this.#passed(length);
    return INSIDE;
  }

  #passed(count: number): void {
    this.#left -= count;
    if (this.#left > 0) return;
    if (this.#place === FIXED) this.done = true;
    else this.#place = CHUNK_END;
  }

  #startChunk(): void {
    this.#place = CHUNK_SIZE;
    this.#left = 0;
    this.#digits = 0;
  }

  #chunkSize(bytes: Uint8Array, start: number, end: number): number {
    for (let at = start; at < end; at++) {
      const byte = byteAt(bytes, at);
      if (byte === LF) {
        if (this.#digits === 0) return BROKEN;
        this.#lineEmpty = true;
        this.#place = this.#left === 0 ? TRAILER : CHUNK_DATA;
        return at + 1;
      }
      if (this.#place === CHUNK_EXTENSION) continue;
      const value = hexValue(byte);
      if (value >= 0) {
        // Leading zeros are digits too; they are few in honest messages.
        if (++this.#digits > MAX_DIGITS) return BROKEN;
        this.#left = this.#left * 16 + value;
      } else if (this.#digits > 0 && (byte === CR || byte === SEMICOLON || byte === SP || byte === HT)) {
        this.#place = CHUNK_EXTENSION;
      } else {
        return BROKEN;
      }
    }
    return end;
  }

  /** The line end after a chunk's data. */
  #chunkEnd(bytes: Uint8Array, at: number): number {
    const byte = byteAt(bytes, at);
    if (byte === LF) this.#startChunk();
    else if (byte !== CR) return BROKEN;
    return at + 1;
  }

  /** Trailer fields, up to an empty line. */
  #trailer(bytes: Uint8Array, start: number, end: number): number {
    for (let at = start; at < end; at++) {
      const byte = byteAt(bytes, at);
      if (byte === LF) {
        if (this.#lineEmpty) {
          this.done = true;
          return at + 1;
        }
        this.#lineEmpty = true;
      } else if (byte !== CR) {
        this.#lineEmpty = false;
      }
    }
    return end;
  }
}

/** `0 CRLF CRLF` at the end of an operation, itself at the beginning of a line. */
export function endsInLastChunk(bytes: Uint8Array, start: number, end: number): boolean {
  const at = end - 5;
  if (at < start || byteAt(bytes, at) !== 0x30) return false;
  if (byteAt(bytes, at + 1) !== CR || byteAt(bytes, at + 2) !== LF) return false;
  if (byteAt(bytes, at + 3) !== CR || byteAt(bytes, at + 4) !== LF) return false;
  return at === start || byteAt(bytes, at - 1) === LF;
}
