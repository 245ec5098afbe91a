// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expansions are what is tested
import { registry } from '../../src/registry.ts';

/** Configurations that must be refused, and what is said of each: `line:column: path: message`. */
export interface MalformedCase {
  readonly name: string;
  readonly text: string;
  readonly problems: readonly string[];
}

const exporters = registry.types('exporter').join(' ');
const SERVICE = `service:
  pipelines:
    traces:
      receivers: [ebpf_socket]
      exporters: [debug]
`;
/** One exporter whose configuration is under test, at line 3. */
const exporter = (lines: string): string => `receivers: {ebpf_socket: }
exporters:
${lines}
  debug:
${SERVICE}`;
const receiver = (lines: string): string => `exporters: {debug: }
receivers:
  ebpf_socket:
${lines}
${SERVICE}`;
const processor = (lines: string): string => `exporters: {debug: }
receivers: {ebpf_socket: }
processors:
  batch:
${lines}
${SERVICE}`;
const pipelines = (lines: string): string => `exporters: {debug: }
receivers: {ebpf_socket: }
processors: {batch: }
service:
  pipelines:
${lines}
`;

export const malformed: readonly MalformedCase[] = [
  {
    name: 'empty file',
    text: '',
    problems: ['1:1: empty configuration file (configure receivers, exporters and service)'],
  },
  {
    name: 'only comments',
    text: '# nothing\n',
    problems: ['1:1: empty configuration file (configure receivers, exporters and service)'],
  },
  {
    name: 'a list',
    text: '- a\n',
    problems: [
      '1:1: cannot resolve the configuration: retrieved value (type=[]interface {}) cannot be used as a Conf (write a map of sections)',
    ],
  },
  {
    name: 'a string',
    text: 'hello\n',
    problems: [
      '1:1: cannot resolve the configuration: retrieved value (type=string) cannot be used as a Conf (write a map of sections)',
    ],
  },
  {
    name: 'open bracket',
    text: 'receivers: {ebpf_socket: [\n',
    problems: [
      '2:1: cannot resolve the configuration: invalid YAML: Flow sequence in block collection must be sufficiently indented and end with a ] (close what is open, or put the value in quotes)',
    ],
  },
  {
    name: 'tab as indentation',
    text: 'receivers:\n\tebpf_socket:\n',
    problems: [
      '2:1: cannot resolve the configuration: invalid YAML: Tabs are not allowed as indentation (indent with spaces)',
    ],
  },
  {
    name: 'key twice',
    text: `${SERVICE}service: {}\n`,
    problems: [
      '6:1: cannot resolve the configuration: invalid YAML: mapping key "service" already defined at line 1 (remove one of them, or give components names such as debug/2)',
    ],
  },
  {
    name: 'unknown alias',
    text: 'receivers: *x\n',
    problems: [
      '1:12: cannot resolve the configuration: unknown alias *x (a value that begins with * must be in quotes)',
    ],
  },
  {
    name: 'merge of a scalar',
    text: 'receivers:\n  <<: 3\n',
    problems: ['2:7: cannot resolve the configuration: map merge requires map or sequence of maps as the value'],
  },
  {
    name: 'unknown tag',
    text: 'receivers: !foo x\n',
    problems: ['1:17: cannot resolve the configuration: unsupported tag !foo (put text that begins with ! in quotes)'],
  },
  {
    name: 'unknown root key',
    text: `recievers: {}\n${pipelines('    traces: {receivers: [ebpf_socket], exporters: [debug]}')}`,
    problems: ['1:1: has invalid keys: recievers (did you mean "receivers"?)'],
  },
  {
    name: 'section is a list',
    text: `receivers: [ebpf_socket]\nexporters: {debug: }\n${SERVICE}`,
    problems: ['1:12: receivers: expected a map or struct, got "slice" (write its keys below it, indented)'],
  },
  {
    name: 'section is a string',
    text: `receivers: x\nexporters: {debug: }\n${SERVICE}`,
    problems: ['1:12: receivers: expected a map or struct, got "string" (write its keys below it, indented)'],
  },
  {
    name: 'unknown type',
    text: exporter('  debgu:'),
    problems: [
      `3:3: exporters: unknown type: "debgu" for id: "debgu" (valid values: [${exporters}]) (did you mean "debug"?)`,
    ],
  },
  {
    name: 'id without name',
    text: exporter('  debug/:'),
    problems: ['3:3: exporters: in "debug/" id: the part after / should not be empty (write it as type or type/name)'],
  },
  {
    name: 'id without type',
    text: exporter('  /x:'),
    problems: ['3:3: exporters: in "/x" id: the part before / should not be empty (write it as type or type/name)'],
  },
  {
    name: 'id with bad type',
    text: exporter('  de-bug:'),
    problems: ['3:3: exporters: in "de-bug" id: invalid character(s) in type "de-bug" (write it as type or type/name)'],
  },
  {
    name: 'id with bad name',
    text: exporter('  debug/a b:'),
    problems: ['3:3: exporters: in "debug/a b" id: invalid character(s) in name "a b" (write it as type or type/name)'],
  },
  {
    name: 'same id after trimming',
    text: exporter('  debug/a:\n  debug/ a:'),
    problems: ['4:3: exporters: duplicate name "debug/a" after unmarshaling (give it another name)'],
  },
  {
    name: 'component is a string',
    text: exporter('  debug/a: loud'),
    problems: ['3:12: exporters::debug/a: expected a map or struct, got "string" (write its keys below it, indented)'],
  },
  {
    name: 'component is a list',
    text: exporter('  debug/a: [loud]'),
    problems: ['3:12: exporters::debug/a: expected a map or struct, got "slice" (write its keys below it, indented)'],
  },
  {
    name: 'unknown key',
    text: exporter('  debug/a:\n    verbose: true'),
    problems: [
      '4:5: exporters::debug/a: has invalid keys: verbose (known keys: verbosity, sampling_initial, sampling_thereafter, use_internal_logger, output_paths)',
    ],
  },
  {
    name: 'unknown value',
    text: exporter('  debug/a:\n    verbosity: loud'),
    problems: ['4:16: exporters::debug/a::verbosity: unsupported value "loud" (one of: basic, normal, detailed)'],
  },
  {
    name: 'wrong type bool',
    text: exporter('  debug/a:\n    use_internal_logger: "yes"'),
    problems: [
      "4:26: exporters::debug/a::use_internal_logger: expected type 'bool', got unconvertible type 'string' (write true or false, without quotes)",
    ],
  },
  {
    name: 'wrong type int',
    text: exporter('  debug/a:\n    sampling_initial: x'),
    problems: [
      "4:23: exporters::debug/a::sampling_initial: expected type 'int', got unconvertible type 'string' (write a whole number such as 512)",
    ],
  },
  {
    name: 'infinity for int',
    text: processor('    send_batch_size: .inf'),
    problems: [
      "5:22: processors::batch::send_batch_size: expected type 'int', got unconvertible type 'float64' (write a whole number such as 512)",
    ],
  },
  {
    name: 'number for string',
    text: exporter('  file:\n    path: 5'),
    problems: ["4:11: exporters::file::path: expected type 'string', got unconvertible type 'int' (put it in quotes)"],
  },
  {
    name: 'no path',
    text: exporter('  file:'),
    problems: [
      '3:3: exporters::file::path: path must be non-empty (File to write. With group_by: one `*` stands for the value of the attribute)',
    ],
  },
  {
    name: 'flush interval',
    text: exporter('  file:\n    path: x\n    flush_interval: -1s'),
    problems: [
      '5:21: exporters::file::flush_interval: flush_interval must be larger than zero (Longest time that data stays in memory before it is written; default 1s)',
    ],
  },
  {
    name: 'format',
    text: exporter('  file: {path: x, format: xml}'),
    problems: ['3:27: exporters::file::format: unsupported value "xml" (one of: json, proto)'],
  },
  {
    name: 'no endpoint',
    text: exporter('  otlp_http: {}'),
    problems: [
      '3:3: exporters::otlp_http: at least one endpoint must be specified, for example endpoint: http://localhost:4318',
    ],
  },
  {
    name: 'endpoint is no URL',
    text: exporter('  otlp_http:\n    endpoint: localhost:4318'),
    problems: [
      '4:15: exporters::otlp_http::endpoint: endpoint must be a valid URL such as http://localhost:4318, got "localhost:4318"',
    ],
  },
  {
    name: 'compression',
    text: exporter('  otlp_http:\n    endpoint: http://a\n    compression: brotli'),
    problems: [
      '5:18: exporters::otlp_http::compression: unsupported value "brotli" (one of: none, gzip, zlib, deflate, zstd, snappy, x-snappy-framed, lz4)',
    ],
  },
  {
    name: 'compression level',
    text: exporter('  otlp_http:\n    endpoint: http://a\n    compression_params: {level: 12}'),
    problems: [
      '5:33: exporters::otlp_http::compression_params::level: unsupported parameters {Level:12} for compression type "gzip" (gzip, zlib, deflate: 1 is fast, 9 is small, -1 is zlib’s default, -2 codes without searching; zstd: 1 to 19; 0 is 1. The others have none)',
    ],
  },
  {
    name: 'retry',
    text: exporter(
      '  otlp_http:\n    endpoint: http://a\n    retry_on_failure:\n      multiplier: -1\n      initial_interval: -1s',
    ),
    problems: [
      '7:25: exporters::otlp_http::retry_on_failure::initial_interval: initial_interval value must be greater than or equal to 0 (Wait after the first failure; default 5s)',
      '6:19: exporters::otlp_http::retry_on_failure::multiplier: multiplier value must be greater than or equal to 0 (Each wait is this much longer than the one before; default 1.5)',
    ],
  },
  {
    name: 'queue',
    text: exporter(
      '  otlp_http:\n    endpoint: http://a\n    sending_queue:\n      num_consumers: 0\n      queue_size: -3',
    ),
    problems: [
      '6:22: exporters::otlp_http::sending_queue::num_consumers: `num_consumers` must be positive (Requests under way at a time; default 10)',
      '7:19: exporters::otlp_http::sending_queue::queue_size: `queue_size` must be positive (Capacity, counted by `sizer`; never above 64 MiB or an eighth of the memory limit; default 1000)',
    ],
  },
  {
    name: 'unknown key deep',
    text: exporter('  otlp_http:\n    endpoint: http://a\n    sending_queue:\n      queue_sise: 3'),
    problems: ['6:7: exporters::otlp_http::sending_queue: has invalid keys: queue_sise (did you mean "queue_size"?)'],
  },
  {
    name: 'headers',
    text: exporter('  otlp_http:\n    endpoint: http://a\n    headers:\n      a: [x]'),
    problems: [
      "6:10: exporters::otlp_http::headers::a: expected type 'string', got unconvertible type '[]interface {}' (write a text)",
    ],
  },
  {
    name: 'certificate without key',
    text: exporter('  otlp_http:\n    endpoint: https://a\n    tls: {cert_file: x}'),
    problems: [
      '5:10: exporters::otlp_http::tls: TLS configuration must include both certificate and key (CertFile/CertPem and KeyFile/KeyPem)',
    ],
  },
  {
    name: 'duration',
    text: processor('    timeout: 5 seconds'),
    problems: ['5:14: processors::batch::timeout: time: invalid duration "5 seconds" (write it as 5s, 200ms or 1h30m)'],
  },
  {
    name: 'duration is a list',
    text: processor('    timeout: [5s]'),
    problems: [
      "5:14: processors::batch::timeout: expected type 'time.Duration', got unconvertible type '[]interface {}' (write it as 5s, 200ms or 1h30m)",
    ],
  },
  {
    name: 'negative size',
    text: processor('    send_batch_size: -1'),
    problems: [
      '5:22: processors::batch::send_batch_size: must be >= 0 (Spans, data points or log records after which a batch is sent whatever the timeout; default 8192)',
    ],
  },
  {
    name: 'max below size',
    text: processor('    send_batch_max_size: 5'),
    problems: [
      '5:26: processors::batch::send_batch_max_size: send_batch_max_size must be greater or equal to send_batch_size (Most items in one batch; larger ones are cut. 0 is no limit)',
    ],
  },
  {
    name: 'metadata keys',
    text: processor('    metadata_keys: [a, A]'),
    problems: [
      '5:24: processors::batch::metadata_keys::1: duplicate entry in metadata_keys: "a" (case-insensitive) (Must be empty: Sonde keeps no client metadata)',
    ],
  },
  {
    name: 'metadata keys map',
    text: processor('    metadata_keys: {a: 1}'),
    problems: [
      '5:20: processors::batch::metadata_keys: source data must be an array or slice, got map (write a list such as [a, b])',
    ],
  },
  {
    name: 'scope',
    text: receiver('    scope: cluster'),
    problems: ['4:12: receivers::ebpf_socket::scope: unsupported value "cluster" (one of: pod, node)'],
  },
  {
    name: 'port',
    text: receiver('    include:\n      ports: [80, 99999, "9-8", http]'),
    problems: [
      '5:19: receivers::ebpf_socket::include::ports::1: "99999" is no port (1 to 65535) and no range such as "8000-8999"',
      '5:26: receivers::ebpf_socket::include::ports::2: "9-8" is no port (1 to 65535) and no range such as "8000-8999"',
      '5:33: receivers::ebpf_socket::include::ports::3: "http" is no port (1 to 65535) and no range such as "8000-8999"',
    ],
  },
  {
    name: 'pid',
    text: receiver('    exclude: {pids: [0]}'),
    problems: ['4:22: receivers::ebpf_socket::exclude::pids::0: must be >= 1 (Process ids as Sonde sees them)'],
  },
  {
    name: 'route',
    text: receiver('    http:\n      routes: ["users/{id}", "/a/*/b", "/ok/{x}"]'),
    problems: [
      '5:16: receivers::ebpf_socket::http::routes::0: "users/{id}" is no route pattern; write it as /users/{id} or /static/*',
      '5:30: receivers::ebpf_socket::http::routes::1: "/a/*/b" is no route pattern; write it as /users/{id} or /static/*',
    ],
  },
  {
    name: 'header name',
    text: receiver('    http:\n      headers: {request: ["x y"]}'),
    problems: [
      '5:27: receivers::ebpf_socket::http::headers::request::0: "x y" is no header name (Names of request headers)',
    ],
  },
  {
    name: 'ratio',
    text: receiver('    sampling: {ratio: 1.5}'),
    problems: ['4:23: receivers::ebpf_socket::sampling::ratio: must be <= 1 (Share of new traces; default 1)'],
  },
  {
    name: 'ring',
    text: receiver('    ring_buffer: {size: 100000}'),
    problems: [
      '4:25: receivers::ebpf_socket::ring_buffer::size: ring_buffer size must be a power of two from 65536 to 268435456, got 100000 (Bytes, a power of two from 64 KiB to 256 MiB; 0 is 2 MiB for `pod`, 4 MiB for `node`)',
    ],
  },
  {
    name: 'interval',
    text: receiver('    metrics: {interval: 1ms}'),
    problems: [
      '4:25: receivers::ebpf_socket::metrics::interval: interval must be at least 100ms (Time between two exports; 0 is OTEL_METRIC_EXPORT_INTERVAL (ms), else 60s. The shortest of all receivers counts)',
    ],
  },
  {
    name: 'capture',
    text: receiver('    capture: {bytes_per_operation: 20000}'),
    problems: [
      '4:36: receivers::ebpf_socket::capture::bytes_per_operation: must be <= 16384 (Bytes of one read or write; default 16384)',
    ],
  },
  {
    name: 'several at once',
    text: receiver('    scope: x\n    requird: false\n    max_connections: 0'),
    problems: [
      '5:5: receivers::ebpf_socket: has invalid keys: requird (did you mean "required"?)',
      '4:12: receivers::ebpf_socket::scope: unsupported value "x" (one of: pod, node)',
    ],
  },
  {
    name: 'unknown service key',
    text: `exporters: {debug: }\nreceivers: {ebpf_socket: }\n${SERVICE}  pipeline: {}\n`,
    problems: ['8:3: service: has invalid keys: pipeline (did you mean "pipelines"?)'],
  },
  {
    name: 'telemetry',
    text: `exporters: {debug: }\nreceivers: {ebpf_socket: }\n${SERVICE}  telemetry:\n    logs: {levl: loud}\n`,
    problems: ['9:12: service::telemetry::logs: has invalid keys: levl (did you mean "level"?)'],
  },
  {
    name: 'telemetry values',
    text: `exporters: {debug: }\nreceivers: {ebpf_socket: }\n${SERVICE}  telemetry:\n    logs: {level: loud, encoding: xml}\n    metrics: {level: all, readers: []}\n`,
    problems: [
      '9:19: service::telemetry::logs::level: unrecognized level: "loud" (debug, info, warn or error; default info)',
      '9:35: service::telemetry::logs::encoding: no encoder registered for name "xml" (use console or json)',
      '10:22: service::telemetry::metrics::level: unknown metrics level "all" (none, basic, normal or detailed; default normal)',
      '10:36: service::telemetry::metrics::readers: collector telemetry metrics reader should exist when metric level is not none (Who gets the metrics)',
    ],
  },
  {
    name: 'unknown signal',
    text: pipelines('    trace: {receivers: [ebpf_socket], exporters: [debug]}'),
    problems: ['6:5: service::pipelines: in "trace" id: unknown pipeline signal: "trace" (did you mean "traces"?)'],
  },
  {
    name: 'pipeline is a list',
    text: pipelines('    traces: [debug]'),
    problems: [
      '6:13: service::pipelines::traces: expected a map or struct, got "slice" (write its keys below it, indented)',
    ],
  },
  {
    name: 'pipeline key',
    text: pipelines('    traces: {receiver: [ebpf_socket], exporters: [debug]}'),
    problems: ['6:14: service::pipelines::traces: has invalid keys: receiver (did you mean "receivers"?)'],
  },
  {
    name: 'names are a string',
    text: pipelines('    traces: {receivers: ebpf_socket, exporters: [debug]}'),
    problems: [
      '6:25: service::pipelines::traces::receivers: source data must be an array or slice, got string (write it as [a, b])',
    ],
  },
  {
    name: 'no pipelines',
    text: 'exporters: {debug: }\nreceivers: {ebpf_socket: }\nservice: {}\n',
    problems: ['3:10: service::pipelines: service must have at least one pipeline (add a pipeline such as `traces:`)'],
  },
  {
    name: 'no service',
    text: 'exporters: {debug: }\nreceivers: {ebpf_socket: }\n',
    problems: ['1:1: service::pipelines: service must have at least one pipeline (add a pipeline such as `traces:`)'],
  },
  {
    name: 'empty pipeline',
    text: pipelines('    traces: {}'),
    problems: [
      '6:5: service::pipelines::traces: must have at least one receiver (list one under "receivers")',
      '6:5: service::pipelines::traces: must have at least one exporter (list one under "exporters")',
    ],
  },
  {
    name: 'missing references',
    text: pipelines('    traces: {receivers: [otlp], processors: [x], exporters: [y]}'),
    problems: [
      '6:26: service::pipelines::traces: references receiver "otlp" which is not configured (add "otlp" to the section "receivers" or remove the reference)',
      '6:46: service::pipelines::traces: references processor "x" which is not configured (add "x" to the section "processors" or remove the reference)',
      '6:62: service::pipelines::traces: references exporter "y" which is not configured (add "y" to the section "exporters" or remove the reference)',
    ],
  },
  {
    name: 'processor twice',
    text: pipelines('    traces: {receivers: [ebpf_socket], processors: [batch, batch], exporters: [debug]}'),
    problems: [
      '6:60: service::pipelines::traces: references processor "batch" multiple times (list each processor once)',
    ],
  },
  {
    name: 'missing extension',
    text: `exporters: {debug: }\nreceivers: {ebpf_socket: }\n${SERVICE}  extensions: [health_check]\n`,
    problems: [
      '8:16: service::extensions: references extension "health_check" which is not configured (add "health_check" to the section "extensions" or remove the reference)',
    ],
  },
  {
    name: 'no receivers, no exporters',
    text: 'processors: {batch: }\nservice: {pipelines: {traces: {}}}\n',
    problems: [
      '1:1: no receiver configuration specified in config (add a section "receivers", for example `ebpf_socket:`)',
      '1:1: no exporter configuration specified in config (add a section "exporters", for example `debug:`)',
      '2:23: service::pipelines::traces: must have at least one receiver (list one under "receivers")',
      '2:23: service::pipelines::traces: must have at least one exporter (list one under "exporters")',
    ],
  },
  {
    name: 'variable name',
    text: exporter('  file: {path: "${env:a b}"}'),
    problems: [
      '3:16: cannot resolve the configuration: environment variable "a b" has invalid name: must match regex ^[a-zA-Z_][a-zA-Z0-9_]*$ (write it as ${env:NAME} or ${env:NAME:-default}; a $ of a text as $$)',
    ],
  },
  {
    name: 'unknown scheme',
    text: exporter('  file: {path: "${vault:x}"}'),
    problems: [
      '3:16: cannot resolve the configuration: scheme "vault" is not supported for uri "vault:x" (use env, file, yaml, http or https)',
    ],
  },
  {
    name: 'missing file',
    text: exporter('  file: {path: "${file:/nonexistent}"}'),
    problems: [
      '3:16: cannot resolve the configuration: cannot retrieve the configuration: unable to read the file file:/nonexistent: open /nonexistent: no such file or directory (correct the path; a relative one begins at the working directory)',
    ],
  },
  {
    name: 'variable of a wrong type',
    text: processor('    send_batch_size: ${env:TEXT}'),
    problems: [
      "5:22: processors::batch::send_batch_size: expected type 'int', got unconvertible type 'string' (write a whole number such as 512)",
    ],
  },
  {
    name: 'variable that holds itself',
    text: exporter('  file: {path: "${env:LOOP}"}'),
    problems: ['3:16: cannot resolve the configuration: too many recursive expansions'],
  },
];
