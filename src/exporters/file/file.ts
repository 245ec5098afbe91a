import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Batch } from '../../pdata/pdata.ts';
import { type Component, ConsumeError, type Consumer, type Settings } from '../../service/component.ts';
import { directoryMode, type FileConfig } from './config.ts';
import { FileWriter } from './file_writer.ts';
import { encodeMessage } from './message.ts';

/** Writes every chunk of a batch as one message. */
export class FileExporter implements Component, Consumer {
  readonly #config: FileConfig;
  readonly #settings: Settings;
  #writer: FileWriter | undefined;

  constructor(settings: Settings, config: FileConfig) {
    this.#settings = settings;
    this.#config = config;
  }

  async start(): Promise<void> {
    const { path, append, create_directory: create } = this.#config;
    if (create) await mkdir(dirname(path), { recursive: true, mode: directoryMode(this.#config) });
    this.#writer = await FileWriter.open(path, append, this.#config, this.#settings.logger);
  }

  async consume(batch: Batch): Promise<void> {
    if (this.#writer === undefined) throw new ConsumeError('the exporter is not started', { permanent: false });
    // Chunk by chunk: a batch of thousands of spans is several times larger as JSON, and never in memory at once.
    for (const chunk of batch.chunks) {
      await this.#writer.append(await encodeMessage(this.#config, batch.signal, chunk));
    }
  }

  async shutdown(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.close();
  }
}
