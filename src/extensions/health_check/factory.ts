import type { ExtensionFactory } from '../../service/component.ts';
import { type HealthCheckConfig, schema, validate } from './config.ts';
import { HealthCheck } from './health_check.ts';
import { check } from './validate.gen.ts';

export const factory: ExtensionFactory<HealthCheckConfig> = {
  type: 'health_check',
  stability: 'alpha',
  schema,
  check,
  validate,
  create: async (settings, config) => new HealthCheck(settings, config),
};
