import type { Counter, Meter, MeterProvider, Observable, ObservableResult } from '@opentelemetry/api';
import type { CollectionResult, IMetricReader } from '@opentelemetry/sdk-metrics';
import type { HistogramOptions, MetricAttributes, MetricOptions, MetricValue } from './component.ts';
import { keyOf, type Recorders, type TelemetryRegistry } from './telemetry.ts';

export type MetricLevel = 'basic' | 'normal' | 'detailed';
const order: Readonly<Record<MetricLevel, number>> = { basic: 0, normal: 1, detailed: 2 };

/** Meters have the Collector's names, so that its views select here what they select there. */
const meters: readonly (readonly [prefix: string, meter: string])[] = [
  ['otelcol_receiver_', 'go.opentelemetry.io/collector/receiver/receiverhelper'],
  ['otelcol_exporter_', 'go.opentelemetry.io/collector/exporter/exporterhelper'],
  ['otelcol_processor_batch_', 'go.opentelemetry.io/collector/processor/batchprocessor'],
  ['otelcol_processor_memory_limiter_', 'go.opentelemetry.io/collector/processor/memorylimiterprocessor'],
  ['otelcol_processor_', 'go.opentelemetry.io/collector/processor/processorhelper'],
  ['otelcol_process_', 'go.opentelemetry.io/collector/service'],
  ['http.', 'go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp'],
  ['rpc.', 'go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc'],
  ['sonde.tap.', 'sonde.tap'],
];

const OTHERS = 'sonde';

export function meterNameOf(name: string): string {
  return meters.find(([prefix]) => name.startsWith(prefix))?.[1] ?? OTHERS;
}

/** The instruments of one MeterProvider for what a registry has. */
export class OwnMeters implements Recorders {
  readonly #registry: TelemetryRegistry;
  /** All of them, by name: a provider that shuts down gives none, while its readers collect for the last time. */
  readonly #meters: ReadonlyMap<string, Meter>;
  readonly #level: MetricLevel;
  readonly #counters = new Map<string, Counter>();
  readonly #observables = new Map<string, Observable>();
  /** By name; of the collection that is under way. */
  #observed = new Map<string, MetricValue[]>();
  /** By name: series that were observed once. The SDK goes on telling their last value after the component is gone. */
  readonly #seen = new Map<string, Set<string>>();

  constructor(registry: TelemetryRegistry, provider: MeterProvider, level: MetricLevel) {
    this.#registry = registry;
    this.#level = level;
    const names = [OTHERS, ...meters.map(([, name]) => name)];
    this.#meters = new Map(names.map((name) => [name, provider.getMeter(name)]));
  }

  histogram(name: string, options: HistogramOptions): ReturnType<Recorders['histogram']> {
    if (!this.#has(options)) return undefined;
    const { description, unit, boundaries } = options;
    const advice = boundaries === undefined ? {} : { advice: { explicitBucketBoundaries: [...boundaries] } };
    const histogram = this.#meter(name).createHistogram(name, { description, unit, ...advice });
    return (value, attributes) => histogram.record(value, attributes);
  }

  /** Everything that counts up to now is in what the reader collects, and nothing of components that are gone. */
  prepare(reader: IMetricReader): void {
    const collect = reader.collect.bind(reader);
    reader.collect = async (options) => {
      this.#count();
      this.#observe();
      const result = await collect(options);
      this.#forget(result);
      return result;
    };
  }

  #has({ level }: Pick<MetricOptions, 'level'>): boolean {
    return order[level ?? 'basic'] <= order[this.#level];
  }

  #meter(name: string): Meter {
    const meter = this.#meters.get(meterNameOf(name));
    if (meter === undefined) throw new Error(`no meter for ${name}`);
    return meter;
  }

  #count(): void {
    for (const state of this.#registry.counters) {
      if (!this.#has(state)) continue;
      const { name, description, unit, points } = state;
      let counter = this.#counters.get(name);
      if (counter === undefined) {
        counter = this.#meter(name).createCounter(name, { description, unit });
        this.#counters.set(name, counter);
      }
      for (const point of points.values()) {
        if (point.pending === 0 && !point.fresh) continue;
        counter.add(point.pending, point.attributes);
        point.pending = 0;
        point.fresh = false;
      }
    }
  }

  #observe(): void {
    this.#observed = new Map();
    for (const value of this.#registry.observe()) {
      if (!this.#has(value)) continue;
      const { name, attributes } = value;
      const known = this.#observed.get(name);
      if (known === undefined) this.#observed.set(name, [value]);
      else known.push(value);
      if (!this.#observables.has(name)) this.#observables.set(name, this.#observable(value));
      const seen = this.#seen.get(name);
      if (seen === undefined) this.#seen.set(name, new Set([keyOf(attributes)]));
      else seen.add(keyOf(attributes));
    }
  }

  #observable({ name, description, unit, monotonic, additive }: MetricValue): Observable {
    const meter = this.#meter(name);
    const options = { description, unit };
    const observable = monotonic
      ? meter.createObservableCounter(name, options)
      : additive === true
        ? meter.createObservableUpDownCounter(name, options)
        : meter.createObservableGauge(name, options);
    observable.addCallback((result: ObservableResult) => {
      for (const { value, attributes } of this.#observed.get(name) ?? []) result.observe(value, attributes);
    });
    return observable;
  }

  #forget({ resourceMetrics }: CollectionResult): void {
    for (const { metrics } of resourceMetrics.scopeMetrics) {
      for (const { descriptor, dataPoints } of metrics) {
        const seen = this.#seen.get(descriptor.name);
        if (seen === undefined) continue;
        const here = new Set(this.#observed.get(descriptor.name)?.map(({ attributes }) => keyOf(attributes)));
        for (let i = dataPoints.length - 1; i >= 0; i--) {
          const key = keyOf((dataPoints[i]?.attributes ?? {}) as MetricAttributes);
          if (seen.has(key) && !here.has(key)) dataPoints.splice(i, 1);
        }
      }
    }
  }
}
