import type { Logger } from '../service/component.ts';
import { type TapConsumer, TapHost, type TapSettings } from './host.ts';
import type { Ledger, TapReceiver, TapReport } from './protocol.ts';

/** What a receiver sees of the tap. */
export interface SharedTap {
  register(receiver: TapReceiver, settings: TapSettings, consumer: TapConsumer): void;
  /** Every receiver asks; the tap starts once. `metricsIntervalMs`: the shortest one counts. */
  start(metricsIntervalMs: number): Promise<TapReport>;
  /** Every receiver asks; the tap stops once, and hands over what it has. */
  stop(deadline: number): Promise<void>;
}

type Host = Pick<TapHost, 'register' | 'start' | 'collect' | 'stop'>;

/** One tap for all `ebpf_*` receivers of the process. */
export class CollectingTap implements SharedTap {
  readonly #host: Host;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  #intervalMs = Number.POSITIVE_INFINITY;
  #collecting = false;
  #last: Ledger = {};

  constructor(host: Host, logger: Logger) {
    this.#host = host;
    this.#logger = logger;
  }

  register(receiver: TapReceiver, settings: TapSettings, consumer: TapConsumer): void {
    this.#host.register(receiver, settings, consumer);
  }

  async start(metricsIntervalMs: number): Promise<TapReport> {
    const report = await this.#host.start();
    if (metricsIntervalMs < this.#intervalMs) {
      this.#intervalMs = metricsIntervalMs;
      clearInterval(this.#timer);
      this.#timer = setInterval(() => void this.#collect(), metricsIntervalMs);
    }
    return report;
  }

  async stop(deadline: number): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#intervalMs = Number.POSITIVE_INFINITY;
    this.#tell(await this.#host.stop(deadline));
  }

  /** A slow pipeline makes collections fewer, never more than one at a time. */
  async #collect(): Promise<void> {
    if (this.#collecting) return;
    this.#collecting = true;
    try {
      this.#tell(await this.#host.collect());
    } catch (error) {
      this.#logger.warn('metrics could not be collected from the tap', { error });
    } finally {
      this.#collecting = false;
    }
  }

  /** One line when something was dropped since the last look. */
  #tell(ledger: Ledger): void {
    const lost: Record<string, number> = {};
    for (const [key, count] of Object.entries(ledger)) {
      if (!key.includes('dropped')) continue;
      // A tap that was started again counts from zero.
      const before = this.#last[key] ?? 0;
      const grown = count >= before ? count - before : count;
      if (grown > 0) lost[key] = grown;
    }
    if (Object.keys(ledger).length > 0) this.#last = ledger;
    if (Object.keys(lost).length > 0) this.#logger.warn('the tap dropped data in the last interval', lost);
  }
}

let shared: SharedTap | undefined;

/** The process's tap, made by the first receiver that asks. */
export function sharedTap(logger: Logger): SharedTap {
  shared ??= new CollectingTap(new TapHost({ logger }), logger);
  return shared;
}
