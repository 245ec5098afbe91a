import type { ExporterFactory } from '../../service/component.ts';
import { reported } from '../helper/export_report.ts';
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
  create: async (settings, config, signal) => {
    const Exporter = config.group_by.enabled ? GroupingFileExporter : FileExporter;
    return reported(settings, signal, new Exporter(settings, config));
  },
};
