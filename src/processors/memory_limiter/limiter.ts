import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Logger } from '../../service/component.ts';
import { totalMemory } from '../../service/total_memory.ts';
import { timerMs } from '../../transport/timer.ts';
import type { MemoryLimiterConfig } from './config.ts';

const MIB = 1024 * 1024;
/** A collection that frees less than this share was in vain: the next one waits longer. */
const EFFECTIVE_SHARE = 0.05;

export interface MemoryMeter {
  used(): number;
  total(): number;
  collect(): void;
}

export const processMeter: MemoryMeter = {
  used: () => process.memoryUsage.rss(),
  total: () => totalMemory(),
  collect: () => {
    // The flag adds gc() to contexts made after it; the process was not started with it.
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
  },
};

interface Backoff {
  readonly min: number;
  readonly max: number;
  current: number;
}

/**
 * Semantics of the Collector's internal/memorylimiter, measured by resident memory: Node's data is mostly outside of the
 * JavaScript heap.
 */
export class MemoryLimiter {
  readonly hardLimit: number;
  readonly softLimit: number;
  refusing = false;
  readonly #config: MemoryLimiterConfig;
  readonly #logger: Logger;
  readonly #meter: MemoryMeter;
  readonly #soft: Backoff;
  readonly #hard: Backoff;
  #last = 0;
  #collectedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #users = 0;

  constructor(config: MemoryLimiterConfig, logger: Logger, meter: MemoryMeter = processMeter) {
    this.#config = config;
    this.#logger = logger;
    this.#meter = meter;
    const base = config.limit_mib > 0 ? MIB : meter.total() / 100;
    const limit = config.limit_mib > 0 ? config.limit_mib : config.limit_percentage;
    const spike = config.limit_mib > 0 ? config.spike_limit_mib : config.spike_limit_percentage;
    this.hardLimit = limit * base;
    this.softLimit = this.hardLimit - (spike === 0 ? this.hardLimit / 5 : spike * base);
    const { min_gc_interval_when_soft_limited: minSoft, max_gc_interval_when_soft_limited: maxSoft } = config;
    const { min_gc_interval_when_hard_limited: minHard, max_gc_interval_when_hard_limited: maxHard } = config;
    this.#soft = { min: minSoft, max: maxSoft, current: 0 };
    this.#hard = { min: minHard, max: maxHard, current: 0 };
    logger.info('Memory limiter configured', {
      limit_mib: Math.floor(this.hardLimit / MIB),
      spike_limit_mib: Math.floor((this.hardLimit - this.softLimit) / MIB),
      check_interval: config.check_interval,
    });
  }

  /** One measurement serves all pipelines that share the configuration. */
  start(): void {
    if (this.#users++ > 0) return;
    this.#timer = setInterval(() => this.check(), timerMs(this.#config.check_interval));
    this.#timer.unref();
  }

  stop(): void {
    if (this.#users > 0 && --this.#users === 0) clearInterval(this.#timer);
  }

  check(): void {
    let used = this.#meter.used();
    let above = this.#classify(used, false);
    if (above) {
      const hard = used >= this.hardLimit;
      const { min, current } = hard ? this.#hard : this.#soft;
      if (performance.now() - this.#collectedAt > Math.max(min, current)) {
        const text = `Memory usage is above ${hard ? 'hard' : 'soft'} limit. Forcing a GC.`;
        if (hard) this.#logger.warn(text, inMib(used));
        else this.#logger.info(text, inMib(used));
        used = this.#collect();
        above = this.#classify(used, true);
      }
    }
    if (above && !this.refusing) this.#logger.warn('Memory usage is above soft limit. Refusing data.', inMib(used));
    if (!above && this.refusing) {
      this.#logger.info('Memory usage back within limits. Resuming normal operation.', inMib(used));
    }
    this.refusing = above;
  }

  #collect(): number {
    this.#meter.collect();
    this.#collectedAt = performance.now();
    const used = this.#meter.used();
    this.#logger.info('Memory usage after GC.', inMib(used));
    return used;
  }

  #classify(used: number, collected: boolean): boolean {
    const above = used >= this.softLimit;
    const effective = !above || used <= this.#last * (1 - EFFECTIVE_SHARE);
    this.#last = used;
    if (effective) {
      this.#soft.current = 0;
      this.#hard.current = 0;
    } else if (collected) {
      for (const backoff of [this.#soft, this.#hard]) this.#lengthen(backoff);
      this.#logger.warn(
        'Forced GC did not reclaim enough memory. Will back off GC frequency to preserve CPU for recovery.',
        {
          ...inMib(used),
          next_soft_gc_interval: this.#soft.current,
          next_hard_gc_interval: this.#hard.current,
        },
      );
    }
    return above;
  }

  #lengthen(backoff: Backoff): void {
    const { min, max, current } = backoff;
    const floor = Math.max(min, this.#config.check_interval * 0.95);
    backoff.current = max === 0 ? min : Math.min(Math.max(current, floor) * 2, Math.max(max, min));
  }
}

function inMib(bytes: number): { cur_mem_mib: number } {
  return { cur_mem_mib: Math.floor(bytes / MIB) };
}
