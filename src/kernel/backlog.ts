import { RecordBytes } from './record_bytes.ts';

const CHUNK_BYTES = 256 * 1024;

/** A copy of whole records, read from `position` to `end`. */
class BacklogChunk extends RecordBytes {
  position = 0;
  end = 0;

  constructor() {
    super(new ArrayBuffer(CHUNK_BYTES));
  }
}

/**
 * Records that were copied out of the ring because it filled faster than they could be handled: copying costs a hundredth
 * of handling, so a burst of many times the ring's size loses nothing. First in, first out; memory is taken when needed.
 */
export class Backlog {
  /** Most bytes that may wait. */
  limit: number;
  /** Bytes that wait. */
  waiting = 0;
  readonly #chunks: BacklogChunk[] = [];
  #spare: BacklogChunk | undefined;

  constructor(limit: number) {
    this.limit = limit;
  }

  get head(): BacklogChunk | undefined {
    return this.#chunks[0];
  }

  /** Copies whole records, at most CHUNK_BYTES. False: no room. */
  add(source: Uint8Array, start: number, length: number): boolean {
    if (this.waiting + length > this.limit) return false;
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunk.end + length > CHUNK_BYTES) {
      chunk = this.#spare ?? new BacklogChunk();
      this.#spare = undefined;
      this.#chunks.push(chunk);
    }
    chunk.bytes.set(source.subarray(start, start + length), chunk.end);
    chunk.end += length;
    this.waiting += length;
    return true;
  }

  /** The head was read up to its position, `bytes` further than before. */
  taken(bytes: number): void {
    this.waiting -= bytes;
    const { head } = this;
    if (head === undefined || head.position < head.end) return;
    this.#chunks.shift();
    head.position = 0;
    head.end = 0;
    this.#spare = head;
  }
}
