import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, type ContextManager, context, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import type { SpanProcessorConfig, TelemetryConfig } from '../config/telemetry.ts';
import type { Batch } from '../pdata/pdata.ts';
import type { Consumer, Logger } from './component.ts';
import { type OtlpOptions, otlpOptions, withinTime } from './sdk_otlp.ts';

/** `Tracing` of switch.ts through the SDK. Loaded only when the configuration has a span processor. */
export interface RunningTraces {
  readonly traced: (name: string, batch: Batch, target: Consumer) => Promise<void>;
  close(deadline: number): Promise<void>;
}

export async function startTraces(
  config: TelemetryConfig['traces'],
  resource: Readonly<Record<string, string>>,
  logger: Logger,
): Promise<RunningTraces> {
  context.disable();
  context.setGlobalContextManager(new LocalContexts());
  const spanProcessors = config.processors.flatMap((each) => processors(each, logger));
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes(resource),
    spanProcessors,
    sampler: samplerOf(config.sampler),
  });
  const tracer = provider.getTracer('sonde');
  return {
    traced: (name, batch, target) =>
      tracer.startActiveSpan(
        name,
        { attributes: { items: batch.itemCount, bytes: batch.byteLength } },
        async (span) => {
          try {
            await target.consume(batch);
          } catch (error) {
            span.setStatus({
              code: SpanStatusCode.ERROR,
              message: error instanceof Error ? error.message : String(error),
            });
            throw error;
          } finally {
            span.end();
          }
        },
      ),
    close: async (deadline) => {
      await withinTime(provider.shutdown(), deadline);
      context.disable();
      trace.disable();
    },
  };
}

/** `{parent_based: {root: {trace_id_ratio_based: {ratio: 0.1}}}}`; everything by default. */
export function samplerOf(config: unknown): Sampler {
  if (typeof config !== 'object' || config === null) return new AlwaysOnSampler();
  const known = config as Readonly<Record<string, { readonly ratio?: unknown; readonly root?: unknown } | null>>;
  if ('always_off' in known) return new AlwaysOffSampler();
  const ratio = known['trace_id_ratio_based'];
  if (ratio !== undefined) return new TraceIdRatioBasedSampler(typeof ratio?.ratio === 'number' ? ratio.ratio : 1);
  const parent = known['parent_based'];
  return parent === undefined ? new AlwaysOnSampler() : new ParentBasedSampler({ root: samplerOf(parent?.root) });
}

function processors({ batch, simple }: SpanProcessorConfig, logger: Logger): SpanProcessor[] {
  const result: SpanProcessor[] = [];
  for (const exporter of batch === undefined ? [] : exportersOf(batch.exporter, logger)) {
    const { schedule_delay, export_timeout, max_queue_size, max_export_batch_size } = batch ?? {};
    result.push(
      new BatchSpanProcessor(exporter, {
        scheduledDelayMillis: schedule_delay ?? 5000,
        exportTimeoutMillis: export_timeout ?? 30_000,
        maxQueueSize: max_queue_size ?? 2048,
        maxExportBatchSize: max_export_batch_size ?? 512,
      }),
    );
  }
  if (simple !== undefined) {
    for (const exporter of exportersOf(simple.exporter, logger)) result.push(new SimpleSpanProcessor(exporter));
  }
  return result;
}

function exportersOf(
  { otlp, console: print }: NonNullable<SpanProcessorConfig['batch']>['exporter'],
  logger: Logger,
): SpanExporter[] {
  const result: SpanExporter[] = [];
  if (otlp !== undefined) result.push(new OtlpSpanExporter(otlpOptions(otlp, 'v1/traces', logger), logger));
  if (print !== undefined) result.push(new ConsoleSpanExporter());
  return result;
}

/** OTLP/JSON by HTTP. A batch that is refused is lost, and told: own spans are not worth a queue. */
class OtlpSpanExporter implements SpanExporter {
  readonly #options: OtlpOptions;
  readonly #logger: Logger;

  constructor(options: OtlpOptions, logger: Logger) {
    this.#options = options;
    this.#logger = logger;
  }

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    this.#send(spans).then(
      () => done({ code: 0 }),
      (error: unknown) => {
        this.#logger.warn('own spans could not be sent', { error, dropped_spans: spans.length });
        done({ code: 1 });
      },
    );
  }

  async #send(spans: ReadableSpan[]): Promise<void> {
    const { url, headers, timeoutMillis } = this.#options;
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: Buffer.from(JsonTraceSerializer.serializeRequest(spans) ?? new Uint8Array(0)),
      signal: AbortSignal.timeout(timeoutMillis),
    });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  }

  async shutdown(): Promise<void> {}
}

/** So that the span of an exporter is a child of the receiver's. */
class LocalContexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    active: Context,
    fn: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#storage.run(active, () => fn.call(self as never, ...args));
  }
  bind<T>(active: Context, target: T): T {
    if (typeof target !== 'function') return target;
    return ((...args: unknown[]) => this.#storage.run(active, () => target(...args))) as T;
  }
  enable(): this {
    return this;
  }
  disable(): this {
    this.#storage.disable();
    return this;
  }
}
