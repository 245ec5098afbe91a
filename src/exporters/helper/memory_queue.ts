import type { Batch } from '../../pdata/pdata.ts';
import { memoryShare } from '../../service/total_memory.ts';
import { Fifo, type Queue, type QueueItem, Room, sizeOf } from './queue.ts';
import type { QueueConfig } from './schemas.ts';

/**
 * Whatever the sizer counts: a slow upstream may not take more memory than this, nor than one in PARTS of what the process may
 * use. One larger batch alone is taken.
 */
const MAX_QUEUED_BYTES = 64 * 1024 * 1024;
const PARTS = 8;

/** Lives and dies with the process. */
export class MemoryQueue implements Queue {
  readonly durable = false;
  readonly #config: QueueConfig;
  readonly #room: Room;
  readonly #items = new Fifo<QueueItem>();
  readonly #wake: () => void;

  /** `wake`: there is something to take. */
  constructor(config: QueueConfig, wake: () => void) {
    this.#config = config;
    this.#room = new Room(config, memoryShare(MAX_QUEUED_BYTES, PARTS));
    this.#wake = wake;
  }

  get size(): number {
    return this.#room.size;
  }

  async start(): Promise<void> {}

  async offer(batch: Batch): Promise<void> {
    const size = sizeOf(batch, this.#config.sizer);
    const bytes = batch.memoryBytes;
    await this.#room.reserve(size, bytes);
    await new Promise<void>((resolve, reject) => {
      const done: QueueItem['done'] = ({ error }) => {
        this.#room.free(size, bytes);
        if (error === undefined) resolve();
        else reject(error);
      };
      this.#items.push({ batch, done });
      this.#wake();
      // Settling again changes nothing.
      if (!this.#config.wait_for_result) resolve();
    });
  }

  take(): QueueItem | undefined {
    return this.#items.shift();
  }

  stop(): void {
    this.#room.stop();
  }

  async close(): Promise<void> {}
}
