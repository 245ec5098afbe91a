import type { End } from '../wire/decoder.ts';
import { type Environment, HOLD_BYTES, HOLD_RECORDS } from './environment.ts';

/** How often held bytes are shown again before they have to be taken. */
const TRIES = 8;

/** One thing that happened to a direction while it was held. */
export interface HeldItem {
  readonly kind: 'bytes' | 'gap' | 'end';
  /** A copy, for kind `bytes`; else undefined. */
  readonly bytes: Uint8Array | undefined;
  /** Of the bytes or the gap. */
  readonly length: number;
  readonly time: number;
  readonly boundary: boolean;
  readonly how: End;
}

/** What comes of one direction after its session said HOLD, in order, until it is released. */
export class Held {
  deadline: number;
  tries = 0;
  readonly items: HeldItem[] = [];
  private length = 0;
  private readonly env: Environment;

  constructor(env: Environment) {
    this.env = env;
    this.deadline = env.now + env.holdNs;
  }

  /** When the first of it passed. */
  get time(): number {
    return this.items[0]?.time ?? 0;
  }

  get exhausted(): boolean {
    return this.tries >= TRIES;
  }

  /** The same bytes were held before. */
  continues(before: Held): void {
    this.deadline = before.deadline;
    this.tries = before.tries + 1;
  }

  /** False: too much is held already. */
  addBytes(bytes: Uint8Array, start: number, end: number, time: number, boundary: boolean): boolean {
    const length = end - start;
    if (this.length + length > HOLD_BYTES || this.items.length >= HOLD_RECORDS) return false;
    const copy = this.env.memory.take(length);
    if (copy === undefined) return false;
    copy.set(bytes.subarray(start, end));
    this.length += length;
    this.items.push({ kind: 'bytes', bytes: copy, length, time, boundary, how: 'unknown' });
    return true;
  }

  addGap(length: number, time: number): boolean {
    if (this.items.length >= HOLD_RECORDS) return false;
    this.items.push({ kind: 'gap', bytes: undefined, length, time, boundary: false, how: 'unknown' });
    return true;
  }

  addEnd(how: End, time: number): void {
    this.items.push({ kind: 'end', bytes: undefined, length: 0, time, boundary: false, how });
  }

  /** Nobody will ask for the items any more. */
  discard(): void {
    for (const item of this.items) if (item.bytes !== undefined) this.env.memory.give(item.bytes);
    this.items.length = 0;
  }
}
