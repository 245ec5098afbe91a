// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expansions are what is tested
import { registry } from '../../src/registry.ts';
import type { Kind } from '../../src/service/registry.ts';
import type { MalformedCase } from './malformed.cases.ts';

/** Mistakes that people make: in YAML itself, in the Collector's shapes, in values. */
const SERVICE = `service:
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [debug]
`;
const RECEIVERS = 'receivers: {otlp: {protocols: {grpc: }}}\n';
const EXPORTERS = 'exporters: {debug: }\n';
const types = (kind: Kind): string => registry.types(kind).join(' ');
/** Each puts what is under test at the third line or behind. */
const exporter = (lines: string): string => `${RECEIVERS}exporters:\n${lines}\n  debug:\n${SERVICE}`;
const receiver = (lines: string): string => `${EXPORTERS}receivers:\n${lines}\n${SERVICE}`;
const processor = (lines: string): string => `${RECEIVERS}${EXPORTERS}processors:\n${lines}\n${SERVICE}`;
const extension = (lines: string): string => `${RECEIVERS}${EXPORTERS}extensions:\n${lines}\n${SERVICE}`;
const service = (lines: string): string => `${RECEIVERS}${EXPORTERS}service:\n${lines}\n`;
const pipelines = (lines: string): string =>
  `${RECEIVERS}${EXPORTERS}processors: {batch: }\nconnectors: {forward: , forward/2: }\nservice:\n  pipelines:\n${lines}\n`;

export const usual: readonly MalformedCase[] = [
  {
    name: 'tab before a key',
    text: `${RECEIVERS}exporters:\n  debug:\n\t  verbosity: detailed\n${SERVICE}`,
    problems: [
      '4:1: cannot resolve the configuration: invalid YAML: Tabs are not allowed as indentation (indent with spaces)',
    ],
  },
  {
    name: 'no space after the colon',
    text: exporter('  debug/2:\n    verbosity:detailed'),
    problems: ['4:5: exporters::debug/2: expected a map or struct, got "string" (a space must follow the colon)'],
  },
  {
    name: 'keys at different columns',
    text: exporter('  debug/2:\n    verbosity: basic\n   sampling_initial: 2'),
    problems: [
      '5:1: cannot resolve the configuration: invalid YAML: All mapping items must start at the same column (give all keys of one section the same indentation)',
    ],
  },
  {
    name: 'quote that is not closed',
    text: exporter('  file:\n    path: "/tmp/x'),
    problems: [
      '4:11: cannot resolve the configuration: invalid YAML: Missing closing "quote (close what is open, or put the value in quotes)',
    ],
  },
  {
    name: 'key twice in a component',
    text: exporter('  debug/2:\n    verbosity: basic\n    verbosity: detailed'),
    problems: [
      '5:5: cannot resolve the configuration: invalid YAML: mapping key "verbosity" already defined at line 4 (remove one of them, or give components names such as debug/2)',
    ],
  },
  {
    name: 'component twice',
    text: exporter('  debug:'),
    problems: [
      '4:3: cannot resolve the configuration: invalid YAML: mapping key "debug" already defined at line 3 (remove one of them, or give components names such as debug/2)',
    ],
  },
  {
    name: 'value with @',
    text: exporter('  file: {path: @x}'),
    problems: [
      '3:16: cannot resolve the configuration: invalid YAML: Plain value cannot start with reserved character @ (put the value in quotes)',
    ],
  },
  {
    name: 'value with %',
    text: exporter('  file: {path: %x}'),
    problems: [
      '3:16: cannot resolve the configuration: invalid YAML: Plain value cannot start with directive indicator character % (put the value in quotes)',
    ],
  },
  {
    name: 'value with a backtick',
    text: exporter('  file: {path: `x`}'),
    problems: [
      '3:16: cannot resolve the configuration: invalid YAML: Plain value cannot start with reserved character ` (put the value in quotes)',
    ],
  },
  {
    name: 'template that was not rendered',
    text: exporter('  file: {path: {{ .Values.path }}}'),
    problems: [
      '3:17: cannot resolve the configuration: a key must be a scalar (put text that begins with { or [ in quotes)',
    ],
  },
  {
    name: 'glob without quotes',
    text: exporter('  file: {path: *.json}'),
    problems: [
      '3:16: cannot resolve the configuration: unknown alias *.json (a value that begins with * must be in quotes)',
    ],
  },
  {
    name: 'colon in a plain value',
    text: exporter('  file:\n    path: a: b'),
    problems: [
      '4:11: cannot resolve the configuration: invalid YAML: Nested mappings are not allowed in compact mappings (put a value with a colon in quotes, or write its keys below it, indented)',
    ],
  },
  {
    name: 'JSON with two commas',
    text: '{"receivers": {"otlp": {"protocols": {"grpc": {}}}},, "exporters": {}}',
    problems: [
      '1:53: cannot resolve the configuration: invalid YAML: Unexpected , in flow map (remove it, or put the value in quotes)',
    ],
  },
  {
    name: 'TOML',
    text: 'receivers = otlp\n[exporters]\n',
    problems: [
      '1:1: cannot resolve the configuration: retrieved value (type=string) cannot be used as a Conf (write a map of sections)',
    ],
  },
  {
    name: 'Kubernetes manifest',
    text: 'apiVersion: v1\nkind: ConfigMap\ndata:\n  relay: x\n',
    problems: [
      '1:1: has invalid keys: apiVersion (known keys: receivers, processors, exporters, connectors, extensions, service)',
      '2:1: has invalid keys: kind (known keys: receivers, processors, exporters, connectors, extensions, service)',
      '3:1: has invalid keys: data (known keys: receivers, processors, exporters, connectors, extensions, service)',
    ],
  },
  {
    name: 'the rest is a second document',
    text: `${RECEIVERS}---\n${EXPORTERS}${SERVICE}`,
    problems: [
      '1:1: no exporter configuration specified in config (add a section "exporters", for example `debug:`)',
      '1:1: service::pipelines: service must have at least one pipeline (add a pipeline such as `traces:`)',
    ],
  },
  {
    name: 'section for anchors',
    text: `x-common: &c {verbosity: basic}\n${RECEIVERS}exporters: {debug: {<<: *c}}\n${SERVICE}`,
    problems: [
      '1:1: has invalid keys: x-common (known keys: receivers, processors, exporters, connectors, extensions, service)',
    ],
  },
  {
    name: 'merge of a list with a scalar',
    text: exporter('  debug/2: &a {verbosity: basic}\n  debug/3: {<<: [*a, 3]}'),
    problems: ['4:22: cannot resolve the configuration: map merge requires map or sequence of maps as the value'],
  },
  {
    name: 'list as a key',
    text: exporter('  ? [a]\n  : x'),
    problems: [
      '3:5: cannot resolve the configuration: a key must be a scalar (put text that begins with { or [ in quotes)',
    ],
  },
  {
    name: 'binary tag',
    text: exporter('  file: {path: !!binary aGVsbG8=}'),
    problems: [
      '3:25: cannot resolve the configuration: unsupported tag !!binary (put text that begins with ! in quotes)',
    ],
  },
  {
    name: 'no-break spaces as indentation',
    text: `${RECEIVERS}exporters:\n\u00a0\u00a0debug:\n${SERVICE}`,
    problems: ['3:1: has invalid keys:   debug (it holds the invisible character U+00A0)'],
  },
  {
    name: 'curly quotes',
    text: exporter('  debug/2: {verbosity: “basic”}'),
    problems: ['3:24: exporters::debug/2::verbosity: unsupported value "“basic”" (one of: basic, normal, detailed)'],
  },
  {
    name: 'invisible character in an id',
    text: exporter('  file\u200b:'),
    problems: ['3:3: exporters: in "file​" id: invalid character(s) in type "file​" (write it as type or type/name)'],
  },
  {
    name: 'control character',
    text: `${RECEIVERS}${EXPORTERS}${SERVICE}\0`,
    problems: [
      '8:1: cannot resolve the configuration: invalid YAML: control characters are not allowed (remove it, or escape it in double quotes)',
    ],
  },
  {
    name: 'lists 100 000 deep',
    text: `a: ${'['.repeat(100_000)}`,
    problems: ['1:1: cannot resolve the configuration: nested more than 100 levels deep'],
  },
  {
    name: 'maps 3000 deep, by their indentation',
    text: Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
    problems: ['1:1: cannot resolve the configuration: nested more than 100 levels deep'],
  },
  {
    name: 'a file without end',
    text: 'receivers: ${file:/dev/zero}',
    problems: [
      '1:12: cannot resolve the configuration: cannot retrieve the configuration: unable to read the file file:/dev/zero: more than 16777216 bytes (use a smaller file)',
    ],
  },
  {
    name: 'maps 150 deep',
    text: `${'{a: '.repeat(150)}1${'}'.repeat(150)}`,
    problems: ['1:401: cannot resolve the configuration: nested more than 100 levels deep'],
  },
  {
    name: 'alias bomb',
    text: `a: &a [x, x, x, x, x, x, x, x, x]\n${[...'bcdefgh'].map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefg'[i]}`)}]\n`).join('')}`,
    problems: ['1:26: cannot resolve the configuration: the document is too large or contains excessive aliasing'],
  },
  {
    name: '500 000 keys',
    text: Array.from({ length: 500_000 }, (_, i) => `k${i}: v\n`).join(''),
    problems: ['1:1: cannot resolve the configuration: the document is too large or contains excessive aliasing'],
  },
  {
    name: 'anchor that contains itself',
    text: 'receivers: &a\n  otlp: *a\n',
    problems: ['2:9: cannot resolve the configuration: anchor "a" value contains itself'],
  },
  {
    name: 'receiver without protocols',
    text: receiver('  otlp:'),
    problems: [
      '3:3: receivers::otlp: must specify at least one protocol when using the OTLP receiver (write `grpc:` or `http:` below `protocols:`)',
    ],
  },
  {
    name: 'protocol misspelt',
    text: receiver('  otlp:\n    protocols:\n      gprc:\n        endpoint: 0.0.0.0:4317'),
    problems: ['5:7: receivers::otlp::protocols: has invalid keys: gprc (did you mean "grpc"?)'],
  },
  {
    name: 'protocols not indented',
    text: receiver('  otlp:\n  protocols:\n    grpc:'),
    problems: [
      '3:3: receivers::otlp: must specify at least one protocol when using the OTLP receiver (write `grpc:` or `http:` below `protocols:`)',
      '4:3: receivers: unknown type: "protocols" for id: "protocols" (valid values: [ebpf_socket otlp]) (indent it further, below "otlp")',
    ],
  },
  {
    name: 'protocol of another receiver',
    text: receiver('  otlp:\n    protocols:\n      thrift:'),
    problems: ['5:7: receivers::otlp::protocols: has invalid keys: thrift (known keys: grpc, http)'],
  },
  {
    name: 'port out of range',
    text: receiver('  otlp:\n    protocols:\n      grpc:\n        endpoint: localhost:99999'),
    problems: [
      '6:19: receivers::otlp::protocols::grpc::endpoint: invalid port "99999" (`host:port`, or the path of a socket; default localhost:4317)',
    ],
  },
  {
    name: 'no port',
    text: receiver('  otlp:\n    protocols:\n      grpc:\n        endpoint: localhost'),
    problems: [
      '6:19: receivers::otlp::protocols::grpc::endpoint: address localhost: missing port in address (`host:port`, or the path of a socket; default localhost:4317)',
    ],
  },
  {
    name: 'URL for an address',
    text: receiver('  otlp:\n    protocols:\n      http:\n        endpoint: http://localhost:4318'),
    problems: [
      '6:19: receivers::otlp::protocols::http::endpoint: address http://localhost:4318: too many colons in address (`host:port`, or the path of a socket; default localhost:4318)',
    ],
  },
  {
    name: 'server certificate without key',
    text: receiver('  otlp:\n    protocols:\n      grpc:\n        tls:\n          cert_file: /x.pem'),
    problems: [
      '7:11: receivers::otlp::protocols::grpc::tls: TLS configuration must include both certificate and key (CertFile/CertPem and KeyFile/KeyPem)',
    ],
  },
  {
    name: 'unknown TLS version',
    text: receiver(
      "  otlp:\n    protocols:\n      grpc:\n        tls: {min_version: '1.9', cert_file: a, key_file: b}",
    ),
    problems: [
      '6:28: receivers::otlp::protocols::grpc::tls::min_version: invalid TLS min_version: unsupported TLS version: "1.9" (Lowest TLS version, 1.2 if empty)',
    ],
  },
  {
    name: 'TLS versions the wrong way round',
    text: receiver(
      "  otlp:\n    protocols:\n      grpc:\n        tls: {min_version: '1.3', max_version: '1.2', cert_file: a, key_file: b}",
    ),
    problems: [
      '6:48: receivers::otlp::protocols::grpc::tls::max_version: invalid TLS configuration: min_version cannot be greater than max_version (Highest TLS version)',
    ],
  },
  {
    name: 'path of a signal',
    text: receiver("  otlp:\n    protocols:\n      http:\n        traces_url_path: ':invalid'"),
    problems: [
      '6:26: receivers::otlp::protocols::http::traces_url_path: invalid HTTP URL path set for signal: parse ":invalid": missing protocol scheme (Path of traces; default /v1/traces)',
    ],
  },
  {
    name: 'CORS as a string',
    text: receiver("  otlp:\n    protocols:\n      http:\n        cors: '*'"),
    problems: [
      '6:15: receivers::otlp::protocols::http::cors: expected a map or struct, got "string" (write its keys below it, indented)',
    ],
  },
  {
    name: 'keepalive time in words',
    text: receiver('  otlp:\n    protocols:\n      grpc:\n        keepalive: {server_parameters: {time: ten}}'),
    problems: [
      '6:47: receivers::otlp::protocols::grpc::keepalive::server_parameters::time: time: invalid duration "ten" (write it as 5s, 200ms or 1h30m)',
    ],
  },
  {
    name: 'negative message size',
    text: receiver('  otlp:\n    protocols:\n      grpc:\n        max_recv_msg_size_mib: -1'),
    problems: [
      '6:32: receivers::otlp::protocols::grpc::max_recv_msg_size_mib: invalid max_recv_msg_size_mib value, must be between 1 and 2047: -1 (Largest message, decompressed; 0 is gRPC’s own 4 MiB)',
    ],
  },
  {
    name: 'message size with a unit',
    text: receiver('  otlp:\n    protocols:\n      grpc:\n        max_recv_msg_size_mib: 4MiB'),
    problems: [
      "6:32: receivers::otlp::protocols::grpc::max_recv_msg_size_mib: expected type 'int', got unconvertible type 'string' (write a whole number such as 512)",
    ],
  },
  {
    name: 'gRPC without endpoint',
    text: exporter('  otlp_grpc:'),
    problems: [
      '3:3: exporters::otlp_grpc: requires a non-empty "endpoint" (endpoint: `host:port`, a URL of http or https, `dns:///host:port` or `unix:///path`)',
    ],
  },
  {
    name: 'scheme without host',
    text: exporter('  otlp_grpc:\n    endpoint: https://'),
    problems: [
      '4:15: exporters::otlp_grpc::endpoint: requires a non-empty "endpoint" (`host:port`, a URL of http or https, `dns:///host:port` or `unix:///path`)',
    ],
  },
  {
    name: 'port is a word',
    text: exporter('  otlp_grpc:\n    endpoint: collector:port'),
    problems: [
      '4:15: exporters::otlp_grpc::endpoint: invalid port "port" (`host:port`, a URL of http or https, `dns:///host:port` or `unix:///path`)',
    ],
  },
  {
    name: 'gRPC without port',
    text: exporter('  otlp_grpc:\n    endpoint: collector'),
    problems: [
      '4:15: exporters::otlp_grpc::endpoint: address collector: missing port in address (`host:port`, a URL of http or https, `dns:///host:port` or `unix:///path`)',
    ],
  },
  {
    name: 'negative timeout',
    text: exporter('  otlp_grpc:\n    endpoint: collector:4317\n    timeout: -1s'),
    problems: [
      "5:14: exporters::otlp_grpc::timeout: 'timeout' must be non-negative (Longest time of one request; 0 is none; default 5s)",
    ],
  },
  {
    name: 'insecure outside tls',
    text: exporter('  otlp_grpc:\n    endpoint: collector:4317\n    insecure: true'),
    problems: ['5:5: exporters::otlp_grpc: has invalid keys: insecure (write it below "tls")'],
  },
  {
    name: 'bool in quotes',
    text: exporter("  otlp_grpc:\n    endpoint: collector:4317\n    tls:\n      insecure: 'true'"),
    problems: [
      "6:17: exporters::otlp_grpc::tls::insecure: expected type 'bool', got unconvertible type 'string' (write true or false, without quotes)",
    ],
  },
  {
    name: 'TLS version of a client',
    text: exporter('  otlp_grpc:\n    endpoint: collector:4317\n    tls: {min_version: asd}'),
    problems: [
      '5:24: exporters::otlp_grpc::tls::min_version: invalid TLS min_version: unsupported TLS version: "asd" (Lowest TLS version, 1.2 if empty)',
    ],
  },
  {
    name: 'socket without path',
    text: exporter("  otlp_grpc:\n    endpoint: 'unix://'"),
    problems: [
      '4:15: exporters::otlp_grpc::endpoint: unix socket path cannot be empty (`host:port`, a URL of http or https, `dns:///host:port` or `unix:///path`)',
    ],
  },
  {
    name: 'headers as a list',
    text: exporter('  otlp_grpc:\n    endpoint: c:4317\n    headers: [a=b]'),
    problems: [
      '5:15: exporters::otlp_grpc::headers::0: expected a map or struct, got "string" (write {name: …, value: …})',
    ],
  },
  {
    name: 'balancer',
    text: exporter('  otlp_grpc:\n    endpoint: c:4317\n    balancer_name: foo'),
    problems: [
      '5:20: exporters::otlp_grpc::balancer_name: invalid balancer_name: foo (`round_robin` or `pick_first` over the addresses of the name; default round_robin)',
    ],
  },
  {
    name: 'retry limit below the first interval',
    text: exporter('  otlp_grpc:\n    endpoint: c:4317\n    retry_on_failure: {max_elapsed_time: 1s}'),
    problems: [
      '5:42: exporters::otlp_grpc::retry_on_failure::max_elapsed_time: max_elapsed_time must not be less than initial_interval (After this time the request is given up; 0 is never; default 300s)',
      '5:42: exporters::otlp_grpc::retry_on_failure::max_elapsed_time: max_elapsed_time must not be less than max_interval (After this time the request is given up; 0 is never; default 300s)',
    ],
  },
  {
    name: 'sizer',
    text: exporter('  otlp_grpc:\n    endpoint: c:4317\n    sending_queue: {sizer: kilos}'),
    problems: [
      '5:28: exporters::otlp_grpc::sending_queue::sizer: unsupported value "kilos" (one of: requests, items, bytes)',
    ],
  },
  {
    name: 'queue is true',
    text: exporter('  otlp_grpc:\n    endpoint: c:4317\n    sending_queue: true'),
    problems: [
      '5:20: exporters::otlp_grpc::sending_queue: expected a map or struct, got "bool" (write its keys below it, indented)',
    ],
  },
  {
    name: 'batch of a queue',
    text: exporter('  otlp_grpc:\n    endpoint: c:4317\n    sending_queue: {batch: {min_size: 10, max_size: 5}}'),
    problems: [
      '5:53: exporters::otlp_grpc::sending_queue::batch::max_size: `max_size` (5) must be greater or equal to `min_size` (10) (A larger batch is cut; 0 is no limit)',
    ],
  },
  {
    name: 'queue_size outside the queue',
    text: exporter('  otlp_grpc:\n    endpoint: c:4317\n    queue_size: 10'),
    problems: ['5:5: exporters::otlp_grpc: has invalid keys: queue_size (write it below "sending_queue")'],
  },
  {
    name: 'encoding',
    text: exporter('  otlp_http:\n    endpoint: http://c\n    encoding: xml'),
    problems: ['5:15: exporters::otlp_http::encoding: unsupported value "xml" (one of: proto, json)'],
  },
  {
    name: 'endpoint of one signal is no URL',
    text: exporter('  otlp_http:\n    traces_endpoint: c'),
    problems: [
      '4:22: exporters::otlp_http::traces_endpoint: traces_endpoint must be a valid URL such as http://localhost:4318, got "c"',
    ],
  },
  {
    name: 'logging exporter',
    text: exporter('  logging:\n    loglevel: debug'),
    problems: [
      '3:3: exporters: the logging exporter has been deprecated, use the debug exporter instead (write debug for logging)',
    ],
  },
  {
    name: 'key of the logging exporter',
    text: exporter('  debug/2:\n    loglevel: debug'),
    problems: ['4:5: exporters::debug/2: has invalid keys: loglevel (it is called "verbosity" now)'],
  },
  {
    name: 'size with a unit',
    text: processor('  batch: {send_batch_size: 1k}'),
    problems: [
      "4:28: processors::batch::send_batch_size: expected type 'int', got unconvertible type 'string' (write a whole number such as 512)",
    ],
  },
  {
    name: 'duration with a space',
    text: processor('  batch: {timeout: 1 s}'),
    problems: ['4:20: processors::batch::timeout: time: invalid duration "1 s" (write it as 5s, 200ms or 1h30m)'],
  },
  {
    name: 'limiter without interval',
    text: processor('  memory_limiter:'),
    problems: [
      "4:3: processors::memory_limiter: 'check_interval' must be greater than zero (check_interval: Time between measurements; must be set)",
    ],
  },
  {
    name: 'limiter without limit',
    text: processor('  memory_limiter: {check_interval: 1s}'),
    problems: [
      "4:3: processors::memory_limiter: 'limit_mib' or 'limit_percentage' must be greater than zero (limit_mib: Resident memory of the process, the hard limit)",
    ],
  },
  {
    name: 'spike as large as the limit',
    text: processor('  memory_limiter: {check_interval: 1s, limit_mib: 100, spike_limit_mib: 100}'),
    problems: [
      "4:3: processors::memory_limiter: 'spike_limit_mib' must be smaller than 'limit_mib' (spike_limit_mib: Data is refused this much below the hard limit; 0 is a fifth of it)",
    ],
  },
  {
    name: 'more than 100 per cent',
    text: processor('  memory_limiter: {check_interval: 1s, limit_percentage: 110}'),
    problems: [
      "4:3: processors::memory_limiter: 'limit_percentage' and 'spike_limit_percentage' must be greater than zero and less than or equal to hundred (limit_percentage: The hard limit as a share of the cgroup’s memory limit, or of the machine’s memory)",
    ],
  },
  {
    name: 'limit with a unit',
    text: processor('  memory_limiter: {check_interval: 1s, limit_mib: 512Mi}'),
    problems: [
      "4:51: processors::memory_limiter::limit_mib: expected type 'int', got unconvertible type 'string' (write a whole number such as 512)",
    ],
  },
  {
    name: 'attributes without actions',
    text: processor('  attributes:'),
    problems: ['4:3: processors::attributes: missing required field "actions" (actions: Changes, one after the other)'],
  },
  {
    name: 'unknown action',
    text: processor('  attributes: {actions: [{key: a, action: set, value: 1}]}'),
    problems: [
      '4:26: processors::attributes::actions::0: error with key "a" (0-th action): error creating AttrProc due to unsupported action "set"',
    ],
  },
  {
    name: 'action without value',
    text: processor('  attributes: {actions: [{key: a, action: insert}]}'),
    problems: [
      '4:26: processors::attributes::actions::0: error with key "a" (0-th action): error creating AttrProc. Either field "value", "from_attribute", "from_context", or "default_value" must be specified',
    ],
  },
  {
    name: 'invalid expression',
    text: processor("  attributes: {actions: [{key: a, action: extract, pattern: '('}]}"),
    problems: [
      '4:26: processors::attributes::actions::0: error with key "a" (0-th action): error creating AttrProc. Field "pattern" has invalid pattern: "("',
    ],
  },
  {
    name: 'actions as a map',
    text: processor('  attributes: {actions: {key: a, action: insert}}'),
    problems: [
      '4:25: processors::attributes::actions: source data must be an array or slice, got map (write a list such as [a, b])',
    ],
  },
  {
    name: 'attribute for attributes',
    text: processor('  resource: {attribute: [{key: a, value: b, action: upsert}]}'),
    problems: ['4:14: processors::resource: has invalid keys: attribute (did you mean "attributes"?)'],
  },
  {
    name: 'processor of the Collector',
    text: processor('  k8sattributes: {passthrough: true}'),
    problems: [
      `4:3: processors: unknown type: "k8sattributes" for id: "k8sattributes" (valid values: [${types('processor')}]) (Sonde has no such component: remove it)`,
    ],
  },
  {
    name: 'health path without slash',
    text: extension('  health_check: {path: health}'),
    problems: [
      '4:24: extensions::health_check::path: path must start with / (Path of the Collector’s answer; one that ends with `/` takes everything below; default /)',
    ],
  },
  {
    name: 'health port out of range',
    text: extension("  health_check: {endpoint: ':133133'}"),
    problems: [
      '4:28: extensions::health_check::endpoint: invalid port "133133" (`host:port` to listen on; default localhost:13133)',
    ],
  },
  {
    name: 'unknown extension',
    text: extension('  zpages:'),
    problems: [
      `4:3: extensions: unknown type: "zpages" for id: "zpages" (valid values: [${types('extension')}]) (Sonde has no such component: remove it)`,
    ],
  },
  {
    name: 'directory that is not there',
    text: extension('  file_storage: {directory: /nonexistent/dir}'),
    problems: [
      '4:29: extensions::file_storage::directory: directory must exist: stat /nonexistent/dir: no such file or directory. You can enable the create_directory option to automatically create it',
    ],
  },
  {
    name: 'extensions as a string',
    text: service('  extensions: health_check\n  pipelines: {traces: {receivers: [otlp], exporters: [debug]}}'),
    problems: ['4:15: service::extensions: source data must be an array or slice, got string (write it as [a, b])'],
  },
  {
    name: 'pipelines outside service',
    text: `${RECEIVERS}${EXPORTERS}pipelines:\n  traces: {receivers: [otlp], exporters: [debug]}\n`,
    problems: ['3:1: has invalid keys: pipelines (write it below "service")'],
  },
  {
    name: 'service is null',
    text: service(''),
    problems: ['3:1: service::pipelines: service must have at least one pipeline (add a pipeline such as `traces:`)'],
  },
  {
    name: 'service is a list',
    text: `${RECEIVERS}${EXPORTERS}service: []\n`,
    problems: ['3:10: service: expected a map or struct, got "slice" (write its keys below it, indented)'],
  },
  {
    name: 'pipelines are null',
    text: service('  pipelines:'),
    problems: ['4:3: service::pipelines: service must have at least one pipeline (add a pipeline such as `traces:`)'],
  },
  {
    name: 'pipeline is null',
    text: pipelines('    traces:'),
    problems: [
      '7:5: service::pipelines::traces: must have at least one receiver (list one under "receivers")',
      '7:5: service::pipelines::traces: must have at least one exporter (list one under "exporters")',
    ],
  },
  {
    name: 'exporters are null',
    text: pipelines('    traces: {receivers: [otlp], exporters: }'),
    problems: ['7:5: service::pipelines::traces: must have at least one exporter (list one under "exporters")'],
  },
  {
    name: 'list in a list',
    text: pipelines('    traces: {receivers: [[otlp]], exporters: [debug]}'),
    problems: [
      "7:26: service::pipelines::traces::receivers::0: expected type 'string', got unconvertible type '[]interface {}' (write a text)",
    ],
  },
  {
    name: 'colon after an item',
    text: pipelines('    traces:\n      receivers:\n        - otlp:\n      exporters: [debug]'),
    problems: [
      "9:11: service::pipelines::traces::receivers::0: expected type 'string', got unconvertible type 'map[string]interface {}' (write a text)",
    ],
  },
  {
    name: 'list at the height of its pipeline',
    text: pipelines('    traces:\n      receivers: [otlp]\n    exporters: [debug]'),
    problems: [
      '9:5: service::pipelines: in "exporters" id: unknown pipeline signal: "exporters" (indent it further, below a pipeline)',
    ],
  },
  {
    name: 'exporter as receiver',
    text: pipelines('    traces: {receivers: [debug], exporters: [debug]}'),
    problems: [
      '7:26: service::pipelines::traces: references receiver "debug" which is not configured ("debug" is configured as an exporter)',
    ],
  },
  {
    name: 'processor among exporters',
    text: pipelines('    traces: {receivers: [otlp], exporters: [batch]}'),
    problems: [
      '7:45: service::pipelines::traces: references exporter "batch" which is not configured ("batch" is configured as a processor)',
    ],
  },
  {
    name: 'reference misspelt',
    text: pipelines('    traces: {receivers: [oltp], exporters: [debug]}'),
    problems: [
      '7:26: service::pipelines::traces: references receiver "oltp" which is not configured (did you mean "otlp"?)',
    ],
  },
  {
    name: 'signal in capitals',
    text: pipelines('    Traces: {receivers: [otlp], exporters: [debug]}'),
    problems: ['7:5: service::pipelines: in "Traces" id: unknown pipeline signal: "Traces" (did you mean "traces"?)'],
  },
  {
    name: 'pipeline twice after trimming',
    text: pipelines(
      '    traces/ a: {receivers: [otlp], exporters: [debug]}\n    traces /a: {receivers: [otlp], exporters: [debug]}',
    ),
    problems: ['8:5: service::pipelines: duplicate name "traces/a" after unmarshaling (give it another name)'],
  },
  {
    name: 'connector of itself',
    text: pipelines('    traces: {receivers: [otlp, forward], exporters: [forward, debug]}'),
    problems: [
      '4:14: failed to build pipelines: cycle detected: connector "forward" (traces to traces) -> connector "forward" (traces to traces) (take one of these connectors out of a list of exporters)',
    ],
  },
  {
    name: 'cycle of two connectors',
    text: pipelines(
      '    traces/1: {receivers: [otlp, forward], exporters: [forward/2]}\n    traces/2: {receivers: [forward/2], exporters: [forward]}',
    ),
    problems: [
      '4:25: failed to build pipelines: cycle detected: connector "forward/2" (traces to traces) -> connector "forward" (traces to traces) -> connector "forward/2" (traces to traces) (take one of these connectors out of a list of exporters)',
    ],
  },
  {
    name: 'connector that nobody reads',
    text: pipelines('    traces: {receivers: [otlp], exporters: [forward]}'),
    problems: [
      '7:45: failed to build pipelines: connector "forward" used as exporter in [traces] pipeline but not used in any supported receiver pipeline (list it under "receivers" of a pipeline of traces)',
    ],
  },
  {
    name: 'connector that nobody feeds',
    text: pipelines('    traces: {receivers: [otlp, forward], exporters: [debug]}'),
    problems: [
      '7:32: failed to build pipelines: connector "forward" used as receiver in [traces] pipeline but not used in any supported exporter pipeline (list it under "exporters" of a pipeline of traces)',
    ],
  },
  {
    name: 'profiles without the gate',
    text: pipelines('    profiles: {receivers: [otlp], exporters: [debug]}'),
    problems: [
      '7:5: service::pipelines: pipeline "profiles": profiling signal support is at alpha level, gated under the "service.profilesSupport" feature gate (add --feature-gates=service.profilesSupport)',
    ],
  },
  {
    name: 'signal that a receiver has not',
    text: `receivers: {ebpf_socket: }\n${EXPORTERS}service: {pipelines: {logs: {receivers: [ebpf_socket], exporters: [debug]}}}\n`,
    problems: [
      '3:42: failed to build pipelines: failed to create "ebpf_socket" receiver for data type "logs": telemetry type is not supported (it takes traces, metrics)',
    ],
  },
  {
    name: 'exporter among connectors',
    text: `${RECEIVERS}${EXPORTERS}connectors: {debug: }\n${SERVICE}`,
    problems: [
      '3:14: connectors: unknown type: "debug" for id: "debug" (valid values: [forward]) (write it in the section "exporters")',
    ],
  },
  {
    name: 'log level',
    text: service(
      '  telemetry: {logs: {level: verbose}}\n  pipelines: {traces: {receivers: [otlp], exporters: [debug]}}',
    ),
    problems: [
      '4:29: service::telemetry::logs::level: unrecognized level: "verbose" (debug, info, warn or error; default info)',
    ],
  },
  {
    name: 'endpoint from a variable that is not set',
    text: exporter('  otlp_grpc:\n    endpoint: ${env:NOT_SET}'),
    problems: [
      '3:3: exporters::otlp_grpc: requires a non-empty "endpoint" (endpoint: `host:port`, a URL of http or https, `dns:///host:port` or `unix:///path`)',
    ],
  },
  {
    name: 'host from a variable that is not set',
    text: exporter('  otlp_grpc:\n    endpoint: ${env:NOT_SET}:4317x'),
    problems: [
      '4:15: exporters::otlp_grpc::endpoint: invalid port "4317x" (`host:port`, a URL of http or https, `dns:///host:port` or `unix:///path`)',
    ],
  },
  {
    name: 'expansion that is not closed',
    text: exporter('  otlp_grpc:\n    endpoint: ${env:HOST:4317'),
    problems: [
      '4:15: exporters::otlp_grpc::endpoint: address ${env:HOST:4317: too many colons in address (a variable is written ${env:HOST})',
    ],
  },
  {
    name: 'expansion of nothing',
    text: exporter('  otlp_grpc:\n    endpoint: ${}'),
    problems: [
      '4:15: cannot resolve the configuration: environment variable "" has invalid name: must match regex ^[a-zA-Z_][a-zA-Z0-9_]*$ (write it as ${env:NAME} or ${env:NAME:-default}; a $ of a text as $$)',
    ],
  },
  {
    name: 'expansion as in a shell',
    text: exporter('  otlp_grpc:\n    endpoint: ${HOST:?missing}'),
    problems: [
      '4:15: cannot resolve the configuration: scheme "HOST" is not supported for uri "HOST:?missing" (use env, file, yaml, http or https)',
    ],
  },
  {
    name: 'directory for a file',
    text: exporter('  otlp_grpc:\n    endpoint: ${file:/tmp}'),
    problems: [
      '4:15: cannot resolve the configuration: cannot retrieve the configuration: unable to read the file file:/tmp: open /tmp: is a directory (name a file in it)',
    ],
  },
];
