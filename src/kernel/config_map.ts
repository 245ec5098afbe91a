import type { NativeMap } from './addon.ts';
import * as layout from './layout.gen.ts';
import type { KernelTapOptions } from './types.ts';

const BUDGET_INTERVAL_NS = 50_000_000;
const MAX_CAPTURE_BYTES = 16_384;

/**
 * The map `config`, written field by field through its pages: own_tgid and the PID namespace's fields are written by
 * the kernel's side (iter_tcp runs in Sonde's own task).
 */
export class ConfigMap {
  readonly #words: Uint32Array;

  constructor(map: NativeMap) {
    this.#words = new Uint32Array(map.mmap(), 0, layout.CONFIG_SIZE / 4);
  }

  start(netns: number, options: KernelTapOptions): void {
    this.#set(layout.CONFIG_NETNS, netns);
    this.#set(layout.CONFIG_BUDGET_INTERVAL, BUDGET_INTERVAL_NS);
    this.#set(layout.CONFIG_WAKEUP_BYTES, options.ringBytes / 4);
    this.configure(options);
  }

  configure(options: Pick<KernelTapOptions, 'captureBytes' | 'budgetBytes'>): void {
    this.#set(layout.CONFIG_CAPTURE_BYTES, Math.min(options.captureBytes, MAX_CAPTURE_BYTES));
    this.#set(layout.CONFIG_BUDGET_BYTES, options.budgetBytes);
  }

  /** Sonde's process id in the initial PID namespace, 0 before the iterator ran. */
  get ownTgid(): number {
    return Atomics.load(this.#words, layout.CONFIG_OWN_TGID / 4);
  }

  #set(offset: number, value: number): void {
    Atomics.store(this.#words, offset / 4, value);
  }
}
