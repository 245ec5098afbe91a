/**
 * The contract of the native addon (`native/`). It has no logic: arguments are validated by the callers in
 * `src/kernel/`, every failure is thrown as an `AddonError`.
 */
export interface AddonError extends Error {
  /** errno name: `EPERM`, `EINVAL`, ... */
  code: string;
  errno: number;
  /** The system call or libbpf function that failed. */
  syscall: string;
  /** The last 4 KiB of the verifier's log, when a program was refused. */
  log?: string;
}

export interface ProgramInfo {
  name: string;
  id: number;
  /** Instructions after translation. */
  instructions: number;
  /** Nanoseconds and runs, counted while `kernel.bpf_stats_enabled` is 1. */
  runTimeNs: number;
  runCount: number;
  /** Runs left out because a program of the same hook was running on that CPU. Counted always. */
  recursionMisses: number;
}

export interface MapInfo {
  name: string;
  type: number;
  keySize: number;
  valueSize: number;
  maxEntries: number;
  /** Bytes the kernel accounts for it (`memlock` of /proc/self/fdinfo). */
  memoryBytes: number;
}

export interface NativeLink {
  close(): void;
}

export interface NativeRing {
  /** Data pages, mapped twice in a row and read-only: a record never wraps. `size` is one copy's length. */
  readonly data: ArrayBuffer;
  readonly size: number;
  /** End position (monotonic byte count) of the data that is committed, up to the first busy record. */
  acquire(): number;
  /** Gives everything before `position` back to the kernel. */
  release(position: number): void;
  /** Consumer position. */
  position(): number;
  /**
   * Calls `callback` in this thread when a program asks for a wake-up (not for records submitted without one); replaces
   * the previous callback. Does not keep the event loop alive.
   */
  watch(callback: () => void): void;
  /** Detaches `data`, then unmaps. Idempotent. */
  close(): void;
}

export interface NativeMap {
  info(): MapInfo;
  /** Fills `value`; false if there is no such key. Per-CPU maps need `value` of valueSize (8-aligned) × possible CPUs. */
  lookup(key: Uint8Array, value: Uint8Array): boolean;
  /** Maps an array map made with BPF_F_MMAPABLE; writable. Detached by the object's `close()`. */
  mmap(): ArrayBuffer;
  ring(): NativeRing;
}

export interface NativeObject {
  /** Before `load()`: */
  setMaxEntries(map: string, entries: number): void;
  setAutoload(program: string, load: boolean): void;
  setAttachTarget(program: string, functionName: string): void;
  /** Makes this object's `name` be `map`, which another loaded object owns. */
  reuseMap(name: string, map: NativeMap): void;
  load(): void;
  /** After `load()`: */
  attach(program: string): NativeLink;
  /**
   * Runs an `iter/*` program to the end, in the network namespace at `netnsPath` if given, over `map` if it walks through
   * one; returns its output.
   */
  iterate(program: string, netnsPath?: string, map?: string): Uint8Array;
  map(name: string): NativeMap;
  programs(): ProgramInfo[];
  maps(): MapInfo[];
  close(): void;
}

export interface Addon {
  open(path: string): NativeObject;
  /** Struct sizes compiled into the addon from bpf/events.h, for the layout test. */
  readonly sizeof: Readonly<Record<string, number>>;
  possibleCpus(): number;
  /** CLOCK_REALTIME − CLOCK_MONOTONIC in ns as [high, low] 32-bit halves, from paired reads (the tightest of several). */
  clockOffset(): [number, number];
  /** CLOCK_MONOTONIC now, ns. */
  monotonicNow(): number;
  /** Sends one byte through a Unix socket pair and reads it: two operations that a working back end must count. */
  exchangeByte(): void;
  /** Counts runs and run time of all programs of the machine until closed (BPF_ENABLE_STATS); needs CAP_SYS_ADMIN. */
  enableStats(): NativeLink;
  /** Does the running kernel's BTF hold this function (kind FUNC) or BTF tracepoint (typedef `btf_trace_<name>`)? */
  hasFunction(name: string): boolean;
  hasTracepoint(name: string): boolean;
}
