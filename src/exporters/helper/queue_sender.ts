import type { Batch } from '../../pdata/pdata.ts';
import { type Component, ConsumeError, type Consumer, type Settings } from '../../service/component.ts';
import { RetrySender, type Send } from './retry.ts';
import type { QueueConfig, RetryConfig } from './schemas.ts';

/** Whatever the sizer counts: a slow upstream may not take more memory than this. One larger batch alone is taken. */
const MAX_QUEUED_BYTES = 64 * 1024 * 1024;

interface Entry {
  readonly batch: Batch;
  readonly done: (error?: unknown) => void;
}

/** Queue, consumers and retry before one upstream. */
export class QueueSender implements Component, Consumer {
  readonly #config: QueueConfig;
  readonly #sender: RetrySender;
  readonly #settings: Settings;
  readonly #abort = new AbortController();
  readonly #queue: Entry[] = [];
  readonly #sent: (items: number) => void;
  readonly #failed: (items: number) => void;
  readonly #refused: (items: number) => void;
  /** By the sizer and in bytes, waiting and under way. */
  #size = 0;
  #bytes = 0;
  #busy = 0;
  #stopping = false;
  #space: (() => void)[] = [];
  #idle: (() => void) | undefined;

  constructor(settings: Settings, queue: QueueConfig, retry: RetryConfig, send: Send, unit: string) {
    this.#settings = settings;
    this.#config = queue;
    this.#sender = new RetrySender(send, retry, settings.logger);
    const { telemetry } = settings;
    const count = (name: string, description: string): ((items: number) => void) =>
      telemetry.counter(`otelcol_exporter_${name}_${unit}`, { description, unit: `{${unit}}` });
    this.#sent = count('sent', 'Number of items successfully sent to destination.');
    this.#failed = count('send_failed', 'Number of items in failed attempts to send to destination.');
    this.#refused = count('enqueue_failed', 'Number of items failed to be added to the sending queue.');
    const size = { unit: '{batches}', monotonic: false };
    telemetry.observable(
      'otelcol_exporter_queue_size',
      { description: 'Current size of the retry queue.', ...size },
      () => [[this.#size, {}]],
    );
    telemetry.observable(
      'otelcol_exporter_queue_capacity',
      { description: 'Fixed capacity of the retry queue.', ...size },
      () => [[queue.queue_size, {}]],
    );
  }

  async start(): Promise<void> {}

  async consume(batch: Batch): Promise<void> {
    if (this.#stopping) throw new ConsumeError('the exporter is shutting down', { permanent: false });
    if (!this.#config.enabled) return this.#deliver(batch);
    if (this.#sizeOf(batch) > this.#config.queue_size)
      throw new ConsumeError('element size too large', { permanent: true });
    while (this.#full(batch)) {
      if (!this.#config.block_on_overflow) {
        this.#refused(batch.itemCount);
        throw new ConsumeError('sending queue is full', { permanent: false });
      }
      await new Promise<void>((resolve) => this.#space.push(resolve));
      if (this.#stopping) throw new ConsumeError('the exporter is shutting down', { permanent: false });
    }
    this.#size += this.#sizeOf(batch);
    this.#bytes += batch.byteLength;
    if (!this.#config.wait_for_result) {
      this.#enqueue({ batch, done: () => undefined });
      return;
    }
    await new Promise<void>((resolve, reject) => {
      this.#enqueue({ batch, done: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  }

  /** Sends what is queued until the deadline; what is left then is lost, counted and told. */
  async shutdown(deadline: number): Promise<void> {
    this.#stopping = true;
    this.#release();
    const timer = setTimeout(() => this.#abort.abort(), Math.max(0, deadline - performance.now()));
    if (this.#busy > 0 || this.#queue.length > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    clearTimeout(timer);
  }

  #enqueue(entry: Entry): void {
    this.#queue.push(entry);
    if (this.#busy < this.#config.num_consumers) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy++;
    for (let entry = this.#queue.shift(); entry !== undefined; entry = this.#queue.shift()) {
      try {
        await this.#deliver(entry.batch);
        entry.done();
      } catch (error) {
        entry.done(error);
      }
      this.#size -= this.#sizeOf(entry.batch);
      this.#bytes -= entry.batch.byteLength;
      this.#release();
    }
    this.#busy--;
    if (this.#busy === 0) this.#idle?.();
  }

  async #deliver(batch: Batch): Promise<void> {
    try {
      await this.#sender.send(batch, this.#abort.signal);
      this.#sent(batch.itemCount);
    } catch (error) {
      this.#failed(batch.itemCount);
      if (this.#config.enabled) {
        this.#settings.logger.error('Exporting failed. Dropping data.', {
          error: error instanceof Error ? error.message : String(error),
          dropped_items: batch.itemCount,
        });
      }
      throw error;
    }
  }

  #full(batch: Batch): boolean {
    if (this.#bytes > 0 && this.#bytes + batch.byteLength > MAX_QUEUED_BYTES) return true;
    return this.#size + this.#sizeOf(batch) > this.#config.queue_size;
  }

  #sizeOf(batch: Batch): number {
    const { sizer } = this.#config;
    return sizer === 'requests' ? 1 : sizer === 'items' ? batch.itemCount : batch.byteLength;
  }

  #release(): void {
    const waiting = this.#space;
    this.#space = [];
    for (const resolve of waiting) resolve();
  }
}
