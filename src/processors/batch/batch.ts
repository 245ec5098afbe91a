import { splitBatch } from '../../pdata/otlp/split.ts';
import { Batch } from '../../pdata/pdata.ts';
import { type Component, ConsumeError, type Consumer, type Settings } from '../../service/component.ts';
import { memoryShare } from '../../service/total_memory.ts';
import { timerMs } from '../../transport/timer.ts';
import { type BatchReport, batchReport } from './batch_report.ts';
import type { BatchConfig } from './config.ts';

/** The buffer takes this many times `send_batch_size` items, then `consume` waits. */
const BUFFERED_BATCHES = 4;
/** And never more than this or a part of the memory, however few items it is; one larger batch alone is taken. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
const PARTS = 16;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

/**
 * Joins small batches into large ones; chunks stay the bytes that they are. `consume` resolves when the bounded buffer has
 * the data. A downstream that refuses gets the same batch again until it takes it; only what it refuses for good is lost,
 * counted and told.
 */
export class BatchProcessor implements Component, Consumer {
  readonly #settings: Settings;
  readonly #config: BatchConfig;
  readonly #next: Consumer;
  readonly #maxItems: number;
  readonly #maxBytes = memoryShare(MAX_BUFFERED_BYTES, PARTS);
  readonly #dropped: (items: number, attributes: { reason: string }) => void;
  readonly #report: BatchReport;
  #pending: Batch[] = [];
  #items = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #due = false;
  #waiting: (() => void)[] = [];
  /** Of performance.now(); set once shutdown began. */
  #deadline: number | undefined;
  #wake: (() => void) | undefined;
  /** After a reload: gets what the next component does not take at once. */
  #successor: Consumer | undefined;

  constructor(settings: Settings, config: BatchConfig, next: Consumer) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    this.#maxItems = BUFFERED_BATCHES * Math.max(config.send_batch_size, config.send_batch_max_size, 1024);
    const { telemetry } = settings;
    this.#dropped = telemetry.counter('sonde.processor.batch.dropped', {
      description: 'Items that the next component refused for good, or that were left at the end of shutdown.',
      unit: '{items}',
      signalKey: 'data_type',
    });
    this.#report = batchReport(telemetry);
  }

  async start(): Promise<void> {}

  async consume(batch: Batch): Promise<void> {
    while (this.#full(batch) && this.#deadline === undefined) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#deadline !== undefined) throw new ConsumeError('batch is shutting down', { permanent: false });
    this.#pending.push(batch);
    this.#items += batch.itemCount;
    this.#bytes += batch.byteLength;
    this.#schedule();
  }

  async shutdown(deadline: number, successor?: Consumer): Promise<void> {
    this.#deadline = deadline;
    this.#successor = successor;
    this.#release();
    this.#wake?.();
    clearTimeout(this.#timer);
    while (this.#items > 0 || this.#pending.length > 0 || this.#sending !== undefined) {
      this.#due = true;
      this.#send();
      await this.#sending;
    }
  }

  #full(batch: Batch): boolean {
    if (this.#items === 0) return false;
    return this.#items + batch.itemCount > this.#maxItems || this.#bytes + batch.byteLength > this.#maxBytes;
  }

  #schedule(): void {
    const { timeout, send_batch_size: size } = this.#config;
    if (timeout === 0 || (size > 0 && this.#items >= size) || this.#bytes >= this.#maxBytes / 2) {
      this.#send();
    } else {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#due = true;
        this.#send();
      }, timerMs(timeout));
    }
  }

  /** One batch is under way at a time; what comes meanwhile makes the next one larger. */
  #send(): void {
    if (this.#sending !== undefined || this.#pending.length === 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#take();
    this.#report(batch, this.#due ? 'timeout' : 'size');
    this.#due = false;
    this.#sending = this.#deliver(batch).finally(() => {
      this.#sending = undefined;
      this.#items -= batch.itemCount;
      this.#bytes -= batch.byteLength;
      this.#release();
      if (this.#pending.length > 0) this.#schedule();
    });
  }

  #take(): Batch {
    const { send_batch_max_size: max } = this.#config;
    if (max === 0) return Batch.join(this.#pending.splice(0));
    const taken: Batch[] = [];
    for (let room = max; room > 0; ) {
      const batch = this.#pending.shift();
      if (batch === undefined) break;
      const [head, tail] = batch.itemCount > room ? cut(batch, room) : [batch];
      if (head.itemCount > room && taken.length > 0) {
        // It cannot be cut.
        this.#pending.unshift(batch);
        break;
      }
      taken.push(head);
      room -= head.itemCount;
      if (tail === undefined) continue;
      this.#pending.unshift(tail);
      // Both parts have the resource and scope: the sum is larger than the whole was.
      this.#bytes += head.byteLength + tail.byteLength - batch.byteLength;
    }
    return Batch.join(taken);
  }

  async #deliver(batch: Batch): Promise<void> {
    let wait = FIRST_RETRY_MS;
    for (;;) {
      try {
        return await this.#next.consume(batch);
      } catch (error) {
        const permanent = !(error instanceof ConsumeError) || error.permanent;
        if (!permanent && this.#successor !== undefined && (await this.#handOver(batch, this.#successor))) return;
        const pause = Math.max(wait, (error instanceof ConsumeError && error.retryAfterMs) || 0);
        const late = this.#deadline !== undefined && performance.now() + pause >= this.#deadline;
        const message = error instanceof Error ? error.message : String(error);
        if (permanent || late) {
          this.#dropped(batch.itemCount, { reason: permanent ? 'refused' : 'shutdown' });
          this.#settings.logger.error('Sender failed', { error: message, dropped_items: batch.itemCount });
          return;
        }
        this.#settings.logger.warn('Sender failed, the batch is kept', {
          error: message,
          retry_after_ms: Math.round(pause),
        });
        await this.#sleep(pause);
        wait = Math.min(wait * 1.5, LAST_RETRY_MS);
      }
    }
  }

  /** False: the successor is going too. */
  async #handOver(batch: Batch, successor: Consumer): Promise<boolean> {
    try {
      await successor.consume(batch);
      return true;
    } catch {
      return false;
    }
  }

  /** Ends early when shutdown begins: then there is one more attempt at once. */
  async #sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timerMs(ms));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** What is no OTLP goes as it is: the next component says so. */
function cut(batch: Batch, max: number): readonly [Batch, Batch?] {
  try {
    return splitBatch(batch, { sizer: 'items', max });
  } catch {
    return [batch];
  }
}
