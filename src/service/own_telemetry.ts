import type { TelemetryConfig } from '../config/telemetry.ts';
import { LogSampler } from './log_sampler.ts';
import { LineLogger, type LogOptions } from './logger.ts';
import { OwnOutputs } from './own_outputs.ts';
import { legacyAttributes, type OwnAttributes, ownResource } from './own_resource.ts';
import { processMetrics } from './process_metrics.ts';
import type { RunningMetrics } from './sdk_metrics.ts';
import type { Tracing } from './switch.ts';
import { TelemetryRegistry } from './telemetry.ts';

interface BuildInfo {
  readonly command: string;
  readonly version: string;
}

/** Something that reads the metrics or takes spans or log records, and its end. */
interface Running {
  close(deadline: number): Promise<void>;
}

/** Time that a reload gives readers to push what they have. */
const RELOAD_CLOSE_MS = 5000;

/** Logs, metrics and spans of Sonde itself, as `service::telemetry` says. */
export class OwnTelemetry {
  readonly registry = new TelemetryRegistry();
  readonly logger: LineLogger;
  readonly tracing: Tracing = { traced: undefined };
  readonly #options: LogOptions = { level: 'info', encoding: 'console', write: (line) => process.stderr.write(line) };
  readonly #buildInfo: BuildInfo;
  #outputs = new OwnOutputs([], []);
  #metrics: RunningMetrics | undefined;
  #running: Running[] = [];
  /** What the readers and the processors run with. */
  #runningWith = '';

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
  get ports(): readonly number[] {
    return this.#metrics?.ports ?? [];
  }

  /** At start and at each reload. Logs first, so that they tell of what follows. */
  async apply(config: TelemetryConfig): Promise<void> {
    this.#applyLines(config.logs);
    const { metrics, traces, resource, logs } = config;
    const wanted = JSON.stringify([metrics, traces, resource, logs.processors]);
    if (wanted === this.#runningWith) return;
    await this.#close(performance.now() + RELOAD_CLOSE_MS);
    const attributes = ownResource(resource, this.#buildInfo);
    await this.#applyLogs(logs, attributes);
    this.#warnLegacy(resource);
    await this.#applyMetrics(metrics, attributes);
    await this.#applyTraces(traces, attributes);
    this.#runningWith = wanted;
  }

  async shutdown(deadline: number): Promise<void> {
    await this.#close(deadline);
    // What is told later than this is told by stderr.
    this.#options.write = (line) => process.stderr.write(line);
    this.#outputs.close();
  }

  #applyLines(logs: TelemetryConfig['logs']): void {
    const options = this.#options;
    const before = this.#outputs;
    this.#outputs = new OwnOutputs(logs.output_paths, logs.error_output_paths);
    options.write = this.#outputs.write;
    before.close();
    options.level = levelOf(logs.level);
    options.encoding = logs.encoding === 'json' ? 'json' : 'console';
    options.disableCaller = logs.disable_caller;
    options.stacks = logs.development && !logs.disable_stacktrace;
    options.fields = logs.initial_fields ?? {};
    options.sampler = logs.sampling.enabled ? new LogSampler(logs.sampling) : undefined;
  }

  #warnLegacy(resource: TelemetryConfig['resource']): void {
    const legacy = legacyAttributes(resource);
    if (legacy.length === 0) return;
    this.logger.warn(
      'Using legacy service.telemetry.resource inline map format; prefer service.telemetry.resource.attributes (array of maps with `name` and `value` keys)',
      { legacy_resource_attributes: legacy },
    );
  }

  async #applyLogs({ processors }: TelemetryConfig['logs'], resource: OwnAttributes): Promise<void> {
    if (processors.length === 0) return;
    const { startLogs } = await import('./sdk_logs.ts');
    const running = await startLogs(processors, resource, this.logger.withoutRecords());
    this.#options.emit = running.emit;
    this.#running.push(running);
  }

  async #applyMetrics(metrics: TelemetryConfig['metrics'], resource: OwnAttributes): Promise<void> {
    if (metrics.level.toLowerCase() === 'none') return;
    for (const { pull, periodic } of metrics.readers) {
      for (const key of ['producers', 'cardinality_limits'] as const) {
        if ((pull ?? periodic)?.[key] !== undefined) this.logger.warn(`${key} of a metric reader has no effect`);
      }
    }
    const { startMetrics } = await import('./sdk_metrics.ts');
    this.#metrics = await startMetrics(metrics, this.registry, resource, this.logger);
    this.#running.push(this.#metrics);
  }

  async #applyTraces(traces: TelemetryConfig['traces'], resource: OwnAttributes): Promise<void> {
    if (traces.processors.length === 0 || traces.level.toLowerCase() === 'none') return;
    if (traces.limits !== undefined) this.logger.warn('service::telemetry::traces::limits has no effect');
    const { startTraces } = await import('./sdk_traces.ts');
    const running = await startTraces(traces, resource, this.logger);
    this.tracing.traced = running.traced;
    this.#running.push(running);
  }

  async #close(deadline: number): Promise<void> {
    this.#runningWith = '';
    this.tracing.traced = undefined;
    this.#options.emit = undefined;
    this.#metrics = undefined;
    const close = (each: Running): Promise<void> =>
      each.close(deadline).catch((error: unknown) => this.logger.warn('own telemetry did not end well', { error }));
    await Promise.all(this.#running.splice(0).map(close));
  }
}

function levelOf(text: string): LogOptions['level'] {
  const lower = text.toLowerCase();
  return lower === 'debug' || lower === 'info' || lower === 'warn' || lower === 'error' ? lower : 'none';
}
