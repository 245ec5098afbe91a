import type { ExporterFactory } from '../../service/component.ts';
import { type SdkConfig, schema, validate } from './config.ts';
import { createSdk } from './sdk.ts';
import { check } from './validate.gen.ts';

export const factory: ExporterFactory<SdkConfig> = {
  type: 'sdk',
  stability: { traces: 'alpha', metrics: 'alpha' },
  schema,
  check,
  validate,
  create: createSdk,
};
