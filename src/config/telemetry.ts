import type { ConfigOf, ConfigSchema } from './schema.ts';

/** `service::telemetry`: the keys of the Collector's otelconf telemetry factory that Sonde reads or accepts. */
export const telemetrySchema = {
  type: 'object',
  properties: {
    logs: {
      type: 'object',
      default: {},
      properties: {
        level: { type: 'string', enum: ['debug', 'info', 'warn', 'error'], default: 'info' },
        encoding: { type: 'string', enum: ['console', 'json'], default: 'console' },
        development: { type: 'boolean', default: false },
        disable_caller: { type: 'boolean', default: false },
        disable_stacktrace: { type: 'boolean', default: false },
        initial_fields: { type: 'object', additionalProperties: true },
        output_paths: { type: 'array', items: { type: 'string' } },
        error_output_paths: { type: 'array', items: { type: 'string' } },
        processors: { type: 'array', items: {} },
        sampling: { type: 'object', additionalProperties: true, 'x-sonde-optional': true },
      },
      additionalProperties: false,
    },
    metrics: {
      type: 'object',
      default: {},
      properties: {
        level: { type: 'string', enum: ['none', 'basic', 'normal', 'detailed'], default: 'normal' },
        address: { type: 'string' },
        readers: { type: 'array', items: {} },
        views: { type: 'array', items: {} },
      },
      additionalProperties: false,
    },
    traces: { type: 'object', additionalProperties: true },
    resource: { type: 'object', additionalProperties: true },
  },
  additionalProperties: false,
} as const satisfies ConfigSchema;

export type TelemetryConfig = ConfigOf<typeof telemetrySchema>;
