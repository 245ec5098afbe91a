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
    queue_size: { type: 'integer', default: 1000, description: 'Capacity, counted by `sizer`; never above 64 MiB.' },
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

export function validateQueue(config: QueueConfig): Problem[] {
  if (!config.enabled) return [];
  const problems: Problem[] = [];
  for (const key of ['num_consumers', 'queue_size'] as const) {
    if (config[key] <= 0) problems.push({ path: ['sending_queue', key], message: `\`${key}\` must be positive` });
  }
  return problems;
}
