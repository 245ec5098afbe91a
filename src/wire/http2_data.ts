import { byteAt } from './bytes.ts';
import type { Side } from './decoder.ts';
import * as frames from './http2_frames.ts';
import type { Http2Streams } from './http2_streams.ts';

/** The payload of one DATA frame at a time (RFC 9113 section 6.1): [ pad length ] body padding. */
export class Http2Data {
  /** Something of the payload is to come. */
  open = false;
  readonly #side: Side;
  readonly #streams: Http2Streams;
  #stream = 0;
  #ends = false;
  /** The pad length is to come. */
  #padded = false;
  /** Bytes left of the body, and of the padding behind it. */
  #left = 0;
  #padding = 0;

  constructor(side: Side, streams: Http2Streams) {
    this.#side = side;
    this.#streams = streams;
  }

  /** The frame's header is at `at`. */
  begin(bytes: Uint8Array, at: number): void {
    const flags = frames.frameFlags(bytes, at);
    this.open = true;
    this.#stream = frames.frameStream(bytes, at);
    this.#ends = (flags & frames.END_STREAM) !== 0;
    this.#padded = (flags & frames.PADDED) !== 0;
    this.#left = frames.frameLength(bytes, at);
    this.#padding = 0;
    if (this.#left === 0) this.#done();
  }

  /** Returns how far it came; −1: there is more padding than payload. */
  take(bytes: Uint8Array, at: number, end: number, time: number): number {
    if (this.#padded) {
      const padding = byteAt(bytes, at);
      if (padding >= this.#left) return -1;
      this.#padded = false;
      this.#left -= padding + 1;
      this.#padding = padding;
      if (this.#left + padding === 0) this.#done();
      return at + 1;
    }
    const taken = Math.min(this.#left, end - at);
    if (taken > 0) this.#streams.data(this.#side, this.#stream, bytes, at, at + taken, time);
    return at + taken + this.#passed(taken, end - at - taken);
  }

  /** `length` bytes are missing; returns how many of them are beyond the frame. */
  skip(length: number, time: number): number {
    let body = Math.min(length, this.#left);
    if (this.#padded) {
      // The pad length went, too: of the bytes that are left, nobody knows which are padding.
      this.#streams.inexact(this.#side, this.#stream);
      this.#padded = false;
      this.#padding = this.#left;
      this.#left = body = 0;
    }
    if (body > 0) this.#streams.missing(this.#side, this.#stream, body, time);
    return length - body - this.#passed(body, length - body);
  }

  /** `body` bytes of the body have passed, and up to `more` bytes behind them; returns how many of those are padding. */
  #passed(body: number, more: number): number {
    this.#left -= body;
    if (this.#left > 0) return 0;
    const padding = Math.min(this.#padding, more);
    this.#padding -= padding;
    if (this.#padding === 0) this.#done();
    return padding;
  }

  #done(): void {
    this.open = false;
    if (this.#ends) this.#streams.ended(this.#side, this.#stream);
  }
}
