/**
 * What main and the tap worker say to each other. Plain data only (structured clone); span buffers are transferred.
 */
export const TAP_PROTOCOL_VERSION = 1;

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** A connection matches when every list that is not empty has a match. Executables and cgroups are globs (`*`, `?`). */
export interface TapFilter {
  /** Local or remote port. */
  readonly ports: readonly PortRange[];
  readonly executables: readonly string[];
  readonly pids: readonly number[];
  readonly cgroups: readonly string[];
}

export interface HttpConfig {
  /** Patterns such as `/users/{id}`, tried in order; `{name}` is a segment, a final `*` the rest. */
  readonly routes: readonly string[];
  /** Distinct routes found by the heuristic per service instance; beyond it the route is `/*`. */
  readonly maxRoutes: number;
  readonly headers: { readonly request: readonly string[]; readonly response: readonly string[] };
  /** `scrub`: values of the query become REDACTED; `keep`; `drop`. */
  readonly query: 'scrub' | 'keep' | 'drop';
  /** Spans and metrics of OTLP requests are left out unless true. */
  readonly otlp: boolean;
}

export interface DbConfig {
  /** What of `db.query.text` may leave: everything but literals, keys and values; all; nothing. */
  readonly query: 'obfuscate' | 'keep' | 'drop';
}

/** One configured receiver that is fed by the tap. */
export interface TapReceiver {
  /** Component id: `ebpf_socket`, `ebpf_socket/db`. */
  readonly id: string;
  readonly traces: boolean;
  readonly metrics: boolean;
  readonly include: TapFilter;
  readonly exclude: TapFilter;
  readonly sampling: { readonly ratio: number; readonly parentBased: boolean };
  readonly http: HttpConfig;
  readonly db: DbConfig;
  /** What is told of connections as a whole: TLS, and those that no decoder understands. */
  readonly connections: { readonly metrics: boolean; readonly spans: boolean };
}

export interface TapConfig {
  readonly version: typeof TAP_PROTOCOL_VERSION;
  readonly scope: 'pod' | 'node';
  /** Power of two, bytes. */
  readonly ringBytes: number;
  readonly capture: {
    /** Bytes copied per socket operation, at most 16384. */
    readonly bytesPerOperation: number;
    /** Bytes copied per socket in 50 ms. */
    readonly bytesPerInterval: number;
  };
  readonly maxConnections: number;
  /** Bytes of records that may wait in memory when the ring fills faster than it is read. */
  readonly backlogBytes: number;
  /** Bytes of span buffers that may be on their way to downstream. */
  readonly spanBytes: number;
  readonly receivers: readonly TapReceiver[];
}

/** Named counters, each ledger closed in its own unit: see ARCHITECTURE.md, Ledgers. */
export type Ledger = Readonly<Record<string, number>>;

export interface TapReport {
  /** `tracepoint` or `fexit`. */
  readonly backend: string;
  /** Hook → `attached` or the reason why not. */
  readonly hooks: Readonly<Record<string, string>>;
  /** Sum over all BPF maps. */
  readonly mapBytes: number;
  readonly ringBytes: number;
}

export interface TapFailure {
  /** Code of src/errors.ts. */
  readonly code: string;
  readonly message: string;
}

export interface MetricsSnapshot {
  readonly receiver: string;
  /** ExportMetricsServiceRequest. */
  readonly bytes: Uint8Array;
  readonly points: number;
}

/** `workerData` of the thread. */
export interface TapWorkerData {
  /** Deaths of earlier workers of this process. */
  readonly restarts: number;
}

export type ToTap =
  | { readonly type: 'apply'; readonly request: number; readonly config: TapConfig }
  /** Ask for a metrics snapshot of every receiver and the ledgers. */
  | { readonly type: 'collect'; readonly request: number }
  /** Downstream has taken (or refused) a buffer of spans of so many bytes: there is room for more. */
  | { readonly type: 'credit'; readonly bytes: number }
  /** Drain, flush spans and metrics, detach, answer `stopped`. */
  | { readonly type: 'stop'; readonly request: number };

export type FromTap =
  | { readonly type: 'applied'; readonly request: number; readonly report: TapReport }
  | { readonly type: 'failed'; readonly request: number; readonly failure: TapFailure }
  | {
      readonly type: 'spans';
      readonly receiver: string;
      readonly buffer: ArrayBuffer;
      readonly length: number;
      readonly spans: number;
    }
  | {
      readonly type: 'collected';
      readonly request: number;
      readonly snapshots: readonly MetricsSnapshot[];
      readonly ledger: Ledger;
    }
  | { readonly type: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly message: string }
  | {
      readonly type: 'stopped';
      readonly request: number;
      readonly snapshots: readonly MetricsSnapshot[];
      readonly ledger: Ledger;
    };

/** Most bytes of a buffer of spans. */
export const SPAN_BUFFER_BYTES = 256 * 1024;
