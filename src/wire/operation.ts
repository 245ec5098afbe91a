import type { AttributeKey, AttributeValue } from './attribute.ts';

/** A histogram or counter that a protocol's operations feed. Names, units and boundaries are the semantic conventions'. */
export interface MetricDefinition {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly boundaries: readonly number[];
  /** A monotonic sum in place of a histogram; it has no boundaries. */
  readonly counter?: boolean;
}

/** What all operations of one protocol and side have in common. Made once per decoder. */
export interface OperationDefinition {
  /** Decoder's name: `http1`. */
  readonly protocol: string;
  /** Instrumentation scope of its spans: `sonde.http1`. */
  readonly scope: string;
  readonly kind: 'client' | 'server';
  readonly metrics: readonly MetricDefinition[];
  /** Attribute keys of the metric points; `Operation.metricValues` has the values in the same order. */
  readonly metricKeys: readonly AttributeKey[];
}

/**
 * One finished exchange, as a decoder tells it. The object belongs to the session and is used again: a sink takes
 * what it needs before it returns. Times are CLOCK_MONOTONIC in nanoseconds.
 */
export interface Operation {
  definition: OperationDefinition;
  /** Span name, low cardinality. */
  name: string;
  /** First byte of the request; last byte of the response (or the moment of the failure). */
  start: number;
  end: number;
  /** Span attributes as flat pairs: key, value, key, value. */
  attributes: (AttributeKey | AttributeValue)[];
  /** Values for `definition.metricKeys`; undefined = attribute absent. */
  metricValues: (string | number | boolean | undefined)[];
  /** Values for `definition.metrics`; NaN = not known, nothing recorded. */
  measurements: number[];
  /** Span status: true = error (for HTTP servers: 5xx only). */
  error: boolean;
  /** Validated W3C `traceparent` (55 characters, lower case) or ''; `tracestate` as sent or ''. */
  traceparent: string;
  tracestate: string;
  /** The exchange carries telemetry (an OTLP export): left out by default, or a Collector nearby would feed itself. */
  otlp?: boolean;
}

/** A sink takes what it needs at once, so that one object serves all connections of a decoder. */
export function newOperation(definition: OperationDefinition): Operation {
  return {
    definition,
    name: '',
    start: 0,
    end: 0,
    attributes: [],
    metricValues: [],
    measurements: [],
    error: false,
    traceparent: '',
    tracestate: '',
    otlp: false,
  };
}
