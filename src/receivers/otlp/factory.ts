import type { ReceiverFactory } from '../../service/component.ts';
import { type OtlpReceiverConfig, schema } from './config.ts';
import { createOtlpReceiver } from './otlp.ts';
import { validate } from './rules.ts';
import { check } from './validate.gen.ts';

export const factory: ReceiverFactory<OtlpReceiverConfig> = {
  type: 'otlp',
  stability: { traces: 'stable', metrics: 'stable', logs: 'stable', profiles: 'alpha' },
  schema,
  check,
  validate,
  create: createOtlpReceiver,
};
