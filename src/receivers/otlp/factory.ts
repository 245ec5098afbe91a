import type { ReceiverFactory, SchemaCheck } from '../../service/component.ts';
import { type OtlpReceiverConfig, schema, validate } from './config.ts';
import { createOtlpReceiver } from './otlp.ts';
import { check } from './validate.gen.ts';

export const factory: ReceiverFactory<OtlpReceiverConfig> = {
  type: 'otlp',
  stability: { traces: 'stable', metrics: 'stable', logs: 'stable', profiles: 'alpha' },
  schema,
  check: check as unknown as SchemaCheck,
  validate,
  create: createOtlpReceiver,
};
