import type { ReceiverFactory } from '../../service/component.ts';
import { sharedTap } from '../../tap/shared_tap.ts';
import { type EbpfSocketConfig, schema, validate } from './config.ts';
import { EbpfSocketReceiver } from './ebpf_socket.ts';
import { check } from './validate.gen.ts';

export const factory: ReceiverFactory<EbpfSocketConfig> = {
  type: 'ebpf_socket',
  stability: { traces: 'alpha', metrics: 'alpha' },
  schema,
  check,
  validate,
  // The tap goes on; only what it is asked for changes.
  overlaps: true,
  create: async (settings, config, next) => new EbpfSocketReceiver(settings, config, next, sharedTap(settings.logger)),
};
