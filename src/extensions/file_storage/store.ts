import type { Database } from 'lmdb';
import type { StorageHandle } from '../../service/storage.ts';

/** One component's values: keys are numbers in the order of putting. */
export class Store {
  readonly #db: Database<Buffer, number>;
  /** Adds bytes to what the whole extension holds; false: there is no room for them. */
  readonly #account: (bytes: number) => boolean;
  readonly #sizes = new Map<number, number>();
  #next = 1;
  #last: Promise<void> = Promise.resolve();

  constructor(db: Database<Buffer, number>, account: (bytes: number) => boolean) {
    this.#db = db;
    this.#account = account;
    for (const { key, value } of db.getRange()) {
      this.#sizes.set(key, value.length);
      account(value.length);
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
    if (!this.#account(value.length)) throw new Error('the storage has reached max_size');
    this.#sizes.set(key, value.length);
    try {
      await this.#db.put(key, Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    } catch (error) {
      this.#forget(key);
      throw error;
    }
  }

  async #remove(key: number): Promise<void> {
    this.#forget(key);
    await this.#db.remove(key);
  }

  #forget(key: number): void {
    this.#account(-(this.#sizes.get(key) ?? 0));
    this.#sizes.delete(key);
  }
}
