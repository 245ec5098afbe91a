import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';
import { tlsClientSchema, validateTls } from '../../transport/tls_schema.ts';
import { queueSchema, retrySchema, validateQueue, validateRetry } from '../helper/schemas.ts';

export const schema = {
  type: 'object',
  properties: {
    endpoint: {
      type: 'string',
      default: '',
      description: 'Base URL; `/v1/traces`, `/v1/metrics` and `/v1/logs` are added.',
    },
    traces_endpoint: { type: 'string', default: '', description: 'URL for traces; used as it is.' },
    metrics_endpoint: { type: 'string', default: '', description: 'URL for metrics; used as it is.' },
    logs_endpoint: { type: 'string', default: '', description: 'URL for logs; used as it is.' },
    encoding: { type: 'string', enum: ['proto', 'json'], default: 'proto', description: 'How the body is written.' },
    timeout: {
      type: 'string',
      format: 'duration',
      default: '30s',
      description: 'Longest time of one request; 0 is none.',
    },
    headers: {
      type: 'object',
      additionalProperties: { type: 'string', 'x-sonde-secret': true },
      default: {},
      description: 'Headers of every request.',
    },
    compression: {
      type: 'string',
      enum: ['', 'none', 'gzip', 'zlib', 'deflate'],
      default: 'gzip',
      description: 'Content-Encoding of the body.',
    },
    compression_params: {
      type: 'object',
      default: {},
      description: 'Settings of the compression.',
      properties: {
        level: {
          type: 'integer',
          minimum: -1,
          maximum: 9,
          default: 1,
          description: '1 is fast, 9 is small, -1 is zlib’s default.',
        },
      },
      additionalProperties: false,
    },
    tls: tlsClientSchema,
    max_idle_conns: { type: 'integer', minimum: 0, default: 100, description: 'Connections kept open while idle.' },
    idle_conn_timeout: {
      type: 'string',
      format: 'duration',
      default: '90s',
      description: 'An idle connection is closed after this time.',
    },
    retry_on_failure: retrySchema,
    sending_queue: queueSchema,
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
  const keys = ['endpoint', 'traces_endpoint', 'metrics_endpoint', 'logs_endpoint'] as const;
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
  if (config.timeout < 0) problems.push({ path: ['timeout'], message: "'timeout' must be non-negative" });
  problems.push(...validateTls(config.tls, ['tls'], false));
  return [...problems, ...validateRetry(config.retry_on_failure), ...validateQueue(config.sending_queue)];
}

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && hostname !== '';
}
