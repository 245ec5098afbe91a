/** Different messages that are counted at a time; more are not thinned out. */
const MAX_MESSAGES = 4096;

interface SamplingConfig {
  readonly tick: number;
  readonly initial: number;
  readonly thereafter: number;
}

/** As zap's: of equal messages in one tick the first `initial` are written, then one in `thereafter`. */
export class LogSampler {
  readonly #config: SamplingConfig;
  readonly #counts = new Map<string, number>();
  readonly #now: () => number;
  #end = 0;

  constructor(config: SamplingConfig, now: () => number = () => performance.now()) {
    this.#config = config;
    this.#now = now;
  }

  drops(level: string, message: string): boolean {
    const { tick, initial, thereafter } = this.#config;
    const now = this.#now();
    if (now >= this.#end) {
      this.#counts.clear();
      this.#end = now + tick;
    }
    const key = `${level} ${message}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    if (count === 1 && this.#counts.size >= MAX_MESSAGES) return false;
    this.#counts.set(key, count);
    return count > initial && (thereafter === 0 || (count - initial) % thereafter !== 0);
  }
}
