import { AttributeList } from '../../pdata/otlp/amend.ts';
import { replaceResources } from '../../pdata/otlp/view.ts';
import { Batch } from '../../pdata/pdata.ts';
import { type Component, ConsumeError, type Consumer } from '../../service/component.ts';
import { compileActions } from '../helper/actions.ts';
import type { ResourceConfig } from './config.ts';

/** Number of Resource.attributes. */
const ATTRIBUTES = 1;

/** Changes resource attributes; spans, metrics and log records are copied as bytes. */
export class ResourceProcessor implements Component, Consumer {
  readonly #change: (attributes: AttributeList) => void;
  readonly #next: Consumer;

  constructor(config: ResourceConfig, next: Consumer) {
    this.#change = compileActions(config.attributes);
    this.#next = next;
  }

  async start(): Promise<void> {}

  async shutdown(): Promise<void> {}

  async consume(batch: Batch): Promise<void> {
    return this.#next.consume(this.#amended(batch));
  }

  #amended(batch: Batch): Batch {
    try {
      const chunks = batch.chunks.map((chunk) => replaceResources(chunk, (resource) => this.#resource(resource)));
      return new Batch(batch.signal, chunks, batch.itemCount);
    } catch (error) {
      throw new ConsumeError('the data is no valid OTLP', { permanent: true, cause: error });
    }
  }

  #resource(body: Uint8Array): Uint8Array | undefined {
    const attributes = AttributeList.read(body, ATTRIBUTES);
    this.#change(attributes);
    return attributes.changed ? attributes.write(body, ATTRIBUTES) : undefined;
  }
}
