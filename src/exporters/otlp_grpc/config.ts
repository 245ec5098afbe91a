import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';
import { compressions } from '../../transport/compression.ts';
import { endpointProblem } from '../../transport/grpc/endpoint.ts';
import { timeoutSchema, upstreamSchema, validateUpstream } from '../helper/upstream_schema.ts';

export const schema = {
  type: 'object',
  properties: {
    endpoint: {
      type: 'string',
      default: '',
      description: '`host:port`, a URL of http or https, `dns:///host:port` or `unix:///path`.',
    },
    timeout: timeoutSchema('5s'),
    compression: {
      type: 'string',
      enum: compressions,
      default: 'gzip',
      description: 'grpc-encoding of the message: gzip, zstd, snappy or none; the others are refused with the reason.',
    },
    keepalive: {
      type: 'object',
      'x-sonde-optional': true,
      'x-sonde-switch': true,
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
    ...upstreamSchema,
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
  if (!['', 'none', 'gzip', 'zstd', 'snappy'].includes(config.compression)) {
    const message = `unsupported compression type "${config.compression}": use gzip, zstd, snappy, none, or the otlp_http exporter`;
    problems.push({ path: ['compression'], message });
  }
  if (!['', 'round_robin', 'pick_first'].includes(config.balancer_name)) {
    problems.push({ path: ['balancer_name'], message: `invalid balancer_name: ${config.balancer_name}` });
  }
  return [...problems, ...validateUpstream(config)];
}
