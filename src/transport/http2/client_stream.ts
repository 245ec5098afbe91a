import type { HeaderFields } from './header_blocks.ts';

/**
 * How a stream ended. `reset`: the code of RST_STREAM, `unsent` when nothing was sent; `lost`: why the connection ended.
 * Neither: the answer is whole.
 */
export interface StreamEnd {
  readonly reset?: number;
  readonly unsent?: boolean;
  readonly lost?: Error;
}

/** Who hears what a server answers. */
export interface ResponseSink {
  head(fields: HeaderFields): void;
  trailers(fields: HeaderFields): void;
  /** False: no more is wanted, the stream is reset. */
  data(bytes: Uint8Array): boolean;
  /** Once, and last. */
  closed(end: StreamEnd): void;
}

/** One request, and how much of it was sent. */
export class ClientStream {
  readonly sink: ResponseSink;
  readonly #pieces: readonly Uint8Array[];
  #piece = 0;
  #offset = 0;
  /** 0: it waits for its turn. */
  id = 0;
  /** Bytes that were not sent yet; they may not be changed. */
  left: number;
  /** What the peer takes of them. */
  window = 0;
  /** Bytes that came since the peer was last told that it may send more. */
  received = 0;
  answered = false;
  closed = false;

  /** `pieces`: the body, at least one byte. */
  constructor(pieces: readonly Uint8Array[], sink: ResponseSink) {
    this.#pieces = pieces;
    this.sink = sink;
    this.left = pieces.reduce((sum, { length }) => sum + length, 0);
  }

  /** The next `length` bytes, of those that are left, without a copy. */
  *take(length: number): Generator<Uint8Array> {
    this.left -= length;
    for (let wanted = length; wanted > 0; ) {
      const piece = this.#pieces[this.#piece];
      if (piece === undefined) return;
      const part = piece.subarray(this.#offset, this.#offset + wanted);
      this.#offset += part.length;
      wanted -= part.length;
      if (this.#offset === piece.length) {
        this.#piece++;
        this.#offset = 0;
      }
      yield part;
    }
  }
}
