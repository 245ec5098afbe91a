import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';

export const schema = {
  type: 'object',
  properties: {
    timeout: {
      type: 'string',
      format: 'duration',
      default: '200ms',
      description: 'Longest time that data waits for a batch to fill; 0 sends at once.',
    },
    send_batch_size: {
      type: 'integer',
      minimum: 0,
      default: 8192,
      description: 'Spans, data points or log records after which a batch is sent whatever the timeout.',
    },
    send_batch_max_size: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Most items in one batch; larger ones are cut. 0 is no limit.',
    },
    metadata_keys: {
      type: 'array',
      items: { type: 'string' },
      default: [],
      description: 'Must be empty: Sonde keeps no client metadata.',
    },
    metadata_cardinality_limit: {
      type: 'integer',
      minimum: 0,
      default: 1000,
      description: 'Accepted; there are no combinations to limit.',
    },
  },
  additionalProperties: false,
} as const satisfies ConfigSchema;

export type BatchConfig = ConfigOf<typeof schema>;

export function validate(config: BatchConfig): { path: string[]; message: string }[] {
  const problems: { path: string[]; message: string }[] = [];
  const { send_batch_size: size, send_batch_max_size: max, metadata_keys: keys } = config;
  if (max > 0 && max < size) {
    problems.push({
      path: ['send_batch_max_size'],
      message: 'send_batch_max_size must be greater or equal to send_batch_size',
    });
  }
  const seen = new Set<string>();
  for (const [i, key] of keys.entries()) {
    const lower = key.toLowerCase();
    if (seen.has(lower)) {
      const message = `duplicate entry in metadata_keys: "${lower}" (case-insensitive)`;
      problems.push({ path: ['metadata_keys', String(i)], message });
    }
    seen.add(lower);
  }
  if (keys.length > 0 && problems.length === 0) {
    const message = 'batches by client metadata are not supported: remove metadata_keys';
    problems.push({ path: ['metadata_keys'], message });
  }
  if (config.timeout < 0) problems.push({ path: ['timeout'], message: 'timeout must be greater or equal to 0' });
  return problems;
}
