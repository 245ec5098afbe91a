import type { ConnRecord, KernelCounters, KernelTap, ProgressHandler, RecordHandler } from '../../src/kernel/types.ts';
import { NO_KERNEL_COUNTERS } from '../../src/tap/ledger.ts';
import type { Processes, TapParts } from '../../src/tap/parts.ts';
import type { ObservedProcess } from '../../src/tap/process_entry.ts';
import type { FromTap, HttpConfig, Ledger, TapConfig, TapFilter, TapReceiver } from '../../src/tap/protocol.ts';
import { Tap } from '../../src/tap/tap.ts';
import type { MetricAggregator, ServiceInstance, SpanContext, SpanWriter } from '../../src/tap/types.ts';
import type { Decoder } from '../../src/wire/decoder.ts';
import type { Operation } from '../../src/wire/operation.ts';
import { told } from '../wire/driver.ts';
import { LineDecoder } from './line_decoder.ts';

export const MS = 1e6;
export const SEND = 0;
export const RECV = 1;

/** A kernel side whose records are made up: each is a call of the handler, kept until the next drain. */
export class FakeKernel implements KernelTap {
  readonly backend = 'tracepoint';
  readonly hooks = { 'tp_btf/sock_send_length': 'attached' };
  readonly mapBytes = 1;
  readonly records: ((handler: RecordHandler) => void)[] = [];
  readonly policies = new Map<number, number>();
  readonly configured: unknown[] = [];
  time = 1000 * MS;
  offset: readonly [number, number] = [0x17, 5];
  counted: Partial<KernelCounters> = {};
  /** What `progress` tells. */
  passed: Parameters<ProgressHandler>[] = [];
  stopped = false;
  closed = false;
  waiting = 0;
  capacity = 2 * 1024 * 1024;
  left = 0;
  wake: () => void = () => {};

  drain(handler: RecordHandler): number {
    const records = this.records.splice(0);
    for (const record of records) record(handler);
    return records.length * 100;
  }
  watch(callback: () => void): void {
    this.wake = callback;
  }
  setPolicy(cookie: number, mode: 0 | 1 | 2): void {
    this.policies.set(cookie, mode);
  }
  counters(): KernelCounters {
    return { ...NO_KERNEL_COUNTERS, ...this.counted };
  }
  progress(each: ProgressHandler): boolean {
    for (const args of this.passed) each(...args);
    return true;
  }
  now(): number {
    return this.time;
  }
  clockOffset(): readonly [number, number] {
    return this.offset;
  }
  configure(options: unknown): void {
    this.configured.push(options);
  }
  stop(): void {
    this.stopped = true;
  }
  close(): void {
    this.closed = true;
  }
}

export const noFilter: TapFilter = { ports: [], executables: [], pids: [], cgroups: [] };
export const noHttp: HttpConfig = {
  routes: [],
  maxRoutes: 100,
  headers: { request: [], response: [] },
  query: 'scrub',
  otlp: false,
};

export function receiver(changes: Partial<TapReceiver> = {}): TapReceiver {
  return {
    id: 'ebpf_socket',
    traces: true,
    metrics: true,
    include: noFilter,
    exclude: noFilter,
    sampling: { ratio: 1, parentBased: true },
    http: noHttp,
    connections: { metrics: false, spans: false },
    db: { query: 'obfuscate' },
    ...changes,
  };
}

export function config(changes: Partial<TapConfig> = {}): TapConfig {
  return {
    version: 1,
    scope: 'pod',
    ringBytes: 2 * 1024 * 1024,
    capture: { bytesPerOperation: 16_384, bytesPerInterval: 262_144 },
    maxConnections: 100,
    backlogBytes: 0,
    spanBytes: 2 * 1024 * 1024,
    receivers: [receiver()],
    ...changes,
  };
}

/** What a span was, kept for looking at. */
export interface SeenSpan {
  readonly name: string;
  readonly kind: string;
  readonly service: string;
  readonly start: number;
  readonly end: number;
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly flags: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Each span is `size` bytes; a request is as many bytes as its spans. */
export class FakeWriter implements SpanWriter {
  static size = 100;
  static limit = 256 * 1024;
  spans = 0;
  bytes = 0;
  readonly seen: SeenSpan[] = [];

  add(instance: ServiceInstance, operation: Operation, context: SpanContext): boolean {
    if (this.bytes + FakeWriter.size > FakeWriter.limit) return false;
    this.spans++;
    this.bytes += FakeWriter.size;
    const { name, start, end, definition } = operation;
    const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex');
    this.seen.push({
      name,
      kind: definition.kind,
      service: instance.serviceName,
      start,
      end,
      traceId: hex(context.traceId),
      parentSpanId: hex(context.parentSpanId),
      flags: context.flags,
      attributes: told(operation),
    });
    return true;
  }
  flush(): number {
    const { bytes } = this;
    this.bytes = 0;
    this.spans = 0;
    return bytes;
  }
  drop(): number {
    const { spans } = this;
    this.bytes = 0;
    this.spans = 0;
    return spans;
  }
}

export class FakeAggregator implements MetricAggregator {
  /** Operations. */
  recorded = 0;
  readonly retired: ServiceInstance[] = [];
  /** Direction and number of bytes that passed. */
  readonly bytes: unknown[] = [];
  record(_: ServiceInstance, { definition, metricValues, measurements }: Operation): void {
    if (definition.metrics[0]?.name !== 'sonde.connection.io') this.recorded++;
    else this.bytes.push([metricValues.at(-1), measurements[0]]);
  }
  snapshot(): { bytes: Uint8Array; points: number } {
    return { bytes: Uint8Array.of(this.recorded), points: 1 };
  }
  retire(instance: ServiceInstance): void {
    this.retired.push(instance);
  }
}

/** A process for each tgid; its executable is /bin/p<tgid>. */
export class FakeProcesses implements Processes {
  readonly byTgid = new Map<number, ObservedProcess & { exited: boolean }>();
  readonly told: string[] = [];

  owner(record: ConnRecord['process']): ObservedProcess {
    let process = this.byTgid.get(record.tgid);
    if (process === undefined) {
      const executable = `/bin/p${record.tgid}`;
      process = {
        key: String(record.tgid),
        pid: record.tgid,
        executable,
        executableName: `p${record.tgid}`,
        cgroup: '/pod',
        exited: false,
        instance: { id: record.tgid, resource: new Uint8Array(0), serviceName: `service-${record.tgid}` },
        matches: (filter) =>
          (filter.pids.length === 0 || filter.pids.includes(record.tgid)) &&
          (filter.executables.length === 0 || filter.executables.includes(executable)),
      };
      this.byTgid.set(record.tgid, process);
    }
    return process;
  }
  exec(): void {
    this.told.push('exec');
  }
  fork(): void {
    this.told.push('fork');
  }
  exit(): void {
    this.told.push('exit');
  }
  sweep(): void {}
}

export interface Ends {
  sent: number;
  received: number;
}

/** A tap with a made-up kernel, and short words for the records of its connections. */
export class Bench {
  kernel = new FakeKernel();
  readonly kernels: FakeKernel[] = [];
  readonly writers: FakeWriter[] = [];
  readonly aggregators: FakeAggregator[] = [];
  readonly decoders: LineDecoder[] = [];
  readonly processes = new FakeProcesses();
  readonly posted: FromTap[] = [];
  readonly parts: TapParts;
  readonly tap: Tap;
  refuse: Error | undefined;
  private readonly offsets = new Map<number, Ends>();
  private request = 0;

  constructor(first: TapConfig = config(), real?: () => readonly Decoder[]) {
    this.parts = {
      openKernelTap: () => {
        if (this.refuse !== undefined) throw this.refuse;
        if (this.kernels.length > 0) this.kernel = new FakeKernel();
        this.kernels.push(this.kernel);
        return this.kernel;
      },
      processes: () => this.processes,
      decoders: () => {
        if (real !== undefined) return real();
        const decoder = new LineDecoder();
        this.decoders.push(decoder);
        return [decoder];
      },
      spanWriter: () => {
        const writer = new FakeWriter();
        this.writers.push(writer);
        return writer;
      },
      metricAggregator: () => {
        const aggregator = new FakeAggregator();
        this.aggregators.push(aggregator);
        return aggregator;
      },
      ledgerMetrics: () => ({ bytes: new Uint8Array(0), points: 1 }),
    };
    this.tap = new Tap(this.parts, (message) => this.posted.push(message));
    this.apply(first);
  }

  apply(next: TapConfig): FromTap | undefined {
    this.tap.handle({ type: 'apply', request: ++this.request, config: next });
    return this.posted.at(-1);
  }

  /** The timer runs on real time, which must not pass in a test: drains are asked for. */
  drain(): void {
    this.tap.drain();
  }

  get spans(): SeenSpan[] {
    return this.writers.flatMap(({ seen }) => seen);
  }

  get names(): string[] {
    return this.spans.map(({ name }) => name);
  }

  ledger(): Ledger {
    this.tap.handle({ type: 'collect', request: ++this.request });
    const message = this.posted.findLast(({ type }) => type === 'collected');
    return message?.type === 'collected' ? message.ledger : {};
  }

  /** Drains as long as it takes to give up waiting. */
  later(ms = 101): void {
    this.drain();
    this.kernel.time += ms * MS;
    this.drain();
  }

  async stop(): Promise<FromTap | undefined> {
    this.tap.handle({ type: 'stop', request: ++this.request });
    for (let turn = 0; turn < 300 && this.posted.at(-1)?.type !== 'stopped'; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return this.posted.at(-1);
  }

  push(record: (handler: RecordHandler) => void): void {
    this.kernel.records.push(record);
  }

  conn(cookie: number, changes: Partial<ConnRecord> = {}): void {
    const { time } = this.kernel;
    this.push((handler) =>
      handler.conn({
        cookie,
        generation: 1,
        time,
        family: 'ipv4',
        role: 'client',
        joined: false,
        own: false,
        ownerChanged: false,
        peerCookie: 0,
        localAddress: '10.0.0.1',
        remoteAddress: '10.0.0.2',
        localPort: 40_000 + cookie,
        remotePort: 80,
        netns: 1,
        sendBase: 0,
        recvBase: 0,
        unixPath: '',
        unixBound: false,
        process: { tgid: 7, pid: 7, startTime: 1, cgroupId: 1, comm: 'p7' },
        ...changes,
      }),
    );
  }

  /** `text` behind what was sent or received before, or at `offset`. */
  data(cookie: number, direction: number, text: string, changes: DataChanges = {}): void {
    const ends = this.offsets.get(cookie) ?? { sent: 0, received: 0 };
    this.offsets.set(cookie, ends);
    const key = direction === SEND ? 'sent' : 'received';
    const offset = changes.offset ?? ends[key];
    const captured = changes.captured ?? text.length;
    ends[key] = Math.max(ends[key], offset + text.length);
    const time = changes.time ?? ++this.kernel.time;
    // As in the ring: what is around the bytes is not theirs, and it is overwritten after the call.
    const bytes = Buffer.from(`#?#${text.slice(0, captured)}\n#?#`, 'latin1');
    const { first = true, generation = 1 } = changes;
    this.push((handler) => {
      const { length } = text;
      const whose = { cookie, generation, direction, tgid: 7, tid: 7 };
      handler.data({ ...whose, first, time, offset, length, captured, skip: 0, bytes, start: 3 });
      bytes.fill(0);
    });
  }

  send(cookie: number, text: string, changes: DataChanges = {}): void {
    this.data(cookie, SEND, text, changes);
  }

  recv(cookie: number, text: string, changes: DataChanges = {}): void {
    this.data(cookie, RECV, text, changes);
  }

  /** The connection's state becomes `newState`; of what has arrived, `unread` bytes are not read yet. */
  end(cookie: number, oldState: number, newState: number, error = 0, unread = 0): void {
    const { sent, received } = this.offsets.get(cookie) ?? { sent: 0, received: 0 };
    this.kernel.time++;
    this.ended(cookie, oldState, newState, sent, received + unread, error, unread > 0);
  }

  /** The same, with the offsets that the kernel tells. */
  ended(
    cookie: number,
    oldState: number,
    newState: number,
    sent: number,
    received: number,
    error = 0,
    unread = false,
  ): void {
    const { time } = this.kernel;
    const record = { cookie, generation: 1, time, oldState, newState, error, sent, received, unread };
    this.push((handler) => handler.end(record));
  }
}

interface DataChanges {
  offset?: number;
  captured?: number;
  time?: number;
  first?: boolean;
  generation?: number;
}
