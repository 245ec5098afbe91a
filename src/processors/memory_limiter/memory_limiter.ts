import type { Batch } from '../../pdata/pdata.ts';
import { type Component, ConsumeError, type Consumer, type Settings } from '../../service/component.ts';
import { itemCounter } from '../../service/item_counter.ts';
import type { MemoryLimiter } from './limiter.ts';

/** Refuses data, so that it may be sent again, while the process uses too much memory. */
export class MemoryLimiterProcessor implements Component, Consumer {
  readonly #limiter: MemoryLimiter;
  readonly #next: Consumer;
  readonly #accepted: (items: number) => void;
  readonly #refused: (items: number) => void;
  #started = false;

  /** `items`: what the items of the signal are called. */
  constructor({ telemetry }: Settings, limiter: MemoryLimiter, items: string, next: Consumer) {
    this.#limiter = limiter;
    this.#next = next;
    const prefix = 'otelcol_processor_memory_limiter';
    this.#accepted = itemCounter(
      telemetry,
      `${prefix}_accepted`,
      items,
      (words) => `Number of ${words} successfully pushed into the next component in the pipeline. [Alpha]`,
    );
    this.#refused = itemCounter(
      telemetry,
      `${prefix}_refused`,
      items,
      (words) => `Number of ${words} that were rejected by the next component in the pipeline. [Alpha]`,
    );
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
    if (this.#limiter.refusing) {
      this.#refused(batch.itemCount);
      throw new ConsumeError('data refused due to high memory usage', { permanent: false });
    }
    // As the Collector counts: taken by the limiter, whatever the next one does.
    this.#accepted(batch.itemCount);
    return this.#next.consume(batch);
  }
}
