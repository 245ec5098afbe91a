import type { Batch } from '../../pdata/pdata.ts';
import type { ComponentTelemetry } from '../../service/component.ts';
import { byteBounds, itemBounds } from '../../service/item_counter.ts';

/** Told of each batch that is sent. */
export type BatchReport = (batch: Batch, trigger: 'timeout' | 'size') => void;

export function batchReport(telemetry: ComponentTelemetry): BatchReport {
  const normal = { level: 'normal' } as const;
  const trigger = (name: string, what: string) =>
    telemetry.counter(`otelcol_processor_batch_${name}_trigger_send`, {
      description: `Number of times the batch was sent due to a ${what} trigger [Development]`,
      unit: '{time}',
      ...normal,
    });
  const triggers = { timeout: trigger('timeout', 'timeout'), size: trigger('batch_size', 'size') };
  const items = telemetry.histogram('otelcol_processor_batch_batch_send_size', {
    description: 'Number of units in the batch [Development]',
    unit: '{unit}',
    boundaries: itemBounds,
    ...normal,
  });
  const bytes = telemetry.histogram('otelcol_processor_batch_batch_send_size_bytes', {
    description: 'Number of bytes in batch that was sent. Only available on detailed level. [Development]',
    unit: 'By',
    boundaries: byteBounds,
    level: 'detailed',
  });
  const cardinality = {
    description: 'Number of distinct metadata value combinations being processed [Development]',
    unit: '{combination}',
    monotonic: false,
    additive: true,
    ...normal,
  };
  // Metadata of requests is not kept: all data of a pipeline is one combination.
  telemetry.observable('otelcol_processor_batch_metadata_cardinality', cardinality, () => [[1, {}]]);
  return (batch, cause) => {
    triggers[cause](1);
    items.record(batch.itemCount);
    bytes.record(batch.byteLength);
  };
}
