import { requestOf } from '../../pdata/otlp/schema.ts';
import { toJson } from '../../pdata/otlp/to_json.ts';
import type { Batch, Signal } from '../../pdata/pdata.ts';
import { type Component, ConsumeError, type Consumer, type Settings } from '../../service/component.ts';
import type { FileConfig } from './config.ts';
import { FileWriter } from './file_writer.ts';

const NEWLINE = Uint8Array.of(0x0a);

/** Writes every chunk of a batch as one line of OTLP/JSON, or as one length-prefixed protobuf message. */
export class FileExporter implements Component, Consumer {
  readonly #config: FileConfig;
  readonly #settings: Settings;
  #writer: FileWriter | undefined;

  constructor(settings: Settings, config: FileConfig) {
    this.#settings = settings;
    this.#config = config;
  }

  async start(): Promise<void> {
    this.#writer = await FileWriter.open(this.#config, this.#settings.logger);
  }

  async consume(batch: Batch): Promise<void> {
    if (this.#writer === undefined) throw new ConsumeError('the exporter is not started', { permanent: false });
    // Chunk by chunk: a batch of thousands of spans is several times larger as JSON, and never in memory at once.
    for (const chunk of batch.chunks) await this.#writer.append(this.#encode(batch.signal, chunk));
  }

  async shutdown(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.close();
  }

  #encode(signal: Signal, bytes: Uint8Array): Uint8Array[] {
    if (this.#config.format === 'proto') {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }
    try {
      return [toJson(requestOf[signal], bytes), NEWLINE];
    } catch (error) {
      throw new ConsumeError('the data is no valid OTLP', { permanent: true, cause: error });
    }
  }
}
