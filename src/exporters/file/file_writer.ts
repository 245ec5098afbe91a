import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConsumeError, type Logger } from '../../service/component.ts';
import type { FileConfig } from './config.ts';
import { type Rotation, rotate } from './rotation.ts';

/** Above this the pipeline waits for the disk. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** Writers by path: exporters of several signals share a file, and their lines must not run into each other. */
const writers = new Map<string, Promise<FileWriter>>();

/** Buffered whole lines and one write at a time. */
export class FileWriter {
  readonly #path: string;
  #file: FileHandle;
  readonly #rotation: Rotation | undefined;
  /** Bytes in the file, if it is rotated. */
  #size = 0;
  readonly #timer: NodeJS.Timeout;
  readonly #logger: Logger;
  #users = 1;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  /** A line of which a part is on the disk, after a failed write. */
  #rest: Uint8Array | undefined;
  #writing: Promise<void> | undefined;
  #failure: Error | undefined;

  private constructor(path: string, file: FileHandle, config: FileConfig, logger: Logger) {
    this.#path = path;
    this.#file = file;
    this.#logger = logger;
    this.#rotation = config.rotation;
    this.#timer = setInterval(() => void this.flush(), config.flush_interval || 1000);
    this.#timer.unref();
  }

  static async open(config: FileConfig, logger: Logger): Promise<FileWriter> {
    const path = resolve(config.path);
    const shared = writers.get(path);
    if (shared !== undefined) {
      const writer = await shared;
      writer.#users++;
      return writer;
    }
    const opening = openFile(path, config.append).then((file) => new FileWriter(path, file, config, logger));
    writers.set(path, opening);
    opening.catch(() => writers.delete(path));
    return opening;
  }

  /** Rejects (retryable) while the disk refuses what is buffered already. */
  async append(parts: readonly Uint8Array[]): Promise<void> {
    if (this.#bytes >= MAX_BUFFERED_BYTES) {
      await this.flush();
      if (this.#failure !== undefined) {
        const message = `cannot write ${this.#path}: ${this.#failure.message}`;
        throw new ConsumeError(message, { permanent: false, cause: this.#failure });
      }
    }
    for (const part of parts) {
      this.#parts.push(part);
      this.#bytes += part.length;
    }
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
    const data = this.#rest === undefined ? Buffer.concat(this.#parts) : Buffer.concat([this.#rest, ...this.#parts]);
    this.#parts = [];
    let at = 0;
    try {
      if (this.#rest === undefined) await this.#rotate(data.length);
      while (at < data.length) at += (await this.#file.write(data, at)).bytesWritten;
      this.#failure = undefined;
    } catch (error) {
      if (this.#failure === undefined) this.#logger.error('the file cannot be written', { path: this.#path, error });
      this.#failure = error as Error;
    }
    this.#rest = at < data.length ? data.subarray(at) : undefined;
    this.#bytes -= at;
    this.#size += at;
  }

  /** Between whole lines, when the next ones do not fit. */
  async #rotate(next: number): Promise<void> {
    if (this.#rotation === undefined || this.#size === 0) return;
    if (this.#size + next <= (this.#rotation.max_megabytes || 100) * 1024 * 1024) return;
    await rotate(this.#path, this.#rotation);
    const full = this.#file;
    this.#file = await openFile(this.#path, false);
    this.#size = 0;
    await full.close();
  }
}

async function openFile(path: string, append: boolean): Promise<FileHandle> {
  try {
    return await open(path, append ? 'a' : 'w');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const remedy =
      code === 'ENOENT'
        ? 'create its directory'
        : code === 'EACCES'
          ? 'allow Sonde to write there'
          : 'choose another path';
    throw new Error(`cannot open ${path}: ${code ?? String(error)}; ${remedy}`, { cause: error });
  }
}
