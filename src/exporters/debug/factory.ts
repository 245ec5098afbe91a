import type { ExporterFactory } from '../../service/component.ts';
import { reported } from '../helper/export_report.ts';
import { type DebugConfig, schema, validate } from './config.ts';
import { DebugExporter } from './debug.ts';
import { check } from './validate.gen.ts';

export const factory: ExporterFactory<DebugConfig> = {
  type: 'debug',
  stability: { traces: 'alpha', metrics: 'alpha', logs: 'alpha', profiles: 'alpha' },
  schema,
  check,
  validate,
  create: async (settings, config, signal) => reported(settings, signal, new DebugExporter(settings, config, signal)),
};
