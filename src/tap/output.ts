import type { Decoder } from '../wire/decoder.ts';
import type { Operation } from '../wire/operation.ts';
import type { Connection } from './connection.ts';
import type { TapCounters } from './ledger.ts';
import type { Overload } from './overload.ts';
import { SPAN_BUFFER_BYTES, type TapFilter, type TapReceiver } from './protocol.ts';
import { Sampler } from './sampling.ts';
import type { SpanCredits } from './span_credits.ts';
import type { MetricAggregator, ServiceInstance, SpanWriter } from './types.ts';
import type { WallClock } from './wall_clock.ts';

/** Waiting spans are sent off at this size: a buffer has room for a span more. */
const FLUSH_BYTES = 192 * 1024;

/** What a resource may have grown by since its bytes were counted. */
const RESOURCE_ROOM = 1024;

export type SendSpans = (receiver: string, buffer: ArrayBuffer, length: number, spans: number) => void;

export interface OutputParts {
  readonly decoders: readonly Decoder[];
  readonly writer: SpanWriter;
  readonly aggregator: MetricAggregator;
  readonly counters: TapCounters;
  readonly credits: SpanCredits;
  readonly clock: WallClock;
  readonly overload: Overload;
  readonly send: SendSpans;
}

/** What becomes of operations for one receiver: metrics from each, then sampling, then spans. */
export class Output {
  receiver: TapReceiver;
  decoders: readonly Decoder[];
  private readonly parts: OutputParts;
  private readonly sampler = new Sampler();

  constructor(receiver: TapReceiver, parts: OutputParts) {
    this.receiver = receiver;
    this.decoders = parts.decoders;
    this.parts = parts;
    this.configure(receiver, parts.decoders);
  }

  /** A reload: spans and metric series go on. */
  configure(receiver: TapReceiver, decoders: readonly Decoder[]): void {
    this.receiver = receiver;
    this.decoders = decoders;
    this.sampler.configure(receiver.sampling.ratio, receiver.sampling.parentBased);
  }

  get spansWaiting(): number {
    return this.parts.writer.spans;
  }

  wants(connection: Connection): boolean {
    const { traces, metrics, include, exclude } = this.receiver;
    if (!traces && !metrics) return false;
    if (!isEmpty(include) && !matches(include, connection)) return false;
    return isEmpty(exclude) || !matches(exclude, connection);
  }

  /** Somebody takes what is told of connections as a whole. */
  get wantsConnections(): boolean {
    const { traces, metrics, connections } = this.receiver;
    return (metrics && connections.metrics) || (traces && connections.spans);
  }

  /** A connection that ended, told as a whole. */
  connection(connection: Connection, operation: Operation): void {
    const { traces, metrics, connections } = this.receiver;
    this.parts.counters.told++;
    this.tell(connection, operation, metrics && connections.metrics, traces && connections.spans);
  }

  /** Bytes of a connection that goes on. They are part of what is told at its end: the ledger does not count them. */
  passed(connection: Connection, operation: Operation): void {
    const { metrics, connections } = this.receiver;
    if (metrics && connections.metrics) this.parts.aggregator.record(connection.process.instance, operation);
  }

  operation(connection: Connection, operation: Operation): void {
    const { counters } = this.parts;
    const { traces, metrics, http } = this.receiver;
    counters.told++;
    if (operation.otlp && !http.otlp) counters.otlp++;
    else this.tell(connection, operation, metrics, traces);
  }

  private tell(connection: Connection, operation: Operation, metrics: boolean, traces: boolean): void {
    const { counters, aggregator } = this.parts;
    if (operation.end < operation.start) {
      operation.end = operation.start;
      counters.clockReversed++;
    }
    const { instance } = connection.process;
    if (metrics) aggregator.record(instance, operation);
    if (!traces) counters.metricsOnly++;
    else if (!this.sampler.decide(operation)) counters.sampledOut++;
    else this.span(instance, operation, connection.cookie);
  }

  reject(decoder: string, reason: string): void {
    const { rejects } = this.parts.counters;
    const name = `${decoder}.${reason}`;
    rejects.set(name, (rejects.get(name) ?? 0) + 1);
  }

  /** Sends the waiting spans off. False: no credit is left. */
  flush(): boolean {
    const { writer, credits, counters, send } = this.parts;
    while (writer.spans > 0) {
      const bytes = Math.min(writer.bytes + RESOURCE_ROOM, SPAN_BUFFER_BYTES);
      if (!credits.take(bytes)) return false;
      // A new one each time: it goes all the way to the exporters, which may keep it, and is never copied.
      const buffer = new ArrayBuffer(bytes);
      const before = writer.spans;
      const length = writer.flush(new Uint8Array(buffer));
      if (length === 0) {
        // Cannot be by the writer's own bound; if it is, they must not wait for ever.
        credits.give(bytes);
        this.abandon();
        return true;
      }
      const spans = before - writer.spans;
      counters.handedOver += spans;
      send(this.receiver.id, buffer, length, spans);
    }
    return true;
  }

  /** The waiting spans are given up. */
  abandon(): void {
    this.parts.counters.abandoned += this.parts.writer.drop();
  }

  retire(instance: ServiceInstance): void {
    this.parts.aggregator.retire(instance);
  }

  snapshot(now: readonly [number, number]): { readonly bytes: Uint8Array; readonly points: number } {
    return this.parts.aggregator.snapshot(now);
  }

  private span(instance: ServiceInstance, operation: Operation, cookie: number): void {
    const { writer, counters, clock, overload } = this.parts;
    if (overload.active) {
      counters.overload++;
    } else if (writer.bytes >= FLUSH_BYTES && !this.flush()) {
      counters.pipelineFull++;
    } else if (writer.add(instance, operation, this.sampler, clock.offset, cookie)) {
      counters.emitted++;
    } else {
      this.spanAgain(instance, operation, cookie);
    }
  }

  /** It did not fit: perhaps it does without those that wait. */
  private spanAgain(instance: ServiceInstance, operation: Operation, cookie: number): void {
    const { writer, counters, clock } = this.parts;
    if (writer.spans > 0) {
      if (!this.flush()) {
        counters.pipelineFull++;
        return;
      }
      if (writer.add(instance, operation, this.sampler, clock.offset, cookie)) {
        counters.emitted++;
        return;
      }
    }
    counters.tooLarge++;
  }
}

function isEmpty({ ports, executables, pids, cgroups }: TapFilter): boolean {
  return ports.length + executables.length + pids.length + cgroups.length === 0;
}

/** Every list that is not empty has a match. */
function matches(filter: TapFilter, { local, remote, process }: Connection): boolean {
  const { ports } = filter;
  const port =
    ports.length === 0 ||
    ports.some(
      ({ from, to }) => (local.port >= from && local.port <= to) || (remote.port >= from && remote.port <= to),
    );
  return port && process.matches(filter);
}
