import { type Describer, Instance } from './instance.ts';
import type { ProcessEntry } from './process_entry.ts';
import type { ServiceInstance } from './types.ts';

export interface InstanceOptions extends Describer {
  /** A used instance has lost its last process. Called whenever the process table forgets one, or one runs something else. */
  readonly onRetire?: (instance: ServiceInstance) => void;
}

/** Which processes keep which service instance alive. */
export class Instances {
  readonly #options: InstanceOptions;
  readonly #counters: { instances: number; retired: number };
  /** Of processes that cannot be seen and whose parents are unknown, by cgroup id and comm. */
  readonly #hidden = new Map<string, Instance>();

  constructor(options: InstanceOptions, counters: { instances: number; retired: number }) {
    this.#options = options;
    this.#counters = counters;
  }

  /**
   * The instance of a process that is not of its parent's: a new one. Of a process of which only a record's comm and cgroup
   * id are known, nothing tells the ancestors. Processes of one name in one cgroup are taken for one service there, rather
   * than each worker for its own.
   */
  of(entry: ProcessEntry): Instance {
    if (entry.image !== undefined || entry.pid !== 0 || entry.parent !== undefined) return this.#create(entry);
    const key = `${entry.cgroupId}\0${entry.comm}`;
    let instance = this.#hidden.get(key);
    if (instance === undefined || instance.ended) {
      instance = this.#create(entry);
      this.#hidden.set(key, instance);
    }
    return instance;
  }

  #create(first: ProcessEntry): Instance {
    this.#counters.instances++;
    return new Instance(this.#counters.instances, first, this.#options);
  }

  enter(entry: ProcessEntry, instance: Instance): void {
    entry.joined = instance;
    entry.member = true;
    instance.members++;
  }

  /** It runs something else now. */
  part(entry: ProcessEntry): void {
    this.leave(entry);
    entry.joined = undefined;
  }

  /** It is gone. */
  leave(entry: ProcessEntry): void {
    const instance = entry.joined;
    if (!entry.member || instance === undefined) return;
    entry.member = false;
    instance.members--;
    if (instance.members > 0) return;
    instance.ended = true;
    if (instance.pid === 0) {
      for (const [key, hidden] of this.#hidden) if (hidden === instance) this.#hidden.delete(key);
    }
    if (!instance.used) return;
    this.#counters.retired++;
    this.#options.onRetire?.(instance);
  }
}
