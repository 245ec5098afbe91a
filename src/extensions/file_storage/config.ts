import { statSync } from 'node:fs';
import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';

export const schema = {
  type: 'object',
  properties: {
    directory: {
      type: 'string',
      default: '/var/lib/otelcol/file_storage',
      description: 'Where the database is. One process at a time uses it.',
    },
    create_directory: { type: 'boolean', default: false, description: 'Makes the directory at start.' },
    directory_permissions: { type: 'string', default: '0750', description: 'Mode of a directory that is made, octal.' },
    timeout: {
      type: 'string',
      format: 'duration',
      default: '1s',
      description: 'Longest wait at start for another process that has the directory; 0 waits for ever.',
    },
    fsync: {
      type: 'boolean',
      default: false,
      description:
        'Data is acknowledged only when it is on the disk. Off: a kill of the process loses nothing, a power loss the last second.',
    },
    max_size: { type: 'integer', default: 0, description: 'Most bytes of stored values; 0 is no limit.' },
    recreate: {
      type: 'boolean',
      default: false,
      description: 'A database that cannot be opened is moved aside (`.backup`) instead of failing the start.',
    },
    compaction: {
      type: 'object',
      default: {},
      description: 'How freed space is returned to the file system.',
      properties: {
        on_start: { type: 'boolean', default: false, description: 'Rewrites the database without gaps at start.' },
        on_rebound: {
          type: 'boolean',
          default: false,
          description: 'Accepted: freed pages are used again while running; the file shrinks at start.',
        },
        directory: {
          type: 'string',
          default: '',
          description: 'Where the new file is written; empty: beside the old one.',
        },
        cleanup_on_start: {
          type: 'boolean',
          default: false,
          description: 'Accepted: what an interrupted compaction left is always removed.',
        },
        rebound_needed_threshold_mib: { type: 'integer', default: 100, description: 'Accepted, see on_rebound.' },
        rebound_trigger_threshold_mib: { type: 'integer', default: 10, description: 'Accepted, see on_rebound.' },
        max_transaction_size: { type: 'integer', default: 65536, description: 'Accepted: a compaction is one copy.' },
        check_interval: {
          type: 'string',
          format: 'duration',
          default: '5s',
          description: 'Accepted, see on_rebound.',
        },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const satisfies ConfigSchema;

export type FileStorageConfig = ConfigOf<typeof schema>;

/** Texts of extension/storage/filestorage/config.go. */
export function validate(config: FileStorageConfig): { path: string[]; message: string }[] {
  const problems: { path: string[]; message: string }[] = [];
  const { compaction } = config;
  const compacts = compaction.on_start && compaction.directory !== '';
  const directories = [['directory', config.directory], ...(compacts ? [['compaction', compaction.directory]] : [])];
  for (const [key = '', path = ''] of directories) {
    const message = directoryProblem(path, config.create_directory);
    if (message !== undefined) problems.push({ path: key === 'directory' ? [key] : [key, 'directory'], message });
  }
  if (compaction.max_transaction_size < 0) {
    const message = 'max transaction size for compaction cannot be less than 0';
    problems.push({ path: ['compaction', 'max_transaction_size'], message });
  }
  if (config.max_size < 0) problems.push({ path: ['max_size'], message: 'max size cannot be less than 0' });
  if (compaction.on_rebound && compaction.check_interval <= 0) {
    const message = 'compaction check interval must be positive when rebound compaction is set';
    problems.push({ path: ['compaction', 'check_interval'], message });
  }
  if (config.create_directory && !/^0?[0-7]{1,3}$/.test(config.directory_permissions)) {
    const message = 'directory_permissions value must be a valid octal representation of permission bits, such as 0750';
    problems.push({ path: ['directory_permissions'], message });
  }
  return problems;
}

function directoryProblem(path: string, willBeMade: boolean): string | undefined {
  try {
    return statSync(path).isDirectory() ? undefined : `${path} is not a directory`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') return `problem accessing configured directory: ${path}, err: stat ${path}: ${code}`;
    return willBeMade
      ? undefined
      : `directory must exist: stat ${path}: no such file or directory. You can enable the create_directory option to automatically create it`;
  }
}
