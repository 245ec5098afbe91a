/**
 * Counts the messages of one direction of a gRPC call
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md):
 *
 *   Length-Prefixed-Message = Compressed-Flag (1 byte, 0 or 1) Message-Length (4 bytes) Message
 */
import { byteAt } from './bytes.ts';

const PREFIX = 5;

export class GrpcMessages {
  count = 0;
  /** More messages may have passed than were counted. */
  atLeast = false;
  #prefix = 0;
  #length = 0;
  /** Bytes left of the message. */
  #left = 0;

  reset(): void {
    this.count = this.#prefix = this.#length = this.#left = 0;
    this.atLeast = false;
  }

  take(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end && !this.atLeast) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, end - at);
        this.#left -= taken;
        at += taken;
      } else {
        this.#byte(byteAt(bytes, at++));
      }
    }
  }

  /** `length` bytes are missing. */
  skip(length: number): void {
    if (length <= this.#left) this.#left -= length;
    else this.atLeast = true;
  }

  #byte(byte: number): void {
    if (this.#prefix === 0) {
      // Not a flag: where messages begin is not known any more.
      if (byte > 1) this.atLeast = true;
    } else {
      this.#length = this.#length * 256 + byte;
    }
    if (++this.#prefix < PREFIX) return;
    this.count++;
    this.#left = this.#length;
    this.#prefix = this.#length = 0;
  }
}
