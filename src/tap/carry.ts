import type { HeldMemory } from './memory.ts';

const EMPTY = new Uint8Array(0);

/** The bytes of one direction that a session has not taken yet; they come again in front of later bytes. */
export class Carry {
  bytes: Uint8Array = EMPTY;
  length = 0;
  /** The first of these bytes began a socket operation. */
  boundary = false;
  private readonly memory: HeldMemory;

  constructor(memory: HeldMemory) {
    this.memory = memory;
  }

  /** Puts `source[start, end)` behind what is here. False: no memory, nothing was changed. */
  append(source: Uint8Array, start: number, end: number): boolean {
    const length = this.length + end - start;
    if (length > this.bytes.length) {
      const larger = this.memory.take(length);
      if (larger === undefined) return false;
      larger.set(this.bytes.subarray(0, this.length));
      if (this.bytes !== EMPTY) this.memory.give(this.bytes);
      this.bytes = larger;
    }
    copy(source, start, end, this.bytes, this.length);
    this.length = length;
    return true;
  }

  /** Forgets all but the bytes from `start` on. */
  keepFrom(start: number): void {
    if (start >= this.length) {
      this.clear();
    } else if (start > 0) {
      this.bytes.copyWithin(0, start, this.length);
      this.length -= start;
      this.boundary = false;
    }
  }

  clear(): void {
    if (this.bytes !== EMPTY) this.memory.give(this.bytes);
    this.bytes = EMPTY;
    this.length = 0;
    this.boundary = false;
  }
}

/** A loop beats `set(subarray())` below about a hundred bytes: no view has to be made. */
function copy(source: Uint8Array, start: number, end: number, into: Uint8Array, at: number): void {
  if (end - start > 96) {
    into.set(source.subarray(start, end), at);
    return;
  }
  for (let from = start, to = at; from < end; from++, to++) into[to] = source[from] ?? 0;
}
