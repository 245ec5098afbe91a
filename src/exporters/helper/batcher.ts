import { splitBatch } from '../../pdata/otlp/split.ts';
import { Batch } from '../../pdata/pdata.ts';
import { timerMs } from '../../transport/timer.ts';
import { type QueueItem, sizeOf } from './queue.ts';
import type { QueueBatchConfig } from './schemas.ts';

/** A group is sent at this size whatever the sizer counts: it is in memory, also of a persistent queue. */
const MAX_GROUP_BYTES = 8 * 1024 * 1024;

/** What is sent at once: parts of one or more items of the queue. */
export interface Group {
  readonly batch: Batch;
  readonly done: QueueItem['done'];
}

/** An item whose parts may go with several groups: it is done when all are. */
class Shared {
  readonly #item: QueueItem;
  #parts = 1;
  #outcome: Parameters<QueueItem['done']>[0] = {};

  constructor(item: QueueItem) {
    this.#item = item;
  }

  split(): void {
    this.#parts++;
  }

  readonly done: QueueItem['done'] = (outcome) => {
    // One part that is to be kept keeps the item; else the first error is its error.
    if (outcome.kept === true || (outcome.error !== undefined && this.#outcome.kept !== true)) this.#outcome = outcome;
    if (--this.#parts === 0) this.#item.done(this.#outcome);
  };
}

interface Slice {
  readonly batch: Batch;
  readonly shared: Shared;
}

/** Joins items of the queue to `min_size` and cuts them at `max_size`; items stay in the queue until they are delivered. */
export class Batcher {
  readonly #config: QueueBatchConfig;
  readonly #sizer: 'items' | 'bytes';
  readonly #due: () => void;
  #slices: Slice[] = [];
  #size = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #late = false;

  /** `due`: the flush timeout is over. */
  constructor(config: QueueBatchConfig, sizer: 'items' | 'bytes', due: () => void) {
    this.#config = config;
    this.#sizer = sizer;
    this.#due = due;
  }

  get empty(): boolean {
    return this.#slices.length === 0;
  }

  get ready(): boolean {
    if (this.empty) return false;
    return this.#late || this.#size >= this.#config.min_size || this.#bytes >= MAX_GROUP_BYTES;
  }

  add(item: QueueItem): void {
    this.#slices.push({ batch: item.batch, shared: new Shared(item) });
    this.#size += sizeOf(item.batch, this.#sizer);
    this.#bytes += item.batch.byteLength;
    this.#timer ??= setTimeout(() => {
      this.#late = true;
      this.#due();
    }, timerMs(this.#config.flush_timeout));
  }

  /** All, or `max_size` of it; the rest begins the next group. */
  take(): Group {
    const { max_size: max } = this.#config;
    const taken: Slice[] = [];
    let room = max > 0 ? max : Number.POSITIVE_INFINITY;
    while (room > 0) {
      const slice = this.#slices.shift();
      if (slice === undefined) break;
      const size = sizeOf(slice.batch, this.#sizer);
      if (size > room) {
        // A part of bytes would not fit well behind others: it begins the next group.
        if (taken.length > 0 && this.#sizer === 'bytes') this.#slices.unshift(slice);
        else this.#cut(slice, room, taken);
        break;
      }
      taken.push(slice);
      room -= size;
    }
    this.#count();
    if (this.empty) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#late = false;
    }
    return {
      batch: Batch.join(taken.map(({ batch }) => batch)),
      done: (outcome) => {
        for (const { shared } of taken) shared.done(outcome);
      },
    };
  }

  #cut(slice: Slice, room: number, taken: Slice[]): void {
    const [head, tail] = this.#split(slice.batch, room);
    taken.push({ batch: head, shared: slice.shared });
    if (tail === undefined) return;
    slice.shared.split();
    this.#slices.unshift({ batch: tail, shared: slice.shared });
  }

  /** What is no OTLP goes as it is: the upstream says so. */
  #split(batch: Batch, max: number): readonly [Batch, Batch?] {
    try {
      return splitBatch(batch, { sizer: this.#sizer, max });
    } catch {
      return [batch];
    }
  }

  #count(): void {
    this.#size = 0;
    this.#bytes = 0;
    for (const { batch } of this.#slices) {
      this.#size += sizeOf(batch, this.#sizer);
      this.#bytes += batch.byteLength;
    }
  }
}
