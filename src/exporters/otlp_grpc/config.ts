import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';
import { tlsClientSchema, validateTls } from '../../transport/tls_schema.ts';
import { queueSchema, retrySchema, validateQueue, validateRetry } from '../helper/schemas.ts';
import { endpointProblem } from './endpoint.ts';

export const schema = {
  type: 'object',
  properties: {
    endpoint: {
      type: 'string',
      default: '',
      description: '`host:port`, a URL of http or https, `dns:///host:port` or `unix:///path`.',
    },
    timeout: {
      type: 'string',
      format: 'duration',
      default: '5s',
      description: 'Longest time of one request; 0 is none.',
    },
    headers: {
      type: 'object',
      additionalProperties: { type: 'string', 'x-sonde-secret': true },
      default: {},
      description: 'Metadata of every request.',
    },
    compression: {
      type: 'string',
      enum: ['', 'none', 'gzip'],
      default: 'gzip',
      description: 'grpc-encoding of the message.',
    },
    tls: tlsClientSchema,
    keepalive: {
      type: 'object',
      'x-sonde-optional': true,
      description: 'Pings; absent: none.',
      properties: {
        time: {
          type: 'string',
          format: 'duration',
          default: '10s',
          description: 'Pings a silent server after this time.',
        },
        timeout: {
          type: 'string',
          format: 'duration',
          default: '10s',
          description: 'Closes the connection when the ping is not answered.',
        },
        permit_without_stream: { type: 'boolean', default: false, description: 'Pings without a request as well.' },
      },
      additionalProperties: false,
    },
    wait_for_ready: {
      type: 'boolean',
      default: false,
      description: 'A request waits for the connection instead of failing.',
    },
    authority: { type: 'string', default: '', description: 'Overrides `:authority`.' },
    user_agent: { type: 'string', default: '', description: 'Overrides the user agent.' },
    balancer_name: {
      type: 'string',
      default: 'round_robin',
      description: '`round_robin` or `pick_first` over the addresses of the name.',
    },
    read_buffer_size: { type: 'integer', default: 0, description: 'Accepted; Node sizes its own.' },
    write_buffer_size: { type: 'integer', default: 524_288, description: 'Accepted; Node sizes its own.' },
    retry_on_failure: retrySchema,
    sending_queue: queueSchema,
  },
  additionalProperties: false,
} as const satisfies ConfigSchema;

export type OtlpGrpcConfig = ConfigOf<typeof schema>;

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

export function validate(config: OtlpGrpcConfig): Problem[] {
  const problems: Problem[] = [];
  const endpoint = endpointProblem(config.endpoint);
  if (endpoint !== undefined) {
    problems.push({ path: config.endpoint === '' ? [] : ['endpoint'], message: endpoint });
  }
  if (config.timeout < 0) problems.push({ path: ['timeout'], message: "'timeout' must be non-negative" });
  if (!['', 'round_robin', 'pick_first'].includes(config.balancer_name)) {
    problems.push({ path: ['balancer_name'], message: `invalid balancer_name: ${config.balancer_name}` });
  }
  return [
    ...problems,
    ...validateTls(config.tls, ['tls'], false),
    ...validateRetry(config.retry_on_failure),
    ...validateQueue(config.sending_queue),
  ];
}
