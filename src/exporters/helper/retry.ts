import type { Batch } from '../../pdata/pdata.ts';
import { ConsumeError, type Logger } from '../../service/component.ts';
import type { RetryConfig } from './schemas.ts';

/** Sends once; rejects with a ConsumeError. The signal ends it at the deadline of the shutdown. */
export type Send = (batch: Batch, signal: AbortSignal) => Promise<void>;

/** The exporter stops; the data was neither taken nor refused. */
export class InterruptedError extends ConsumeError {
  constructor(message: string) {
    super(`interrupted due to shutdown: ${message}`, { permanent: false });
    this.name = 'InterruptedError';
  }
}

/** Sends until it is taken, refused for good, too old, or `signal` says that time is up. */
export class RetrySender {
  readonly #send: Send;
  readonly #config: RetryConfig;
  readonly #logger: Logger;
  readonly #random: () => number;

  constructor(send: Send, config: RetryConfig, logger: Logger, random: () => number = Math.random) {
    this.#send = send;
    this.#config = config;
    this.#logger = logger;
    this.#random = random;
  }

  /** `signal` ends everything; `interrupt` only waits: what is under way may end, but nothing is sent again. */
  async send(batch: Batch, signal: AbortSignal, interrupt: AbortSignal = signal): Promise<void> {
    const started = performance.now();
    let interval = this.#config.initial_interval;
    for (;;) {
      try {
        return await this.#send(batch, signal);
      } catch (error) {
        if (!(error instanceof ConsumeError) || error.permanent) throw error;
        if (signal.aborted || interrupt.aborted) throw new InterruptedError(error.message);
        if (!this.#config.enabled) throw error;
        const { randomization_factor: vary, multiplier, max_interval: max, max_elapsed_time: limit } = this.#config;
        const backoff = interval * (1 - vary + this.#random() * 2 * vary);
        const wait = Math.max(backoff, error.retryAfterMs ?? 0);
        if (limit > 0 && performance.now() - started + wait > limit) {
          throw new ConsumeError(`no more retries left: ${error.message}`, { permanent: true, cause: error });
        }
        this.#logger.info('Exporting failed. Will retry the request after interval.', {
          error: error.message,
          interval: `${Math.round(wait)}ms`,
        });
        await sleep(wait, interrupt);
        if (interrupt.aborted && !signal.aborted) throw new InterruptedError(error.message);
        interval = Math.min(interval * multiplier, max);
      }
    }
  }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
