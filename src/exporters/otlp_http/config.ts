import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';
import { compressions, levelProblem } from '../../transport/compression.ts';
import { proxyProblem } from '../../transport/proxy.ts';
import { timeoutSchema, upstreamSchema, validateUpstream } from '../helper/upstream_schema.ts';

export const schema = {
  type: 'object',
  properties: {
    endpoint: {
      type: 'string',
      default: '',
      description: 'Base URL; `/v1/traces`, `/v1/metrics`, `/v1/logs` or `/v1development/profiles` is added.',
    },
    traces_endpoint: { type: 'string', default: '', description: 'URL for traces; used as it is.' },
    metrics_endpoint: { type: 'string', default: '', description: 'URL for metrics; used as it is.' },
    logs_endpoint: { type: 'string', default: '', description: 'URL for logs; used as it is.' },
    profiles_endpoint: { type: 'string', default: '', description: 'URL for profiles; used as it is.' },
    encoding: { type: 'string', enum: ['proto', 'json'], default: 'proto', description: 'How the body is written.' },
    timeout: timeoutSchema('30s'),
    compression: { type: 'string', enum: compressions, default: 'gzip', description: 'Content-Encoding of the body.' },
    compression_params: {
      type: 'object',
      default: {},
      description: 'Settings of the compression.',
      properties: {
        level: {
          type: 'integer',
          default: 0,
          description:
            'gzip, zlib, deflate: 1 is fast, 9 is small, -1 is zlib’s default, -2 codes without searching; zstd: 1 to 19; 0 is 1. The others have none.',
        },
      },
      additionalProperties: false,
    },
    proxy_url: {
      type: 'string',
      default: '',
      'x-sonde-secret': true,
      description: 'Proxy (http or https, with user and password); empty: HTTPS_PROXY, HTTP_PROXY and NO_PROXY.',
    },
    max_idle_conns: {
      type: 'integer',
      minimum: 0,
      default: 100,
      description: 'Connections kept open while idle; 0 is no limit. There are never more than num_consumers.',
    },
    max_idle_conns_per_host: { type: 'integer', minimum: 0, default: 0, description: 'The same; 0 is no limit.' },
    max_conns_per_host: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Connections at a time; 0 is no limit.',
    },
    idle_conn_timeout: {
      type: 'string',
      format: 'duration',
      default: '90s',
      description: 'An idle connection is closed after this time; 0 is never.',
    },
    disable_keep_alives: { type: 'boolean', default: false, description: 'A connection for each request.' },
    force_attempt_http2: {
      type: 'boolean',
      default: false,
      'x-sonde-unused': 'requests are HTTP/1.1',
      description: 'Has no effect, and says so: requests are HTTP/1.1.',
    },
    http2_read_idle_timeout: {
      type: 'string',
      format: 'duration',
      default: '0s',
      'x-sonde-unused': 'requests are HTTP/1.1',
      description: 'As force_attempt_http2.',
    },
    http2_ping_timeout: {
      type: 'string',
      format: 'duration',
      default: '0s',
      'x-sonde-unused': 'requests are HTTP/1.1',
      description: 'As force_attempt_http2.',
    },
    cookies: {
      type: 'object',
      'x-sonde-optional': true,
      'x-sonde-switch': true,
      'x-sonde-unused': 'cookies are not kept',
      description: 'Has no effect, and says so: cookies of the upstream are not kept.',
      properties: {},
      additionalProperties: false,
    },
    ...upstreamSchema,
  },
  additionalProperties: false,
} as const satisfies ConfigSchema;

export type OtlpHttpConfig = ConfigOf<typeof schema>;

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

export function validate(config: OtlpHttpConfig): Problem[] {
  const problems: Problem[] = [];
  const keys = ['endpoint', 'traces_endpoint', 'metrics_endpoint', 'logs_endpoint', 'profiles_endpoint'] as const;
  if (keys.every((key) => config[key] === '')) {
    problems.push({
      path: [],
      message: 'at least one endpoint must be specified, for example endpoint: http://localhost:4318',
    });
  }
  for (const key of keys) {
    if (config[key] !== '' && !isHttpUrl(config[key])) {
      problems.push({
        path: [key],
        message: `${key} must be a valid URL such as http://localhost:4318, got "${config[key]}"`,
      });
    }
  }
  const level = levelProblem(config.compression, config.compression_params.level);
  if (level !== undefined) problems.push({ path: ['compression_params', 'level'], message: level });
  const proxy = config.proxy_url === '' ? undefined : proxyProblem(config.proxy_url);
  if (proxy !== undefined) problems.push({ path: ['proxy_url'], message: proxy });
  return [...problems, ...validateUpstream(config)];
}

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && hostname !== '';
}
