import type { ExporterFactory } from '../../service/component.ts';
import { type FileConfig, schema, validate } from './config.ts';
import { FileExporter } from './file.ts';
import { check } from './validate.gen.ts';

export const factory: ExporterFactory<FileConfig> = {
  type: 'file',
  stability: { traces: 'alpha', metrics: 'alpha', logs: 'alpha' },
  schema,
  check,
  validate,
  create: async (settings, config) => new FileExporter(settings, config),
};
