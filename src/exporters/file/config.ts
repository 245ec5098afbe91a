import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';

export const schema = {
  type: 'object',
  properties: {
    path: {
      type: 'string',
      default: '',
      description: 'File to write. With group_by: one `*` stands for the value of the attribute.',
    },
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
      default: {},
      description: 'Begins a new file when this one is full; off without this section.',
      properties: {
        max_megabytes: { type: 'integer', default: 100, description: 'Size of a full file; 0 is 100.' },
        max_days: { type: 'integer', default: 0, description: 'Older backups are removed; 0 keeps them.' },
        max_backups: { type: 'integer', default: 100, description: 'More backups are removed; 0 keeps all.' },
        localtime: { type: 'boolean', default: false, description: 'Names of backups have local time, not UTC.' },
      },
      additionalProperties: false,
    },
    compression: {
      type: 'string',
      default: '',
      description: '`zstd`: each message is a zstd frame after its length (4 bytes, big-endian), in both formats.',
    },
    compression_params: {
      type: 'object',
      default: {},
      description: 'Settings of the compression.',
      properties: {
        level: { type: 'integer', default: 0, description: 'Of zstd, 1 to 19; 0 is 3.' },
      },
      additionalProperties: false,
    },
    create_directory: {
      type: 'boolean',
      default: false,
      description: 'Makes the directory of the file at start; group_by always does.',
    },
    directory_permissions: {
      type: 'string',
      default: '',
      description: 'Mode of directories that are made, in octal such as "0750", less the umask; empty: 0755.',
    },
    group_by: {
      type: 'object',
      default: {},
      description: 'A file per value of a resource attribute.',
      properties: {
        enabled: {
          type: 'boolean',
          default: false,
          description: 'A file per value; resources without the attribute, or with one that is no string, are dropped.',
        },
        resource_attribute: {
          type: 'string',
          default: 'fileexporter.path_segment',
          description: 'The attribute; what leads out of the directory before the `*` is cut off.',
        },
        max_open_files: {
          type: 'integer',
          default: 100,
          description: 'Files open at a time; the one that was not written for longest is closed.',
        },
      },
      additionalProperties: false,
    },
    encoding: {
      type: 'string',
      default: '',
      description: 'Must be empty: Sonde has no encoding extensions; use format.',
    },
  },
  additionalProperties: false,
} as const satisfies ConfigSchema;

export type FileConfig = ConfigOf<typeof schema>;

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

/** Texts of the Collector's config.go. */
export function validate(config: FileConfig): Problem[] {
  const problems: Problem[] = [];
  const add = (path: readonly string[], message: string): void => {
    problems.push({ path, message });
  };
  if (config.path === '') add(['path'], 'path must be non-empty');
  if (config.append && config.rotation !== undefined) {
    add([], 'append and rotation enabled at the same time is not supported');
  }
  if (config.compression !== '' && config.compression !== 'zstd') add(['compression'], 'compression is not supported');
  if (config.encoding !== '') {
    add(['encoding'], `unknown encoding "${config.encoding}": Sonde has no encoding extensions; use format`);
  }
  if (config.flush_interval < 0) add(['flush_interval'], 'flush_interval must be larger than zero');
  return [...problems, ...validateGroups(config), ...validateDirectory(config)];
}

function validateGroups({ path, group_by: groups }: FileConfig): Problem[] {
  if (!groups.enabled) return [];
  const problems: Problem[] = [];
  if (path.split('*').length !== 2) {
    problems.push({ path: ['path'], message: 'path must contain exactly one * when group_by is enabled' });
  } else if (path.startsWith('*')) {
    problems.push({ path: ['path'], message: 'path must not start with * when group_by is enabled' });
  }
  const { resource_attribute: attribute, max_open_files: most } = groups;
  if (attribute === '') {
    const message = 'resource_attribute must not be empty when group_by is enabled';
    problems.push({ path: ['group_by', 'resource_attribute'], message });
  }
  if (most <= 0) problems.push({ path: ['group_by', 'max_open_files'], message: 'must provide a positive size' });
  return problems;
}

function validateDirectory({ create_directory: create, directory_permissions: text }: FileConfig): Problem[] {
  const path = ['directory_permissions'];
  if (text === '') return [];
  if (!create) return [{ path, message: 'directory_permissions requires create_directory to be true' }];
  const mode = /^[+-]?[0-7]{1,12}$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
  if (Number.isNaN(mode) || Math.abs(mode) >= 2 ** 31) {
    return [{ path, message: 'directory_permissions value must be a valid octal representation' }];
  }
  return (mode & 0o777) === mode
    ? []
    : [{ path, message: 'directory_permissions contain invalid bits for file access' }];
}

/** Of directories that are made. */
export function directoryMode(config: FileConfig): number {
  return config.directory_permissions === '' ? 0o755 : Number.parseInt(config.directory_permissions, 8);
}
