import { setMaxListeners } from 'node:events';
import type { Batch } from '../../pdata/pdata.ts';
import {
  type Component,
  ConsumeError,
  type Consumer,
  type MetricAttributes,
  type Settings,
} from '../../service/component.ts';
import { Batcher, type Group } from './batcher.ts';
import { type EnqueueReport, enqueueReport } from './enqueue_report.ts';
import { ExportReport } from './export_report.ts';
import { MemoryQueue } from './memory_queue.ts';
import { PersistentQueue } from './persistent_queue.ts';
import { type Queue, shuttingDown } from './queue.ts';
import { InterruptedError, RetrySender, type Send } from './retry.ts';
import { batchSizer, type QueueConfig, type RetryConfig } from './schemas.ts';

const HAND_OVER_RETRY_MS = 50;
/** An upstream that takes nothing for this part of the time until the deadline is given up. */
const PATIENCE = 1 / 3;

/** Queue, batching, consumers and retry before one upstream. */
export class QueueSender implements Component, Consumer {
  readonly #config: QueueConfig;
  readonly #sender: RetrySender;
  readonly #settings: Settings;
  readonly #abort = new AbortController();
  readonly #hurry = new AbortController();
  /** Ends waits between attempts: what is left is safe elsewhere, or the upstream takes nothing. */
  readonly #interrupt = new AbortController();
  readonly #queue: Queue;
  readonly #batcher: Batcher | undefined;
  readonly #report: ExportReport;
  readonly #enqueued: EnqueueReport;
  #busy = 0;
  #stopping = false;
  /** What is left stays in the storage or goes to the next instance. */
  #leaving = false;
  #left: Batch[] = [];
  #patience: NodeJS.Timeout | undefined;
  /** Since `#patience` began, no attempt has ended. */
  #silent = true;
  #droppedItems = 0;
  #idle: (() => void) | undefined;

  /** `unit`: what the items of the signal are called, in metrics and in the storage. */
  constructor(
    settings: Settings,
    queue: QueueConfig,
    retry: RetryConfig,
    send: Send,
    unit: string,
    attributes: MetricAttributes = {},
  ) {
    this.#settings = settings;
    this.#config = queue;
    // Each consumer listens; Node warns from the eleventh on.
    setMaxListeners(0, this.#abort.signal, this.#hurry.signal, this.#interrupt.signal);
    const tried: Send = async (batch, signal) => {
      try {
        await send(batch, signal);
      } finally {
        this.#silent = false;
      }
    };
    this.#sender = new RetrySender(tried, retry, settings.logger);
    const wake = (): void => this.#pump();
    this.#queue =
      queue.enabled && queue.storage !== ''
        ? new PersistentQueue(settings, queue, unit, wake)
        : new MemoryQueue(queue, wake);
    this.#batcher = queue.batch === undefined ? undefined : new Batcher(queue.batch, batchSizer(queue), wake);
    const { telemetry } = settings;
    this.#report = new ExportReport(settings, unit, attributes);
    this.#enqueued = enqueueReport(telemetry, queue, unit, attributes, () => this.#queue.size);
  }

  /** Opens the storage: what the last run left is sent first. */
  async start(): Promise<void> {
    await this.#queue.start();
  }

  async consume(batch: Batch): Promise<void> {
    if (this.#stopping) throw shuttingDown();
    if (!this.#config.enabled) return this.#direct(batch);
    this.#enqueued.offered(batch);
    try {
      await this.#queue.offer(batch);
    } catch (error) {
      // With wait_for_result it is the upstream that refused: counted there.
      if (error instanceof ConsumeError && !error.permanent && !this.#config.wait_for_result) {
        this.#enqueued.refused(batch.itemCount);
      }
      throw error;
    }
  }

  /**
   * Sends what is queued until the deadline, or until the upstream has taken nothing for a third of that time: then it is
   * given up. What is not taken is lost, counted and told. With a storage or a successor nothing is lost:
   * only what is under way is awaited, the rest stays there or goes to the successor.
   */
  async shutdown(deadline: number, successor?: Consumer): Promise<void> {
    this.#stopping = true;
    this.#silent = true;
    this.#leaving = this.#queue.durable || successor !== undefined;
    this.#queue.stop();
    const left = Math.max(0, deadline - performance.now());
    const timer = setTimeout(() => {
      this.#abort.abort();
      this.#interrupt.abort();
    }, left);
    if (this.#leaving) this.#interrupt.abort();
    // With a successor, which works already, there is no hurry.
    if (successor === undefined) this.#patience = setTimeout(() => this.#giveUp(), left * PATIENCE);
    this.#hurry.abort();
    this.#pump();
    if (this.#busy > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    clearTimeout(timer);
    clearTimeout(this.#patience);
    if (this.#leaving) this.#leave();
    if (successor !== undefined) await this.#handOver(successor, deadline);
    this.#tellRest();
    await this.#queue.close();
  }

  /** What is left is sent once more, except to an upstream that said nothing at all: it would only cost the rest of the time. */
  #giveUp(): void {
    this.#interrupt.abort();
    if (this.#silent) this.#abort.abort();
  }

  #tellRest(): void {
    const { logger } = this.#settings;
    const dropped_items = this.#droppedItems;
    if (dropped_items > 0)
      logger.error('Stopped with data that the upstream did not take: it is lost', { dropped_items });
    if (this.#queue.durable && this.#queue.size > 0) {
      logger.info('Stopped with data in the storage: it is sent when this exporter starts again', {
        queue_size: this.#queue.size,
      });
    }
  }

  #pump(): void {
    while (this.#busy < this.#config.num_consumers) {
      const group = this.#leaving ? undefined : this.#next();
      if (group === undefined) break;
      void this.#work(group);
    }
    if (this.#busy === 0) this.#idle?.();
  }

  #next(): Group | undefined {
    const batcher = this.#batcher;
    if (batcher === undefined) return this.#queue.take();
    while (!batcher.ready) {
      const item = this.#queue.take();
      if (item === undefined) return this.#stopping && !batcher.empty ? batcher.take() : undefined;
      batcher.add(item);
    }
    return batcher.take();
  }

  async #work(group: Group): Promise<void> {
    this.#busy++;
    try {
      await this.#deliver(group.batch);
      group.done({});
    } catch (error) {
      const kept = this.#leaving && error instanceof InterruptedError;
      if (kept && !this.#queue.durable) this.#left.push(group.batch);
      else if (!kept) this.#drop(group.batch, error);
      group.done({ error, kept });
    }
    this.#busy--;
    this.#pump();
  }

  async #direct(batch: Batch): Promise<void> {
    this.#busy++;
    try {
      await this.#deliver(batch);
    } catch (error) {
      this.#report.failed(batch.itemCount, error);
      throw error;
    } finally {
      this.#busy--;
      if (this.#busy === 0) this.#idle?.();
    }
  }

  async #deliver(batch: Batch): Promise<void> {
    const { signal: hurry } = this.#hurry;
    const ending = { hurry, interrupt: this.#interrupt.signal, abort: this.#abort.signal };
    if (this.#batcher !== undefined) this.#enqueued.batched(batch);
    await this.#report.run(batch, async () => this.#sender.send(batch, ending));
    this.#patience?.refresh();
    this.#silent = true;
  }

  #drop(batch: Batch, error: unknown): void {
    this.#report.failed(batch.itemCount, error);
    if (this.#stopping) this.#droppedItems += batch.itemCount;
    this.#settings.logger.error('Exporting failed. Dropping data.', {
      error: error instanceof Error ? error.message : String(error),
      dropped_items: batch.itemCount,
    });
  }

  /** Everything that was not sent, of the batcher and, unless it is stored, of the queue. */
  #leave(): void {
    const take = (group: Group): void => {
      if (!this.#queue.durable) this.#left.push(group.batch);
      group.done({ kept: true });
    };
    while (this.#batcher !== undefined && !this.#batcher.empty) take(this.#batcher.take());
    if (this.#queue.durable) return;
    for (let item = this.#queue.take(); item !== undefined; item = this.#queue.take()) take(item);
  }

  /** A full successor is asked again until the deadline. */
  async #handOver(successor: Consumer, deadline: number): Promise<void> {
    for (const batch of this.#left.splice(0)) {
      for (;;) {
        try {
          await successor.consume(batch);
          break;
        } catch (error) {
          const permanent = !(error instanceof ConsumeError) || error.permanent;
          if (permanent || performance.now() > deadline) {
            this.#drop(batch, error);
            break;
          }
          await new Promise((resolve) => setTimeout(resolve, HAND_OVER_RETRY_MS));
        }
      }
    }
  }
}
