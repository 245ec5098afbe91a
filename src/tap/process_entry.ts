import type { Instance } from './instance.ts';
import { type FilteredProcess, processMatches } from './process_filter.ts';
import type { ProcessImage } from './process_info.ts';
import type { TapFilter } from './protocol.ts';
import type { ServiceInstance } from './types.ts';

/** A process as the tap sees it. Its fields change in place when it executes another program. */
export interface ObservedProcess {
  /** `tgid:ticks`; unique while Sonde runs. */
  readonly key: string;
  /** As seen in Sonde's PID namespace, 0 = not visible. */
  readonly pid: number;
  /** Path, '' if not known. */
  readonly executable: string;
  /** comm where the executable is not known. */
  readonly executableName: string;
  /** Path below the cgroup mount, '' if not known. */
  readonly cgroup: string;
  readonly exited: boolean;
  readonly instance: ServiceInstance;
  /** Executables, pids and cgroups; ports are the caller's. The answer is kept per filter object. */
  matches(filter: TapFilter): boolean;
}

/** What the table knows of one process. Only the table changes it. */
export class ProcessEntry implements ObservedProcess {
  key: string;
  pid: number;
  /** In the initial PID namespace; 0: known from /proc only. */
  tgid: number;
  /** ns since boot; whole ticks as long as it is known from /proc only. */
  startTime: number;
  comm: string;
  cgroupId: number;
  /** undefined: not looked at yet. */
  image: ProcessImage | undefined;
  parent: ProcessEntry | undefined;
  /** In Sonde's PID namespace, 0 = not known. */
  parentPid = 0;
  /** Runs what its parent ran when it was forked: no exec since. */
  forked = false;
  /** The instance, and whether this process is one that keeps it alive. */
  joined: Instance | undefined;
  member = false;
  /** CLOCK_MONOTONIC, ns; -1 while it lives. */
  exitedAt = -1;
  readonly #join: (entry: ProcessEntry) => Instance;
  #filters: WeakMap<TapFilter, boolean> | undefined;

  constructor(
    identity: Pick<ProcessEntry, 'key' | 'pid' | 'tgid' | 'startTime' | 'comm' | 'cgroupId'>,
    join: (entry: ProcessEntry) => Instance,
  ) {
    this.key = identity.key;
    this.pid = identity.pid;
    this.tgid = identity.tgid;
    this.startTime = identity.startTime;
    this.comm = identity.comm;
    this.cgroupId = identity.cgroupId;
    this.#join = join;
  }

  get executable(): string {
    return this.image?.executable ?? '';
  }

  get executableName(): string {
    return this.image?.executableName || this.comm;
  }

  get cgroup(): string {
    return this.image?.cgroup.path ?? '';
  }

  get exited(): boolean {
    return this.exitedAt >= 0;
  }

  get instance(): ServiceInstance {
    const instance = this.joined ?? this.#join(this);
    instance.use(this);
    return instance;
  }

  /** What filters look at has changed. */
  changed(): void {
    this.#filters = undefined;
  }

  matches(filter: TapFilter): boolean {
    this.#filters ??= new WeakMap();
    let matches = this.#filters.get(filter);
    if (matches === undefined) {
      matches = processMatches(filter, this.#filtered());
      this.#filters.set(filter, matches);
    }
    return matches;
  }

  #filtered(): FilteredProcess {
    const { pid, executable, executableName, cgroup } = this;
    const calledName = this.image?.calledName ?? '';
    return { pid, executable, executableName, calledName, cgroup, instancePid: (this.joined ?? this.#join(this)).pid };
  }
}
