/** What the kernel side gives to the tap worker. Implemented in tap.ts (real) and by tests (made-up records). */

/** Key and description of a process as the kernel saw it (struct sonde_process). */
export interface ProcessRecord {
  /** In the initial PID namespace. */
  tgid: number;
  /** In Sonde's PID namespace; 0 = not visible. */
  pid: number;
  /** ns since boot (CLOCK_BOOTTIME); with tgid the key of a process. */
  startTime: number;
  cgroupId: number;
  comm: string;
}

export type Role = 'unknown' | 'client' | 'server';

export interface ConnRecord {
  cookie: number;
  generation: number;
  time: number;
  family: 'ipv4' | 'ipv6' | 'unix';
  role: Role;
  joined: boolean;
  own: boolean;
  /** Another process took over the connection. */
  ownerChanged: boolean;
  /** Unix: cookie of the other end, else 0. */
  peerCookie: number;
  localAddress: string;
  remoteAddress: string;
  localPort: number;
  remotePort: number;
  netns: number;
  sendBase: number;
  recvBase: number;
  /** Unix: path and whether it is this end's own bound address. '@' stands for the NUL of an abstract name. */
  unixPath: string;
  unixBound: boolean;
  process: ProcessRecord;
}

/** A socket operation. */
export interface DataRecord {
  cookie: number;
  generation: number;
  /** 0 sent, 1 received. */
  direction: number;
  /** The operation begins here: of a large one there may be several records. */
  first: boolean;
  time: number;
  /** Of the stream. */
  offset: number;
  /** 0: end of stream. */
  length: number;
  /** So many of them are at `bytes[start]`. */
  captured: number;
  /** Why not all were copied: enum sonde_skip. */
  skip: number;
  tgid: number;
  tid: number;
  bytes: Uint8Array;
  start: number;
}

/** A change of a connection's TCP state; the states are TCP_* of <net/tcp_states.h>. */
export interface EndRecord {
  cookie: number;
  generation: number;
  time: number;
  oldState: number;
  newState: number;
  /** An errno number, or 0. */
  error: number;
  /** Stream offsets. */
  sent: number;
  received: number;
  /** Some of `received` may still be read. */
  unread: boolean;
}

export interface ForkRecord {
  /** The child. */
  process: ProcessRecord;
  time: number;
  parentTgid: number;
  parentStartTime: number;
}

export interface ExecRecord extends ForkRecord {
  netns: number;
  filename: string;
}

export interface ExitRecord {
  tgid: number;
  startTime: number;
  time: number;
  code: number;
}

/** Calls in ring order. A DataRecord and the ring's bytes are valid only during the call. Times: CLOCK_MONOTONIC, ns. */
export interface RecordHandler {
  conn(record: ConnRecord): void;
  data(record: DataRecord): void;
  end(record: EndRecord): void;
  exec(record: ExecRecord): void;
  fork(record: ForkRecord): void;
  exit(record: ExitRecord): void;
}

/** What is copied of a connection: all, heads, nothing (it is counted only). enum sonde_policy_mode. */
export type PolicyMode = 0 | 1 | 2;

export type ProgressHandler = (cookie: number, generation: number, sent: number, received: number) => void;

export interface KernelTapOptions {
  readonly scope: 'pod' | 'node';
  readonly ringBytes: number;
  readonly captureBytes: number;
  readonly budgetBytes: number;
  /** What may wait in memory when the ring fills faster than it is read; default 0. */
  readonly backlogBytes?: number;
  /** Force a back end instead of probing (tests). */
  readonly backend?: 'tracepoint' | 'fexit';
}

/** Sum over CPUs of struct sonde_counters, by field name; `skipped` as an array by enum sonde_skip. And `missed`. */
export interface KernelCounters {
  readonly operations: number;
  readonly bytes: number;
  readonly recorded: number;
  readonly recordedBytes: number;
  readonly capturedBytes: number;
  readonly dropped: number;
  readonly droppedBytes: number;
  readonly counted: number;
  readonly countedBytes: number;
  readonly skipped: readonly number[];
  readonly ignored: number;
  readonly stateDropped: number;
  /** Runs of the programs that the kernel left out: what nobody saw. */
  readonly missed: number;
}

export interface KernelTap {
  readonly backend: 'tracepoint' | 'fexit';
  /** Hook → 'attached' or why not. */
  readonly hooks: Readonly<Record<string, string>>;
  readonly mapBytes: number;
  /** Reads committed records, about `maxBytes` of them; returns the bytes that they are. */
  drain(handler: RecordHandler, maxBytes: number): number;
  /** Bytes of records that the last drain found, that can wait without loss, and that it left. */
  readonly waiting: number;
  readonly capacity: number;
  readonly left: number;
  /** Called in this thread when the kernel asks for a drain now (exec, ring a quarter full). */
  watch(callback: () => void): void;
  setPolicy(cookie: number, mode: PolicyMode): void;
  counters(): KernelCounters;
  /**
   * Tells how far each open connection has come, as stream offsets, whether its data is copied or not. False: it cannot
   * be known here, or now.
   */
  progress(each: ProgressHandler): boolean;
  /** CLOCK_MONOTONIC, ns. */
  now(): number;
  /** CLOCK_REALTIME − CLOCK_MONOTONIC, ns, as [high, low] unsigned halves; measured anew at each call. */
  clockOffset(): readonly [number, number];
  /** Changes what a reload may change while programs run. */
  configure(options: Pick<KernelTapOptions, 'captureBytes' | 'budgetBytes' | 'backlogBytes'>): void;
  /** Detaches the programs: what the ring has now is all that will come. */
  stop(): void;
  close(): void;
}
