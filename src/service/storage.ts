import type { Extension } from './component.ts';

/** What outlives the process, for one component: values in the order in which they were put. */
export interface StorageHandle {
  /**
   * Resolves when the handle that was open under the same name is closed: at a reload two instances of a component overlap. Before,
   * `put` and `get` may be used; `keys` has those of both.
   */
  readonly predecessor: Promise<void>;
  /** Oldest first. */
  keys(): Iterable<number>;
  get(key: number): Uint8Array | undefined;
  /** The value must not be changed any more. `stored`: a kill of the process cannot undo it, nor a power loss if so configured. */
  put(value: Uint8Array): { readonly key: number; readonly stored: Promise<void> };
  remove(key: number): Promise<void>;
  /** Waits for what was put and removed. */
  close(): Promise<void>;
}

/** What an extension offers that `sending_queue::storage` may name. */
export interface StorageExtension extends Extension {
  openStorage(name: string): Promise<StorageHandle>;
}

export function isStorage(extension: Extension): extension is StorageExtension {
  return 'openStorage' in extension && typeof extension.openStorage === 'function';
}
