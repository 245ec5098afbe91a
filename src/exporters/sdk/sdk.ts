import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Batch, Signal } from '../../pdata/pdata.ts';
import { type Component, ConsumeError, type Consumer, type Settings } from '../../service/component.ts';
import { timerMs } from '../../transport/timer.ts';
import { queued } from '../helper/queued.ts';
import type { SdkConfig } from './config.ts';
import { sdkMetrics } from './metrics.ts';
import { readableSpans } from './spans.ts';

/** What SpanExporter and PushMetricExporter have in common. */
interface SdkExporter {
  export(data: unknown, done: (result: { readonly code: number; readonly error?: Error }) => void): void;
  shutdown(): Promise<void>;
}

/** ExportResultCode.SUCCESS */
const SUCCESS = 0;

/** Gives data to an exporter of the OpenTelemetry JavaScript SDK, with Sonde's queue and retry before it. */
export async function createSdk(settings: Settings, config: SdkConfig, signal: Signal): Promise<Component & Consumer> {
  const exporter = await load(config, settings.directory);
  const send = async (batch: Batch): Promise<void> => {
    for (const data of decoded(settings, batch)) await exportOnce(exporter, data, config.timeout);
  };
  return queued(settings, config, signal, {
    start: () => undefined,
    send,
    close: async () => exporter.shutdown(),
  });
}

async function load(config: SdkConfig, directory: string | undefined): Promise<SdkExporter> {
  const { module: name, export: member, resolve_from: from } = config;
  const found = find(
    name,
    from === '' ? [directory ?? '', ''] : [join(isAbsolute(from) ? '' : (directory ?? ''), from)],
  );
  const loaded = (await import(pathToFileURL(found).href)) as Record<string, unknown>;
  const inner = loaded['default'] as Record<string, unknown> | undefined;
  const Exporter = (loaded[member] ?? inner?.[member]) as (new (options: unknown) => SdkExporter) | undefined;
  if (typeof Exporter !== 'function') throw new Error(`module "${name}" has no class "${member}"`);
  const exporter = new Exporter(config.options);
  if (typeof exporter.export !== 'function' || typeof exporter.shutdown !== 'function') {
    throw new Error(`"${member}" of "${name}" is neither a SpanExporter nor a PushMetricExporter`);
  }
  return exporter;
}

/** The first of `directories` from which Node finds the module; '' is the working directory. */
function find(name: string, directories: readonly string[]): string {
  const tried = [...new Set(directories.map((directory) => resolve(directory)))];
  for (const directory of tried) {
    try {
      return createRequire(join(directory, 'resolve.js')).resolve(name);
    } catch {
      // The next one.
    }
  }
  throw new Error(`module "${name}" is not found from ${tried.join(' or ')}: install it there, or set resolve_from`);
}

/** One argument of `export` after the other. */
function decoded(settings: Settings, batch: Batch): unknown[] {
  try {
    if (batch.signal === 'traces') return [readableSpans(batch)];
    const { resources, left } = sdkMetrics(batch);
    if (left > 0) settings.logger.warn('The SDK has no summaries: their points are dropped', { dropped_items: left });
    return resources;
  } catch (error) {
    throw new ConsumeError('the data is no valid OTLP', { permanent: true, cause: error });
  }
}

async function exportOnce(exporter: SdkExporter, data: unknown, timeoutMs: number): Promise<void> {
  await new Promise<void>((done, reject) => {
    const fail = (text: string, cause?: unknown): void => reject(new ConsumeError(text, { permanent: false, cause }));
    const timer = timeoutMs > 0 ? setTimeout(() => fail('context deadline exceeded'), timerMs(timeoutMs)) : undefined;
    try {
      exporter.export(data, ({ code, error }) => {
        clearTimeout(timer);
        if (code === SUCCESS) done();
        else fail(error?.message ?? 'the exporter failed', error);
      });
    } catch (error) {
      clearTimeout(timer);
      fail(error instanceof Error ? error.message : String(error), error);
    }
  });
}
