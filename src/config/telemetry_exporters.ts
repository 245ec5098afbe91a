/** Where Sonde's own metrics, spans and log records go: keys of OpenTelemetry's declarative configuration 0.3. */

export const anything = { type: 'object', additionalProperties: true, 'x-sonde-optional': true } as const;
/** `[{name, value}]`, or a map. */
const headers = {
  'x-sonde-secret': true,
  description: 'Headers of each request: a list of name and value, or a map.',
} as const;
const text = { type: 'string', default: '' } as const;

const otlp = {
  type: 'object',
  'x-sonde-optional': true,
  description: 'Sends OTLP.',
  properties: {
    protocol: { type: 'string', default: 'http/protobuf', description: 'http/protobuf, http/json or grpc.' },
    endpoint: { ...text, description: 'URL; without a path, HTTP has the signal’s own.' },
    headers,
    headers_list: { ...text, 'x-sonde-secret': true, description: 'name=value,name=value' },
    insecure: { type: 'boolean', default: false, description: 'http where the endpoint has no scheme.' },
    compression: { ...text, description: 'gzip or none.' },
    timeout: { type: 'integer', default: 10_000, description: 'Milliseconds that a request and its retries may take.' },
    certificate: { ...text, description: 'File with the certificates that are trusted, in place of the system’s.' },
    client_certificate: { ...text, description: 'File with the certificate that is shown to the server.' },
    client_key: { ...text, description: 'File with its key.' },
  },
  additionalProperties: false,
} as const;

const otlpMetric = {
  ...otlp,
  properties: {
    ...otlp.properties,
    temporality_preference: { type: 'string', default: 'cumulative', description: 'cumulative, delta or lowmemory.' },
    default_histogram_aggregation: { ...text, description: 'Accepted, without effect, as in the Collector.' },
  },
} as const;

const common = { type: 'object', default: {}, description: 'Where it goes.', additionalProperties: false } as const;
const print = { ...anything, description: 'Prints it.' } as const;
const pushExporter = { ...common, properties: { otlp, console: print } } as const;
export const metricExporter = { ...common, properties: { otlp: otlpMetric, console: print } } as const;

/** Of spans and of log records: what collects them before they are sent. */
export const processor = {
  type: 'object',
  properties: {
    batch: {
      type: 'object',
      'x-sonde-optional': true,
      description: 'Collects and sends together.',
      properties: {
        schedule_delay: {
          type: 'integer',
          'x-sonde-optional': true,
          description: 'Milliseconds between two exports; default: 5000 for spans, 1000 for log records.',
        },
        export_timeout: { type: 'integer', default: 30_000, description: 'Milliseconds that an export may take.' },
        max_queue_size: { type: 'integer', default: 2048, description: 'How many wait at most; more are dropped.' },
        max_export_batch_size: { type: 'integer', default: 512, description: 'How many are in one request.' },
        exporter: pushExporter,
      },
      additionalProperties: false,
    },
    simple: {
      type: 'object',
      'x-sonde-optional': true,
      description: 'Sends each at once.',
      properties: { exporter: pushExporter },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const;
