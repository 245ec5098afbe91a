import type { Batch } from '../../pdata/pdata.ts';
import { ConsumeError } from '../../service/component.ts';
import type { QueueConfig } from './schemas.ts';

export interface QueueItem {
  readonly batch: Batch;
  /** Exactly once. `kept`: it was not delivered and is to be there after the next start. */
  done(outcome: { readonly error?: unknown; readonly kept?: boolean }): void;
}

/** Batches in their order between the pipeline and the consumers of one exporter. */
export interface Queue {
  /** What is not delivered survives the process. */
  readonly durable: boolean;
  /** By the sizer: waiting and under way. */
  readonly size: number;
  start(): Promise<void>;
  /** Resolves when the queue has the batch; rejects with a ConsumeError. */
  offer(batch: Batch): Promise<void>;
  take(): QueueItem | undefined;
  /** Whoever waits for room is refused. */
  stop(): void;
  close(): Promise<void>;
}

export function sizeOf(batch: Pick<Batch, 'itemCount' | 'byteLength'>, sizer: QueueConfig['sizer']): number {
  return sizer === 'requests' ? 1 : sizer === 'items' ? batch.itemCount : batch.byteLength;
}

export function shuttingDown(): ConsumeError {
  return new ConsumeError('the exporter is shutting down', { permanent: false });
}

/** Room in a queue, by the sizer and in bytes of memory. */
export class Room {
  readonly #config: QueueConfig;
  readonly #maxBytes: number;
  size = 0;
  #bytes = 0;
  #stopped = false;
  #waiting: (() => void)[] = [];

  constructor(config: QueueConfig, maxBytes: number) {
    this.#config = config;
    this.#maxBytes = maxBytes;
  }

  /** Rejects when there is no room, or waits for it, as configured. */
  async reserve(size: number, bytes: number): Promise<void> {
    if (size > this.#config.queue_size) throw new ConsumeError('element size too large', { permanent: true });
    while (this.#full(size, bytes)) {
      if (!this.#config.block_on_overflow) throw new ConsumeError('sending queue is full', { permanent: false });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#stopped) throw shuttingDown();
    this.add(size, bytes);
  }

  /** Without asking whether there is room. */
  add(size: number, bytes: number): void {
    this.size += size;
    this.#bytes += bytes;
  }

  free(size: number, bytes: number): void {
    this.add(-size, -bytes);
    this.#wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  #full(size: number, bytes: number): boolean {
    if (this.#stopped) return false;
    // One batch alone is taken, however large.
    if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) return true;
    return this.size + size > this.#config.queue_size;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** First in, first out, without moving what is in it at each step. */
export class Fifo<Item> {
  #items: (Item | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  shift(): Item | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#items[this.#head++] = undefined;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
