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
    rotation: {
      type: 'object',
      'x-sonde-optional': true,
      description: 'Begins a new file when this one is full; off without this section.',
      properties: {
        max_megabytes: { type: 'integer', default: 100, description: 'Size of a full file; 0 is 100.' },
        max_days: { type: 'integer', default: 0, description: 'Older backups are removed; 0 keeps them.' },
        max_backups: { type: 'integer', default: 100, description: 'More backups are removed; 0 keeps all.' },
        localtime: { type: 'boolean', default: false, description: 'Names of backups have local time, not UTC.' },
      },
      additionalProperties: false,
    },
    compression: { type: 'string', default: '', description: 'Must be empty: Sonde does not write zstd.' },
    group_by: {
      type: 'object',
      default: {},
      description: 'A file per value of a resource attribute.',
      properties: {
        enabled: { type: 'boolean', default: false, description: 'Must be false: Sonde writes one file.' },
        resource_attribute: { type: 'string', default: 'fileexporter.path_segment', description: 'Accepted.' },
        max_open_files: { type: 'integer', default: 100, description: 'Accepted.' },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const satisfies ConfigSchema;

export type FileConfig = ConfigOf<typeof schema>;

export function validate(config: FileConfig): { path: string[]; message: string }[] {
  const problems: { path: string[]; message: string }[] = [];
  if (config.path === '') problems.push({ path: ['path'], message: 'path must be non-empty' });
  if (config.append && config.rotation !== undefined) {
    problems.push({ path: [], message: 'append and rotation enabled at the same time is not supported' });
  }
  if (config.compression !== '') problems.push({ path: ['compression'], message: 'compression is not supported' });
  if (config.group_by.enabled) problems.push({ path: ['group_by', 'enabled'], message: 'group_by is not supported' });
  if (config.flush_interval < 0) {
    problems.push({ path: ['flush_interval'], message: 'flush_interval must be larger than zero' });
  }
  return problems;
}
