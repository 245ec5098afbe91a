import type { Batch } from '../pdata/pdata.ts';
import { ConsumeError, type Consumer } from './component.ts';

/**
 * Gives the same batch to several consumers. Every one gets it, whatever the others say. If one may take it later, the sender is to
 * send again: those that took it get it twice, but nothing is lost. (The Collector answers what the first that failed said, and so
 * loses it for one behind a permanent failure.)
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
  const [cause] = reasons;
  const message = reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason))).join('; ');
  // What is no ConsumeError is a fault of the component: trying again will not help.
  const refusals = reasons.filter((reason) => reason instanceof ConsumeError);
  const later = refusals.filter(({ permanent }) => !permanent);
  if (later.length === 0) {
    const code = refusals.find((refusal) => refusal.code !== undefined)?.code;
    return new ConsumeError(message, { permanent: true, cause, ...(code === undefined ? {} : { code }) });
  }
  const waits = later.flatMap(({ retryAfterMs }) => retryAfterMs ?? []);
  return new ConsumeError(
    message,
    waits.length === 0 ? { permanent: false, cause } : { permanent: false, cause, retryAfterMs: Math.max(...waits) },
  );
}
