import type { NativeRing } from './addon.ts';
import { Backlog } from './backlog.ts';
import { RecordBytes } from './record_bytes.ts';
import { RecordDecoder } from './record_decoder.ts';
import type { RecordHandler } from './types.ts';

/** Record header of BPF_MAP_TYPE_RINGBUF (include/uapi/linux/bpf.h): length and two flag bits, then a page offset. */
const HEADER_BYTES = 8;
const DISCARD_BIT = 0x40000000;
const LENGTH_MASK = 0x3fffffff;
/** Space goes back to the kernel in such steps, and the ring is looked after, so that a long drain does not keep it full. */
const STEP_BYTES = 16 * 1024;
/** So much is copied to the backlog at a time, and the rest of a record. */
const COPY_BYTES = 16 * 1024;

/** In the ring: header, record, padding. */
function recordBytes(header: number): number {
  return ((header & LENGTH_MASK) + HEADER_BYTES + 7) & ~7;
}

/** Reads the ring in place, and what was copied out of it. */
export class RecordReader {
  /** Bytes that the last drain found: in the ring and in the backlog. */
  waiting = 0;
  /** Of what it saw, bytes that the last drain left. */
  left = 0;
  readonly backlog: Backlog;

  readonly #ring: NativeRing;
  readonly #ringBytes: RecordBytes;
  readonly #mask: number;
  #position: number;
  #committed: number;
  readonly #decoder: RecordDecoder;

  /** `backlogBytes`: what may wait outside of the ring. */
  constructor(ring: NativeRing, backlogBytes = 0) {
    this.#ring = ring;
    this.backlog = new Backlog(backlogBytes);
    this.#ringBytes = new RecordBytes(ring.data);
    this.#decoder = new RecordDecoder(this.#ringBytes);
    this.#mask = ring.size - 1;
    this.#position = ring.position();
    this.#committed = this.#position;
  }

  /** Records that nobody understands. */
  get malformed(): number {
    return this.#decoder.malformed;
  }

  /** Bytes that can wait without loss. */
  get capacity(): number {
    return this.#ring.size + this.backlog.limit;
  }

  /** Hands over committed records until `maxBytes` are used; returns the bytes used. */
  drain(handler: RecordHandler, maxBytes: number): number {
    this.#look();
    this.waiting = this.left;
    let used = 0;
    while (this.left > 0 && used < maxBytes) {
      if (used > 0) this.#look();
      const most = Math.min(STEP_BYTES, maxBytes - used);
      const read = this.backlog.waiting > 0 ? this.#readBacklog(handler, most) : this.#readRing(handler, most);
      used += read;
      this.left -= read;
    }
    return used;
  }

  /** Sees what is committed. What is in the kernel's way is copied: from half of the ring on. */
  #look(): void {
    this.#committed = this.#ring.acquire();
    if (this.#committed - this.#position > this.#ring.size / 2) this.#rescue();
    this.left = this.#committed - this.#position + this.backlog.waiting;
  }

  #rescue(): void {
    const source = this.#ringBytes;
    while (this.#position < this.#committed) {
      const start = this.#position & this.#mask;
      let length = 0;
      while (this.#position + length < this.#committed && length < COPY_BYTES) {
        length += recordBytes(source.u32(start + length));
      }
      if (!this.backlog.add(source.bytes, start, length)) break;
      this.#position += length;
    }
    this.#ring.release(this.#position);
  }

  #readRing(handler: RecordHandler, maxBytes: number): number {
    const start = this.#position;
    const end = Math.min(this.#committed, start + maxBytes);
    this.#decoder.use(this.#ringBytes);
    try {
      while (this.#position < end) {
        // Positions grow beyond 2^31; the bitwise operator takes them modulo 2^32, a multiple of the ring's size.
        const at = this.#position & this.#mask;
        const header = this.#ringBytes.u32(at);
        // Before the handler: a record that makes it throw is not read again.
        this.#position += recordBytes(header);
        this.#record(handler, at, header);
      }
    } finally {
      this.#ring.release(this.#position);
    }
    return this.#position - start;
  }

  #readBacklog(handler: RecordHandler, maxBytes: number): number {
    const chunk = this.backlog.head;
    if (chunk === undefined) return 0;
    const before = this.backlog.waiting;
    const start = chunk.position;
    const end = Math.min(chunk.end, start + maxBytes);
    this.#decoder.use(chunk);
    try {
      while (chunk.position < end) {
        const at = chunk.position;
        const header = chunk.u32(at);
        chunk.position += recordBytes(header);
        this.#record(handler, at, header);
      }
    } finally {
      this.backlog.taken(chunk.position - start);
    }
    return before - this.backlog.waiting;
  }

  #record(handler: RecordHandler, at: number, header: number): void {
    if ((header & DISCARD_BIT) === 0) this.#decoder.decode(handler, at + HEADER_BYTES, header & LENGTH_MASK);
  }
}
