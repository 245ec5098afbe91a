/** Sections that every queued exporter has: keys and defaults of the Collector's exporterhelper. */
export const retrySchema = {
  type: 'object',
  default: {},
  description: 'How failed requests are sent again.',
  properties: {
    enabled: { type: 'boolean', default: true, description: 'Off: a failed request is lost.' },
    initial_interval: {
      type: 'string',
      format: 'duration',
      default: '5s',
      description: 'Wait after the first failure.',
    },
    randomization_factor: { type: 'number', default: 0.5, description: 'Each wait is varied by this share.' },
    multiplier: { type: 'number', default: 1.5, description: 'Each wait is this much longer than the one before.' },
    max_interval: { type: 'string', format: 'duration', default: '30s', description: 'Longest wait.' },
    max_elapsed_time: {
      type: 'string',
      format: 'duration',
      default: '300s',
      description: 'After this time the request is given up; 0 is never.',
    },
  },
  additionalProperties: false,
} as const;

export const queueSchema = {
  type: 'object',
  default: {},
  description: 'Memory between the pipeline and the upstream.',
  properties: {
    enabled: { type: 'boolean', default: true, description: 'Off: the pipeline waits for each request.' },
    num_consumers: { type: 'integer', default: 10, description: 'Requests under way at a time.' },
    queue_size: {
      type: 'integer',
      default: 1000,
      description: 'Capacity, counted by `sizer`; never above 64 MiB or an eighth of the memory limit.',
    },
    sizer: {
      type: 'string',
      enum: ['requests', 'items', 'bytes'],
      default: 'requests',
      description: 'What queue_size counts.',
    },
    block_on_overflow: {
      type: 'boolean',
      default: false,
      description: 'A full queue makes the pipeline wait instead of refusing the data.',
    },
    wait_for_result: {
      type: 'boolean',
      default: false,
      description: 'The pipeline waits until the upstream has taken the data.',
    },
    storage: {
      type: 'string',
      default: '',
      description:
        'Extension (such as `file_storage`) that keeps the queue, so that it outlives the process; empty: memory.',
    },
    batch: {
      type: 'object',
      'x-sonde-optional': true,
      'x-sonde-switch': true,
      description: 'Joins what is in the queue into larger requests; off without this section.',
      properties: {
        flush_timeout: {
          type: 'string',
          format: 'duration',
          default: '200ms',
          description: 'Longest wait for a batch to fill.',
        },
        min_size: { type: 'integer', default: 8192, description: 'A batch is sent at this size.' },
        max_size: { type: 'integer', default: 0, description: 'A larger batch is cut; 0 is no limit.' },
        sizer: {
          type: 'string',
          enum: ['', 'items', 'bytes', 'requests'],
          default: '',
          description: 'What the sizes count: items or bytes; empty: as the queue does, or items.',
        },
        partition: {
          type: 'object',
          default: {},
          description: 'Batches by the metadata of the client.',
          properties: {
            metadata_keys: {
              type: 'array',
              items: { type: 'string' },
              default: [],
              description: 'Must be empty: Sonde keeps no client metadata.',
            },
          },
          additionalProperties: false,
        },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const;

export interface RetryConfig {
  readonly enabled: boolean;
  readonly initial_interval: number;
  readonly randomization_factor: number;
  readonly multiplier: number;
  readonly max_interval: number;
  readonly max_elapsed_time: number;
}

export interface QueueConfig {
  readonly enabled: boolean;
  readonly num_consumers: number;
  readonly queue_size: number;
  readonly sizer: 'requests' | 'items' | 'bytes';
  readonly block_on_overflow: boolean;
  readonly wait_for_result: boolean;
  readonly storage: string;
  readonly batch?: QueueBatchConfig;
}

export interface QueueBatchConfig {
  readonly flush_timeout: number;
  readonly min_size: number;
  readonly max_size: number;
  readonly sizer: '' | 'items' | 'bytes' | 'requests';
  readonly partition: { readonly metadata_keys: readonly string[] };
}

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

/** Texts of config/configretry/backoff.go. */
export function validateRetry(config: RetryConfig): Problem[] {
  if (!config.enabled) return [];
  const problems: Problem[] = [];
  const add = (key: string, message: string): void => {
    problems.push({ path: ['retry_on_failure', key], message });
  };
  for (const key of ['initial_interval', 'multiplier', 'max_interval', 'max_elapsed_time'] as const) {
    if (config[key] < 0) add(key, `${key} value must be greater than or equal to 0`);
  }
  if (config.randomization_factor < 0 || config.randomization_factor > 1) {
    add('randomization_factor', 'randomization_factor value must be within [0, 1]');
  }
  const { initial_interval: first, max_interval: max, max_elapsed_time: elapsed } = config;
  if (elapsed > 0) {
    if (elapsed < first) add('max_elapsed_time', 'max_elapsed_time must not be less than initial_interval');
    if (elapsed < max) add('max_elapsed_time', 'max_elapsed_time must not be less than max_interval');
  }
  return problems;
}

/** Texts of exporterhelper/internal/queuebatch/config.go. */
export function validateQueue(config: QueueConfig): Problem[] {
  if (!config.enabled) return [];
  const problems: Problem[] = [];
  const add = (path: readonly string[], message: string): void => {
    problems.push({ path: ['sending_queue', ...path], message });
  };
  for (const key of ['num_consumers', 'queue_size'] as const) {
    if (config[key] <= 0) add([key], `\`${key}\` must be positive`);
  }
  if (config.storage !== '' && config.wait_for_result) {
    add(['wait_for_result'], '`wait_for_result` is not supported with a persistent queue configured with `storage`');
  }
  const { batch } = config;
  if (batch === undefined) return problems;
  if (batchSizer(config) === config.sizer && batch.min_size > config.queue_size) {
    add(['batch', 'min_size'], '`min_size` must be less than or equal to `queue_size`');
  }
  return [...problems, ...validateBatch(batch)];
}

function validateBatch(batch: QueueBatchConfig): Problem[] {
  const problems: Problem[] = [];
  const add = (key: string, message: string): void => {
    problems.push({ path: ['sending_queue', 'batch', ...key.split('.')], message });
  };
  if (batch.sizer === 'requests') add('sizer', '`batch` supports only `items` or `bytes` sizer, found "requests"');
  if (batch.flush_timeout <= 0) {
    add('flush_timeout', `\`flush_timeout\` must be positive, found ${batch.flush_timeout * 1e6}`);
  }
  for (const key of ['min_size', 'max_size'] as const) {
    if (batch[key] < 0) add(key, `\`${key}\` must be non-negative, found ${batch[key]}`);
  }
  if (batch.max_size > 0 && batch.max_size < batch.min_size) {
    add('max_size', `\`max_size\` (${batch.max_size}) must be greater or equal to \`min_size\` (${batch.min_size})`);
  }
  if (batch.partition.metadata_keys.length > 0) {
    add('partition.metadata_keys', 'batches by client metadata are not supported: remove metadata_keys');
  }
  return problems;
}

export function batchSizer(config: QueueConfig): 'items' | 'bytes' {
  const sizer = config.batch?.sizer === '' ? config.sizer : config.batch?.sizer;
  return sizer === 'bytes' ? 'bytes' : 'items';
}
