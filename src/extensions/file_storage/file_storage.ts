import { mkdirSync } from 'node:fs';
import type { RootDatabase } from 'lmdb';
import type { Settings } from '../../service/component.ts';
import type { StorageExtension, StorageHandle } from '../../service/storage.ts';
import type { FileStorageConfig } from './config.ts';
import { closedCleanly, diskOf, openDatabase } from './database.ts';
import { DirectoryLock } from './directory_lock.ts';
import { Room } from './room.ts';
import { Store } from './store.ts';

/** An LMDB environment in a directory, with a database for each component that stores something. */
export class FileStorage implements StorageExtension {
  readonly #settings: Settings;
  readonly #config: FileStorageConfig;
  readonly #stores = new Map<string, Store>();
  #root: RootDatabase<Buffer, number> | undefined;
  #lock: DirectoryLock | undefined;
  readonly #room: Room;

  constructor(settings: Settings, config: FileStorageConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#room = new Room(config.max_size, () => diskOf(config.directory));
  }

  async start(): Promise<void> {
    const { directory, create_directory: create, directory_permissions: mode, timeout } = this.#config;
    if (create) mkdirSync(directory, { recursive: true, mode: Number.parseInt(mode, 8) });
    this.#lock = await DirectoryLock.take(directory, timeout);
    try {
      this.#root = await openDatabase(this.#config, this.#settings.logger);
    } catch (error) {
      await this.#lock.release();
      throw error;
    }
    const options = { description: 'Bytes of stored values.', unit: 'By', monotonic: false };
    this.#settings.telemetry.observable('sonde.storage.size', options, () => [[this.#room.stored, {}]]);
  }

  async openStorage(name: string): Promise<StorageHandle> {
    if (this.#root === undefined) throw new Error('the extension is not started');
    let store = this.#stores.get(name);
    if (store === undefined) {
      store = new Store(this.#root.openDB<Buffer, number>({ name, encoding: 'binary' }), this.#room);
      this.#stores.set(name, store);
    }
    return store.open();
  }

  async shutdown(): Promise<void> {
    const root = this.#root;
    this.#root = undefined;
    this.#stores.clear();
    await root?.close();
    if (root !== undefined) closedCleanly(this.#config.directory);
    await this.#lock?.release();
  }
}
