import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';

export const schema = {
  type: 'object',
  properties: {
    path: { type: 'string', default: '', description: 'File to write; its directory must exist.' },
    format: {
      type: 'string',
      enum: ['json', 'proto'],
      default: 'json',
      description: 'json: one OTLP/JSON object per line; proto: messages, each after its length (4 bytes, big-endian).',
    },
    append: { type: 'boolean', default: false, description: 'Keeps what the file has; else it is emptied at start.' },
    flush_interval: {
      type: 'string',
      format: 'duration',
      default: '1s',
      description: 'Longest time that data stays in memory before it is written.',
    },
  },
  additionalProperties: false,
} as const satisfies ConfigSchema;

export type FileConfig = ConfigOf<typeof schema>;

export function validate(config: FileConfig): { path: string[]; message: string }[] {
  const problems: { path: string[]; message: string }[] = [];
  if (config.path === '') problems.push({ path: ['path'], message: 'path must be non-empty' });
  if (config.flush_interval < 0) {
    problems.push({ path: ['flush_interval'], message: 'flush_interval must be larger than zero' });
  }
  return problems;
}
