import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationType,
  createAllowListAttributesProcessor,
  createDenyListAttributesProcessor,
  InstrumentType,
  MeterProvider,
  MetricReader,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import type { TelemetryConfig, ViewConfig } from '../config/telemetry.ts';
import type { Logger } from './component.ts';
import { type MetricLevel, meterNameOf, OwnMeters } from './own_meters.ts';
import type { OwnAttributes } from './own_resource.ts';
import { PrometheusServer } from './prometheus_server.ts';
import { prometheusText } from './prometheus_text.ts';
import type { TelemetryRegistry } from './telemetry.ts';
import { withinTime } from './within_time.ts';

/** Readers and instruments that run. */
export interface RunningMetrics {
  /** Ports of the Prometheus readers, in their order. */
  readonly ports: readonly number[];
  /** What is new since the last export is pushed; who does not take it is not waited for. */
  close(deadline: number): Promise<void>;
}

export async function startMetrics(
  { level, readers, views }: TelemetryConfig['metrics'],
  registry: TelemetryRegistry,
  resource: OwnAttributes,
  logger: Logger,
): Promise<RunningMetrics> {
  const pulled: { reader: PullReader; config: Parameters<typeof listen>[1] }[] = [];
  const all: MetricReader[] = [];
  const closers: (() => void)[] = [];
  for (const { pull, periodic } of readers) {
    const prometheus = pull?.exporter.prometheus;
    if (prometheus !== undefined) {
      const reader = new PullReader();
      pulled.push({ reader, config: prometheus });
      all.push(reader);
    }
    if (periodic === undefined) continue;
    const { periodicReader } = await import('./sdk_push.ts');
    all.push(await periodicReader(periodic, logger, closers));
  }
  const provider = new MeterProvider({
    resource: resourceFromAttributes(resource),
    readers: all,
    views: viewsOf(level, views),
  });
  const own = new OwnMeters(registry, provider, level.toLowerCase() as MetricLevel);
  for (const reader of all) own.prepare(reader);
  registry.attach(own);
  const servers: PrometheusServer[] = [];
  for (const { reader, config } of pulled) {
    const server = await listen(reader, config, logger);
    if (server !== undefined) servers.push(server);
  }
  return {
    ports: servers.map(({ port }) => port),
    close: async (deadline) => {
      await Promise.all([...servers.map((server) => server.close()), withinTime(provider.shutdown(), deadline)]);
      for (const end of closers) end();
      registry.attach(undefined);
    },
  };
}

class PullReader extends MetricReader {
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}

/** A port that is taken is told, not the end: the Collector ends, but a sidecar's own metrics are not worth the pod. */
async function listen(
  reader: PullReader,
  config: NonNullable<NonNullable<TelemetryConfig['metrics']['readers'][number]['pull']>['exporter']['prometheus']>,
  logger: Logger,
): Promise<PrometheusServer | undefined> {
  const host = config.host.replace(/^\[(.*)\]$/, '$1');
  const endpoint = `${host.includes(':') ? `[${host}]` : host}:${config.port}`;
  try {
    return await PrometheusServer.listen(endpoint, async () => {
      const { resourceMetrics } = await reader.collect();
      return prometheusText(resourceMetrics, config);
    });
  } catch (error) {
    logger.error('own metrics are not served', { error, endpoint });
    return undefined;
  }
}

/** Below detailed the Collector leaves attributes out by a view; with views of the user, which need detailed, it has none. */
function viewsOf(level: string, configured: readonly ViewConfig[] | undefined): ViewOptions[] {
  if (configured !== undefined) return configured.map(viewOf);
  if (level.toLowerCase() === 'detailed') return [];
  return [
    {
      instrumentName: 'otelcol_exporter_send_failed_*',
      meterName: meterNameOf('otelcol_exporter_'),
      attributesProcessors: [createDenyListAttributesProcessor(['error.type', 'error.permanent'])],
    },
  ];
}

const instrumentTypes: Readonly<Record<string, InstrumentType>> = {
  counter: InstrumentType.COUNTER,
  up_down_counter: InstrumentType.UP_DOWN_COUNTER,
  histogram: InstrumentType.HISTOGRAM,
  observable_counter: InstrumentType.OBSERVABLE_COUNTER,
  observable_up_down_counter: InstrumentType.OBSERVABLE_UP_DOWN_COUNTER,
  observable_gauge: InstrumentType.OBSERVABLE_GAUGE,
};

function viewOf({ selector, stream }: ViewConfig): ViewOptions {
  const { attribute_keys: keys } = stream ?? {};
  const type = instrumentTypes[selector?.instrument_type ?? ''];
  const attributesProcessors = [
    ...((keys?.included.length ?? 0) > 0 ? [createAllowListAttributesProcessor(keys?.included ?? [])] : []),
    ...((keys?.excluded.length ?? 0) > 0 ? [createDenyListAttributesProcessor(keys?.excluded ?? [])] : []),
  ];
  const aggregation = aggregationOf(stream?.aggregation);
  return {
    ...given('instrumentName', selector?.instrument_name),
    ...given('instrumentUnit', selector?.unit),
    ...given('meterName', selector?.meter_name),
    ...given('meterVersion', selector?.meter_version),
    ...given('meterSchemaUrl', selector?.meter_schema_url),
    ...given('name', stream?.name),
    ...given('description', stream?.description),
    ...(type === undefined ? {} : { instrumentType: type }),
    ...(attributesProcessors.length === 0 ? {} : { attributesProcessors }),
    ...(aggregation === undefined ? {} : { aggregation }),
  };
}

function given<Key extends string>(key: Key, value: string | undefined): Partial<Record<Key, string>> {
  return value === undefined || value === '' ? {} : ({ [key]: value } as Record<Key, string>);
}

function aggregationOf(
  config: NonNullable<ViewConfig['stream']>['aggregation'],
): NonNullable<ViewOptions['aggregation']> | undefined {
  if (config === undefined) return undefined;
  const { base2_exponential_bucket_histogram: exponential, explicit_bucket_histogram: explicit } = config;
  if (exponential !== undefined) {
    const { max_size: maxSize, record_min_max: recordMinMax } = exponential;
    return { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize, recordMinMax } };
  }
  if (config.default !== undefined) return undefined;
  if (config.drop !== undefined) return { type: AggregationType.DROP };
  if (explicit !== undefined) {
    const { boundaries, record_min_max: recordMinMax } = explicit;
    return { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: [...boundaries], recordMinMax } };
  }
  if (config.last_value !== undefined) return { type: AggregationType.LAST_VALUE };
  return config.sum === undefined ? undefined : { type: AggregationType.SUM };
}
