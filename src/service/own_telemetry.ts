import { closeSync, openSync, writeSync } from 'node:fs';
import type { PrometheusReader, TelemetryConfig } from '../config/telemetry.ts';
import { LogSampler } from './log_sampler.ts';
import { type Level, LineLogger, type LogOptions } from './logger.ts';
import { ownResource } from './own_resource.ts';
import { processMetrics } from './process_metrics.ts';
import { PrometheusServer } from './prometheus_server.ts';
import { prometheusText } from './prometheus_text.ts';
import type { Tracing } from './switch.ts';
import { TelemetryRegistry } from './telemetry.ts';

interface BuildInfo {
  readonly command: string;
  readonly version: string;
}

/** Something that reads the metrics or takes the spans, and its end. */
interface Running {
  close(deadline: number): Promise<void>;
}

/** Logs, metrics and spans of Sonde itself, as `service::telemetry` says. */
export class OwnTelemetry {
  readonly registry = new TelemetryRegistry();
  readonly logger: LineLogger;
  readonly tracing: Tracing = { traced: undefined };
  readonly #options: LogOptions = { level: 'info', encoding: 'console', write: (line) => process.stderr.write(line) };
  readonly #buildInfo: BuildInfo;
  #files: number[] = [];
  #readers: Running[] = [];
  /** What the readers and the tracer run with. */
  #running = '';

  private constructor(buildInfo: BuildInfo) {
    this.#buildInfo = buildInfo;
    this.logger = new LineLogger(this.#options, 'service/telemetry.ts');
    this.registry.addSource('process', processMetrics);
  }

  static async start(config: TelemetryConfig, buildInfo: BuildInfo): Promise<OwnTelemetry> {
    const telemetry = new OwnTelemetry(buildInfo);
    try {
      await telemetry.apply(config);
    } catch (error) {
      await telemetry.shutdown(performance.now());
      throw error;
    }
    return telemetry;
  }

  /** Ports of the Prometheus readers, in their order. */
  get ports(): number[] {
    return this.#readers.filter((reader) => reader instanceof PrometheusServer).map(({ port }) => port);
  }

  /** At start and at each reload. Logs first, so that they tell of what follows. */
  async apply(config: TelemetryConfig): Promise<void> {
    this.#applyLogs(config.logs);
    const { metrics, traces, resource } = config;
    const wanted = JSON.stringify([metrics, traces, resource]);
    if (wanted === this.#running) return;
    await this.#closeReaders(performance.now() + 5000);
    this.#running = wanted;
    const attributes = ownResource(resource, this.#buildInfo);
    if (metrics.level.toLowerCase() !== 'none') await this.#startReaders(metrics, attributes);
    if (traces.processors.length > 0 && traces.level.toLowerCase() !== 'none') {
      const { startTraces } = await import('./sdk_traces.ts');
      const running = await startTraces(traces, attributes, this.logger);
      this.tracing.traced = running.traced;
      this.#readers.push(running);
    }
  }

  async shutdown(deadline: number): Promise<void> {
    await this.#closeReaders(deadline);
    for (const file of this.#files.splice(0)) closeSync(file);
  }

  async #startReaders(metrics: TelemetryConfig['metrics'], resource: Readonly<Record<string, string>>): Promise<void> {
    if (metrics.views !== undefined) this.logger.warn('service::telemetry::metrics::views has no effect');
    for (const { pull, periodic } of metrics.readers) {
      const prometheus = pull?.exporter.prometheus;
      if (prometheus !== undefined) this.#readers.push(await this.#prometheus(prometheus, resource));
      if (periodic === undefined) continue;
      const { startPeriodic } = await import('./sdk_metrics.ts');
      this.#readers.push(await startPeriodic(periodic, this.registry, resource, this.logger));
    }
  }

  /** A port that is taken is told, not the end: the Collector ends, but a sidecar's own metrics are not worth the pod. */
  async #prometheus(config: PrometheusReader, resource: Readonly<Record<string, string>>): Promise<Running> {
    const endpoint = `${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`;
    try {
      return await PrometheusServer.listen(endpoint, () => prometheusText(this.registry.snapshot(), resource, config));
    } catch (error) {
      this.logger.error('own metrics are not served', { error, endpoint });
      return { close: async () => undefined };
    }
  }

  async #closeReaders(deadline: number): Promise<void> {
    this.tracing.traced = undefined;
    await Promise.all(
      this.#readers
        .splice(0)
        .map((reader) =>
          reader
            .close(deadline)
            .catch((error: unknown) => this.logger.warn('own telemetry did not end well', { error })),
        ),
    );
  }

  #applyLogs(logs: TelemetryConfig['logs']): void {
    const options = this.#options;
    const before = this.#files;
    options.level = levelOf(logs.level);
    options.encoding = logs.encoding === 'json' ? 'json' : 'console';
    options.disableCaller = logs.disable_caller;
    options.fields = logs.initial_fields ?? {};
    options.sampler = logs.sampling.enabled ? new LogSampler(logs.sampling) : undefined;
    this.#files = [];
    const writers = logs.output_paths.map((path) => this.#output(path));
    options.write = (line) => {
      for (const write of writers) write(line);
    };
    for (const file of before) closeSync(file);
    if (logs.processors.length > 0) this.logger.warn('service::telemetry::logs::processors has no effect');
  }

  #output(path: string): (line: string) => void {
    if (path === 'stderr') return (line) => process.stderr.write(line);
    if (path === 'stdout') return (line) => process.stdout.write(line);
    const file = openSync(path.replace(/^file:(\/\/)?/, ''), 'a');
    this.#files.push(file);
    return (line) => writeSync(file, line);
  }
}

/** dpanic and above: Sonde writes nothing above error. */
function levelOf(text: string): Level {
  const lower = text.toLowerCase();
  return lower === 'debug' || lower === 'info' || lower === 'warn' ? lower : 'error';
}
