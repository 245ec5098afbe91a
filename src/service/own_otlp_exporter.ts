import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ISerializer } from '@opentelemetry/otlp-transformer';
import type { OtlpTarget } from '../config/telemetry.ts';
import type { Signal } from '../pdata/pdata.ts';
import { timerMs } from '../transport/timer.ts';
import type { Logger } from './component.ts';
import { type OtlpSender, openSender, SendError } from './own_otlp.ts';

const FIRST_RETRY_MS = 1000;

interface Answer {
  readonly partialSuccess?: { readonly errorMessage?: string };
}
/** What an export tells the SDK: its ExportResult. */
type Done = (result: { readonly code: 0 | 1; readonly error?: Error }) => void;

/** Sends what the SDK collected. What is refused is lost, and told: own telemetry is not worth a queue. */
export class OtlpExporter<Items> {
  readonly #sender: OtlpSender;
  readonly #serializer: ISerializer<Items, Answer>;
  readonly #config: OtlpTarget;
  readonly #signal: Signal;
  readonly #logger: Logger;
  readonly #closed = new AbortController();
  readonly #underWay = new Set<Promise<void>>();

  private constructor(
    sender: OtlpSender,
    serializer: ISerializer<Items, Answer>,
    config: OtlpTarget,
    signal: Signal,
    logger: Logger,
  ) {
    this.#sender = sender;
    this.#serializer = serializer;
    this.#config = config;
    this.#signal = signal;
    this.#logger = logger;
    // Each export under way listens.
    setMaxListeners(0, this.#closed.signal);
  }

  /** `closers` gets what ends it at once. */
  static async open<Items>(
    config: OtlpTarget,
    signal: Signal,
    serializers: { readonly json: ISerializer<Items, Answer>; readonly protobuf: ISerializer<Items, Answer> },
    logger: Logger,
    closers: (() => void)[],
  ): Promise<OtlpExporter<Items>> {
    const serializer = config.protocol === 'http/json' ? serializers.json : serializers.protobuf;
    const exporter = new OtlpExporter(await openSender(config, signal), serializer, config, signal, logger);
    closers.push(() => exporter.close());
    return exporter;
  }

  export(items: Items, done: Done): void {
    const work = this.#export(items).then(
      () => done({ code: 0 }),
      (error: unknown) => {
        this.#logger.warn(`own ${this.#signal} could not be sent`, { error });
        // The SDK's own handler of errors would tell it again.
        done({ code: 1 });
      },
    );
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async shutdown(): Promise<void> {
    await this.forceFlush();
    this.close();
  }

  /** At once: who waits for longer than the end of the process may take. */
  close(): void {
    this.#closed.abort();
    this.#sender.close();
  }

  async #export(items: Items): Promise<void> {
    const body = this.#serializer.serializeRequest(items);
    if (body === undefined) throw new Error('it could not be encoded');
    // Not AbortSignal.any: in Node 20 a signal that lives long keeps something of each that was made of it.
    const ending = new AbortController();
    const stop = (): void => ending.abort();
    const timer = setTimeout(() => ending.abort('context deadline exceeded'), timerMs(this.#config.timeout));
    this.#closed.signal.addEventListener('abort', stop);
    if (this.#closed.signal.aborted) stop();
    try {
      await this.#sendUntil(body, performance.now() + this.#config.timeout, ending.signal);
    } finally {
      clearTimeout(timer);
      this.#closed.signal.removeEventListener('abort', stop);
    }
  }

  async #sendUntil(body: Uint8Array, end: number, signal: AbortSignal): Promise<void> {
    for (let wait = FIRST_RETRY_MS; ; wait *= 2) {
      try {
        this.#tell(await this.#sender.send(body, signal));
        return;
      } catch (error) {
        const again = error instanceof SendError && error.retryable && !signal.aborted;
        const pause = wait * (0.5 + Math.random());
        if (!again || performance.now() + pause >= end) throw error;
        await sleep(pause, undefined, { signal }).catch(() => {
          throw error;
        });
      }
    }
  }

  #tell(answer: Uint8Array): void {
    if (answer.length === 0) return;
    let message: string | undefined;
    try {
      message = this.#serializer.deserializeResponse(answer).partialSuccess?.errorMessage;
    } catch {
      // An answer that is none of OTLP's: the request was taken all the same.
    }
    if (message) this.#logger.warn(`own ${this.#signal} were taken in part`, { error: message });
  }
}
