import { decodeMessage } from '../../pdata/otlp/decode.ts';
import { requestOf } from '../../pdata/otlp/schema.ts';
import type { Batch, Signal } from '../../pdata/pdata.ts';
import { type Component, ConsumeError, type Consumer, type Settings } from '../../service/component.ts';
import type { DebugConfig } from './config.ts';
import { countLogs, countMetrics, countProfiles, countTraces } from './counts.ts';
import { detailedLogs } from './detailed_logs.ts';
import { detailedMetrics } from './detailed_metrics.ts';
import { detailedProfiles } from './detailed_profiles.ts';
import { detailedTraces } from './detailed_traces.ts';
import { normalLogs, normalMetrics, normalProfiles, normalTraces } from './normal.ts';

const TICK_MS = 1000;

interface Printed {
  readonly title: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly text: string;
}

/** Prints what passes, in the words of the Collector's debug exporter. */
export class DebugExporter implements Component, Consumer {
  readonly #settings: Settings;
  readonly #config: DebugConfig;
  readonly #signal: Signal;
  /** Messages since the tick began: zap's sampling. */
  #tick = 0;
  #seen = 0;

  constructor(settings: Settings, config: DebugConfig, signal: Signal) {
    this.#settings = settings;
    this.#config = config;
    this.#signal = signal;
  }

  async start(): Promise<void> {}
  async shutdown(): Promise<void> {}

  async consume(batch: Batch): Promise<void> {
    if (!this.#sampled(performance.now())) return;
    let printed: Printed;
    try {
      printed = printers[this.#signal](batch.bytes(), this.#config.verbosity);
    } catch (error) {
      throw new ConsumeError('the data is no valid OTLP', { permanent: true, cause: error });
    }
    const { title, counts, text } = printed;
    if (this.#config.use_internal_logger) {
      this.#settings.logger.info(title, counts);
      if (text !== '') this.#settings.logger.info(text);
      return;
    }
    const fields = Object.entries(counts).map(([name, count]) => `"${name}": ${count}`);
    const all = `${title}\t{${fields.join(', ')}}\n${text === '' ? '' : `${text}\n`}`;
    const { output_paths: paths } = this.#config;
    for (const path of paths.length === 0 ? ['stdout'] : paths)
      await write(path === 'stderr' ? process.stderr : process.stdout, all);
  }

  #sampled(now: number): boolean {
    const { sampling_initial: initial, sampling_thereafter: thereafter } = this.#config;
    if (now - this.#tick >= TICK_MS) {
      this.#tick = now;
      this.#seen = 0;
    }
    const number = ++this.#seen;
    return number <= initial || (thereafter > 0 && (number - initial) % thereafter === 0);
  }
}

/** A reader that is slow makes the pipeline wait, not the memory grow; one that is gone loses the text only. */
async function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  if (stream.destroyed) return;
  await new Promise<void>((resolve) => {
    stream.write(text, () => resolve());
  });
}

/** How one signal is told. */
function printer<Data>(
  title: string,
  decode: (bytes: Uint8Array) => Data,
  count: (data: Data) => Printed['counts'],
  texts: { readonly normal: (data: Data) => string; readonly detailed: (data: Data) => string },
): (bytes: Uint8Array, verbosity: DebugConfig['verbosity']) => Printed {
  return (bytes, verbosity) => {
    const data = decode(bytes);
    return { title, counts: count(data), text: verbosity === 'basic' ? '' : texts[verbosity](data) };
  };
}

const printers: Readonly<Record<Signal, ReturnType<typeof printer>>> = {
  traces: printer('Traces', (bytes) => decodeMessage(requestOf.traces, bytes), countTraces, {
    normal: normalTraces,
    detailed: detailedTraces,
  }),
  metrics: printer('Metrics', (bytes) => decodeMessage(requestOf.metrics, bytes), countMetrics, {
    normal: normalMetrics,
    detailed: detailedMetrics,
  }),
  logs: printer('Logs', (bytes) => decodeMessage(requestOf.logs, bytes), countLogs, {
    normal: normalLogs,
    detailed: detailedLogs,
  }),
  profiles: printer('Profiles', (bytes) => decodeMessage(requestOf.profiles, bytes), countProfiles, {
    normal: normalProfiles,
    detailed: detailedProfiles,
  }),
};
