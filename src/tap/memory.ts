/** Sizes of the buffers; the largest holds the longest carry and anything a record can have. */
const CLASSES: readonly number[] = [512, 2048, 8192, 32_768, 131_072];
/** Buffers of one size kept for reuse. */
const KEPT = 32;

/**
 * Copies of ring bytes that must outlive a drain: parts of messages that are not complete and records that came too
 * early. Pooled by size, bounded in total.
 */
export class HeldMemory {
  readonly limit: number;
  /** Bytes handed out. */
  used = 0;
  /** Requests refused because of the limit. */
  refused = 0;
  private readonly free: Uint8Array[][] = CLASSES.map(() => []);

  constructor(limit: number) {
    this.limit = limit;
  }

  /** A buffer of at least `size` bytes, or undefined when that would pass the limit. */
  take(size: number): Uint8Array | undefined {
    const index = CLASSES.findIndex((bytes) => bytes >= size);
    const bytes = CLASSES[index];
    if (bytes === undefined || this.used + bytes > this.limit) {
      this.refused++;
      return undefined;
    }
    this.used += bytes;
    return this.free[index]?.pop() ?? new Uint8Array(bytes);
  }

  /** `buffer` came from `take` and is not used any more. */
  give(buffer: Uint8Array): void {
    this.used -= buffer.length;
    const free = this.free[CLASSES.indexOf(buffer.length)];
    if (free !== undefined && free.length < KEPT) free.push(buffer);
  }
}
