import { type HrTime, ValueType } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  ConsoleMetricExporter,
  DataPointType,
  MeterProvider,
  type MetricData,
  type MetricProducer,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import type { PeriodicReader } from '../config/telemetry.ts';
import type { Logger, MetricValue } from './component.ts';
import { otlpOptions, withinTime } from './sdk_otlp.ts';
import type { TelemetryRegistry } from './telemetry.ts';

/** Loaded only when the configuration has a periodic reader: the SDK costs memory. */
export async function startPeriodic(
  config: PeriodicReader,
  registry: TelemetryRegistry,
  resource: Readonly<Record<string, string>>,
  logger: Logger,
): Promise<{ close(deadline: number): Promise<void> }> {
  const exporters: PushMetricExporter[] = [];
  const { otlp, console: print } = config.exporter;
  if (otlp !== undefined) exporters.push(new OTLPMetricExporter(otlpOptions(otlp, 'v1/metrics', logger)));
  if (print !== undefined) exporters.push(new ConsoleMetricExporter());
  const attributes = resourceFromAttributes(resource);
  const readers = exporters.map(
    (exporter) =>
      new PeriodicExportingMetricReader({
        exporter,
        exportIntervalMillis: config.interval,
        exportTimeoutMillis: Math.min(config.timeout, config.interval),
        metricProducers: [new RegistryProducer(registry)],
      }),
  );
  const provider = new MeterProvider({ resource: attributes, readers });
  return {
    // Flushes: the last numbers tell of the end. An upstream that is gone is not waited for.
    close: (deadline) => withinTime(provider.shutdown(), deadline),
  };
}

/** What Sonde counts, as the SDK has it. Cumulative, whatever the exporter prefers. */
class RegistryProducer implements MetricProducer {
  readonly #registry: TelemetryRegistry;
  readonly #start = hrTime(Date.now() - process.uptime() * 1000);

  constructor(registry: TelemetryRegistry) {
    this.#registry = registry;
  }

  async collect(): Promise<CollectionResult> {
    const now = hrTime(Date.now());
    const byName = new Map<string, MetricValue[]>();
    for (const value of this.#registry.snapshot()) {
      const known = byName.get(value.name);
      if (known === undefined) byName.set(value.name, [value]);
      else known.push(value);
    }
    const metrics = [...byName.values()].flatMap((values) => this.#metric(values, now));
    return {
      resourceMetrics: {
        resource: resourceFromAttributes({}),
        scopeMetrics: metrics.length === 0 ? [] : [{ scope: { name: 'sonde' }, metrics }],
      },
      errors: [],
    };
  }

  #metric(values: readonly MetricValue[], endTime: HrTime): MetricData[] {
    const [first] = values;
    if (first === undefined) return [];
    const { name, description, unit, monotonic } = first;
    const descriptor = { name, description, unit, valueType: ValueType.DOUBLE };
    const dataPoints = values.map(({ attributes, value }) => ({ startTime: this.#start, endTime, attributes, value }));
    const aggregationTemporality = AggregationTemporality.CUMULATIVE;
    return monotonic
      ? [{ descriptor, aggregationTemporality, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }]
      : [{ descriptor, aggregationTemporality, dataPointType: DataPointType.GAUGE, dataPoints }];
  }
}

function hrTime(ms: number): HrTime {
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
}
