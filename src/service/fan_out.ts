import type { Batch } from '../pdata/pdata.ts';
import { ConsumeError, type Consumer } from './component.ts';

/**
 * Gives the same batch to several consumers. Every one gets it, whatever the others say; one permanent failure makes the
 * whole permanent, since sending again would repeat it (the Collector's fanoutconsumer joins errors likewise).
 */
export class FanOut implements Consumer {
  readonly #consumers: readonly Consumer[];

  constructor(consumers: readonly Consumer[]) {
    this.#consumers = consumers;
  }

  async consume(batch: Batch): Promise<void> {
    const results = await Promise.allSettled(this.#consumers.map(async (consumer) => consumer.consume(batch)));
    const reasons: unknown[] = [];
    for (const result of results) if (result.status === 'rejected') reasons.push(result.reason);
    if (reasons.length > 0) throw joinErrors(reasons);
  }
}

/** One consumer needs no fan-out. */
export function fanOut(consumers: readonly Consumer[]): Consumer {
  const [only] = consumers;
  return only !== undefined && consumers.length === 1 ? only : new FanOut(consumers);
}

export function joinErrors(reasons: readonly unknown[]): ConsumeError {
  let permanent = false;
  let retryAfterMs: number | undefined;
  for (const reason of reasons) {
    // What is no ConsumeError is a fault of the component: trying again will not help.
    if (!(reason instanceof ConsumeError) || reason.permanent) permanent = true;
    else if (reason.retryAfterMs !== undefined) retryAfterMs = Math.max(retryAfterMs ?? 0, reason.retryAfterMs);
  }
  const message = reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason))).join('; ');
  const [cause] = reasons;
  if (permanent || retryAfterMs === undefined) return new ConsumeError(message, { permanent, cause });
  return new ConsumeError(message, { permanent, retryAfterMs, cause });
}
