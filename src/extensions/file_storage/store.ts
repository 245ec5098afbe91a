import type { Database } from 'lmdb';
import type { StorageHandle } from '../../service/storage.ts';
import type { Room } from './room.ts';

/** One component's values: keys are numbers in the order of putting. */
export class Store {
  readonly #db: Database<Buffer, number>;
  /** Of the whole extension. */
  readonly #room: Room;
  readonly #sizes = new Map<number, number>();
  #next = 1;
  #last: Promise<void> = Promise.resolve();

  constructor(db: Database<Buffer, number>, room: Room) {
    this.#db = db;
    this.#room = room;
    for (const { key, value } of db.getRange()) {
      this.#sizes.set(key, value.length);
      room.add(value.length);
      this.#next = key + 1;
    }
  }

  open(): StorageHandle {
    const predecessor = this.#last;
    let released: () => void = () => undefined;
    this.#last = new Promise<void>((resolve) => {
      released = resolve;
    });
    const pending = new Set<Promise<unknown>>();
    const track = async <Result>(work: Promise<Result>): Promise<Result> => {
      pending.add(work);
      try {
        return await work;
      } finally {
        pending.delete(work);
      }
    };
    return {
      predecessor,
      keys: () => this.#sizes.keys(),
      get: (key) => this.#db.getBinary(key),
      put: (value) => {
        const key = this.#next++;
        return { key, stored: track(this.#put(key, value)) };
      },
      remove: async (key) => track(this.#remove(key)),
      close: async () => {
        await Promise.allSettled(pending);
        released();
      },
    };
  }

  async #put(key: number, value: Uint8Array): Promise<void> {
    this.#room.take(value.length);
    this.#sizes.set(key, value.length);
    try {
      await this.#db.put(key, Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    } catch (error) {
      this.#forget(key);
      throw error;
    } finally {
      this.#room.written(value.length);
    }
  }

  async #remove(key: number): Promise<void> {
    this.#forget(key);
    await this.#db.remove(key);
  }

  #forget(key: number): void {
    this.#room.free(this.#sizes.get(key) ?? 0);
    this.#sizes.delete(key);
  }
}
