import type { ConfigOf, ConfigSchema } from '../../config/schema.ts';
import { parsePorts } from './filter.ts';

const filterProperties = {
  ports: {
    type: 'array',
    items: { type: ['integer', 'string'] },
    default: [],
    description: 'Local or remote ports: `80` or a range `"8000-8999"`.',
  },
  executables: {
    type: 'array',
    items: { type: 'string' },
    default: [],
    description:
      "Globs over the program's path if they have a `/`, else over its name: `*` is any text, `?` one character.",
  },
  pids: {
    type: 'array',
    items: { type: 'integer', minimum: 1 },
    default: [],
    description: 'Process ids as Sonde sees them.',
  },
  cgroups: {
    type: 'array',
    items: { type: 'string' },
    default: [],
    description: 'Globs over the path of the control group.',
  },
} as const;

export const schema = {
  type: 'object',
  properties: {
    scope: {
      type: 'string',
      enum: ['pod', 'node'],
      default: 'pod',
      description: 'pod: the network namespace that Sonde runs in; node: the whole machine.',
    },
    include: {
      type: 'object',
      default: {},
      properties: filterProperties,
      additionalProperties: false,
      description: 'Only what matches every list that is not empty.',
    },
    exclude: {
      type: 'object',
      default: {},
      properties: filterProperties,
      additionalProperties: false,
      description: 'Not what matches every list that is not empty.',
    },
    sampling: {
      type: 'object',
      default: {},
      description: 'Which requests become spans; metrics count every one.',
      properties: {
        ratio: { type: 'number', minimum: 0, maximum: 1, default: 1, description: 'Share of new traces.' },
        parent_based: {
          type: 'boolean',
          default: true,
          description: 'A request that carries a trace context is sampled as its sender decided.',
        },
      },
      additionalProperties: false,
    },
    http: {
      type: 'object',
      default: {},
      description: 'What is told of HTTP.',
      properties: {
        routes: {
          type: 'array',
          items: { type: 'string' },
          default: [],
          description: 'Patterns for `http.route`, tried in order: `/users/{id}`, `/static/*`.',
        },
        max_routes: {
          type: 'integer',
          minimum: 1,
          maximum: 10000,
          default: 200,
          description: 'Most routes that are guessed per service; more become `/*`.',
        },
        headers: {
          type: 'object',
          default: {},
          description: 'Headers that become span attributes.',
          properties: {
            request: {
              type: 'array',
              items: { type: 'string' },
              default: [],
              description: 'Names of request headers.',
            },
            response: {
              type: 'array',
              items: { type: 'string' },
              default: [],
              description: 'Names of response headers.',
            },
          },
          additionalProperties: false,
        },
        query: {
          type: 'string',
          enum: ['scrub', 'keep', 'drop'],
          default: 'scrub',
          description: 'scrub: values become REDACTED; keep: as it is; drop: no `url.query`.',
        },
        otlp: {
          type: 'boolean',
          default: false,
          description: 'Requests that carry OTLP make spans too: a Collector beside Sonde would feed itself.',
        },
      },
      additionalProperties: false,
    },
    db: {
      type: 'object',
      default: {},
      description: 'What is told of databases.',
      properties: {
        query_text: {
          type: 'string',
          enum: ['obfuscate', 'keep', 'drop'],
          default: 'obfuscate',
          description:
            'obfuscate: `db.query.text` without literals, keys and values; keep: with them; drop: no `db.query.text`. Names stay the same.',
        },
      },
      additionalProperties: false,
    },
    connections: {
      type: 'object',
      default: {},
      description: 'What is told of TCP connections as a whole: those with TLS, and those that no decoder understands.',
      properties: {
        metrics: {
          type: 'boolean',
          default: true,
          description:
            'Duration, bytes, handshake and errors of TCP connections with TLS and of those that no decoder understands.',
        },
        spans: { type: 'boolean', default: false, description: 'A span for each of these connections.' },
      },
      additionalProperties: false,
    },
    capture: {
      type: 'object',
      default: {},
      description: 'How much of the data is copied out of the kernel.',
      properties: {
        bytes_per_operation: {
          type: 'integer',
          minimum: 0,
          maximum: 16384,
          default: 16384,
          description: 'Bytes of one read or write.',
        },
        bytes_per_interval: {
          type: 'integer',
          minimum: 0,
          default: 262144,
          description: 'Bytes of one socket in 50 ms.',
        },
      },
      additionalProperties: false,
    },
    max_connections: {
      type: 'integer',
      minimum: 1,
      maximum: 1000000,
      default: 8192,
      description: 'Connections followed at a time; the oldest idle one makes room.',
    },
    ring_buffer: {
      type: 'object',
      default: {},
      description: 'Memory between the kernel and Sonde.',
      properties: {
        size: {
          type: 'integer',
          minimum: 0,
          default: 0,
          description: 'Bytes, a power of two from 64 KiB to 256 MiB; 0 is 2 MiB for `pod`, 4 MiB for `node`.',
        },
        backlog: {
          type: 'integer',
          minimum: 0,
          maximum: 1073741824,
          default: 16777216,
          description:
            'Most bytes that wait in Sonde when the buffer fills faster than it is read (used only then), never above a sixteenth of the memory limit; beyond, operations are dropped and counted.',
        },
      },
      additionalProperties: false,
    },
    span_buffer: {
      type: 'object',
      default: {},
      description: 'Memory between the tap and the pipeline.',
      properties: {
        size: {
          type: 'integer',
          minimum: 262144,
          maximum: 1073741824,
          default: 16777216,
          description:
            'Most bytes of spans that wait for the pipeline (used only then), never above a sixteenth of the memory limit; spans beyond are dropped and counted, the metrics stay exact.',
        },
      },
      additionalProperties: false,
    },
    metrics: {
      type: 'object',
      default: {},
      description: 'Metrics of the requests.',
      properties: {
        interval: {
          type: 'string',
          format: 'duration',
          default: '0s',
          description:
            'Time between two exports; 0 is OTEL_METRIC_EXPORT_INTERVAL (ms), else 60s. The shortest of all receivers counts.',
        },
      },
      additionalProperties: false,
    },
    required: {
      type: 'boolean',
      default: true,
      description:
        'Sonde ends with an error when the kernel has no usable hook; false: it goes on without this receiver.',
    },
  },
  additionalProperties: false,
} as const satisfies ConfigSchema;

export type EbpfSocketConfig = ConfigOf<typeof schema>;

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const route = /^(\/(\{[A-Za-z_][A-Za-z0-9_.]*\}|\*|[^/{}*?#\s]*))+$/;

export function validate(config: EbpfSocketConfig): Problem[] {
  const problems: Problem[] = [];
  for (const key of ['include', 'exclude'] as const) {
    for (const [i, port] of config[key].ports.entries()) {
      if (parsePorts(port) !== undefined) continue;
      const message = `"${port}" is no port (1 to 65535) and no range such as "8000-8999"`;
      problems.push({ path: [key, 'ports', String(i)], message });
    }
    for (const list of ['executables', 'cgroups'] as const) {
      for (const [i, glob] of config[key][list].entries()) {
        if (glob !== '' && glob.length <= 4096) continue;
        problems.push({ path: [key, list, String(i)], message: 'a glob must have 1 to 4096 characters' });
      }
    }
  }
  for (const [i, pattern] of config.http.routes.entries()) {
    // `*` stands for the rest: only at the end.
    if (route.test(pattern) && !/\*./.test(pattern)) continue;
    const message = `"${pattern}" is no route pattern; write it as /users/{id} or /static/*`;
    problems.push({ path: ['http', 'routes', String(i)], message });
  }
  for (const side of ['request', 'response'] as const) {
    for (const [i, name] of config.http.headers[side].entries()) {
      if (headerName.test(name)) continue;
      problems.push({ path: ['http', 'headers', side, String(i)], message: `"${name}" is no header name` });
    }
  }
  const { size } = config.ring_buffer;
  if (size !== 0 && (size < 65_536 || size > 2 ** 28 || (size & (size - 1)) !== 0)) {
    const message = `ring_buffer size must be a power of two from 65536 to 268435456, got ${size}`;
    problems.push({ path: ['ring_buffer', 'size'], message });
  }
  const { interval } = config.metrics;
  if (interval !== 0 && interval < 100) {
    problems.push({ path: ['metrics', 'interval'], message: 'interval must be at least 100ms' });
  }
  return problems;
}
