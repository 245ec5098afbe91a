import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  type ContextManager,
  context,
  propagation,
  ROOT_CONTEXT,
  SpanStatusCode,
  type TextMapPropagator,
  trace,
} from '@opentelemetry/api';
import { CompositePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { B3Propagator } from '@opentelemetry/propagator-b3';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  ParentBasedSampler,
  type Sampler,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import type { ProcessorConfig, PushExporter, TelemetryConfig } from '../config/telemetry.ts';
import type { Batch } from '../pdata/pdata.ts';
import type { Consumer, Logger } from './component.ts';
import { OtlpExporter } from './own_otlp_exporter.ts';
import type { OwnAttributes } from './own_resource.ts';
import { batchLimits } from './sdk_batch.ts';
import { withinTime } from './within_time.ts';

/** `Tracing` of switch.ts through the SDK. Loaded only when the configuration has a span processor. */
interface RunningTraces {
  readonly traced: (name: string, batch: Batch, target: Consumer) => Promise<void>;
  close(deadline: number): Promise<void>;
}

export async function startTraces(
  config: TelemetryConfig['traces'],
  resource: OwnAttributes,
  logger: Logger,
): Promise<RunningTraces> {
  context.disable();
  context.setGlobalContextManager(new LocalContexts());
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: config.propagators.map((name) => propagatorOf(name)) }),
  );
  const closers: (() => void)[] = [];
  const spanProcessors = await Promise.all(config.processors.map((each) => processorOf(each, logger, closers)));
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
      for (const end of closers) end();
      context.disable();
      propagation.disable();
      trace.disable();
    },
  };
}

/** Of b3 both forms are read. */
function propagatorOf(name: string): TextMapPropagator {
  return name === 'b3' ? new B3Propagator() : new W3CTraceContextPropagator();
}

interface SamplerConfig {
  readonly ratio?: unknown;
  readonly root?: unknown;
  readonly [key: string]: unknown;
}

/** `{parent_based: {root: {trace_id_ratio_based: {ratio: 0.1}}}}`; everything without a parent by default. */
export function samplerOf(config: unknown): Sampler {
  if (typeof config !== 'object' || config === null) return new ParentBasedSampler({ root: new AlwaysOnSampler() });
  const known = config as Readonly<Record<string, SamplerConfig | null>>;
  const parent = known['parent_based'];
  if (parent !== undefined) {
    const root = parent?.root === undefined ? new AlwaysOnSampler() : samplerOf(parent.root);
    const given = (key: string, name: string): Partial<Record<string, Sampler>> =>
      parent?.[key] === undefined ? {} : { [name]: samplerOf(parent[key]) };
    return new ParentBasedSampler({
      root,
      ...given('remote_parent_sampled', 'remoteParentSampled'),
      ...given('remote_parent_not_sampled', 'remoteParentNotSampled'),
      ...given('local_parent_sampled', 'localParentSampled'),
      ...given('local_parent_not_sampled', 'localParentNotSampled'),
    });
  }
  if ('always_off' in known) return new AlwaysOffSampler();
  const ratio = known['trace_id_ratio_based'];
  if ('always_on' in known || ratio === undefined) return new AlwaysOnSampler();
  return new TraceIdRatioBasedSampler(typeof ratio?.ratio === 'number' ? ratio.ratio : 1);
}

async function processorOf(
  { batch, simple }: ProcessorConfig,
  logger: Logger,
  closers: (() => void)[],
): Promise<SpanProcessor> {
  if (batch === undefined) return new SimpleSpanProcessor(await exporterOf(simple?.exporter ?? {}, logger, closers));
  return new BatchSpanProcessor(await exporterOf(batch.exporter, logger, closers), batchLimits(batch, 5000));
}

async function exporterOf({ otlp }: PushExporter, logger: Logger, closers: (() => void)[]): Promise<SpanExporter> {
  if (otlp === undefined) return new ConsoleSpanExporter();
  const serializers = { json: JsonTraceSerializer, protobuf: ProtobufTraceSerializer };
  return OtlpExporter.open(otlp, 'traces', serializers, logger, closers);
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
