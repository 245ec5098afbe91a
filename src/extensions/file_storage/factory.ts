import type { ExtensionFactory } from '../../service/component.ts';
import { type FileStorageConfig, schema, validate } from './config.ts';
import { FileStorage } from './file_storage.ts';
import { check } from './validate.gen.ts';

export const factory: ExtensionFactory<FileStorageConfig> = {
  type: 'file_storage',
  stability: 'beta',
  schema,
  check,
  validate,
  create: async (settings, config) => new FileStorage(settings, config),
};
