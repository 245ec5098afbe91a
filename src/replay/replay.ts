import { SCHEMA_URL } from '../pdata/otlp/schema_url.ts';
import { type Environment, HOLD_NS } from '../tap/environment.ts';
import { TapCounters } from '../tap/ledger.ts';
import { HeldMemory } from '../tap/memory.ts';
import { createMetricAggregator } from '../tap/metric_aggregator.ts';
import { Output } from '../tap/output.ts';
import { Overload } from '../tap/overload.ts';
import type { TapFilter, TapReceiver } from '../tap/protocol.ts';
import { SpanCredits } from '../tap/span_credits.ts';
import { createSpanWriter } from '../tap/span_writer.ts';
import { WallClock } from '../tap/wall_clock.ts';
import { VERSION } from '../version.ts';
import type { Decoder } from '../wire/decoder.ts';
import { createDecoders } from '../wire/decoders.ts';
import { ReplayCounters } from './counters.ts';
import { EarlyMemory } from './early.ts';
import { Flows } from './flows.ts';
import type { PacketSink } from './packet.ts';
import { Segment } from './segment.ts';
import { Servers } from './servers.ts';

/** Bytes of all connections that wait for the other direction or for the rest of a message. */
const HELD_BYTES = 64 * 1024 * 1024;
/** How often what waits is looked at, and what is idle, in the capture's time. */
const TICK_NS = 10e6;
const SWEEP_NS = 1e9;
/** Times are told from so long before the first packet, s: files that were put together are not always in order. */
const BEFORE_SECONDS = 2e6;
const TWO_32 = 2n ** 32n;

const ANY: TapFilter = { ports: [], executables: [], pids: [], cgroups: [] };
/** The defaults of `ebpf_socket`, but every span is told: those that their sender does not sample, and those of OTLP. */
const RECEIVER = {
  traces: true,
  metrics: false,
  sampling: { ratio: 1, parentBased: false },
  http: { routes: [], maxRoutes: 200, headers: { request: [], response: [] }, query: 'scrub', otlp: true },
  db: { query: 'obfuscate' },
} as const;

export interface ReplayOptions {
  /** Port → name of the decoder that is asked first. Its bytes decide nevertheless. */
  readonly hints: ReadonlyMap<number, string>;
  /** Connections whose exchanges are not told have a span as a whole. */
  readonly connections: boolean;
  /** ExportTraceServiceRequest. */
  readonly emit: (request: Uint8Array) => void;
}

/** Packets in, spans out: the tap's connections and decoders without a kernel. */
export class Replay implements PacketSink {
  readonly counters = new ReplayCounters();
  readonly tap = new TapCounters();
  /** Connections are told as a whole, too. */
  readonly connections: boolean;
  /** What a decoder threw first. */
  failure: unknown;
  /** Connections that were open when the capture ended. */
  leftOpen = 0;
  private readonly clock = new WallClock([0, 0]);
  private readonly segment = new Segment();
  private readonly env: Environment;
  private readonly outputs: readonly Output[];
  private readonly flows: Flows;
  private baseSeconds = 0;
  private nextTick = 0;
  private nextSweep = 0;

  constructor(options: ReplayOptions) {
    const { tap, clock } = this;
    this.connections = options.connections;
    this.env = {
      memory: new HeldMemory(HELD_BYTES),
      counters: tap,
      waiting: new Set(),
      now: 0,
      holdNs: HOLD_NS,
      setPolicy: () => undefined,
      failed: (error) => {
        tap.failed++;
        this.failure ??= error;
      },
    };
    const credits = new SpanCredits();
    credits.limit = Number.POSITIVE_INFINITY;
    this.outputs = receivers(options).map(
      (receiver) =>
        new Output(receiver, {
          decoders: decodersOf(receiver, options.hints),
          writer: createSpanWriter({ version: VERSION, schemaUrl: SCHEMA_URL }),
          aggregator: createMetricAggregator({ version: VERSION, schemaUrl: SCHEMA_URL, start: [0, 0] }),
          counters: tap,
          credits,
          clock,
          overload: new Overload(),
          send: (_, buffer, length) => options.emit(new Uint8Array(buffer, 0, length)),
        }),
    );
    this.flows = new Flows(this.outputs, {
      env: this.env,
      servers: new Servers(),
      memory: new EarlyMemory(),
      counters: this.counters,
    });
  }

  packet(
    linkType: number,
    bytes: Buffer,
    start: number,
    captured: number,
    length: number,
    seconds: number,
    nanos: number,
  ): void {
    const { counters, segment } = this;
    if (counters.first === undefined) this.begin(seconds, nanos);
    counters.packets++;
    counters.bytes += length;
    counters.last = [seconds, nanos];
    if (captured < length) counters.cutPackets++;
    // 0 means "not yet" to a connection.
    const time = Math.max(1, (seconds - this.baseSeconds) * 1e9 + nanos);
    if (time > this.env.now) this.pass(time);
    const reason = segment.read(linkType, bytes, start, captured, length);
    if (reason === undefined) this.flows.segment(segment, bytes, time);
    else counters.skip(reason);
  }

  skip(reason: string): void {
    this.counters.packets++;
    this.counters.skip(reason);
  }

  /** Emits the spans that wait. */
  flush(): void {
    for (const output of this.outputs) output.flush();
  }

  /** The capture is over. */
  finish(): void {
    this.leftOpen = this.flows.finish(this.env.now);
    this.flush();
  }

  private begin(seconds: number, nanos: number): void {
    this.counters.first = [seconds, nanos];
    this.baseSeconds = Math.max(0, seconds - BEFORE_SECONDS);
    const base = BigInt(this.baseSeconds) * 1_000_000_000n;
    this.clock.offset = [Number(base / TWO_32), Number(base % TWO_32)];
  }

  private pass(now: number): void {
    this.env.now = now;
    if (now < this.nextTick) return;
    this.nextTick = now + TICK_NS;
    this.flows.advance(now);
    if (now < this.nextSweep) return;
    this.nextSweep = now + SWEEP_NS;
    this.flows.connections.sweep(now);
  }
}

/** The hinted one is asked first; the others keep their order. */
function decodersOf(receiver: TapReceiver, hints: ReplayOptions['hints']): readonly Decoder[] {
  const hinted = hints.get(receiver.include.ports[0]?.from ?? -1);
  return [...createDecoders(receiver)].sort((a, b) => Number(b.name === hinted) - Number(a.name === hinted));
}

/** What a hint may name. */
export function decoderNames(): string[] {
  return createDecoders(RECEIVER).map(({ name }) => name);
}

/** One for each hinted port, and one for all others. */
function receivers({ hints, connections }: ReplayOptions): TapReceiver[] {
  const all = { ...RECEIVER, connections: { metrics: false, spans: connections } };
  const ports = [...hints.keys()].map((port) => ({ from: port, to: port }));
  return [
    ...ports.map((port, index) => ({
      ...all,
      id: `replay/${port.from}`,
      include: { ...ANY, ports: [port] },
      // A connection between two hinted ports is told once.
      exclude: { ...ANY, ports: ports.slice(0, index) },
    })),
    { ...all, id: 'replay', include: ANY, exclude: { ...ANY, ports } },
  ];
}
