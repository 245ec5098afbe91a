import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';

export const schema = {
  type: 'object',
  properties: {
    verbosity: {
      type: 'string',
      enum: ['basic', 'normal', 'detailed'],
      'x-sonde-fold-case': true,
      default: 'basic',
      description: 'basic: counts; normal: a line per span, point or record; detailed: every field.',
    },
    sampling_initial: { type: 'integer', default: 2, description: 'Messages printed of each second before sampling.' },
    sampling_thereafter: {
      type: 'integer',
      default: 1,
      description: 'Then every n-th message of that second; 1 is all, 0 is none.',
    },
    use_internal_logger: {
      type: 'boolean',
      default: true,
      description: 'Writes through Sonde’s own log; else to output_paths, without time and level.',
    },
    output_paths: {
      type: 'array',
      items: { type: 'string', enum: ['stdout', 'stderr'] },
      default: [],
      description: 'Where to, if use_internal_logger is false: stdout, stderr; stdout if empty.',
    },
  },
  additionalProperties: false,
} as const satisfies ConfigSchema;

export type DebugConfig = ConfigOf<typeof schema>;

export function validate(config: DebugConfig): { path: string[]; message: string }[] {
  if (!config.use_internal_logger || config.output_paths.length === 0) return [];
  return [{ path: ['output_paths'], message: 'output_paths is not supported when use_internal_logger is true' }];
}
