import { anything, metricExporter } from './telemetry_exporters.ts';

const names = { type: 'array', items: { type: 'string' }, default: [] } as const;
const includeExclude = {
  type: 'object',
  'x-sonde-optional': true,
  properties: {
    included: { ...names, description: 'Only these.' },
    excluded: { ...names, description: 'All but these.' },
  },
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
    without_units: {
      type: 'boolean',
      default: true,
      description: 'No unit in names, if without_type_suffix is true, too.',
    },
    without_type_suffix: {
      type: 'boolean',
      default: true,
      description: 'No _total in names of counters, if without_units is true, too.',
    },
    with_resource_constant_labels: {
      ...includeExclude,
      description: 'Resource attributes as labels of every metric; {} for all of them.',
    },
  },
  additionalProperties: false,
} as const;

const ignored = {
  producers: {
    type: 'array',
    items: {},
    'x-sonde-optional': true,
    description: 'Accepted, without effect: told at start.',
  },
  cardinality_limits: {
    type: 'object',
    additionalProperties: true,
    'x-sonde-optional': true,
    description: 'Accepted, without effect: told at start. A metric has 2000 series at most.',
  },
} as const;

export const reader = {
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
        ...ignored,
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
        exporter: metricExporter,
        ...ignored,
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const;

const text = (description: string) => ({ type: 'string', 'x-sonde-optional': true, description }) as const;
const recordMinMax = {
  type: 'boolean',
  default: false,
  description: 'With the smallest and the largest value.',
} as const;

export const view = {
  type: 'object',
  properties: {
    selector: {
      type: 'object',
      'x-sonde-optional': true,
      description: 'Which instruments: all that is given must match.',
      properties: {
        instrument_name: text('Name; * and ? stand for others.'),
        instrument_type: text(
          'counter, up_down_counter, histogram, observable_counter, observable_gauge or observable_up_down_counter.',
        ),
        unit: text('Unit.'),
        meter_name: text('Name of the meter.'),
        meter_version: text('Version of the meter.'),
        meter_schema_url: text('Schema URL of the meter.'),
      },
      additionalProperties: false,
    },
    stream: {
      type: 'object',
      'x-sonde-optional': true,
      description: 'What becomes of them.',
      properties: {
        name: text('Another name.'),
        description: text('Another description.'),
        attribute_keys: { ...includeExclude, description: 'Attributes that stay; the others are added up.' },
        aggregation: {
          type: 'object',
          'x-sonde-optional': true,
          description: 'How values become points.',
          properties: {
            default: { ...anything, description: 'As the instrument has it.' },
            drop: { ...anything, description: 'Not at all.' },
            last_value: { ...anything, description: 'The last one.' },
            sum: { ...anything, description: 'Their sum.' },
            explicit_bucket_histogram: {
              type: 'object',
              'x-sonde-optional': true,
              description: 'A histogram.',
              properties: {
                boundaries: { type: 'array', items: { type: 'number' }, default: [], description: 'Upper bounds.' },
                record_min_max: recordMinMax,
              },
              additionalProperties: false,
            },
            base2_exponential_bucket_histogram: {
              type: 'object',
              'x-sonde-optional': true,
              description: 'An exponential histogram; Prometheus text leaves it out.',
              properties: {
                max_size: { type: 'integer', default: 160, description: 'Buckets on each side of zero.' },
                max_scale: { type: 'integer', default: 20, description: 'Accepted, without effect: 20.' },
                record_min_max: recordMinMax,
              },
              additionalProperties: false,
            },
          },
          additionalProperties: false,
        },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const;
