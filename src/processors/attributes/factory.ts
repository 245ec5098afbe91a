import type { ProcessorFactory } from '../../service/component.ts';
import { AttributesProcessor } from './attributes.ts';
import { type AttributesConfig, schema, validate, validateFor } from './config.ts';
import { check } from './validate.gen.ts';

export const factory: ProcessorFactory<AttributesConfig> = {
  type: 'attributes',
  stability: { traces: 'beta', metrics: 'beta', logs: 'beta' },
  schema,
  check,
  validate,
  validateFor,
  create: async (_settings, config, signal, next) => new AttributesProcessor(config, signal, next),
};
