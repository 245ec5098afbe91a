import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import type { PrometheusReader, TelemetryConfig } from '../config/telemetry.ts';
import { joinHostPort } from '../transport/listen.ts';
import type { Logger } from './component.ts';
import { type MetricLevel, OwnMeters } from './own_meters.ts';
import type { OwnAttributes } from './own_resource.ts';
import { PrometheusServer } from './prometheus_server.ts';
import { prometheusText } from './prometheus_text.ts';
import { viewsOf } from './sdk_views.ts';
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
  const pulled: { reader: PullReader; config: PrometheusReader }[] = [];
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
  config: PrometheusReader,
  logger: Logger,
): Promise<PrometheusServer | undefined> {
  const host = config.host.replace(/^\[(.*)\]$/, '$1');
  const endpoint = joinHostPort(host, config.port);
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
