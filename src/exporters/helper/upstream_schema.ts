import { type ExtensionKeys, extensionKeys, refuseExtensions } from '../../transport/extension_keys.ts';
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
  ...extensionKeys,
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

interface UpstreamConfig extends ExtensionKeys {
  readonly timeout: number;
  readonly tls: TlsClientConfig;
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
  return [
    ...problems,
    ...refuseExtensions(config, [], 'set the header under headers'),
    ...validateTls(config.tls, ['tls'], false),
    ...validateRetry(config.retry_on_failure),
    ...validateQueue(config.sending_queue),
  ];
}
