import { countItems } from '../../pdata/otlp/count.ts';
import { encodeMessage } from '../../pdata/otlp/encode.ts';
import { fromJson } from '../../pdata/otlp/from_json.ts';
import { requestOf } from '../../pdata/otlp/schema.ts';
import { validateRequest } from '../../pdata/otlp/validate.ts';
import { Batch, type Signal } from '../../pdata/pdata.ts';
import { ConsumeError, type NextConsumers, type Settings } from '../../service/component.ts';
import { itemNames } from '../../transport/signals.ts';

type Count = (items: number) => void;

interface Counters {
  readonly accepted: Count;
  readonly refused: Count;
  readonly failed: Count;
}

/** Requests of one protocol become batches of the pipelines, and are counted. */
export class Intake {
  readonly signals: readonly Signal[];
  readonly #next: NextConsumers;
  readonly #counters: ReadonlyMap<Signal, Counters>;

  constructor(settings: Settings, next: NextConsumers, transport: 'grpc' | 'http') {
    this.#next = next;
    this.signals = Object.keys(next) as Signal[];
    this.#counters = new Map(this.signals.map((signal) => [signal, counters(settings, signal, transport)]));
  }

  /**
   * Resolves when the pipelines have taken it. Throws OtlpError for bytes that are no request, ConsumeError for a
   * request that was not taken. `gzip`: the same bytes as they came, a single gzip member.
   */
  async protobuf(signal: Signal, bytes: Uint8Array, gzip?: Uint8Array): Promise<void> {
    validateRequest(signal, bytes);
    const items = countItems(signal, bytes);
    if (items > 0) await this.#consume(new Batch(signal, [bytes], items, gzip));
  }

  async json(signal: Signal, text: Uint8Array): Promise<void> {
    const bytes = encodeMessage(requestOf[signal], fromJson(requestOf[signal], text));
    const items = countItems(signal, bytes);
    if (items > 0) await this.#consume(new Batch(signal, [bytes], items));
  }

  async #consume(batch: Batch): Promise<void> {
    const count = this.#counters.get(batch.signal);
    try {
      await this.#next[batch.signal]?.consume(batch);
      count?.accepted(batch.itemCount);
    } catch (error) {
      // What is no ConsumeError is a fault of our own, and no reason to send again.
      if (error instanceof ConsumeError) count?.refused(batch.itemCount);
      else count?.failed(batch.itemCount);
      throw error;
    }
  }
}

function counters(settings: Settings, signal: Signal, transport: string): Counters {
  const items = itemNames[signal];
  const count = (name: string, description: string): Count => {
    const add = settings.telemetry.counter(`otelcol_receiver_${name}_${items}`, { description, unit: `{${items}}` });
    return (value) => add(value, { transport });
  };
  const words = items.replaceAll('_', ' ');
  return {
    accepted: count('accepted', `Number of ${words} successfully pushed into the pipeline.`),
    refused: count('refused', `Number of ${words} that could not be pushed into the pipeline.`),
    failed: count('failed', `The number of ${words} that failed to be processed due to internal errors.`),
  };
}
