import type { ExecRecord, ExitRecord, ForkRecord, ProcessRecord } from '../kernel/types.ts';
import { type Instance, isStill, sameStart } from './instance.ts';
import { type InstanceOptions, Instances } from './instances.ts';
import { type ObservedProcess, ProcessEntry } from './process_entry.ts';
import { TICK_NS } from './process_info.ts';
import { continues, imageOfRecord, runsSame } from './same_program.ts';

/** How long a process is kept after its exit, ns: records of its last operations may come late. */
export const GRACE_NS = 5e9;
/** Ancestors that are looked at for the first process of an instance. */
const MAX_DEPTH = 64;
/** Processes per sweep of which /proc is asked whether they live: an exit record may have been dropped. */
const CHECKS = 16;
/** Inode of the initial PID namespace: PROC_PID_INIT_INO of linux/proc_ns.h. There, pid and tgid are the same. */
const INITIAL_PID_NAMESPACE = 'pid:[4026531836]';

export interface ProcessTableOptions extends InstanceOptions {
  /** Default 4096. */
  readonly maxProcesses?: number;
}

/** Processes by (tgid, start time), and the service instances that they make up. Bounded. */
export class ProcessTable {
  readonly counters = {
    /** Processes described from /proc, and those that had ended or were hidden. */
    read: 0,
    unreadable: 0,
    /** A pid that is another process by now. */
    reused: 0,
    evicted: 0,
    /** Found dead without an exit record. */
    exitsMissed: 0,
    instances: 0,
    retired: 0,
  };

  readonly #options: ProcessTableOptions;
  readonly #max: number;
  readonly #pidIsTgid: boolean;
  /** /proc is not mounted with hidepid: what it does not show does not exist. */
  readonly #seesAll: boolean;
  readonly #entries = new Map<string, ProcessEntry>();
  /** The latest process with a pid of Sonde's namespace. */
  readonly #byPid = new Map<number, ProcessEntry>();
  readonly #instances: Instances;
  /** In the order of their exits. */
  readonly #exited = new Set<ProcessEntry>();
  readonly #join = (entry: ProcessEntry): Instance => this.#joinAt(entry, 0);
  #checking: IterableIterator<ProcessEntry> | undefined;

  constructor(options: ProcessTableOptions) {
    this.#options = options;
    this.#instances = new Instances(options, this.counters);
    this.#max = Math.max(options.maxProcesses ?? 4096, 16);
    this.#seesAll = options.reader.stat(1) !== undefined;
    this.#pidIsTgid = options.reader.link('self/ns/pid') === INITIAL_PID_NAMESPACE;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The process of a record; what is not known of it is read now. `time`: of the record, CLOCK_MONOTONIC ns. */
  owner(process: ProcessRecord, time: number): ObservedProcess {
    const entry = this.#find(process) ?? this.#add(process);
    if (entry.cgroupId !== process.cgroupId) this.#move(entry, process.cgroupId);
    if (entry.image === undefined && !entry.exited && !this.#load(entry) && process.pid !== 0 && this.#seesAll) {
      // Ended before it was looked at, and perhaps its exit was told before: it will not be told again.
      this.#markExited(entry, time);
    }
    return entry;
  }

  exec({ process, parentTgid, parentStartTime, filename }: Omit<ExecRecord, 'time' | 'netns'>): void {
    const entry = this.#find(process) ?? this.#add(process);
    const before = entry.image;
    entry.comm = process.comm;
    entry.cgroupId = process.cgroupId;
    entry.forked = false;
    const parent = this.#entries.get(keyOf(parentTgid, parentStartTime));
    // Ticks are coarser than the kernel's times: a made-up record may name the process itself.
    if (parent !== entry) entry.parent ??= parent;
    entry.image = undefined;
    if (!this.#load(entry) || entry.executable === '') entry.image = imageOfRecord(filename, process.comm, entry.image);
    entry.changed();
    if (before === undefined || entry.image === undefined || !continues(before, entry.image))
      this.#instances.part(entry);
    // While its ancestors are still there to be asked.
    this.#join(entry);
  }

  fork({ process, parentTgid, parentStartTime }: Omit<ForkRecord, 'time'>): void {
    if (this.#find(process) !== undefined) return;
    const entry = this.#add(process);
    const parent = this.#entries.get(keyOf(parentTgid, parentStartTime));
    if (parent === undefined) return;
    entry.parent = parent;
    entry.parentPid = parent.pid;
    if (parent.cgroupId !== entry.cgroupId) return;
    entry.forked = true;
    entry.image = parent.image;
    if (parent.joined !== undefined && !parent.joined.ended) this.#instances.enter(entry, parent.joined);
  }

  exit({ tgid, startTime, time }: Omit<ExitRecord, 'code'>): void {
    const entry = this.#entries.get(keyOf(tgid, startTime));
    if (entry !== undefined) this.#markExited(entry, time);
  }

  /** Forgets processes that ended more than the grace period ago. Call about once a second. */
  sweep(now: number): void {
    for (const entry of this.#exited) {
      if (now - entry.exitedAt < GRACE_NS) break;
      this.#remove(entry);
    }
    for (let i = 0; i < CHECKS; i++) {
      this.#checking ??= this.#entries.values();
      const { value: entry, done } = this.#checking.next();
      if (done) {
        this.#checking = undefined;
        break;
      }
      if (!this.#seesAll || entry.exited || entry.pid === 0 || isStill(entry, this.#options.reader)) continue;
      this.counters.exitsMissed++;
      this.#markExited(entry, now);
    }
  }

  /** The process was put into another cgroup without an exec. */
  #move(entry: ProcessEntry, cgroupId: number): void {
    const known = entry.cgroupId !== 0;
    entry.cgroupId = cgroupId;
    if (!known || entry.exited) return;
    const before = entry.image;
    if (!this.#load(entry)) return;
    if (before !== undefined && entry.image !== undefined && !continues(before, entry.image))
      this.#instances.part(entry);
  }

  #find(process: ProcessRecord): ProcessEntry | undefined {
    const { pid, tgid, startTime } = process;
    const seen = pid === 0 ? undefined : this.#byPid.get(pid);
    if (seen !== undefined) {
      if (seen.startTime === startTime && seen.tgid === tgid) return seen;
      // Known from /proc as somebody's parent until now.
      if (seen.tgid === 0 && sameStart(seen.startTime / TICK_NS, startTime)) return this.#adopt(seen, process);
    }
    return this.#entries.get(keyOf(tgid, startTime));
  }

  #adopt(entry: ProcessEntry, process: ProcessRecord): ProcessEntry {
    this.#entries.delete(entry.key);
    entry.key = keyOf(process.tgid, process.startTime);
    entry.tgid = process.tgid;
    entry.startTime = process.startTime;
    entry.cgroupId = process.cgroupId;
    this.#entries.set(entry.key, entry);
    return entry;
  }

  #add(process: ProcessRecord): ProcessEntry {
    return this.#insert(new ProcessEntry({ ...process, key: keyOf(process.tgid, process.startTime) }, this.#join));
  }

  #insert(entry: ProcessEntry): ProcessEntry {
    if (this.#entries.size >= this.#max) this.#evict();
    this.#entries.set(entry.key, entry);
    if (entry.pid !== 0) this.#byPid.set(entry.pid, entry);
    return entry;
  }

  /** Reads /proc if the pid still means this process; false: nothing was read. */
  #load(entry: ProcessEntry): boolean {
    if (entry.pid === 0) return false;
    const { reader } = this.#options;
    const stat = reader.stat(entry.pid);
    if (stat === undefined) this.counters.unreadable++;
    else if (!sameStart(stat.startTicks, entry.startTime)) this.counters.reused++;
    else {
      this.counters.read++;
      entry.parentPid = stat.parentPid;
      entry.comm = stat.comm;
      entry.image = reader.image(entry.pid, stat.comm);
      entry.changed();
      return true;
    }
    return false;
  }

  /** The parent from records, else from /proc. */
  #parentOf(entry: ProcessEntry): ProcessEntry | undefined {
    if (entry.parent !== undefined) return entry.parent;
    const pid = entry.parentPid;
    const stat = pid === 0 ? undefined : this.#options.reader.stat(pid);
    // A parent is older; else the pid is another process by now.
    if (stat === undefined || stat.startTicks > entry.startTime / TICK_NS + 1) return undefined;
    const known = this.#byPid.get(pid);
    if (known !== undefined && sameStart(stat.startTicks, known.startTime)) entry.parent = known;
    else {
      const startTime = stat.startTicks * TICK_NS;
      const key = this.#pidIsTgid ? keyOf(pid, startTime) : `/${keyOf(pid, startTime)}`;
      const identity = { key, pid, tgid: 0, startTime, comm: stat.comm, cgroupId: 0 };
      entry.parent = this.#insert(new ProcessEntry(identity, this.#join));
    }
    return entry.parent;
  }

  /** Finds the instance: the parent's if it runs the same program, else a new one. */
  #joinAt(entry: ProcessEntry, depth: number): Instance {
    if (entry.joined !== undefined) return entry.joined;
    if (entry.image === undefined && !entry.exited) this.#load(entry);
    const parent = depth < MAX_DEPTH ? this.#parentOf(entry) : undefined;
    if (parent !== undefined && parent.image === undefined && !parent.exited) this.#load(parent);
    const same = parent !== undefined && (entry.forked || runsSame(parent, entry));
    let instance: Instance | undefined;
    if (same && !parent.exited) instance = this.#joinAt(parent, depth + 1);
    else if (same && parent.joined?.ended === false) instance = parent.joined;
    instance ??= this.#instances.of(entry);
    // The children of a parent that is gone find each other through it.
    if (same && parent.exited) parent.joined = instance;
    this.#instances.enter(entry, instance);
    // Somebody holds a process that the table has forgotten: the next sweep ends the instance.
    if (this.#entries.get(entry.key) !== entry) this.#exited.add(entry);
    return instance;
  }

  #markExited(entry: ProcessEntry, time: number): void {
    if (entry.exited) return;
    entry.exitedAt = time;
    this.#exited.add(entry);
  }

  #remove(entry: ProcessEntry): void {
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
    this.#exited.delete(entry);
    if (this.#byPid.get(entry.pid) === entry) this.#byPid.delete(entry.pid);
    // Else a chain of forks would be kept whole by its last one.
    entry.parent = undefined;
    if (entry.exitedAt < 0) entry.exitedAt = 0;
    this.#instances.leave(entry);
  }

  /** An eighth at once, so that the search does not cost at every new process: dead ones, unused ones, oldest ones. */
  #evict(): void {
    const wanted = Math.ceil(this.#max / 8);
    const ranks = [
      (entry: ProcessEntry) => entry.exited,
      (entry: ProcessEntry) => entry.joined?.used !== true,
      () => true,
    ];
    let evicted = 0;
    for (const isVictim of ranks) {
      for (const entry of this.#entries.values()) {
        if (evicted >= wanted) break;
        if (!isVictim(entry)) continue;
        this.#remove(entry);
        evicted++;
      }
    }
    this.counters.evicted += evicted;
  }
}

function keyOf(tgid: number, startTime: number): string {
  return `${tgid}:${Math.floor(startTime / TICK_NS)}`;
}
