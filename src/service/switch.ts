import type { Batch } from '../pdata/pdata.ts';
import { ConsumeError, type Consumer } from './component.ts';

/** Makes a span of each batch that a component is given; without a tracer nothing is done. */
export interface Tracing {
  traced: ((name: string, batch: Batch, target: Consumer) => Promise<void>) | undefined;
}

/**
 * A consumer whose target a reload exchanges. Who gives data to it keeps it for good; while there is no target, data waits.
 * What the old target refused because it was stopped goes to the new one.
 */
export class Switch implements Consumer {
  #target: Consumer | undefined;
  #closed = false;
  #waiting: (() => void)[] = [];
  readonly #name: string;
  readonly #tracing: Tracing | undefined;

  /** `name` is that of its spans. */
  constructor(target?: Consumer, name = '', tracing?: Tracing) {
    this.#target = target;
    this.#name = name;
    this.#tracing = tracing;
  }

  async consume(batch: Batch): Promise<void> {
    for (;;) {
      const target = this.#target;
      if (target === undefined) {
        if (this.#closed) throw new ConsumeError('the component was removed', { permanent: false });
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        continue;
      }
      try {
        const traced = this.#tracing?.traced;
        return await (traced === undefined ? target.consume(batch) : traced(this.#name, batch, target));
      } catch (error) {
        const again = this.#target !== target && !this.#closed;
        if (!again || !(error instanceof ConsumeError) || error.permanent) throw error;
      }
    }
  }

  set(target: Consumer): void {
    this.#target = target;
    this.#closed = false;
    this.#release();
  }

  /** Data waits from now on. */
  pause(): void {
    this.#target = undefined;
  }

  /** Data is refused from now on, to be sent again elsewhere. */
  close(): void {
    this.#target = undefined;
    this.#closed = true;
    this.#release();
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
