const SHORTEST_MS = 5;
const LONGEST_MS = 50;
/** Without any traffic. The kernel wakes at an exec, and when 16 KiB wait. */
const IDLE_MS = 200;

/**
 * When to look into the ring. Often under load, seldom without; at once when the kernel asks; and without waiting when
 * the last look left something, after the event loop has served its messages.
 */
export class DrainTimer {
  private delay = LONGEST_MS;
  private timer: NodeJS.Timeout | undefined;
  private immediate: NodeJS.Immediate | undefined;
  private stopped = true;
  /** Returns the bytes read. */
  private readonly drain: () => number;
  /** Bytes of one look at most, and bytes of the ring. */
  private readonly most: number;
  private readonly ringBytes: number;

  constructor(drain: () => number, most: number, ringBytes: number) {
    this.drain = drain;
    this.most = most;
    this.ringBytes = ringBytes;
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.schedule(0);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    clearImmediate(this.immediate);
    this.immediate = undefined;
  }

  /** The kernel has something that should not wait. */
  wake(): void {
    if (!this.stopped && this.immediate === undefined) this.run();
  }

  private run(): void {
    clearTimeout(this.timer);
    const bytes = this.drain();
    if (this.stopped) return;
    if (bytes >= this.most) {
      this.delay = SHORTEST_MS;
      this.immediate ??= setImmediate(() => {
        this.immediate = undefined;
        this.run();
      });
      return;
    }
    // Between a sixteenth and an eighth of the ring each time leaves room for bursts.
    if (bytes === 0) this.delay = Math.min(IDLE_MS, this.delay * 1.5);
    else if (bytes > this.ringBytes / 8) this.delay = Math.max(SHORTEST_MS, this.delay / 2);
    else if (bytes < this.ringBytes / 16) this.delay = Math.min(LONGEST_MS, this.delay * 1.5);
    this.schedule(this.delay);
  }

  private schedule(delay: number): void {
    this.timer = setTimeout(() => this.run(), delay);
  }
}
