import type { ProcessorConfig } from '../config/telemetry.ts';

/** What the SDK calls the parts of `batch`. `delay`: by default, ms. */
export function batchLimits(batch: NonNullable<ProcessorConfig['batch']>, delay: number) {
  const { schedule_delay, export_timeout, max_queue_size, max_export_batch_size } = batch;
  return {
    scheduledDelayMillis: schedule_delay ?? delay,
    exportTimeoutMillis: export_timeout,
    maxQueueSize: max_queue_size,
    maxExportBatchSize: Math.min(max_export_batch_size, max_queue_size),
  };
}
