import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';
import { extensionKeys, refuseExtensions } from '../../transport/extension_keys.ts';
import { parseListen } from '../../transport/listen.ts';
import { tlsServerSchema, validateTls } from '../../transport/tls_schema.ts';

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

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

/** The protocols that are on. */
export function enabledProtocols(config: OtlpReceiverConfig): {
  readonly grpc: GrpcConfig | undefined;
  readonly http: HttpConfig | undefined;
} {
  const { grpc: byGrpc, http: byHttp } = config.protocols;
  return {
    grpc: byGrpc?.enabled === true ? byGrpc : undefined,
    http: byHttp?.enabled === true ? byHttp : undefined,
  };
}

export function validate(config: OtlpReceiverConfig): Problem[] {
  const protocols = enabledProtocols(config);
  if (protocols.grpc === undefined && protocols.http === undefined) {
    return [{ path: [], message: 'must specify at least one protocol when using the OTLP receiver' }];
  }
  return [
    ...(protocols.grpc === undefined ? [] : validateGrpc(protocols.grpc)),
    ...(protocols.http === undefined ? [] : validateHttp(protocols.http)),
  ];
}

function validateGrpc(config: GrpcConfig): Problem[] {
  const path = ['protocols', 'grpc'];
  const problems = validateListener(config, path);
  const { max_recv_msg_size_mib: max } = config;
  if (max < 0 || max > 2047) {
    problems.push({
      path: [...path, 'max_recv_msg_size_mib'],
      message: `invalid max_recv_msg_size_mib value, must be between 1 and 2047: ${max}`,
    });
  }
  for (const key of ['read_buffer_size', 'write_buffer_size'] as const) {
    if (config[key] < 0) problems.push({ path: [...path, key], message: `invalid ${key} value: ${config[key]}` });
  }
  return problems;
}

function validateHttp(config: HttpConfig): Problem[] {
  const path = ['protocols', 'http'];
  const problems = validateListener(config, path);
  for (const key of ['traces_url_path', 'metrics_url_path', 'logs_url_path'] as const) {
    if (urlPath(config[key]) !== undefined) continue;
    problems.push({
      path: [...path, key],
      message: `invalid HTTP URL path set for signal: parse "${config[key]}": missing protocol scheme`,
    });
  }
  config.compression_algorithms.forEach((name, i) => {
    if ((encodings as readonly string[]).includes(name)) return;
    problems.push({
      path: [...path, 'compression_algorithms', String(i)],
      message: `unsupported compression algorithm "${name}"; supported: ${encodings.slice(1).join(', ')} and ""`,
    });
  });
  return problems;
}

function validateListener(config: GrpcConfig | HttpConfig, path: readonly string[]): Problem[] {
  const where = config.transport === 'unix' ? undefined : parseListen(config.endpoint);
  return [
    ...(typeof where === 'string' ? [{ path: [...path, 'endpoint'], message: where }] : []),
    ...(config.tls === undefined ? [] : validateTls(config.tls, [...path, 'tls'], true)),
    ...refuseExtensions(config, path, 'use tls::client_ca_file'),
  ];
}

/** Absolute; undefined: it cannot be one. Go reads `:x` as a URL without a scheme. */
export function urlPath(text: string): string | undefined {
  if (text.startsWith(':')) return undefined;
  const [path = ''] = text.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').split(/[?#]/);
  return path.startsWith('/') ? path : `/${path}`;
}
