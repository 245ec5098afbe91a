import { Batch } from '../../pdata/pdata.ts';
import type { Component, Consumer, NextConsumers, Settings } from '../../service/component.ts';
import { receiverReport } from '../../service/item_counter.ts';
import { memoryShare } from '../../service/total_memory.ts';
import type { TapReport } from '../../tap/protocol.ts';
import type { SharedTap, TapMember } from '../../tap/shared_tap.ts';
import type { EbpfSocketConfig } from './config.ts';
import { tapFilter } from './filter.ts';

/** Ready is said after this time, attached or not: a pod waits for its sidecar. */
const START_LIMIT_MS = 1000;
const DEFAULT_INTERVAL_MS = 60_000;
const MIB = 1024 * 1024;
/** No buffer is more than this part of the memory. */
const BUFFER_PARTS = 16;

/** What applications send and receive over sockets, as spans and metrics. */
export class EbpfSocketReceiver implements Component {
  readonly #settings: Settings;
  readonly #config: EbpfSocketConfig;
  readonly #next: NextConsumers;
  readonly #tap: TapMember;
  #stopped = false;

  constructor(settings: Settings, config: EbpfSocketConfig, next: NextConsumers, tap: SharedTap) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    this.#tap = this.#join(tap);
    if (config.db.query_text === 'keep') {
      settings.logger.warn(
        'db::query_text keep: literals, keys and values of database requests leave in db.query.text',
      );
    }
    settings.telemetry.source('tap', () => tap.metrics());
  }

  async start(): Promise<void> {
    const started = this.#tap.start(metricsInterval(this.#config.metrics.interval, process.env)).then(
      (report) => this.#report(report),
      (error: unknown) => this.#unusable(error),
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), START_LIMIT_MS);
    });
    if ((await Promise.race([started, late])) === 'late') {
      this.#settings.logger.warn('the kernel takes its time to attach; Sonde goes on meanwhile');
      // From here on nobody awaits it: a failure ends the service as at start.
      started.catch((error: Error) => this.#settings.fail(error));
    }
    clearTimeout(timer);
  }

  async shutdown(deadline: number): Promise<void> {
    this.#stopped = true;
    await this.#tap.stop(deadline);
  }

  #join(tap: SharedTap): TapMember {
    const {
      scope,
      include,
      exclude,
      sampling,
      http,
      db,
      connections,
      capture,
      ring_buffer: ring,
      span_buffer: spans,
    } = this.#config;
    const { traces, metrics } = this.#next;
    return tap.join(
      {
        id: this.#settings.id,
        traces: traces !== undefined,
        metrics: metrics !== undefined,
        include: tapFilter(include),
        exclude: tapFilter(exclude),
        sampling: { ratio: sampling.ratio, parentBased: sampling.parent_based },
        http: {
          routes: http.routes,
          maxRoutes: http.max_routes,
          headers: { request: lower(http.headers.request), response: lower(http.headers.response) },
          query: http.query,
          otlp: http.otlp,
        },
        db: { query: db.query_text },
        connections,
      },
      {
        scope,
        ringBytes: ring.size > 0 ? ring.size : (scope === 'pod' ? 2 : 4) * MIB,
        bytesPerOperation: capture.bytes_per_operation,
        bytesPerInterval: capture.bytes_per_interval,
        maxConnections: this.#config.max_connections,
        backlogBytes: memoryShare(ring.backlog, BUFFER_PARTS),
        spanBytes: memoryShare(spans.size, BUFFER_PARTS),
      },
      {
        spans: this.#deliver('spans', traces, (bytes, items) => new Batch('traces', [bytes], items)),
        metrics: this.#deliver('metric_points', metrics, (bytes, items) => new Batch('metrics', [bytes], items)),
      },
    );
  }

  /** Counts what the pipeline took and what it refused. */
  #deliver(
    unit: string,
    next: Consumer | undefined,
    batchOf: (bytes: Uint8Array, items: number) => Batch,
  ): (bytes: Uint8Array, items: number) => Promise<void> {
    if (next === undefined) return async () => undefined;
    const { telemetry, logger } = this.#settings;
    const report = receiverReport(telemetry, unit, {});
    return async (bytes, items) => {
      if (items === 0) return;
      try {
        await next.consume(batchOf(bytes, items));
        report(items, 'accepted');
      } catch (error) {
        report(items, 'refused');
        logger.warn('the pipeline refused data', { error, items, unit });
      }
    };
  }

  #report({ backend, hooks, mapBytes, ringBytes }: TapReport): void {
    const { logger } = this.#settings;
    const missing = Object.entries(hooks).filter(([, state]) => state !== 'attached');
    logger.info('eBPF programs are attached', {
      backend,
      scope: this.#config.scope,
      hooks: Object.keys(hooks).length - missing.length,
      map_bytes: mapBytes,
      ring_bytes: ringBytes,
    });
    if (missing.length === 0) return;
    logger.warn(
      'hooks are not to be had here: `sonde doctor` tells what is missing without them',
      Object.fromEntries(missing),
    );
  }

  #unusable(error: unknown): void {
    if (this.#stopped) return;
    const message = describe(error);
    if (this.#config.required) throw new Error(message, { cause: error });
    this.#settings.logger.error(`${message}; going on without it because of required: false`);
  }
}

/** The key, else OTEL_METRIC_EXPORT_INTERVAL in milliseconds, else a minute. */
export function metricsInterval(configured: number, env: Readonly<Record<string, string | undefined>>): number {
  if (configured > 0) return configured;
  const fromEnv = Number(env['OTEL_METRIC_EXPORT_INTERVAL']);
  return Number.isFinite(fromEnv) && fromEnv >= 100 ? fromEnv : DEFAULT_INTERVAL_MS;
}

function lower(names: readonly string[]): string[] {
  return names.map((name) => name.toLowerCase());
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'remedy' in error ? `${error.message}; remedy: ${String(error.remedy)}` : error.message;
}
