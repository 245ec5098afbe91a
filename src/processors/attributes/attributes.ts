import { type AttributeList, amendAttributes, amendItems } from '../../pdata/otlp/amend.ts';
import { Batch, type Signal } from '../../pdata/pdata.ts';
import { type Component, ConsumeError, type Consumer } from '../../service/component.ts';
import { compileActions } from '../helper/actions.ts';
import type { AttributesConfig } from './config.ts';
import { Matcher } from './matcher.ts';

/** Changes attributes of spans, log records and data points; their other fields are copied as bytes. */
export class AttributesProcessor implements Component, Consumer {
  readonly #signal: Signal;
  readonly #next: Consumer;
  readonly #change: (attributes: AttributeList) => void;
  readonly #include: Matcher | undefined;
  readonly #exclude: Matcher | undefined;

  constructor(config: AttributesConfig, signal: Signal, next: Consumer) {
    this.#signal = signal;
    this.#next = next;
    this.#change = compileActions(config.actions);
    this.#include = matcher(config.include, signal);
    this.#exclude = matcher(config.exclude, signal);
  }

  async start(): Promise<void> {}

  async shutdown(): Promise<void> {}

  async consume(batch: Batch): Promise<void> {
    return this.#next.consume(this.#amended(batch));
  }

  #amended(batch: Batch): Batch {
    const matchers = [this.#include, this.#exclude].filter((each) => each !== undefined);
    const visitor = {
      resource: (body: Uint8Array): void => {
        for (const each of matchers) each.resource(body);
      },
      scope: (body: Uint8Array): void => {
        for (const each of matchers) each.scope(body);
      },
      item: (body: Uint8Array): Uint8Array | undefined => {
        if (this.#include?.item(body) === false || this.#exclude?.item(body) === true) return undefined;
        return amendAttributes(this.#signal, body, this.#change);
      },
    };
    try {
      const chunks = batch.chunks.map((chunk) => amendItems(chunk, visitor));
      return new Batch(batch.signal, chunks, batch.itemCount);
    } catch (error) {
      throw new ConsumeError('the data is no valid OTLP', { permanent: true, cause: error });
    }
  }
}

/** Of a configuration that `validateFor` has seen. */
function matcher(config: AttributesConfig['include'], signal: Signal): Matcher | undefined {
  return config === undefined ? undefined : new Matcher(config, signal);
}
