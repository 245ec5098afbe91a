import { attributeBound, encodeScope, writeAttribute } from '../pdata/otlp/attributes.ts';
import { ByteWriter, type Fixed64 } from '../pdata/otlp/writer.ts';
import { AttributeKey } from '../wire/attribute.ts';
import type { Operation, OperationDefinition } from '../wire/operation.ts';
import {
  BUCKETS,
  COUNT,
  layoutOf,
  MAX,
  type MetricValue,
  MIN,
  type Series,
  SeriesTable,
  SUM,
} from './histogram_series.ts';
import type { MetricAggregator, ServiceInstance } from './types.ts';

/**
 * Histograms of every operation before sampling: explicit buckets, cumulative, one ResourceMetrics per instance.
 * opentelemetry/proto/metrics/v1/metrics.proto
 */
const CUMULATIVE = 2;
const MONOTONIC = 1;

/** The specification's overflow attribute: specification/metrics/sdk.md, Overflow attribute. */
const OVERFLOW = AttributeKey.of('otel.metric.overflow');

/** Retired ids that are remembered, so that a late operation does not make series that nobody retires again. */
const MAX_RETIRED_IDS = 1024;

export interface MetricAggregatorOptions {
  readonly version: string;
  readonly schemaUrl: string;
  /** Wall clock, ns as [high, low]: what nobody recorded before this moment starts here. */
  readonly start: Fixed64;
  /** Series per metric and instance; further ones are one series with otel.metric.overflow=true. */
  readonly maxSeries?: number;
  /** Series per metric of all instances together. */
  readonly maxTotalSeries?: number;
}

/** One instance's series of one definition. */
interface Stream {
  readonly key: string;
  readonly table: SeriesTable;
  overflow: Series | undefined;
}

interface InstanceState {
  instance: ServiceInstance;
  readonly start: Fixed64;
  readonly streams: Map<string, Stream>;
  lastDefinition: OperationDefinition | undefined;
  lastStream: Stream | undefined;
  retired: boolean;
}

export function createMetricAggregator(options: MetricAggregatorOptions): MetricAggregator {
  return new OtlpMetricAggregator(options);
}

class OtlpMetricAggregator implements MetricAggregator {
  private readonly options: MetricAggregatorOptions;
  private readonly maxSeries: number;
  private readonly maxTotalSeries: number;
  private readonly states = new Map<number, InstanceState>();
  /** Series by stream key. */
  private readonly totals = new Map<string, number>();
  /** A reload makes new definition objects that say the same; their series must go on. */
  private readonly keys = new WeakMap<OperationDefinition, string>();
  private readonly gone = new Set<number>();
  /** Time of the last snapshot: the start of an instance that is first seen after it. */
  private start: Fixed64;
  private lastState: InstanceState | undefined;

  constructor(options: MetricAggregatorOptions) {
    this.options = options;
    this.maxSeries = options.maxSeries ?? 2000;
    this.maxTotalSeries = options.maxTotalSeries ?? 10_000;
    this.start = options.start;
  }

  record(instance: ServiceInstance, operation: Operation): void {
    const { definition } = operation;
    if (definition.metrics.length === 0) return;
    const stream = this.streamOf(this.stateOf(instance), definition);
    const series = stream.table.find(operation.metricValues) ?? this.newSeries(stream, operation.metricValues);
    stream.table.record(series, operation.measurements);
  }

  retire(instance: ServiceInstance): void {
    const state = this.states.get(instance.id);
    if (state !== undefined) state.retired = true;
    this.gone.add(instance.id);
    if (this.gone.size <= MAX_RETIRED_IDS) return;
    for (const oldest of this.gone) {
      this.gone.delete(oldest);
      break;
    }
  }

  snapshot(now: Fixed64): { readonly bytes: Uint8Array; readonly points: number } {
    const writer = new ByteWriter(16 * 1024);
    let points = 0;
    for (const state of this.states.values()) {
      points += this.writeInstance(writer, state, now);
      if (state.retired) this.forget(state);
    }
    this.start = now;
    return { bytes: writer.take(), points };
  }

  private stateOf(instance: ServiceInstance): InstanceState {
    let state = this.lastState;
    if (state?.instance.id !== instance.id) {
      state = this.states.get(instance.id);
      if (state === undefined) {
        state = {
          instance,
          start: this.start,
          streams: new Map(),
          lastDefinition: undefined,
          lastStream: undefined,
          retired: this.gone.has(instance.id),
        };
        this.states.set(instance.id, state);
      }
      this.lastState = state;
    }
    state.instance = instance;
    return state;
  }

  private streamOf(state: InstanceState, definition: OperationDefinition): Stream {
    if (state.lastStream !== undefined && state.lastDefinition === definition) return state.lastStream;
    const key = this.keyOf(definition);
    let stream = state.streams.get(key);
    if (stream === undefined) {
      stream = { key, table: new SeriesTable(definition, layoutOf(definition.metrics)), overflow: undefined };
      state.streams.set(key, stream);
    }
    state.lastDefinition = definition;
    state.lastStream = stream;
    return stream;
  }

  private keyOf(definition: OperationDefinition): string {
    let key = this.keys.get(definition);
    if (key === undefined) {
      const { scope, metrics, metricKeys } = definition;
      key = JSON.stringify([scope, metrics, metricKeys.map(({ name }) => name)]);
      this.keys.set(definition, key);
    }
    return key;
  }

  private newSeries(stream: Stream, values: readonly MetricValue[]): Series {
    const { key, table } = stream;
    const total = this.totals.get(key) ?? 0;
    // As in the SDK, the overflow series is one of the `maxSeries`.
    if (table.all.length < this.maxSeries - 1 && total < this.maxTotalSeries) {
      this.totals.set(key, total + 1);
      return table.insert(values, encodePointAttributes(table.definition.metricKeys, values));
    }
    stream.overflow ??= table.create(encodePointAttributes([OVERFLOW], [true]));
    return stream.overflow;
  }

  private forget(state: InstanceState): void {
    this.states.delete(state.instance.id);
    if (this.lastState === state) this.lastState = undefined;
    for (const { key, table, overflow } of state.streams.values()) {
      const counted = table.all.length - (overflow === undefined ? 0 : 1);
      this.totals.set(key, (this.totals.get(key) ?? 0) - counted);
    }
  }

  private writeInstance(writer: ByteWriter, state: InstanceState, now: Fixed64): number {
    const start = writer.position;
    const resourceMetrics = writer.begin(0x0a);
    writer.bytesField(0x0a, state.instance.resource);
    let points = 0;
    for (const [scope, tables] of byScope(state.streams)) {
      const scopeMetrics = writer.begin(0x12);
      writer.bytesField(0x0a, encodeScope(scope, this.options.version));
      for (const table of tables) points += writeTable(writer, table, state.start, now);
      writer.stringField(0x1a, this.options.schemaUrl);
      writer.end(scopeMetrics);
    }
    if (points === 0) writer.position = start;
    else writer.end(resourceMetrics);
    return points;
  }
}

function byScope(streams: ReadonlyMap<string, Stream>): Map<string, SeriesTable[]> {
  const scopes = new Map<string, SeriesTable[]>();
  for (const { table } of streams.values()) {
    const tables = scopes.get(table.definition.scope);
    if (tables === undefined) scopes.set(table.definition.scope, [table]);
    else tables.push(table);
  }
  return scopes;
}

function writeTable(writer: ByteWriter, table: SeriesTable, start: Fixed64, now: Fixed64): number {
  const { layout, definition } = table;
  let points = 0;
  definition.metrics.forEach((definitionOfMetric, index) => {
    const begin = writer.position;
    const metric = writer.begin(0x12);
    writer.stringField(0x0a, definitionOfMetric.name);
    writer.stringField(0x12, definitionOfMetric.description);
    writer.stringField(0x1a, definitionOfMetric.unit);
    const counter = definitionOfMetric.counter === true;
    const data = writer.begin(counter ? 0x3a : 0x4a);
    const bounds = layout.boundaries[index] as Float64Array;
    const at = layout.starts[index] as number;
    let written = 0;
    for (const series of table.all) {
      if (series.numbers[at + COUNT] === 0) continue;
      if (counter) writeSum(writer, series, at, start, now);
      else writePoint(writer, series, at, bounds, start, now);
      written++;
    }
    writer.reserve(4);
    writer.byte(0x10);
    writer.byte(CUMULATIVE);
    if (counter) {
      writer.byte(0x18);
      writer.byte(MONOTONIC);
    }
    writer.end(data);
    writer.end(metric);
    if (written === 0) writer.position = begin;
    points += written;
  });
  return points;
}

/** NumberDataPoint. */
function writeSum(writer: ByteWriter, { numbers, attributes }: Series, at: number, start: Fixed64, now: Fixed64): void {
  const point = writer.begin(0x0a);
  writer.reserve(40 + attributes.length);
  writer.byte(0x11);
  writer.fixed64(start[0], start[1]);
  writer.byte(0x19);
  writer.fixed64(now[0], now[1]);
  writer.byte(0x31);
  writer.fixed64Number(numbers[at + SUM] as number);
  const from = writer.position;
  writer.bytes(attributes);
  retag(writer.buffer, from, writer.position, 0x3a);
  writer.end(point);
}

/** The series' attributes are encoded once, as fields of a HistogramDataPoint. */
function retag(buffer: Uint8Array, start: number, end: number, tag: number): void {
  for (let at = start; at < end; ) {
    buffer[at++] = tag;
    let length = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = buffer[at++] as number;
      length |= (byte & 127) << shift;
      more = byte > 127;
    }
    at += length;
  }
}

/** HistogramDataPoint. */
function writePoint(
  writer: ByteWriter,
  series: Series,
  at: number,
  bounds: Float64Array,
  start: Fixed64,
  now: Fixed64,
): void {
  const { numbers, attributes } = series;
  const number = (index: number): number => numbers[at + index] as number;
  const point = writer.begin(0x0a);
  writer.reserve(80 + bounds.length * 16 + attributes.length);
  writer.byte(0x11);
  writer.fixed64(start[0], start[1]);
  writer.byte(0x19);
  writer.fixed64(now[0], now[1]);
  writer.byte(0x21);
  writer.fixed64Number(number(COUNT));
  writer.byte(0x29);
  writer.double(number(SUM));
  writer.byte(0x32);
  writer.varint((bounds.length + 1) * 8);
  for (let i = 0; i <= bounds.length; i++) writer.fixed64Number(number(BUCKETS + i));
  if (bounds.length > 0) {
    writer.byte(0x3a);
    writer.varint(bounds.length * 8);
    for (const bound of bounds) writer.double(bound);
  }
  writer.bytes(attributes);
  writer.byte(0x59);
  writer.double(number(MIN));
  writer.byte(0x61);
  writer.double(number(MAX));
  writer.end(point);
}

/** HistogramDataPoint.attributes (field 9). */
function encodePointAttributes(keys: readonly AttributeKey[], values: readonly MetricValue[]): Uint8Array {
  const writer = new ByteWriter(256);
  keys.forEach((key, index) => {
    const value = values[index];
    if (value === undefined) return;
    writer.reserve(attributeBound(key.encoded, value));
    writeAttribute(writer, 0x4a, key.encoded, value);
  });
  return writer.take();
}
