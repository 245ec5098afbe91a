import type { Batch, Signal } from '../../pdata/pdata.ts';
import {
  type Component,
  ConsumeError,
  type Consumer,
  type MetricAttributes,
  type Settings,
} from '../../service/component.ts';
import { itemCounter } from '../../service/item_counter.ts';
import { goCodeName } from '../../transport/rpc_status.ts';
import { itemNames } from '../../transport/signals.ts';

/** Counts what an exporter sends and fails to send: behind its queue, over all attempts. */
export class ExportReport {
  readonly #sent: (items: number) => void;
  readonly #failed: (items: number, attributes: MetricAttributes) => void;
  #inFlight = 0;
  #used = false;

  /** `items`: what the items of the signal are called. `attributes`: of the upstream. */
  constructor({ telemetry }: Settings, items: string, attributes: MetricAttributes = {}) {
    const stability = items === itemNames.profiles ? '[Development]' : '[Alpha]';
    const sent = itemCounter(telemetry, 'otelcol_exporter_sent', items, (words) => {
      // The Collector's own words.
      const plural = items === itemNames.logs ? 'log record' : words;
      return `Number of ${plural} successfully sent to destination. ${stability}`;
    });
    const failed = itemCounter(
      telemetry,
      'otelcol_exporter_send_failed',
      items,
      (words) =>
        `Number of ${words} in failed attempts to send to destination. At detailed telemetry level, includes attributes: error.type (semantic convention), error.permanent. ${stability}`,
    );
    this.#sent = (count) => sent(count, attributes);
    this.#failed = (count, error) => failed(count, { ...attributes, ...error });
    telemetry.observable(
      'otelcol_exporter_in_flight_requests',
      {
        description: 'Number of export requests currently in-flight (including retry backoff). [Development]',
        unit: '{request}',
        monotonic: false,
        additive: true,
        signalKey: 'data_type',
      },
      () => (this.#used ? [[this.#inFlight, {}]] : []),
    );
  }

  async run(batch: Batch, send: () => Promise<void>): Promise<void> {
    const { itemCount } = batch;
    this.#used = true;
    this.#inFlight++;
    try {
      await send();
      this.#sent(itemCount);
    } catch (error) {
      this.#sent(0);
      throw error;
    } finally {
      this.#inFlight--;
    }
  }

  /** Lost for good, or refused while the sender waits: what stays in a queue has not failed. */
  failed(items: number, error: unknown): void {
    const permanent = !(error instanceof ConsumeError) || error.permanent;
    this.#failed(items, { 'error.type': typeOf(error), 'error.permanent': permanent });
  }
}

/** An exporter without a queue. */
export function reported(settings: Settings, signal: Signal, exporter: Component & Consumer): Component & Consumer {
  const report = new ExportReport(settings, itemNames[signal]);
  return {
    start: async () => exporter.start(),
    shutdown: async (deadline, successor) => exporter.shutdown(deadline, successor),
    consume: async (batch) => {
      try {
        await report.run(batch, async () => exporter.consume(batch));
      } catch (error) {
        report.failed(batch.itemCount, error);
        throw error;
      }
    },
  };
}

/** As the Collector has it: the code of google.rpc.Code in Go's words, where an upstream gave one. */
function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  if ('code' in error && typeof error.code === 'number') return goCodeName(error.code);
  return error.cause === undefined ? '_OTHER' : typeOf(error.cause);
}
