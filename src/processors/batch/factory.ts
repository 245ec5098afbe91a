import type { ProcessorFactory } from '../../service/component.ts';
import { BatchProcessor } from './batch.ts';
import { type BatchConfig, schema, validate } from './config.ts';
import { check } from './validate.gen.ts';

export const factory: ProcessorFactory<BatchConfig> = {
  type: 'batch',
  countsItems: true,
  stability: { traces: 'beta', metrics: 'beta', logs: 'beta' },
  schema,
  check,
  validate,
  create: async (settings, config, _signal, next) => new BatchProcessor(settings, config, next),
};
