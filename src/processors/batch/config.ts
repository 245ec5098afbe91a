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
      description: 'Most items in one batch; 0 is no limit. Data that arrived larger is not cut.',
    },
    metadata_keys: {
      type: 'array',
      items: { type: 'string' },
      default: [],
      description: 'Accepted; data of today’s receivers carries no client metadata, so there is one batcher.',
    },
    metadata_cardinality_limit: {
      type: 'integer',
      minimum: 0,
      default: 1000,
      description: 'Most combinations of metadata values; accepted like metadata_keys.',
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
  if (config.timeout < 0) problems.push({ path: ['timeout'], message: 'timeout must be greater or equal to 0' });
  return problems;
}
