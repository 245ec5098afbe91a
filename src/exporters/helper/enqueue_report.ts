import type { Batch } from '../../pdata/pdata.ts';
import type { ComponentTelemetry, MetricAttributes } from '../../service/component.ts';
import { byteBounds, itemBounds, itemCounter } from '../../service/item_counter.ts';
import type { QueueConfig } from './schemas.ts';

/** What goes into an exporter's queue, and what its batching makes of it. */
export interface EnqueueReport {
  offered(batch: Batch): void;
  refused(items: number): void;
  batched(batch: Batch): void;
}

export function enqueueReport(
  telemetry: ComponentTelemetry,
  config: QueueConfig,
  items: string,
  attributes: MetricAttributes,
  size: () => number,
): EnqueueReport {
  const sizes = (name: string, description: string, labels: MetricAttributes): ((batch: Batch) => void) => {
    const level = 'detailed';
    const count = telemetry.histogram(`otelcol_exporter_${name}`, {
      ...{ description: `Number of units in ${description} [Development]`, unit: '{unit}', level },
      boundaries: itemBounds,
    });
    const bytes = telemetry.histogram(`otelcol_exporter_${name}_bytes`, {
      ...{ description: `Number of bytes in ${bytesOf(description)} [Development]`, unit: 'By', level },
      boundaries: byteBounds,
    });
    return (batch) => {
      count.record(batch.itemCount, labels);
      bytes.record(batch.byteLength, labels);
    };
  };
  if (config.enabled) {
    const levels = { unit: '{batch}', monotonic: false, signalKey: 'data_type' } as const;
    const description = 'Current size of the retry queue (in batches). [Alpha]';
    telemetry.observable('otelcol_exporter_queue_size', { description, ...levels }, () => [[size(), {}]]);
    const capacity = 'Fixed capacity of the retry queue (in batches). [Alpha]';
    telemetry.observable('otelcol_exporter_queue_capacity', { description: capacity, ...levels }, () => [
      [config.queue_size, {}],
    ]);
  }
  return {
    offered: sizes('enqueue_size', 'the request added to the sending queue. Only available on detailed level.', {}),
    refused: itemCounter(
      telemetry,
      'otelcol_exporter_enqueue_failed',
      items,
      (words) => `Number of ${words} failed to be added to the sending queue. [Alpha]`,
    ),
    batched: sizes(
      'queue_batch_send_size',
      'the batch. Only recorded when batching is enabled. Only available on detailed level.',
      attributes,
    ),
  };
}

/** The Collector's words for bytes of a batch differ. */
function bytesOf(description: string): string {
  return description.replace('the batch.', 'batch that was sent.');
}
