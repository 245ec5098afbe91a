import type { Operation } from '../wire/operation.ts';

/** One observed service instance: one OTLP Resource, one metric stream. */
export interface ServiceInstance {
  /** Small and unique while Sonde runs. */
  readonly id: number;
  /** Body of opentelemetry.proto.resource.v1.Resource. The array is replaced, never changed, when more becomes known. */
  readonly resource: Uint8Array;
  readonly serviceName: string;
}

/** Ids and times of a span, decided by the tap; the writer only encodes. */
export interface SpanContext {
  /** 16 and 8 bytes. */
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  /** 8 bytes, or undefined for a root. */
  readonly parentSpanId: Uint8Array | undefined;
  readonly traceState: string;
  /** W3C trace flags of the span; bit 8, 9 (parent is remote) are the writer's. */
  readonly flags: number;
}

/** Collects spans of one receiver by instance and hands them over as ExportTraceServiceRequest bytes. */
export interface SpanWriter {
  /**
   * `offset`: CLOCK_REALTIME − CLOCK_MONOTONIC as [high, low]. `connection`: a number by which spans that are likely to
   * begin with the same attributes are told. False: the span does not fit (over the size limit).
   */
  add(
    instance: ServiceInstance,
    operation: Operation,
    context: SpanContext,
    offset: readonly [number, number],
    connection?: number,
  ): boolean;
  /** Spans and encoded bytes that wait; bytes is what `flush` would write. */
  readonly spans: number;
  readonly bytes: number;
  /** Writes the request into `into` and forgets the spans; returns its length. Whole instances only: what does not fit stays. */
  flush(into: Uint8Array): number;
  /** Forgets everything (no credit left); returns how many spans were dropped. */
  drop(): number;
}

/** Aggregates every operation of one receiver before sampling; cumulative temporality. */
export interface MetricAggregator {
  record(instance: ServiceInstance, operation: Operation): void;
  /** ExportMetricsServiceRequest of everything since start. Times are wall clock ns as [high, low]. */
  snapshot(now: readonly [number, number]): { readonly bytes: Uint8Array; readonly points: number };
  /** The instance is gone: its series are left out after the next snapshot. */
  retire(instance: ServiceInstance): void;
}
