import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';
import { queueSchema, retrySchema, validateQueue, validateRetry } from '../helper/schemas.ts';

export const schema = {
  type: 'object',
  properties: {
    module: {
      type: 'string',
      default: '',
      description: 'npm package, or path of a module, that has the exporter; it runs in this process.',
    },
    resolve_from: {
      type: 'string',
      default: '',
      description:
        'Directory whose node_modules has the package, relative to the configuration’s; empty: that, then the working directory.',
    },
    export: { type: 'string', default: '', description: 'Name of the SpanExporter or PushMetricExporter class.' },
    options: {
      type: 'object',
      additionalProperties: true,
      default: {},
      'x-sonde-secret': true,
      description: 'Argument of its constructor.',
    },
    timeout: {
      type: 'string',
      format: 'duration',
      default: '30s',
      description: 'Longest time of one export; 0 is none.',
    },
    retry_on_failure: retrySchema,
    sending_queue: queueSchema,
  },
  additionalProperties: false,
} as const satisfies ConfigSchema;

export type SdkConfig = ConfigOf<typeof schema>;

export function validate(config: SdkConfig): { readonly path: readonly string[]; readonly message: string }[] {
  const problems: { path: string[]; message: string }[] = [];
  for (const key of ['module', 'export'] as const) {
    if (config[key] === '') problems.push({ path: [key], message: `${key} must be non-empty` });
  }
  if (config.timeout < 0) problems.push({ path: ['timeout'], message: "'timeout' must be non-negative" });
  return [...problems, ...validateRetry(config.retry_on_failure), ...validateQueue(config.sending_queue)];
}
