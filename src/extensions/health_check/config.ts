import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';
import { parseListen } from '../../transport/listen.ts';
import { tlsServerSchema, validateTls } from '../../transport/tls_schema.ts';

const duration = (value: string, description: string) =>
  ({ type: 'string', format: 'duration', default: value, description }) as const;
/** Keys of the Collector's second version, which it refuses too unless a feature gate is set. */
const second = { type: 'object', 'x-sonde-optional': true, default: {}, additionalProperties: true } as const;

export const schema = {
  type: 'object',
  properties: {
    endpoint: { type: 'string', default: 'localhost:13133', description: '`host:port` to listen on.' },
    path: {
      type: 'string',
      default: '/',
      description: 'Path of the Collector’s answer; one that ends with `/` takes everything below.',
    },
    liveness_path: {
      type: 'string',
      default: '/live',
      description: 'Sonde’s own: 200 as long as the process works; empty is none.',
    },
    readiness_path: {
      type: 'string',
      default: '/ready',
      description: 'Sonde’s own: 200 while data is taken, else 503; empty is none.',
    },
    response_body: {
      type: 'object',
      'x-sonde-optional': true,
      description: 'Texts instead of JSON.',
      properties: {
        healthy: { type: 'string', default: '', description: 'Body of a 200.' },
        unhealthy: { type: 'string', default: '', description: 'Body of a 503.' },
      },
      additionalProperties: false,
    },
    check_collector_pipeline: {
      type: 'object',
      default: {},
      description: 'Without effect, as in the Collector.',
      properties: {
        enabled: { type: 'boolean', default: false, description: 'Without effect.' },
        interval: { type: 'string', default: '5m', description: 'Without effect.' },
        exporter_failure_threshold: { type: 'integer', default: 5, description: 'Without effect.' },
      },
      additionalProperties: false,
    },
    tls: tlsServerSchema,
    response_headers: {
      type: 'object',
      'x-sonde-pairs': true,
      additionalProperties: { type: 'string', 'x-sonde-secret': true },
      default: {},
      description: 'Headers of every response.',
    },
    read_timeout: duration('0s', 'Longest time to read a request; 0 is no limit.'),
    read_header_timeout: duration('0s', 'Longest time to read its head; 0 is no limit.'),
    write_timeout: duration('0s', 'Accepted; answers are a few bytes.'),
    idle_timeout: duration('0s', 'A silent connection is closed after this time; 0 is no limit.'),
    keep_alives_enabled: { type: 'boolean', default: false, description: 'Off: one request per connection.' },
    include_metadata: { type: 'boolean', default: false, description: 'Accepted, without effect.' },
    max_request_body_size: { type: 'integer', default: 0, description: 'Accepted; bodies are not read.' },
    use_v2: { type: 'boolean', default: false, description: 'Not supported.' },
    http: { ...second, description: 'Not supported.' },
    grpc: { ...second, description: 'Not supported.' },
    component_health: { ...second, description: 'Not supported.' },
  },
  additionalProperties: false,
} as const satisfies ConfigSchema;

export type HealthCheckConfig = ConfigOf<typeof schema>;

/** Texts of the Collector's internal/healthcheck. */
export function validate(config: HealthCheckConfig): { path: string[]; message: string }[] {
  const problems: { path: string[]; message: string }[] = [];
  const add = (path: string[], message: string): void => {
    problems.push({ path, message });
  };
  if (config.http !== undefined || config.grpc !== undefined || config.use_v2) {
    const [path = ''] = (['http', 'grpc'] as const).filter((key) => config[key] !== undefined);
    add(
      path === '' ? ['use_v2'] : [path],
      'v2 healthcheck configuration (http/grpc fields) detected, which Sonde does not have: use endpoint and path',
    );
  }
  if (config.endpoint === '') add(['endpoint'], 'http endpoint required');
  else {
    const address = parseListen(config.endpoint);
    if (typeof address === 'string') add(['endpoint'], address);
  }
  if (!config.path.startsWith('/')) add(['path'], 'path must start with /');
  for (const key of ['liveness_path', 'readiness_path'] as const) {
    if (config[key] !== '' && !config[key].startsWith('/')) add([key], 'path must start with /');
  }
  if (config.tls !== undefined)
    problems.push(...validateTls(config.tls, ['tls'], true).map((p) => ({ ...p, path: [...p.path] })));
  return problems;
}
