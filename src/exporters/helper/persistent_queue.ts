import type { Batch } from '../../pdata/pdata.ts';
import { ConsumeError, type Settings } from '../../service/component.ts';
import { isStorage, type StorageHandle } from '../../service/storage.ts';
import { Fifo, type Queue, type QueueItem, Room, sizeOf } from './queue.ts';
import { decodeRecord, encodeRecord } from './record.ts';
import type { QueueConfig } from './schemas.ts';

/** Batches being written at a time: a slow disk may not take more memory than this. */
const MAX_WRITING_BYTES = 64 * 1024 * 1024;

interface Stored {
  readonly key: number;
  /** By the sizer. */
  readonly size: number;
}

/**
 * A queue in a storage extension. A batch is removed when it was delivered or given up, never before: what was under way when the
 * process ended is sent again at the next start, so a batch may arrive twice. In memory there are only keys and sizes.
 */
export class PersistentQueue implements Queue {
  readonly durable = true;
  readonly #settings: Settings;
  readonly #config: QueueConfig;
  readonly #name: string;
  readonly #wake: () => void;
  readonly #room: Room;
  readonly #items = new Fifo<Stored>();
  readonly #unreadable: (records: number) => void;
  #storage: StorageHandle | undefined;
  /** Keys of this instance until those of the time before it are known. */
  #own: Set<number> | undefined = new Set();
  #writing = 0;
  #stopped = false;

  constructor(settings: Settings, config: QueueConfig, name: string, wake: () => void) {
    this.#settings = settings;
    this.#config = config;
    this.#name = name;
    this.#wake = wake;
    this.#room = new Room(config, 0);
    this.#unreadable = settings.telemetry.counter('sonde.exporter.queue.unreadable', {
      description: 'Records of the persistent queue that were damaged and skipped.',
      unit: '{records}',
    });
  }

  get size(): number {
    return this.#room.size;
  }

  async start(): Promise<void> {
    const { storage: id } = this.#config;
    const extension = this.#settings.extension(id);
    if (extension === undefined) {
      throw new Error(`no storage client extension found: service::extensions does not list "${id}"`);
    }
    if (!isStorage(extension)) throw new Error(`requested extension is not a storage extension: "${id}"`);
    const storage = await extension.openStorage(`exporter ${this.#settings.id} ${this.#name}`);
    this.#storage = storage;
    // At a reload the instance before this one still sends what it has; what it leaves comes then.
    void storage.predecessor.then(() => this.#recover(storage));
  }

  async offer(batch: Batch): Promise<void> {
    const storage = this.#storage;
    if (storage === undefined) throw new ConsumeError('the exporter is not started', { permanent: false });
    const size = sizeOf(batch, this.#config.sizer);
    await this.#room.reserve(size, 0);
    if (this.#writing > 0 && this.#writing + batch.byteLength > MAX_WRITING_BYTES) {
      this.#room.free(size, 0);
      throw new ConsumeError('sending queue is full', { permanent: false });
    }
    this.#writing += batch.byteLength;
    const { key, stored } = storage.put(encodeRecord(batch));
    this.#own?.add(key);
    try {
      await stored;
    } catch (error) {
      this.#room.free(size, 0);
      const reason = error instanceof Error ? error.message : String(error);
      throw new ConsumeError(`cannot store: ${reason}`, { permanent: false, cause: error });
    } finally {
      this.#writing -= batch.byteLength;
    }
    this.#items.push({ key, size });
    this.#wake();
  }

  take(): QueueItem | undefined {
    const storage = this.#storage;
    if (storage === undefined || this.#stopped) return undefined;
    for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) {
      const { key, size } = item;
      const batch = decodeRecord(storage.get(key))?.read();
      if (batch !== undefined) {
        return {
          batch,
          done: ({ kept }) => {
            this.#room.free(size, 0);
            if (kept !== true) this.#remove(key);
          },
        };
      }
      this.#room.free(size, 0);
      this.#skip(key);
    }
    return undefined;
  }

  stop(): void {
    this.#stopped = true;
    this.#room.stop();
  }

  async close(): Promise<void> {
    await this.#storage?.close();
  }

  #recover(storage: StorageHandle): void {
    const own = this.#own;
    this.#own = undefined;
    if (this.#stopped) return;
    let batches = 0;
    for (const key of [...storage.keys()]) {
      if (own?.has(key)) continue;
      const batch = decodeRecord(storage.get(key));
      if (batch === undefined) {
        this.#skip(key);
        continue;
      }
      const size = sizeOf(batch, this.#config.sizer);
      this.#room.add(size, 0);
      this.#items.push({ key, size });
      batches++;
    }
    if (batches === 0) return;
    this.#settings.logger.info('Batches of the last run are sent now', { batches });
    this.#wake();
  }

  #remove(key: number): void {
    this.#storage?.remove(key).catch((error: unknown) => {
      this.#settings.logger.error('A delivered batch cannot be removed from the storage; it will be sent again', {
        error: String(error),
      });
    });
  }

  #skip(key: number): void {
    this.#unreadable(1);
    this.#settings.logger.error('A damaged record of the persistent queue is skipped', { key });
    this.#remove(key);
  }
}
