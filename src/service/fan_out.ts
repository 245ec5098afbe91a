import type { Batch } from '../pdata/pdata.ts';
import { ConsumeError, type Consumer } from './component.ts';

/** What became of a batch that somebody is to get again. */
interface Partly {
  readonly waiting: readonly Consumer[];
  /** Who refused it for good. */
  readonly refusals: readonly unknown[];
}

/**
 * Gives the same batch to several consumers. Every one gets it, whatever the others say. If one may take it later, the sender is to
 * send again: the same `Batch` (as the batch processor does) goes only to those who have not taken it; the same data as a new one (a
 * receiver's client) goes to all, twice for some, but nothing is lost. (The Collector answers what the first that failed said, and
 * so loses it for one behind a permanent failure.)
 */
export class FanOut implements Consumer {
  readonly #consumers: readonly Consumer[];
  readonly #partly = new WeakMap<Batch, Partly>();

  constructor(consumers: readonly Consumer[]) {
    this.#consumers = consumers;
  }

  async consume(batch: Batch): Promise<void> {
    const before = this.#partly.get(batch);
    const consumers = before?.waiting ?? this.#consumers;
    const results = await Promise.allSettled(consumers.map(async (consumer) => consumer.consume(batch)));
    const waiting: Consumer[] = [];
    const later: unknown[] = [];
    const refusals = [...(before?.refusals ?? [])];
    for (const [i, consumer] of consumers.entries()) {
      const result = results[i];
      if (result?.status !== 'rejected') continue;
      const { reason } = result;
      if (!isRetryable(reason)) refusals.push(reason);
      else {
        waiting.push(consumer);
        later.push(reason);
      }
    }
    if (waiting.length > 0) this.#partly.set(batch, { waiting, refusals });
    const reasons = [...refusals, ...later];
    if (reasons.length > 0) throw joinErrors(reasons);
  }
}

/** What is no ConsumeError is a fault of the component: trying again will not help. */
function isRetryable(reason: unknown): reason is ConsumeError {
  return reason instanceof ConsumeError && !reason.permanent;
}

/** One consumer needs no fan-out. */
export function fanOut(consumers: readonly Consumer[]): Consumer {
  const [only] = consumers;
  return only !== undefined && consumers.length === 1 ? only : new FanOut(consumers);
}

export function joinErrors(reasons: readonly unknown[]): ConsumeError {
  const [cause] = reasons;
  const message = reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason))).join('; ');
  const later = reasons.filter(isRetryable);
  if (later.length === 0) {
    const code = reasons
      .filter((reason) => reason instanceof ConsumeError)
      .find(({ code }) => code !== undefined)?.code;
    return new ConsumeError(message, { permanent: true, cause, ...(code === undefined ? {} : { code }) });
  }
  const waits = later.flatMap(({ retryAfterMs }) => retryAfterMs ?? []);
  return new ConsumeError(
    message,
    waits.length === 0 ? { permanent: false, cause } : { permanent: false, cause, retryAfterMs: Math.max(...waits) },
  );
}
