import type { ExporterFactory } from '../../service/component.ts';
import { type OtlpGrpcConfig, schema, validate } from './config.ts';
import { createOtlpGrpc } from './otlp_grpc.ts';
import { check } from './validate.gen.ts';

export const factory: ExporterFactory<OtlpGrpcConfig> = {
  type: 'otlp_grpc',
  aliases: ['otlp'],
  stability: { traces: 'stable', metrics: 'stable', logs: 'stable', profiles: 'alpha' },
  schema,
  check,
  validate,
  create: createOtlpGrpc,
};
