import type { ProcessorFactory } from '../../service/component.ts';
import { type ResourceConfig, schema, validate } from './config.ts';
import { ResourceProcessor } from './resource.ts';
import { check } from './validate.gen.ts';

export const factory: ProcessorFactory<ResourceConfig> = {
  type: 'resource',
  stability: { traces: 'beta', metrics: 'beta', logs: 'beta', profiles: 'development' },
  schema,
  check,
  validate,
  create: async (_settings, config, _signal, next) => new ResourceProcessor(config, next),
};
