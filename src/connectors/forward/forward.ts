import type { Batch } from '../../pdata/pdata.ts';
import type { Component, Consumer } from '../../service/component.ts';

/** Gives what one pipeline ends with to the next: accepted there is accepted here. */
export class Forward implements Component, Consumer {
  readonly #next: Consumer;

  constructor(next: Consumer) {
    this.#next = next;
  }

  async start(): Promise<void> {}

  async shutdown(): Promise<void> {}

  async consume(batch: Batch): Promise<void> {
    return this.#next.consume(batch);
  }
}
