import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Batch, Signal } from '../../pdata/pdata.ts';
import { type Component, ConsumeError, type Consumer, type Settings } from '../../service/component.ts';
import { directoryMode, type FileConfig } from './config.ts';
import { FileWriter } from './file_writer.ts';
import { type PathPattern, parsePattern, pathOf } from './group_path.ts';
import { groupByAttribute } from './groups.ts';
import { encodeMessage, notOtlp } from './message.ts';

/** Paths that are known to be this run's: what is opened again then is not emptied. Beyond it nothing is emptied. */
const MAX_KNOWN_PATHS = 10_000;

/** A file per value of a resource attribute, of which some are open. */
export class GroupingFileExporter implements Component, Consumer {
  readonly #config: FileConfig;
  readonly #settings: Settings;
  readonly #pattern: PathPattern;
  /** The one that was used last is at the end. */
  readonly #open = new Map<string, FileWriter>();
  readonly #known = new Set<string>();
  /** One batch after the other: a file may not be closed while another batch writes to it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(settings: Settings, config: FileConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#pattern = parsePattern(config.path);
  }

  async start(): Promise<void> {}

  async consume(batch: Batch): Promise<void> {
    const written = this.#last.then(async () => this.#write(batch));
    this.#last = written.catch(() => undefined);
    await written;
  }

  async shutdown(): Promise<void> {
    await this.#last;
    for (const writer of this.#open.values()) await writer.close();
    this.#open.clear();
  }

  /** What cannot be written does not keep the others from it; sending again would repeat those, so it is permanent then. */
  async #write(batch: Batch): Promise<void> {
    const problems: unknown[] = [];
    let written = 0;
    for (const chunk of batch.chunks) {
      for (const [value, bytes] of this.#groups(chunk)) {
        try {
          await this.#append(batch.signal, pathOf(this.#pattern, value), bytes);
          written++;
        } catch (error) {
          problems.push(error);
        }
      }
    }
    if (problems.length === 0) return;
    const [cause] = problems;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ConsumeError(problems.length > 1 ? `${message} (and ${problems.length - 1} more)` : message, {
      permanent: written > 0 || problems.some((each) => !(each instanceof ConsumeError) || each.permanent),
      cause,
    });
  }

  #groups(chunk: Uint8Array): ReadonlyMap<string, Uint8Array> {
    const { resource_attribute: attribute } = this.#config.group_by;
    try {
      const { groups, left } = groupByAttribute(chunk, attribute);
      if (left > 0) {
        this.#settings.logger.debug(`Resource does not contain ${attribute} attribute, dropping it`, {
          resources: left,
        });
      }
      return groups;
    } catch (error) {
      throw notOtlp(error);
    }
  }

  async #append(signal: Signal, path: string, bytes: Uint8Array): Promise<void> {
    const message = await encodeMessage(this.#config, signal, bytes);
    const writer = this.#open.get(path) ?? (await this.#openFile(path));
    this.#open.delete(path);
    this.#open.set(path, writer);
    await writer.append(message);
  }

  async #openFile(path: string): Promise<FileWriter> {
    await mkdir(dirname(path), { recursive: true, mode: directoryMode(this.#config) });
    const append = this.#config.append || this.#known.has(path) || this.#known.size >= MAX_KNOWN_PATHS;
    if (this.#known.size < MAX_KNOWN_PATHS) this.#known.add(path);
    for (const [oldest, writer] of this.#open) {
      if (this.#open.size < this.#config.group_by.max_open_files) break;
      this.#open.delete(oldest);
      await writer.close();
    }
    return FileWriter.open(path, append, this.#config, this.#settings.logger);
  }
}
