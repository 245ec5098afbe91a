import { createHash } from 'node:crypto';
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { comparable } from './text.ts';

/** An editor writes a file in several steps, and Kubernetes swaps a directory of them. */
const SETTLE_MS = 250;
/** For file systems that tell nothing (NFS, some overlays). */
const POLL_MS = 10_000;

interface WatchOptions {
  readonly changed: () => void;
  readonly settleMs?: number;
  readonly pollMs?: number;
}

/** Calls `changed` when the text of a file of the configuration is another one than before; touching is no change. */
export class ConfigWatcher {
  readonly #options: WatchOptions;
  #hashes = new Map<string, string>();
  #watchers: FSWatcher[] = [];
  #settling: NodeJS.Timeout | undefined;
  readonly #poll: NodeJS.Timeout;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#poll = setInterval(() => this.#look(), options.pollMs ?? POLL_MS);
    this.#poll.unref();
  }

  /** The files of the newest configuration with the texts that were read, so that a change in between is seen. */
  follow(files: ReadonlyMap<string, string>): void {
    this.#hashes = new Map([...files].map(([path, text]) => [path, hash(text)]));
    for (const watcher of this.#watchers.splice(0)) watcher.close();
    // A directory, not the file: a ConfigMap's file is a link to `..data/`, which is replaced as a whole, and editors rename.
    for (const directory of new Set([...files.keys()].map((path) => dirname(path)))) {
      try {
        const watcher = watch(directory, { persistent: false }, () => this.#settle());
        watcher.on('error', () => watcher.close());
        this.#watchers.push(watcher);
      } catch {
        // The poll sees it.
      }
    }
    this.#settle();
  }

  close(): void {
    clearTimeout(this.#settling);
    clearInterval(this.#poll);
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  #settle(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#look(), this.#options.settleMs ?? SETTLE_MS);
    this.#settling.unref();
  }

  #look(): void {
    let changed = false;
    for (const [path, before] of this.#hashes) {
      const now = read(path);
      // Absent: in the middle of a swap; it comes back or a reload would only fail.
      if (now === undefined || now === before) continue;
      this.#hashes.set(path, now);
      changed = true;
    }
    if (changed) this.#options.changed();
  }
}

function read(path: string): string | undefined {
  try {
    return hash(comparable(readFileSync(path)));
  } catch {
    return undefined;
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
