import type { ExporterFactory } from '../../service/component.ts';
import { type FileConfig, schema, validate } from './config.ts';
import { FileExporter } from './file.ts';
import { GroupingFileExporter } from './grouping.ts';
import { check } from './validate.gen.ts';

export const factory: ExporterFactory<FileConfig> = {
  type: 'file',
  stability: { traces: 'alpha', metrics: 'alpha', logs: 'alpha', profiles: 'development' },
  schema,
  check,
  validate,
  create: async (settings, config) =>
    config.group_by.enabled ? new GroupingFileExporter(settings, config) : new FileExporter(settings, config),
};
