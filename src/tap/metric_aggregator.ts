import { encodeScope } from '../pdata/otlp/attributes.ts';
import { ByteWriter, type Fixed64 } from '../pdata/otlp/writer.ts';
import { AttributeKey } from '../wire/attribute.ts';
import type { Operation, OperationDefinition } from '../wire/operation.ts';
import { layoutOf, type MetricValue, type Series, SeriesTable } from './histogram_series.ts';
import { encodePointAttributes, writeTable } from './metric_points.ts';
import type { MetricAggregator, ServiceInstance } from './types.ts';

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

/** Metrics of every operation, before sampling; one ResourceMetrics per instance. */
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
