import type { DataRecord, KernelCounters, KernelTap, PolicyMode, ProgressHandler, RecordHandler } from './types.ts';

/**
 * A seam for tests, no feature: with SONDE_LOSE_RECORDS=0.01 in the environment one data record in a hundred is thrown away
 * and counted as one that the ring refused. Without it none of this is in the way.
 */
export function withLoss(tap: KernelTap, share: string | undefined): KernelTap {
  const part = Number(share ?? 0);
  return part > 0 ? new LosingTap(tap, part) : tap;
}

class LosingTap implements KernelTap {
  readonly #tap: KernelTap;
  readonly #share: number;
  #state = 0x2545f491;
  #operations = 0;
  #bytes = 0;
  #captured = 0;

  constructor(tap: KernelTap, share: number) {
    this.#tap = tap;
    this.#share = share;
  }

  get backend(): KernelTap['backend'] {
    return this.#tap.backend;
  }
  get hooks(): KernelTap['hooks'] {
    return this.#tap.hooks;
  }
  get mapBytes(): number {
    return this.#tap.mapBytes;
  }
  get waiting(): number {
    return this.#tap.waiting;
  }
  get capacity(): number {
    return this.#tap.capacity;
  }
  get left(): number {
    return this.#tap.left;
  }

  drain(handler: RecordHandler, maxBytes: number): number {
    const data = (record: DataRecord): void => {
      if (!this.#loses()) {
        handler.data(record);
        return;
      }
      this.#operations += record.first ? 1 : 0;
      this.#bytes += record.length;
      this.#captured += record.captured;
    };
    return this.#tap.drain(
      {
        data,
        conn: (record) => handler.conn(record),
        end: (record) => handler.end(record),
        exec: (record) => handler.exec(record),
        fork: (record) => handler.fork(record),
        exit: (record) => handler.exit(record),
      },
      maxBytes,
    );
  }

  counters(): KernelCounters {
    const counters = this.#tap.counters();
    return {
      ...counters,
      recorded: counters.recorded - this.#operations,
      recordedBytes: counters.recordedBytes - this.#bytes,
      capturedBytes: counters.capturedBytes - this.#captured,
      dropped: counters.dropped + this.#operations,
      droppedBytes: counters.droppedBytes + this.#bytes,
    };
  }

  progress(each: ProgressHandler): boolean {
    return this.#tap.progress(each);
  }
  watch(callback: () => void): void {
    this.#tap.watch(callback);
  }
  setPolicy(cookie: number, mode: PolicyMode): void {
    this.#tap.setPolicy(cookie, mode);
  }
  now(): number {
    return this.#tap.now();
  }
  clockOffset(): readonly [number, number] {
    return this.#tap.clockOffset();
  }
  configure(options: Parameters<KernelTap['configure']>[0]): void {
    this.#tap.configure(options);
  }
  stop(): void {
    this.#tap.stop();
  }
  close(): void {
    this.#tap.close();
  }

  /** xorshift32: the same sequence in every run. */
  #loses(): boolean {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) / 2 ** 32 < this.#share;
  }
}
