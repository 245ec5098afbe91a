import { signals } from '../../pdata/pdata.ts';
import type { ConnectorFactory } from '../../service/component.ts';
import { type ForwardConfig, schema } from './config.ts';
import { Forward } from './forward.ts';
import { check } from './validate.gen.ts';

export const factory: ConnectorFactory<ForwardConfig> = {
  type: 'forward',
  pairs: signals.map((signal) => ({
    from: signal,
    to: signal,
    stability: signal === 'profiles' ? 'alpha' : 'beta',
  })),
  schema,
  check,
  create: async (_settings, _config, _from, _to, next) => new Forward(next),
};
