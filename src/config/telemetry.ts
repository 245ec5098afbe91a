import type { ConfigOf, ConfigSchema } from './schema.ts';
import { anything, processor } from './telemetry_exporters.ts';
import { reader, view } from './telemetry_readers.ts';

/** Keys of `service::telemetry` as the Collector's otelconftelemetry has them; what is only accepted says so. */
const names = { type: 'array', items: { type: 'string' } } as const;

export const telemetrySchema = {
  type: 'object',
  properties: {
    logs: {
      type: 'object',
      default: {},
      properties: {
        level: { type: 'string', default: 'info', description: 'debug, info, warn or error.' },
        encoding: { type: 'string', default: 'console', description: 'console or json.' },
        development: {
          type: 'boolean',
          default: false,
          description: 'Stack traces from warn on, not only from error.',
        },
        disable_caller: { type: 'boolean', default: false, description: 'Leaves out which part wrote the line.' },
        disable_stacktrace: {
          type: 'boolean',
          default: false,
          description: 'No stack traces of errors of Sonde itself.',
        },
        disable_zap_resource: { type: 'boolean', default: false, description: 'Accepted; lines have no resource.' },
        initial_fields: {
          type: 'object',
          additionalProperties: true,
          default: {},
          description: 'Fields of every line.',
        },
        output_paths: { ...names, default: ['stderr'], description: 'stderr, stdout or files.' },
        error_output_paths: {
          ...names,
          default: ['stderr'],
          description: 'stderr, stdout or files: where it is told that a line could not be written.',
        },
        processors: { type: 'array', items: processor, default: [], description: 'Who gets the lines as log records.' },
        sampling: {
          type: 'object',
          default: {},
          description: 'Repeated messages are thinned out.',
          properties: {
            enabled: { type: 'boolean', default: true, description: 'Off: every line is written.' },
            tick: {
              type: 'string',
              format: 'duration',
              default: '10s',
              description: 'Time after which counting begins again.',
            },
            initial: {
              type: 'integer',
              default: 10,
              description: 'Lines with the same message that are written first.',
            },
            thereafter: { type: 'integer', default: 100, description: 'Of the others one in so many is; 0 is none.' },
          },
          additionalProperties: false,
        },
      },
      additionalProperties: false,
    },
    metrics: {
      type: 'object',
      default: {},
      properties: {
        level: { type: 'string', default: 'normal', description: 'none, basic, normal or detailed.' },
        readers: {
          type: 'array',
          items: reader,
          default: [
            {
              pull: {
                exporter: {
                  prometheus: {
                    host: 'localhost',
                    port: 8888,
                    without_scope_info: true,
                    without_units: true,
                    without_type_suffix: true,
                  },
                },
              },
            },
          ],
          description: 'Who gets the metrics.',
        },
        views: {
          type: 'array',
          items: view,
          'x-sonde-optional': true,
          description: 'Changes of metrics; only with level detailed.',
        },
      },
      additionalProperties: false,
    },
    traces: {
      type: 'object',
      default: {},
      properties: {
        level: { type: 'string', default: 'normal', description: 'none: no spans.' },
        processors: {
          type: 'array',
          items: processor,
          default: [],
          description: 'Who gets Sonde’s own spans; none by default.',
        },
        sampler: { ...anything, description: 'always_on, always_off, trace_id_ratio_based or parent_based.' },
        limits: { ...anything, description: 'Accepted, without effect: told at start.' },
        propagators: {
          ...names,
          default: [],
          description: 'tracecontext or b3: a request to the otlp receiver is the parent of Sonde’s spans.',
        },
      },
      additionalProperties: false,
    },
    resource: {
      type: 'object',
      additionalProperties: true,
      default: {},
      description: 'Attributes of Sonde’s own telemetry; null removes one.',
    },
  },
  additionalProperties: false,
} as const satisfies ConfigSchema;

export type TelemetryConfig = ConfigOf<typeof telemetrySchema>;
type ReaderConfig = TelemetryConfig['metrics']['readers'][number];
export type PrometheusReader = NonNullable<NonNullable<ReaderConfig['pull']>['exporter']['prometheus']>;
export type PeriodicReader = NonNullable<ReaderConfig['periodic']>;
export type ViewConfig = NonNullable<TelemetryConfig['metrics']['views']>[number];
export type ProcessorConfig = TelemetryConfig['traces']['processors'][number];
export type PushExporter = NonNullable<ProcessorConfig['batch']>['exporter'];
export type OtlpTarget = NonNullable<PushExporter['otlp']>;
/** Keys of `resource` that are no attributes. */
export const resourceKeys = ['attributes', 'attributes_list', 'schema_url', 'detectors', 'detection/development'];
