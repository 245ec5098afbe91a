/**
 * CPU of the tap per HTTP exchange with both ends seen: four data records in, two spans out, metrics counted. The
 * kernel's part is made up; decoders, span writer and metric aggregator are the real ones.
 * usage: npx esbuild bench/tap.ts --bundle --platform=node --format=esm --outfile=/tmp/bench-tap.mjs && node /tmp/bench-tap.mjs
 */
import { emptyDatum } from '../src/kernel/record_decoder.ts';
import type { ConnRecord, KernelCounters, KernelTap, RecordHandler } from '../src/kernel/types.ts';
import { encodeResource } from '../src/pdata/otlp/attributes.ts';
import { SCHEMA_URL } from '../src/pdata/otlp/schema_url.ts';
import { NO_KERNEL_COUNTERS } from '../src/tap/ledger.ts';
import { createMetricAggregator } from '../src/tap/metric_aggregator.ts';
import type { Processes } from '../src/tap/parts.ts';
import type { ObservedProcess } from '../src/tap/process_entry.ts';
import type { FromTap, TapFilter } from '../src/tap/protocol.ts';
import { createSpanWriter } from '../src/tap/span_writer.ts';
import { Tap } from '../src/tap/tap.ts';
import { createDecoders } from '../src/wire/decoders.ts';

const CONNECTIONS = 32;
const ROUNDS = Number(process.argv[2] ?? 12);
const EXCHANGES = 20_000;
const PATHS = 64;

const response = Buffer.from(
  'HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 21 Nov 2026 11:00:00 GMT\r\nContent-Type: text/plain\r\n' +
    'Content-Length: 12\r\nConnection: keep-alive\r\n\r\nhello world\n',
);
const requests = Array.from({ length: PATHS }, (_, index) =>
  Buffer.from(`GET /users/${index}/orders?x=1 HTTP/1.1\r\nHost: shop.example:8080\r\nUser-Agent: wrk/4.1\r\n\r\n`),
);

class MadeUpKernel implements KernelTap {
  readonly backend = 'tracepoint';
  readonly hooks = {};
  readonly mapBytes = 0;
  readonly waiting = 0;
  readonly capacity = 2 ** 21;
  /** Exchanges that are still to come. */
  ahead = 0;
  readonly left = 0;
  private time = 1e12;
  private next = 0;
  private readonly sent = new Float64Array(2 * CONNECTIONS + 2);
  private readonly received = new Float64Array(2 * CONNECTIONS + 2);
  /** One for all, as the reader of the ring has. */
  private readonly datum = { ...emptyDatum(response), generation: 1, first: true, tid: 1 };

  drain(handler: RecordHandler): number {
    const count = Math.min(this.ahead, 256);
    this.ahead -= count;
    for (let index = 0; index < count; index++) this.exchange(handler, this.next++);
    return count * 900;
  }

  /** In the order of the ring: client sends, server receives and sends, client receives. */
  private exchange(handler: RecordHandler, number: number): void {
    const client = 1 + 2 * (number % CONNECTIONS);
    const server = client + 1;
    const request = requests[number % PATHS] ?? response;
    this.record(handler, client, 0, request, this.sent);
    this.record(handler, server, 1, request, this.received);
    this.record(handler, server, 0, response, this.sent);
    this.record(handler, client, 1, response, this.received);
  }

  private record(handler: RecordHandler, cookie: number, direction: number, bytes: Buffer, ends: Float64Array): void {
    const offset = ends[cookie] ?? 0;
    const { length } = bytes;
    ends[cookie] = offset + length;
    this.time += 5000;
    const { datum } = this;
    datum.cookie = cookie;
    datum.direction = direction;
    datum.time = this.time;
    datum.offset = offset;
    datum.length = datum.captured = length;
    datum.tgid = cookie & 1;
    datum.bytes = bytes;
    handler.data(datum);
  }

  connect(handler: RecordHandler): void {
    for (let cookie = 1; cookie <= 2 * CONNECTIONS; cookie++) {
      const client = cookie % 2 === 1;
      const [clientPort, serverPort] = [40_000 + cookie + (client ? 1 : 0), 8080];
      handler.conn({
        cookie,
        generation: 1,
        time: this.time,
        family: 'ipv4',
        role: client ? 'client' : 'server',
        joined: false,
        own: false,
        ownerChanged: false,
        peerCookie: 0,
        localAddress: '127.0.0.1',
        remoteAddress: '127.0.0.1',
        localPort: client ? clientPort : serverPort,
        remotePort: client ? serverPort : clientPort,
        netns: 1,
        sendBase: 0,
        recvBase: 0,
        unixPath: '',
        unixBound: false,
        process: { tgid: client ? 1 : 2, pid: 0, startTime: 1, cgroupId: 1, comm: client ? 'wrk' : 'nginx' },
      });
    }
  }

  watch(): void {}
  setPolicy(): void {}
  progress(): boolean {
    return false;
  }
  counters(): KernelCounters {
    return NO_KERNEL_COUNTERS;
  }
  now(): number {
    return this.time;
  }
  clockOffset(): readonly [number, number] {
    return [0x17a0_0000, 5];
  }
  configure(): void {}
  stop(): void {}
  close(): void {}
}

function observed(id: number, name: string): ObservedProcess {
  const resource = encodeResource({ 'service.name': name, 'service.instance.id': String(id), 'process.pid': id });
  const instance = { id, resource, serviceName: name };
  return {
    key: name,
    pid: id,
    executable: name,
    executableName: name,
    cgroup: '',
    exited: false,
    instance,
    matches: () => true,
  };
}

class TwoProcesses implements Processes {
  private readonly both = [observed(1, 'wrk'), observed(2, 'nginx')] as const;
  owner({ tgid }: ConnRecord['process']): ObservedProcess {
    return this.both[tgid === 1 ? 0 : 1];
  }
  exec(): void {}
  fork(): void {}
  exit(): void {}
  sweep(): void {}
}

const kernel = new MadeUpKernel();
let spans = 0;
let bytes = 0;
const tap: Tap = new Tap(
  {
    openKernelTap: () => kernel,
    processes: () => new TwoProcesses(),
    decoders: createDecoders,
    spanWriter: () => createSpanWriter({ version: '0', schemaUrl: SCHEMA_URL }),
    metricAggregator: (start) => createMetricAggregator({ version: '0', schemaUrl: SCHEMA_URL, start }),
    ledgerMetrics: () => ({ bytes: new Uint8Array(0), points: 0 }),
  },
  (message: FromTap) => {
    if (message.type !== 'spans') return;
    spans += message.spans;
    bytes += message.length;
    tap.handle({ type: 'credit', bytes: message.buffer.byteLength });
  },
);
const filter: TapFilter = { ports: [], executables: [], pids: [], cgroups: [] };
tap.handle({
  type: 'apply',
  request: 1,
  config: {
    version: 1,
    scope: 'pod',
    ringBytes: 2 ** 21,
    capture: { bytesPerOperation: 16_384, bytesPerInterval: 262_144 },
    maxConnections: 1000,
    backlogBytes: 0,
    spanBytes: 2 ** 24,
    receivers: [
      {
        id: 'ebpf_socket',
        traces: true,
        metrics: true,
        include: filter,
        exclude: filter,
        sampling: { ratio: 1, parentBased: true },
        http: { routes: [], maxRoutes: 200, headers: { request: [], response: [] }, query: 'scrub', otlp: false },
        db: { query: 'obfuscate' },
        connections: { metrics: true, spans: false },
      },
    ],
  },
});
const drain = kernel.drain.bind(kernel);
kernel.drain = (handler) => {
  kernel.connect(handler);
  kernel.drain = drain;
  return 0;
};
tap.drain();

const figures: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  kernel.ahead = EXCHANGES;
  const before = process.cpuUsage();
  while (kernel.ahead > 0) tap.drain();
  const { user, system } = process.cpuUsage(before);
  figures.push(((user + system) * 1000) / EXCHANGES);
}
tap.handle({ type: 'collect', request: 2 });
// The first rounds are the compiler's.
const steady = figures.slice(ROUNDS >> 1).sort((a, b) => a - b);
const median = steady[steady.length >> 1] ?? Number.NaN;
console.log(
  `${ROUNDS * EXCHANGES} exchanges, ${spans} spans, ${(bytes / Math.max(spans, 1)).toFixed(0)} bytes per span`,
);
console.log(`${median.toFixed(0)} ns of CPU per exchange with both ends (best ${steady[0]?.toFixed(0)})`);
process.exit(spans === ROUNDS * EXCHANGES * 2 ? 0 : 1);
