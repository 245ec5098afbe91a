import type { Batch } from '../pdata/pdata.ts';
import { ConsumeError, type Consumer } from './component.ts';

/**
 * A consumer whose target a reload exchanges. Who gives data to it keeps it for good; while there is no target, data waits.
 * What the old target refused because it was stopped goes to the new one.
 */
export class Switch implements Consumer {
  #target: Consumer | undefined;
  #closed = false;
  #waiting: (() => void)[] = [];

  constructor(target?: Consumer) {
    this.#target = target;
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
        return await target.consume(batch);
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
