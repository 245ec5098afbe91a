import type { ConfigOf, ConfigSchema } from './schema.ts';

/** Keys of `service::telemetry` as the Collector's otelconftelemetry has them; what is only accepted says so. */
const names = { type: 'array', items: { type: 'string' } } as const;
const anything = { type: 'object', additionalProperties: true, 'x-sonde-optional': true } as const;
/** `[{name, value}]`, or a map. */
const headers = {
  'x-sonde-secret': true,
  description: 'Headers of each request: a list of name and value, or a map.',
} as const;

const otlp = {
  type: 'object',
  'x-sonde-optional': true,
  description: 'Sends OTLP.',
  properties: {
    protocol: { type: 'string', default: 'http/protobuf', description: 'http/protobuf or http/json; JSON is sent.' },
    endpoint: { type: 'string', default: '', description: 'URL; without a path the signal’s own is added.' },
    headers,
    headers_list: { type: 'string', default: '', 'x-sonde-secret': true, description: 'name=value,name=value' },
    insecure: { type: 'boolean', default: false, description: 'http where the endpoint has no scheme.' },
    compression: { type: 'string', default: '', description: 'gzip or none.' },
    timeout: { type: 'integer', default: 10_000, description: 'Milliseconds.' },
    certificate: {
      type: 'string',
      default: '',
      description: 'Accepted; NODE_EXTRA_CA_CERTS names further certificates.',
    },
    client_certificate: { type: 'string', default: '', description: 'Accepted, without effect.' },
    client_key: { type: 'string', default: '', description: 'Accepted, without effect.' },
    temporality_preference: { type: 'string', default: 'cumulative', description: 'cumulative or delta.' },
    default_histogram_aggregation: { type: 'string', default: '', description: 'Accepted, without effect.' },
  },
  additionalProperties: false,
} as const;
const exporter = {
  type: 'object',
  default: {},
  description: 'Where it goes.',
  properties: { otlp, console: { ...anything, description: 'Prints it.' } },
  additionalProperties: false,
} as const;

const prometheus = {
  type: 'object',
  'x-sonde-optional': true,
  default: {},
  description: 'Serves /metrics.',
  properties: {
    host: { type: 'string', default: 'localhost', description: 'Address to listen on.' },
    port: { type: 'integer', default: 8888, description: 'Port to listen on.' },
    without_scope_info: { type: 'boolean', default: true, description: 'No otel_scope_* labels.' },
    without_units: { type: 'boolean', default: true, description: 'No unit in names.' },
    without_type_suffix: { type: 'boolean', default: true, description: 'No _total in names of counters.' },
    with_resource_constant_labels: { ...anything, description: 'Resource attributes as labels: included, excluded.' },
  },
  additionalProperties: false,
} as const;

const reader = {
  type: 'object',
  properties: {
    pull: {
      type: 'object',
      'x-sonde-optional': true,
      description: 'Metrics are asked for.',
      properties: {
        exporter: {
          type: 'object',
          default: {},
          description: 'How.',
          properties: { prometheus },
          additionalProperties: false,
        },
        producers: { type: 'array', items: {}, description: 'Accepted, without effect.' },
        cardinality_limits: { ...anything, description: 'Accepted, without effect.' },
      },
      additionalProperties: false,
    },
    periodic: {
      type: 'object',
      'x-sonde-optional': true,
      description: 'Metrics are sent.',
      properties: {
        interval: { type: 'integer', default: 60_000, description: 'Milliseconds between two exports.' },
        timeout: { type: 'integer', default: 30_000, description: 'Milliseconds that an export may take.' },
        exporter,
        producers: { type: 'array', items: {}, description: 'Accepted, without effect.' },
        cardinality_limits: { ...anything, description: 'Accepted, without effect.' },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const;

const spanProcessor = {
  type: 'object',
  properties: {
    batch: {
      type: 'object',
      'x-sonde-optional': true,
      description: 'Collects spans and sends them together.',
      properties: {
        schedule_delay: { type: 'integer', default: 5000, description: 'Milliseconds between two exports.' },
        export_timeout: { type: 'integer', default: 30_000, description: 'Milliseconds that an export may take.' },
        max_queue_size: { type: 'integer', default: 2048, description: 'Spans that wait at most.' },
        max_export_batch_size: { type: 'integer', default: 512, description: 'Spans in one request.' },
        exporter,
      },
      additionalProperties: false,
    },
    simple: {
      type: 'object',
      'x-sonde-optional': true,
      description: 'Sends each span at once.',
      properties: { exporter },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const;

export const telemetrySchema = {
  type: 'object',
  properties: {
    logs: {
      type: 'object',
      default: {},
      properties: {
        level: { type: 'string', default: 'info', description: 'debug, info, warn or error.' },
        encoding: { type: 'string', default: 'console', description: 'console or json.' },
        development: { type: 'boolean', default: false, description: 'Accepted, without effect.' },
        disable_caller: { type: 'boolean', default: false, description: 'Leaves out which part wrote the line.' },
        disable_stacktrace: { type: 'boolean', default: false, description: 'Accepted; Sonde writes none.' },
        disable_zap_resource: { type: 'boolean', default: false, description: 'Accepted; lines have no resource.' },
        initial_fields: {
          type: 'object',
          additionalProperties: true,
          default: {},
          description: 'Fields of every line.',
        },
        output_paths: { ...names, default: ['stderr'], description: 'stderr, stdout or files.' },
        error_output_paths: { ...names, default: ['stderr'], description: 'Accepted, without effect.' },
        processors: { type: 'array', items: {}, default: [], description: 'Accepted, without effect: told at start.' },
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
          items: {},
          'x-sonde-optional': true,
          description: 'Accepted, without effect: told at start.',
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
          items: spanProcessor,
          default: [],
          description: 'Who gets Sonde’s own spans; none by default.',
        },
        sampler: { ...anything, description: 'always_on, always_off, trace_id_ratio_based or parent_based.' },
        limits: { ...anything, description: 'Accepted, without effect.' },
        propagators: { ...names, default: [], description: 'Accepted, without effect.' },
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
export type ReaderConfig = TelemetryConfig['metrics']['readers'][number];
export type PrometheusReader = NonNullable<NonNullable<ReaderConfig['pull']>['exporter']['prometheus']>;
export type PeriodicReader = NonNullable<ReaderConfig['periodic']>;
export type SpanProcessorConfig = TelemetryConfig['traces']['processors'][number];
export type OtlpTarget = NonNullable<PeriodicReader['exporter']['otlp']>;

const logLevels = ['debug', 'info', 'warn', 'error', 'dpanic', 'panic', 'fatal'];
const metricLevels = ['none', 'basic', 'normal', 'detailed'];
/** Keys of `resource` that are no attributes. */
export const resourceKeys = ['attributes', 'attributes_list', 'schema_url', 'detectors', 'detection/development'];

/** Texts of the Collector's. Paths are below `service::telemetry`. */
export function validateTelemetry(config: TelemetryConfig): { path: string[]; message: string }[] {
  const { logs, metrics, traces, resource } = config;
  const problems: { path: string[]; message: string }[] = [];
  const add = (path: string[], message: string): void => void problems.push({ path, message });
  if (!logLevels.includes(logs.level.toLowerCase())) add(['logs', 'level'], `unrecognized level: "${logs.level}"`);
  if (!['console', 'json'].includes(logs.encoding)) {
    add(['logs', 'encoding'], `no encoder registered for name "${logs.encoding}" (use console or json)`);
  }
  const level = metrics.level.toLowerCase();
  if (!metricLevels.includes(level)) add(['metrics', 'level'], `unknown metrics level "${metrics.level}"`);
  if (level !== 'none' && metrics.readers.length === 0) {
    add(['metrics', 'readers'], 'collector telemetry metrics reader should exist when metric level is not none');
  }
  if (metrics.views !== undefined && level !== 'detailed') {
    const rule =
      'service::telemetry::metrics::views can only be set when service::telemetry::metrics::level is detailed';
    add(['metrics', 'views'], rule);
  }
  if (!metricLevels.includes(traces.level.toLowerCase()))
    add(['traces', 'level'], `unknown traces level "${traces.level}"`);
  for (const [key, value] of Object.entries(resource)) {
    if (resourceKeys.includes(key) || value === null || typeof value === 'string') continue;
    add(['resource', key], `legacy resource attribute "${key}" must be string or null`);
  }
  return problems;
}
