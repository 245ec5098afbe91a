import type { Batch } from '../../pdata/pdata.ts';
import { type Component, ConsumeError, type Consumer } from '../../service/component.ts';
import type { MemoryLimiter } from './limiter.ts';

/** Refuses data, so that it may be sent again, while the process uses too much memory. */
export class MemoryLimiterProcessor implements Component, Consumer {
  readonly #limiter: MemoryLimiter;
  readonly #next: Consumer;
  #started = false;

  constructor(limiter: MemoryLimiter, next: Consumer) {
    this.#limiter = limiter;
    this.#next = next;
  }

  async start(): Promise<void> {
    this.#started = true;
    this.#limiter.start();
  }

  async shutdown(): Promise<void> {
    if (this.#started) this.#limiter.stop();
    this.#started = false;
  }

  async consume(batch: Batch): Promise<void> {
    if (this.#limiter.refusing) throw new ConsumeError('data refused due to high memory usage', { permanent: false });
    return this.#next.consume(batch);
  }
}
