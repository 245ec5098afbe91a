import type { Batch } from '../../pdata/pdata.ts';
import { ConsumeError, type Logger } from '../../service/component.ts';
import { timerMs } from '../../transport/timer.ts';
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

/** Between attempts once the exporter stops: there is no later. */
const LAST_RETRY_MS = 500;

/** How far the exporter's end has come. Each is aborted after those before it. */
export interface Ending {
  /** The exporter stops: who waits tries again at once, and then often. */
  readonly hurry: AbortSignal;
  /** What is under way may end, but nothing is sent again. */
  readonly interrupt: AbortSignal;
  /** Everything ends. */
  readonly abort: AbortSignal;
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

  async send(batch: Batch, { hurry, interrupt, abort }: Ending): Promise<void> {
    const started = performance.now();
    let interval = this.#config.initial_interval;
    for (;;) {
      try {
        if (abort.aborted) throw new ConsumeError('not sent', { permanent: false });
        return await this.#send(batch, abort);
      } catch (error) {
        if (!(error instanceof ConsumeError) || error.permanent) throw error;
        if (abort.aborted || interrupt.aborted) throw new InterruptedError(error.message);
        if (!this.#config.enabled) throw error;
        const { randomization_factor: vary, multiplier, max_interval: max, max_elapsed_time: limit } = this.#config;
        const backoff = interval * (1 - vary + this.#random() * 2 * vary);
        const asked = Math.max(backoff, error.retryAfterMs ?? 0);
        const wait = hurry.aborted ? Math.min(asked, LAST_RETRY_MS) : asked;
        if (limit > 0 && performance.now() - started + wait > limit) {
          throw new ConsumeError(`no more retries left: ${error.message}`, { permanent: true, cause: error });
        }
        this.#logger.info('Exporting failed. Will retry the request after interval.', {
          error: error.message,
          interval: `${Math.round(wait)}ms`,
        });
        await sleep(wait, hurry.aborted ? interrupt : hurry);
        if (interrupt.aborted && !abort.aborted) throw new InterruptedError(error.message);
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
    const timer = setTimeout(done, timerMs(ms));
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
