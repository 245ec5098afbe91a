import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';
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
    tls: {
      type: 'object',
      default: {},
      description: 'Transport security of an https endpoint.',
      properties: {
        insecure: { type: 'boolean', default: false, description: 'Accepted; the scheme of the endpoint decides.' },
        insecure_skip_verify: { type: 'boolean', default: false, description: 'Takes any server certificate.' },
        ca_file: { type: 'string', default: '', description: 'PEM file of the certificates to trust.' },
        ca_pem: { type: 'string', default: '', description: 'The same as text.' },
        include_system_ca_certs_pool: {
          type: 'boolean',
          default: false,
          description: 'Trusts the system’s certificates as well.',
        },
        cert_file: { type: 'string', default: '', description: 'PEM file of the client certificate.' },
        cert_pem: { type: 'string', default: '', description: 'The same as text.' },
        key_file: { type: 'string', default: '', description: 'PEM file of the client key.' },
        key_pem: { type: 'string', default: '', 'x-sonde-secret': true, description: 'The same as text.' },
        min_version: {
          type: 'string',
          enum: ['', '1.0', '1.1', '1.2', '1.3'],
          default: '',
          description: 'Lowest TLS version; 1.2 if empty.',
        },
        max_version: {
          type: 'string',
          enum: ['', '1.0', '1.1', '1.2', '1.3'],
          default: '',
          description: 'Highest TLS version.',
        },
        server_name_override: { type: 'string', default: '', description: 'Name to ask for and to verify.' },
      },
      additionalProperties: false,
    },
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
  const { tls } = config;
  const pairs = [
    ['cert_file', 'cert_pem'],
    ['key_file', 'key_pem'],
    ['ca_file', 'ca_pem'],
  ] as const;
  for (const [file, pem] of pairs) {
    if (tls[file] === '' || tls[pem] === '') continue;
    problems.push({ path: ['tls', pem], message: `provide either ${file} or ${pem}, but not both` });
  }
  const cert = tls.cert_file !== '' || tls.cert_pem !== '';
  const key = tls.key_file !== '' || tls.key_pem !== '';
  if (cert !== key) problems.push({ path: ['tls'], message: 'provide both certificate and key, or neither' });
  return [...problems, ...validateRetry(config.retry_on_failure), ...validateQueue(config.sending_queue)];
}

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && hostname !== '';
}
