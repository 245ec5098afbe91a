import type { ExporterFactory } from '../../service/component.ts';
import { type OtlpHttpConfig, schema, validate } from './config.ts';
import { createOtlpHttp } from './otlp_http.ts';
import { check } from './validate.gen.ts';

export const factory: ExporterFactory<OtlpHttpConfig> = {
  type: 'otlp_http',
  aliases: ['otlphttp'],
  stability: { traces: 'stable', metrics: 'stable', logs: 'stable', profiles: 'alpha' },
  schema,
  check,
  validate,
  create: createOtlpHttp,
};
