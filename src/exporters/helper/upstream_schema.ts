import { type TlsClientConfig, tlsClientSchema, validateTls } from '../../transport/tls_schema.ts';
import {
  type QueueConfig,
  queueSchema,
  type RetryConfig,
  retrySchema,
  validateQueue,
  validateRetry,
} from './schemas.ts';

export const timeoutSchema = <const Default extends string>(value: Default) =>
  ({
    type: 'string',
    format: 'duration',
    default: value,
    description: 'Longest time of one request; 0 is none.',
  }) as const;

/** Keys that the exporters to OTLP servers share: those that confighttp and configgrpc of the Collector have in common. */
export const upstreamSchema = {
  headers: {
    type: 'object',
    'x-sonde-pairs': true,
    additionalProperties: { type: 'string', 'x-sonde-secret': true },
    default: {},
    description: 'Headers (metadata) of every request; a map, or a list of `{name: …, value: …}`.',
  },
  tls: tlsClientSchema,
  auth: {
    type: 'object',
    'x-sonde-optional': true,
    'x-sonde-switch': true,
    description: 'Refused with the reason: Sonde has no authenticator extensions; use headers.',
    properties: {
      authenticator: { type: 'string', default: '', description: 'Id of an extension.' },
    },
    additionalProperties: false,
  },
  middlewares: {
    type: 'array',
    items: {
      type: 'object',
      properties: { id: { type: 'string', default: '' } },
      additionalProperties: false,
    },
    default: [],
    description: 'Must be empty: Sonde has no middleware extensions.',
  },
  read_buffer_size: {
    type: 'integer',
    default: 0,
    'x-sonde-unused': 'Node sizes its own buffers',
    description: 'Has no effect, and says so: Node sizes its own.',
  },
  write_buffer_size: {
    type: 'integer',
    default: 524_288,
    'x-sonde-unused': 'Node sizes its own buffers',
    description: 'Has no effect, and says so: Node sizes its own.',
  },
  retry_on_failure: retrySchema,
  sending_queue: queueSchema,
} as const;

export interface UpstreamConfig {
  readonly timeout: number;
  readonly tls: TlsClientConfig;
  readonly auth?: { readonly authenticator: string };
  readonly middlewares: readonly { readonly id: string }[];
  readonly retry_on_failure: RetryConfig;
  readonly sending_queue: QueueConfig;
}

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

export function validateUpstream(config: UpstreamConfig): Problem[] {
  const problems: Problem[] = [];
  if (config.timeout < 0) problems.push({ path: ['timeout'], message: "'timeout' must be non-negative" });
  if (config.auth !== undefined) {
    const message = `failed to resolve authenticator "${config.auth.authenticator}": Sonde has no authenticator extensions; set the header under headers`;
    problems.push({ path: ['auth', 'authenticator'], message });
  }
  for (const [i, { id }] of config.middlewares.entries()) {
    const message = `failed to resolve middleware "${id}": Sonde has no middleware extensions`;
    problems.push({ path: ['middlewares', String(i)], message });
  }
  return [
    ...problems,
    ...validateTls(config.tls, ['tls'], false),
    ...validateRetry(config.retry_on_failure),
    ...validateQueue(config.sending_queue),
  ];
}
