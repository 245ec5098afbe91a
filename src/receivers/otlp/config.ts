import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';
import { extensionKeys } from '../../transport/extension_keys.ts';
import { tlsServerSchema } from '../../transport/tls_schema.ts';

const duration = (value: string, description: string) =>
  ({ type: 'string', format: 'duration', default: value, description }) as const;

export const encodings = ['', 'gzip', 'zstd', 'zlib', 'snappy', 'deflate', 'lz4', 'x-snappy-framed'] as const;

/** What both servers have. */
const listener = <const Endpoint extends string>(endpoint: Endpoint) =>
  ({
    enabled: { type: 'boolean', default: true, description: 'Off: as if the section were absent.' },
    endpoint: { type: 'string', default: endpoint, description: '`host:port`, or the path of a socket.' },
    transport: {
      type: 'string',
      enum: ['tcp', 'tcp4', 'tcp6', 'unix'],
      default: 'tcp',
      description: 'Kind of the endpoint.',
    },
    tls: tlsServerSchema,
    ...extensionKeys,
    include_metadata: {
      type: 'boolean',
      default: false,
      'x-sonde-unused': 'no component reads metadata',
      description: 'Has no effect, and says so: no component reads metadata.',
    },
  }) as const;

const keepalive = {
  type: 'object',
  default: {},
  description: 'Life of connections.',
  properties: {
    server_parameters: {
      type: 'object',
      default: {},
      description: 'What the server does.',
      properties: {
        max_connection_idle: duration('0s', 'An idle connection is closed after this time; 0 is never.'),
        max_connection_age: duration('0s', 'A connection is closed after this time; 0 is never.'),
        max_connection_age_grace: duration('0s', 'Time that calls have to end then; 0 is for ever.'),
        time: duration('2h', 'Pings a silent client after this time.'),
        timeout: duration('20s', 'Closes the connection when the ping is not answered.'),
      },
      additionalProperties: false,
    },
    enforcement_policy: {
      type: 'object',
      default: {},
      description: 'What clients may do.',
      properties: {
        min_time: duration(
          '5m',
          'Least time between pings of a client; the third that is too early ends the connection.',
        ),
        permit_without_stream: {
          type: 'boolean',
          default: false,
          description: 'Off: a client without a call may ping every two hours.',
        },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const;

const grpc = {
  type: 'object',
  'x-sonde-optional': true,
  default: {},
  description: 'OTLP/gRPC.',
  properties: {
    ...listener('localhost:4317'),
    max_recv_msg_size_mib: {
      type: 'integer',
      default: 0,
      description: 'Largest message, decompressed; 0 is gRPC’s own 4 MiB.',
    },
    max_concurrent_streams: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Calls at a time on one connection; 0 is no limit.',
    },
    read_buffer_size: {
      type: 'integer',
      default: 524_288,
      'x-sonde-unused': 'Node sizes its own buffers',
      description: 'Has no effect, and says so: Node sizes its own.',
    },
    write_buffer_size: {
      type: 'integer',
      default: 0,
      'x-sonde-unused': 'Node sizes its own buffers',
      description: 'Has no effect, and says so: Node sizes its own.',
    },
    keepalive,
  },
  additionalProperties: false,
} as const;

const http = {
  type: 'object',
  'x-sonde-optional': true,
  default: {},
  description: 'OTLP/HTTP.',
  properties: {
    ...listener('localhost:4318'),
    max_request_body_size: {
      type: 'integer',
      default: 20_971_520,
      description: 'Largest body in bytes, as it comes and decompressed.',
    },
    traces_url_path: { type: 'string', default: '/v1/traces', description: 'Path of traces.' },
    metrics_url_path: { type: 'string', default: '/v1/metrics', description: 'Path of metrics.' },
    logs_url_path: { type: 'string', default: '/v1/logs', description: 'Path of logs.' },
    cors: {
      type: 'object',
      'x-sonde-optional': true,
      'x-sonde-switch': true,
      description: 'For browsers.',
      properties: {
        allowed_origins: {
          type: 'array',
          items: { type: 'string' },
          default: [],
          description: 'Origins; one `*` in each stands for anything.',
        },
        allowed_headers: {
          type: 'array',
          items: { type: 'string' },
          default: [],
          description: 'Request headers; `*` is all. Accept, Content-Type and X-Requested-With if empty.',
        },
        exposed_headers: {
          type: 'array',
          items: { type: 'string' },
          default: [],
          description: 'Response headers that scripts may read.',
        },
        max_age: { type: 'integer', default: 0, description: 'Seconds that a preflight answer holds.' },
      },
      additionalProperties: false,
    },
    response_headers: {
      type: 'object',
      'x-sonde-pairs': true,
      additionalProperties: { type: 'string', 'x-sonde-secret': true },
      default: {},
      description: 'Headers of every response.',
    },
    compression_algorithms: {
      type: 'array',
      items: { type: 'string' },
      default: [...encodings],
      description: 'Content encodings that are taken; `""` is none.',
    },
    read_timeout: duration('0s', 'Longest time to read a request; 0 is no limit.'),
    read_header_timeout: duration('1m', 'Longest time to read its head.'),
    write_timeout: duration('30s', 'Longest time to write a response; 0 is no limit.'),
    idle_timeout: duration('1m', 'A silent connection is closed after this time.'),
    keep_alives_enabled: { type: 'boolean', default: true, description: 'Off: one request per connection.' },
  },
  additionalProperties: false,
} as const;

export const schema = {
  type: 'object',
  properties: {
    protocols: {
      type: 'object',
      default: {},
      description: 'Protocols to listen for; only those named here.',
      properties: { grpc, http },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const satisfies ConfigSchema;

export type OtlpReceiverConfig = ConfigOf<typeof schema>;
type Protocols = NonNullable<OtlpReceiverConfig['protocols']>;
export type GrpcConfig = NonNullable<Protocols['grpc']>;
export type HttpConfig = NonNullable<Protocols['http']>;
