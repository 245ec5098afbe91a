import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConsumeError, type Logger } from '../../service/component.ts';
import { timerMs } from '../../transport/timer.ts';
import type { FileConfig } from './config.ts';
import { type Rotation, removeOld, rotate } from './rotation.ts';

/** Above this the pipeline waits for the disk. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** Writers by path: exporters of several signals share a file, and their lines must not run into each other. */
const writers = new Map<string, Promise<FileWriter>>();

/** Buffered whole messages and one write at a time. */
export class FileWriter {
  readonly #path: string;
  #file: FileHandle;
  #rotation: Rotation | undefined;
  /** Bytes in the file. */
  #size: number;
  #timer: NodeJS.Timeout;
  readonly #logger: Logger;
  #users = 1;
  #messages: Uint8Array[] = [];
  /** Of a write: what is not on the disk yet. After a failure it goes before everything else. */
  #rest: Uint8Array = new Uint8Array(0);
  /** Of #messages and #rest. */
  #bytes = 0;
  #writing: Promise<void> | undefined;
  #failure: Error | undefined;

  private constructor(path: string, file: FileHandle, size: number, config: FileConfig, logger: Logger) {
    this.#path = path;
    this.#file = file;
    this.#size = size;
    this.#logger = logger;
    this.#rotation = config.rotation;
    this.#timer = this.#flushEvery(config);
  }

  /**
   * `append`: keeps what the file has; so does a rotated file, in any case. A file that is open already, by another signal or
   * by the instance that a reload replaces, takes the newest rotation and interval.
   */
  static async open(name: string, append: boolean, config: FileConfig, logger: Logger): Promise<FileWriter> {
    const path = resolve(name);
    const shared = writers.get(path);
    if (shared !== undefined) {
      const writer = await shared;
      writer.#users++;
      writer.#adopt(config);
      return writer;
    }
    const { rotation } = config;
    const opening = openFile(path, append || rotation !== undefined).then(async (file) => {
      if (rotation !== undefined) await removeOld(path, rotation);
      return new FileWriter(path, file, (await file.stat()).size, config, logger);
    });
    writers.set(path, opening);
    opening.catch(() => writers.delete(path));
    return opening;
  }

  #adopt(config: FileConfig): void {
    this.#rotation = config.rotation;
    clearInterval(this.#timer);
    this.#timer = this.#flushEvery(config);
  }

  #flushEvery({ flush_interval }: FileConfig): NodeJS.Timeout {
    return setInterval(() => void this.flush(), timerMs(flush_interval || 1000)).unref();
  }

  /** Rejects (retryable) while the disk refuses what is buffered already. */
  async append(message: readonly Uint8Array[]): Promise<void> {
    if (this.#bytes >= MAX_BUFFERED_BYTES) {
      await this.flush();
      if (this.#failure !== undefined) {
        const text = `cannot write ${this.#path}: ${this.#failure.message}`;
        throw new ConsumeError(text, { permanent: false, cause: this.#failure });
      }
    }
    const bytes = Buffer.concat(message);
    this.#messages.push(bytes);
    this.#bytes += bytes.length;
  }

  /** Never rejects: what could not be written stays and is tried again. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    if (this.#bytes === 0) return;
    this.#writing = this.#write();
    await this.#writing;
    this.#writing = undefined;
  }

  /** The last user writes what is left and closes; what is on the disk then survives a power loss. */
  async close(): Promise<void> {
    await this.flush();
    if (--this.#users > 0) return;
    writers.delete(this.#path);
    clearInterval(this.#timer);
    if (this.#bytes > 0) this.#logger.error('data was not written', { path: this.#path, bytes: this.#bytes });
    // Pipes and devices cannot be synced.
    await this.#file.sync().catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EINVAL') this.#logger.warn('the file could not be synced', { path: this.#path, error });
    });
    await this.#file.close();
  }

  async #write(): Promise<void> {
    try {
      await this.#finish();
      while (this.#messages.length > 0) {
        const count = await this.#fitting();
        this.#rest = Buffer.concat(this.#messages.splice(0, count));
        await this.#finish();
      }
      this.#failure = undefined;
    } catch (error) {
      if (this.#failure === undefined) this.#logger.error('the file cannot be written', { path: this.#path, error });
      this.#failure = error as Error;
    }
  }

  async #finish(): Promise<void> {
    while (this.#rest.length > 0) {
      const { bytesWritten } = await this.#file.write(this.#rest);
      this.#rest = this.#rest.subarray(bytesWritten);
      this.#bytes -= bytesWritten;
      this.#size += bytesWritten;
    }
  }

  /** How many messages go into the file, which is exchanged first when not even one does. */
  async #fitting(): Promise<number> {
    const { length } = this.#messages;
    if (this.#rotation === undefined) return length;
    const max = (this.#rotation.max_megabytes || 100) * 1024 * 1024;
    if (this.#size > 0 && this.#size + (this.#messages[0]?.length ?? 0) > max) await this.#rotate(this.#rotation);
    let size = this.#size;
    const fitting = this.#messages.findIndex((message, i) => {
      size += message.length;
      return i > 0 && size > max;
    });
    return fitting < 0 ? length : fitting;
  }

  async #rotate(rotation: Rotation): Promise<void> {
    await rotate(this.#path, rotation);
    const full = this.#file;
    this.#file = await openFile(this.#path, false);
    this.#size = 0;
    await full.close();
  }
}

async function openFile(path: string, append: boolean): Promise<FileHandle> {
  try {
    return await open(path, append ? 'a' : 'w', 0o644);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const remedy =
      code === 'ENOENT'
        ? 'create its directory, or set create_directory'
        : code === 'EACCES'
          ? 'allow Sonde to write there'
          : 'choose another path';
    throw new Error(`cannot open ${path}: ${code ?? String(error)}; ${remedy}`, { cause: error });
  }
}
