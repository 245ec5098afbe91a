import { countItems } from '../../pdata/otlp/count.ts';
import { fromJson } from '../../pdata/otlp/from_json.ts';
import { requestOf } from '../../pdata/otlp/schema.ts';
import { validateRequest } from '../../pdata/otlp/validate.ts';
import { Batch, type Signal } from '../../pdata/pdata.ts';
import { ConsumeError, type NextConsumers, type Settings } from '../../service/component.ts';
import { receiverReport } from '../../service/item_counter.ts';
import { itemNames } from '../../transport/signals.ts';

/** Requests of one protocol become batches of the pipelines, and are counted. */
export class Intake {
  readonly signals: readonly Signal[];
  readonly #next: NextConsumers;
  readonly #reports: ReadonlyMap<Signal, ReturnType<typeof receiverReport>>;

  constructor(settings: Settings, next: NextConsumers, transport: 'grpc' | 'http') {
    this.#next = next;
    this.signals = Object.keys(next) as Signal[];
    const { telemetry } = settings;
    const attributes = { transport };
    this.#reports = new Map(
      this.signals.map((signal) => [signal, receiverReport(telemetry, itemNames[signal], attributes)]),
    );
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

  /** `hold` is told what the request takes in protobuf: `0,` of two bytes becomes eight. */
  async json(signal: Signal, text: Uint8Array, hold: (bytes: number) => void): Promise<void> {
    const bytes = fromJson(requestOf[signal], text);
    hold(bytes.length);
    const items = countItems(signal, bytes);
    if (items > 0) await this.#consume(new Batch(signal, [bytes], items));
  }

  async #consume(batch: Batch): Promise<void> {
    const report = this.#reports.get(batch.signal);
    try {
      await this.#next[batch.signal]?.consume(batch);
      report?.(batch.itemCount, 'accepted');
    } catch (error) {
      // What is no ConsumeError is a fault of our own, and no reason to send again.
      report?.(batch.itemCount, error instanceof ConsumeError ? 'refused' : 'failed');
      throw error;
    }
  }
}
