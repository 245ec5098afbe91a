// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expansions are what is tested
/** Configurations for the reference Collector and for Sonde: both must say the same. */
export interface MatrixCase {
  readonly name: string;
  /** Values of `--config`. */
  readonly config: readonly string[];
  readonly set?: readonly string[];
  readonly gates?: string;
  /** When it is refused: what both messages name. */
  readonly names?: readonly string[];
}

/** The environment of every case. */
export const matrixEnv: Readonly<Record<string, string>> = {
  STRING: 'abc',
  NUMBER: '5',
  OCTAL: '0123',
  HEX: '0x10',
  FLOAT: '1.5',
  TRUE: 'true',
  YES: 'yes',
  T: 't',
  EMPTY: '',
  NULL: 'null',
  LIST: '[otlp]',
  COMMA: 'otlp,otlp/2',
  MAP: '{verbosity: basic}',
  DURATION: '5s',
  QUOTED: '"5"',
  BROKEN: '[a, b',
  NESTED: '${env:NUMBER}',
  NAME: 'NUMBER',
  DOLLARS: 'a$$b',
  LOOP: '${env:LOOP}',
  WHOLE:
    'receivers: {otlp: {protocols: {grpc: }}}\nexporters: {debug: }\nservice: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}',
};

interface Parts {
  readonly receivers?: string;
  readonly processors?: string;
  readonly exporters?: string;
  readonly connectors?: string;
  readonly extensions?: string;
  readonly service?: string;
  readonly pipelines?: string;
  readonly rest?: string;
}

/** A configuration in which everything but the given part is right. */
function whole(parts: Parts = {}): string {
  const {
    receivers = '{otlp: {protocols: {grpc: }}, otlp/2: {protocols: {http: }}}',
    exporters = '{debug: , debug/2: }',
    pipelines = '{traces: {receivers: [otlp], exporters: [debug]}}',
  } = parts;
  const lines = [`receivers: ${receivers}`, `exporters: ${exporters}`];
  for (const key of ['processors', 'connectors', 'extensions'] as const) {
    if (parts[key] !== undefined) lines.push(`${key}: ${parts[key]}`);
  }
  lines.push(`service: ${parts.service ?? `{pipelines: ${pipelines}}`}`);
  if (parts.rest !== undefined) lines.push(parts.rest);
  return `yaml:${lines.join('\n')}`;
}

const one = (name: string, parts: Parts, names?: readonly string[]): MatrixCase => ({
  name,
  config: [whole(parts)],
  ...(names === undefined ? {} : { names }),
});
const debug = (body: string, names?: readonly string[]): MatrixCase =>
  one(`debug: ${body}`, { exporters: `{debug: ${body}}` }, names);
const batch = (body: string, names?: readonly string[]): MatrixCase =>
  one(`batch: ${body}`, { processors: `{batch: ${body}}` }, names);
const http = (body: string, names?: readonly string[]): MatrixCase =>
  one(`otlp_http: ${body}`, { exporters: `{debug: , otlp_http: ${body}}` }, names);
const grpc = (body: string, names?: readonly string[]): MatrixCase =>
  one(`otlp_grpc: ${body}`, { exporters: `{debug: , otlp_grpc: ${body}}` }, names);
const file = (body: string, names?: readonly string[]): MatrixCase =>
  one(`file: ${body}`, { exporters: `{debug: , file: ${body}}` }, names);
const receiver = (body: string, names?: readonly string[]): MatrixCase =>
  one(`otlp receiver: ${body}`, { receivers: `{otlp: ${body}}` }, names);
const health = (body: string, names?: readonly string[]): MatrixCase =>
  one(`health_check: ${body}`, { extensions: `{health_check: ${body}}` }, names);
const telemetry = (body: string, names?: readonly string[]): MatrixCase =>
  one(
    `telemetry: ${body}`,
    { service: `{telemetry: ${body}, pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}` },
    names,
  );
const match = (body: string, names?: readonly string[]): MatrixCase =>
  one(
    `attributes, include: ${body}`,
    {
      processors: `{attributes: {include: ${body}, actions: [{key: a, action: delete}]}}`,
      pipelines: '{traces: {receivers: [otlp], processors: [attributes], exporters: [debug]}}',
    },
    names,
  );
const pipelines = (body: string, names?: readonly string[]): MatrixCase =>
  one(`pipelines: ${body}`, { pipelines: body, processors: '{batch: , batch/2: }', connectors: '{forward: }' }, names);
const queue = (body: string, names?: readonly string[]): MatrixCase =>
  http(`{endpoint: "http://a:1", sending_queue: ${body}}`, names);
const retry = (body: string, names?: readonly string[]): MatrixCase =>
  http(`{endpoint: "http://a:1", retry_on_failure: ${body}}`, names);

const types: readonly MatrixCase[] = [
  // An integer field.
  ...['5', '0x10', '0o17', '0b11', '0123', '1_000', '+5', '"${env:OCTAL}"', '"${env:HEX}"', 'null', '~'].map((v) =>
    batch(`{send_batch_size: ${v}}`),
  ),
  ...[
    'abc',
    '"5"',
    "'5'",
    'true',
    '[5]',
    '{a: 5}',
    '-1',
    '1.5',
    '"${env:STRING}"',
    '"${env:QUOTED}"',
    '"5${env:NUMBER}"',
    '1e3',
  ].map((v) => batch(`{send_batch_size: ${v}}`, ['send_batch_size'])),
  // A boolean field.
  ...['true', 'false', 'True', 'TRUE', '"${env:TRUE}"', 'null'].map((v) => debug(`{use_internal_logger: ${v}}`)),
  ...['yes', 'on', 't', '1', '0', '"true"', '"${env:YES}"', '"${env:T}"', '"${env:NUMBER}"'].map((v) =>
    debug(`{use_internal_logger: ${v}}`, ['use_internal_logger']),
  ),
  // A duration.
  ...['5s', '1h30m', '100ms', '0', '0s', '"${env:DURATION}"', '1.5s', '5000000'].map((v) => batch(`{timeout: ${v}}`)),
  ...['5', '"5"', '5x', 'abc', '-5s', '[5s]', 'true'].map((v) =>
    batch(`{timeout: ${v}}`, v === '5' ? undefined : ['timeout']),
  ),
  // A string.
  ...[
    'a',
    '"a"',
    '"${env:STRING}"',
    '"${env:OCTAL}"',
    '"${env:TRUE}"',
    '"x-${env:OCTAL}"',
    '"${env:FLOAT}"',
    '$$x',
    '$x',
  ].map((v) => file(`{path: ${v}}`)),
  ...['5', 'true', '1.5', '[a]', '{a: b}'].map((v) => file(`{path: ${v}}`, ['path'])),
  // A number.
  ...['0.5', '1', '0', '"${env:FLOAT}"', '1e0'].map((v) => retry(`{multiplier: ${v}}`)),
  ...['abc', '"0.5"', 'true'].map((v) => retry(`{multiplier: ${v}}`, ['multiplier'])),
  // A list.
  ...['[a]', '[]', 'null', 'a', '"a,b"'].map((v) => batch(`{metadata_keys: ${v}}`)),
  ...['{a: b}', '5'].map((v) => batch(`{metadata_keys: ${v}}`, ['metadata_keys'])),
  // A map.
  ...['{a: b}', '{}', 'null', '{a: "1"}'].map((v) => http(`{endpoint: "http://a:1", headers: ${v}}`)),
  ...['5', 'x'].map((v) => http(`{endpoint: "http://a:1", headers: ${v}}`, ['headers'])),
  // A section.
  ...['null', '{}', '"${env:MAP}"', '"${env:EMPTY}"', '"${env:UNSET}"', '"${env:NULL}"'].map((v) => debug(v)),
  ...['5', 'abc', '[a]', 'true'].map((v) => debug(v, ['debug'])),
];

/** What is known only when the processor is built for a signal. */
const matches: readonly MatrixCase[] = [
  match('{match_type: strict, services: [a]}'),
  match('{match_type: regexp, span_names: ["^a"]}'),
  match('{services: [a]}', ['match_type']),
  match('{match_type: loose, services: [a]}', ['match_type']),
  match('{match_type: strict}', ['attributes']),
  match('{match_type: strict, log_bodies: [a]}', ['log_bodies']),
  match('{match_type: strict, metric_names: [a]}', ['metric_names']),
  match('{match_type: regexp, services: ["("]}', ['(']),
  match('{match_type: strict, span_kinds: [SERVER]}', ['span_kinds']),
];

const expansion: readonly MatrixCase[] = [
  ...[
    '${env:NUMBER}',
    '${NUMBER}',
    '${env:UNSET:-7}',
    '${UNSET:-7}',
    '${UN_SET:-7}',
    '${X:-7}',
    '${1:7}',
    '${:7}',
    '${env:NESTED}',
    '${env:${env:NAME}}',
    '${yaml:8}',
    '${env:EMPTY:-7}',
  ].map((v) => batch(`{send_batch_size: "${v}"}`)),
  batch('{send_batch_size: "${env:UNSET:-x}"}', ['send_batch_size']),
  batch('{send_batch_size: "${env:not valid}"}', ['not valid']),
  batch('{send_batch_size: "${env:1A}"}', ['1A']),
  batch('{send_batch_size: "${vault:x}"}', ['vault']),
  batch('{send_batch_size: "${file:/does/not/exist}"}', ['/does/not/exist']),
  batch('{send_batch_size: "${env:LOOP}"}', ['too many recursive expansions']),
  batch('{send_batch_size: "$${env:NUMBER}"}', ['send_batch_size']),
  batch('{send_batch_size: "${env:}"}', ['']),
  file('{path: "${env:BROKEN}"}'),
  file('{path: "$${env:STRING}"}'),
  file('{path: "${env:DOLLARS}"}'),
  file('{path: "${env:LIST}"}'),
  file('{path: "a-${env:LIST}"}'),
  file('{path: "${env:MAP}"}'),
  file('{path: "${env:UNSET}"}', ['path']),
  file('{path: "${env:EMPTY}"}', ['path']),
  pipelines('{traces: {receivers: "${env:LIST}", exporters: [debug]}}'),
  pipelines('{traces: {receivers: "${env:COMMA}", exporters: [debug]}}'),
  pipelines('{traces: {receivers: ["${env:STRING}"], exporters: [debug]}}', ['abc']),
  { name: 'config from env', config: ['env:WHOLE'] },
  {
    name: 'config from an unset variable',
    config: ['env:UNSET'],
    names: ['empty configuration file'],
  },
  { name: 'unknown scheme', config: ['ftp:x'], names: ['unsupported scheme on URI "ftp:x"'] },
  { name: 'no such file', config: ['/does/not/exist.yaml'], names: ['/does/not/exist.yaml'] },
  { name: 'no config', config: [], names: ['at least one config flag must be provided'] },
  { name: 'a string', config: ['yaml:abc'], names: ['cannot be used as a Conf'] },
  { name: 'a list', config: ['yaml:[abc]'], names: ['cannot be used as a Conf'] },
];

const merging: readonly MatrixCase[] = [
  {
    name: 'a second file completes',
    config: [
      'yaml:receivers: {otlp: {protocols: {grpc: }}}',
      'yaml:exporters: {debug: }',
      'yaml:service: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}',
    ],
  },
  {
    name: 'lists are replaced',
    config: [whole(), 'yaml:service: {pipelines: {traces: {exporters: [nope]}}}'],
    names: ['nope'],
  },
  { name: 'null deletes a section', config: [whole(), 'yaml:exporters: '], names: ['exporter'] },
  {
    name: 'null deletes a component',
    config: [whole({ processors: '{batch: {timeout: x}}' }), 'yaml:processors: {batch: }'],
  },
  { name: '{} keeps a section', config: [whole(), 'yaml:exporters: {}'] },
  {
    name: 'the later scalar wins',
    config: [whole({ processors: '{batch: {timeout: x}}' }), 'yaml:processors: {batch: {timeout: 1s}}'],
  },
  { name: 'a::b', config: [whole(), 'yaml:processors::batch::timeout: 3s'] },
  { name: 'a::b wrong', config: [whole(), 'yaml:processors::batch::timeout: 3x'], names: ['timeout'] },
  { name: 'set', config: [whole()], set: ['processors.batch.timeout=2s'] },
  {
    name: 'set, keys parted as in YAML',
    config: [whole()],
    set: ['processors::batch::timeout=2s', 'exporters.debug::verbosity=basic'],
  },
  { name: 'set wrong', config: [whole()], set: ['processors.batch.timeout=2x'], names: ['timeout'] },
  { name: 'set a list', config: [whole()], set: ['service.pipelines.traces.receivers=[otlp/2]'] },
  {
    name: 'set without a value',
    config: [whole()],
    set: ['processors.batch'],
    names: ['invalid argument "processors.batch" for "--set" flag: missing equal sign'],
  },
  { name: 'set an unknown key', config: [whole()], set: ['processors.batch.foo=1'], names: ['batch', 'foo'] },
  { name: 'set null', config: [whole()], set: ['exporters=null'], names: ['exporter'] },
  {
    name: 'append joins',
    config: [whole(), 'yaml:service: {pipelines: {traces: {exporters: [debug/2]}}}'],
    gates: 'confmap.enableMergeAppendOption',
  },
  {
    name: 'append finds the missing one',
    config: [whole(), 'yaml:service: {pipelines: {traces: {exporters: [nope]}}}'],
    gates: 'confmap.enableMergeAppendOption',
    names: ['nope'],
  },
  { name: 'unknown gate', config: [whole()], gates: 'nope', names: ['no such feature gate "nope"'] },
];

const structure: readonly MatrixCase[] = [
  { name: 'empty', config: ['yaml:'], names: ['empty configuration file'] },
  {
    name: 'only service',
    config: ['yaml:service: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}'],
    names: [''],
  },
  one('no exporters', { exporters: '{}' }, ['no exporter configuration specified in config']),
  one('no receivers', { receivers: '{}' }, ['no receiver configuration specified in config']),
  one('unknown root key', { rest: 'foo: 1' }, ['foo']),
  one('unknown receiver', { receivers: '{otlp: {protocols: {grpc: }}, nope: }' }, [
    'unknown type: "nope" for id: "nope"',
    'otlp',
  ]),
  one('unknown exporter', { exporters: '{debug: , nope/1: }' }, ['unknown type: "nope" for id: "nope/1"']),
  one('unknown processor', { processors: '{nope: }' }, ['unknown type: "nope"']),
  one('unknown extension', { extensions: '{nope: }' }, ['unknown type: "nope"']),
  one('unknown connector', { connectors: '{nope: }' }, ['unknown type: "nope"']),
  one('the wrong case', { processors: '{Batch: }' }, ['Batch']),
  one('id without a name', { processors: '{batch/: }' }, ['batch/', 'the part after / should not be empty']),
  one('id without a type', { processors: '{/x: }' }, ['/x', 'the part before / should not be empty']),
  one('id with a strange type', { processors: '{"b-tch": }' }, ['b-tch', 'invalid character(s) in type']),
  one('id with a strange name', { processors: '{"batch/a b": }' }, ['a b', 'invalid character(s) in name']),
  one('ids with spaces', { processors: '{"batch / x": }' }),
  one('an id twice', { processors: '{"batch/x": , "batch /x": }' }, ['duplicate name "batch/x"']),
  one('names may have slashes', { processors: '{"batch/a/b": }' }),
  one('processors are a list', { processors: '[batch]' }, ['processors']),
  one('receivers are a string', { receivers: 'otlp' }, ['receivers']),
  one('no service', { service: '' }, ['service must have at least one pipeline']),
  one('no pipelines', { service: '{}' }, ['service must have at least one pipeline']),
  { name: 'no pipelines with the gate', config: [whole({ service: '{}' })], gates: 'service.AllowNoPipelines' },
  one('unknown key of service', { service: '{foo: 1, pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}' }, [
    'service',
    'foo',
  ]),
  one('service is a string', { service: 'x' }, ['service']),
  one(
    'missing extension',
    { service: '{extensions: [health_check], pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}' },
    ['service::extensions', 'references extension "health_check" which is not configured'],
  ),
  one('extension that is there', {
    extensions: '{health_check: }',
    service: '{extensions: [health_check], pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}',
  }),
  one(
    'extensions are a map',
    { service: '{extensions: [{a: b}], pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}' },
    ['extensions'],
  ),
  one('connector and exporter of one id', { connectors: '{forward: }', exporters: '{debug: , forward: }' }, [
    'forward',
  ]),
  one('deprecated names', { exporters: '{debug: , otlphttp: {endpoint: "http://a:1"}, otlp: {endpoint: "a:1"}}' }),
];

const graph: readonly MatrixCase[] = [
  pipelines('{traces: {receivers: [otlp], processors: [batch], exporters: [debug, debug/2]}}'),
  pipelines(
    '{traces: {receivers: [otlp], exporters: [debug]}, metrics: {receivers: [otlp], exporters: [debug]}, logs: {receivers: [otlp, otlp/2], exporters: [debug]}}',
  ),
  pipelines('{traces/a: {receivers: [otlp], exporters: [debug]}, traces/b: {receivers: [otlp], exporters: [debug]}}'),
  pipelines('{traces: {receivers: [nope], exporters: [debug]}}', [
    'service::pipelines::traces',
    'references receiver "nope" which is not configured',
  ]),
  pipelines('{traces: {receivers: [otlp], processors: [nope], exporters: [debug]}}', [
    'service::pipelines::traces',
    'references processor "nope" which is not configured',
  ]),
  pipelines('{traces: {receivers: [otlp], exporters: [nope]}}', [
    'service::pipelines::traces',
    'references exporter "nope" which is not configured',
  ]),
  pipelines('{traces: {receivers: [], exporters: [debug]}}', [
    'service::pipelines::traces',
    'must have at least one receiver',
  ]),
  pipelines('{traces: {receivers: [otlp], exporters: []}}', [
    'service::pipelines::traces',
    'must have at least one exporter',
  ]),
  pipelines('{traces: {exporters: [debug]}}', ['must have at least one receiver']),
  pipelines('{traces: }', ['service::pipelines::traces']),
  pipelines('{traces: {receivers: [otlp], processors: [batch, batch], exporters: [debug]}}', [
    'references processor "batch" multiple times',
  ]),
  pipelines('{traces: {receivers: [otlp, otlp], exporters: [debug]}}'),
  pipelines('{foo: {receivers: [otlp], exporters: [debug]}}', ['unknown pipeline signal: "foo"']),
  pipelines('{traces/: {receivers: [otlp], exporters: [debug]}}', ['traces/', 'the part after / should not be empty']),
  pipelines('{traces: {receivers: [otlp], exporters: [debug], foo: 1}}', ['traces', 'foo']),
  pipelines('{traces: {receivers: {a: b}, exporters: [debug]}}', ['traces', 'receivers']),
  pipelines('{traces: {receivers: otlp, exporters: [debug]}}'),
  pipelines('{traces: {receivers: "otlp,otlp/2", exporters: debug}}'),
  pipelines('{traces: {receivers: [5], exporters: [debug]}}', ['receivers']),
  pipelines('{traces: abc}', ['traces']),
  pipelines('[traces]', ['pipelines']),
  pipelines(
    '{traces: {receivers: [otlp], exporters: [forward]}, traces/2: {receivers: [forward], exporters: [debug]}}',
  ),
  pipelines('{traces: {receivers: [otlp], exporters: [forward]}}', [
    'connector "forward" used as exporter in [traces] pipeline but not used in any supported receiver pipeline',
  ]),
  pipelines('{traces: {receivers: [forward], exporters: [debug]}}', [
    'connector "forward" used as receiver in [traces] pipeline but not used in any supported exporter pipeline',
  ]),
  pipelines(
    '{traces: {receivers: [otlp], exporters: [forward]}, metrics: {receivers: [forward], exporters: [debug]}}',
    ['connector "forward"'],
  ),
  pipelines('{traces: {receivers: [otlp, forward], exporters: [forward, debug]}}', [
    'cycle detected: connector "forward" (traces to traces)',
  ]),
  pipelines(
    '{traces: {receivers: [otlp], exporters: [forward]}, traces/2: {receivers: [forward], processors: [batch], exporters: [forward]}}',
    ['cycle detected'],
  ),
  pipelines('{profiles: {receivers: [otlp], exporters: [debug]}}', [
    'pipeline "profiles": profiling signal support is at alpha level, gated under the "service.profilesSupport" feature gate',
  ]),
  {
    name: 'profiles with the gate',
    config: [whole({ pipelines: '{profiles: {receivers: [otlp], exporters: [debug]}}' })],
    gates: 'service.profilesSupport',
  },
  {
    name: 'profiles through batch',
    config: [
      whole({
        pipelines: '{profiles: {receivers: [otlp], processors: [batch], exporters: [debug]}}',
        processors: '{batch: }',
      }),
    ],
    gates: 'service.profilesSupport',
    names: ['failed to create "batch" processor, in pipeline "profiles": telemetry type is not supported'],
  },
];

const components: readonly MatrixCase[] = [
  batch('{send_batch_size: 10, send_batch_max_size: 5}', [
    'send_batch_max_size must be greater or equal to send_batch_size',
  ]),
  batch('{metadata_keys: [a, A]}', ['duplicate entry in metadata_keys: "a" (case-insensitive)']),
  batch('{timeout: -1s}', ['timeout must be greater or equal to 0']),
  batch('{foo: 1, bar: 2}', ['foo', 'bar']),
  debug('{verbosity: detailed}'),
  debug('{verbosity: Normal}'),
  debug('{verbosity: none}', ['verbosity']),
  debug('{verbosity: loud}', ['verbosity', 'loud']),
  debug('{sampling_initial: -1}', ['sampling_initial']),
  debug('{output_paths: [stdout]}', ['output_paths']),
  debug('{use_internal_logger: false, output_paths: [stdout]}'),
  debug('{loglevel: debug}', ['loglevel']),
  http('{}', ['at least one endpoint must be specified']),
  http('{endpoint: "http://a:1"}'),
  http('{traces_endpoint: "http://a:1/x"}'),
  http('{endpoint: "http://a:1", encoding: json}'),
  http('{endpoint: "http://a:1", encoding: xml}', ['xml']),
  http('{endpoint: "http://a:1", compression: none}'),
  http('{endpoint: "http://a:1", compression: foo}', ['foo']),
  http('{endpoint: "http://a:1", timeout: 5s, foo: 1}', ['foo']),
  http('{endpoint: "http://a:1", tls: {insecure: true}}'),
  http('{endpoint: "http://a:1", tls: {min_version: "1.9"}}', ['min_version', '1.9']),
  http('{endpoint: "http://a:1", tls: {foo: 1}}', ['tls', 'foo']),
  queue('{enabled: false}'),
  queue('{queue_size: null}', ['queue_size']),
  queue('{num_consumers: "${env:UNSET}"}', ['num_consumers']),
  queue('{sizer: null, storage: null}'),
  queue('{batch: {min_size: null, flush_timeout: null}}', ['flush_timeout']),
  queue('{storage: ""}', ['storage']),
  queue('{queue_size: 0}', ['queue_size']),
  queue('{num_consumers: 0}', ['num_consumers']),
  queue('{queue_size: -1}', ['queue_size']),
  queue('{sizer: bytes, queue_size: 1000000}'),
  queue('{sizer: foo}', ['sizer']),
  queue('{foo: 1}', ['sending_queue', 'foo']),
  queue('{block_on_overflow: true, wait_for_result: true}'),
  queue('null'),
  retry('{enabled: false}'),
  retry('{enabled: null, multiplier: null, max_elapsed_time: null}'),
  retry('{initial_interval: 1s, max_interval: 10s, max_elapsed_time: 0}'),
  retry('{initial_interval: -1s}', ['initial_interval']),
  retry('{randomization_factor: -1}', ['randomization_factor']),
  retry('{randomization_factor: 2}', ['randomization_factor']),
  retry('{multiplier: -1}', ['multiplier']),
  retry('{max_elapsed_time: 1s}', ['max_elapsed_time']),
  retry('{foo: 1}', ['retry_on_failure', 'foo']),
  grpc('{endpoint: "a:4317"}'),
  grpc('{}', ['requires a non-empty "endpoint"']),
  grpc('{endpoint: "https://"}', ['requires a non-empty "endpoint"']),
  grpc('{endpoint: "a:port"}', ['port']),
  grpc('{endpoint: "a:1", tls: {insecure: true}}'),
  grpc('{endpoint: "a:1", tls: {min_version: asd}}', ['asd']),
  grpc('{endpoint: "a:1", timeout: -5s}', ['timeout']),
  grpc('{endpoint: "a:1", balancer_name: round_robin}'),
  grpc('{endpoint: "a:1", foo: 1}', ['foo']),
  file('{path: x, format: proto}'),
  file('{path: x, format: xml}', ['format']),
  file('{}', ['path must be non-empty']),
  file('{path: x, flush_interval: 0s}', ['flush_interval']),
  file('{path: x, compression: zstd}'),
  file('{path: x, compression: gzip}', ['compression']),
  file('{path: x, foo: 1}', ['foo']),
  ...['gzip', 'zlib', 'deflate', 'zstd', 'snappy', 'x-snappy-framed', 'lz4', '""'].map((name) =>
    http(`{endpoint: "http://a:1", compression: ${name}}`),
  ),
  ...['-3', '-2', '0', '9', '10'].map((level) =>
    http(`{endpoint: "http://a:1", compression_params: {level: ${level}}}`),
  ),
  http('{endpoint: "http://a:1", compression: zstd, compression_params: {level: 11}}'),
  http('{endpoint: "http://a:1", compression: snappy, compression_params: {level: 1}}', ['snappy']),
  http('{endpoint: "http://a:1", compression: br}', ['compression', 'br']),
  http('{profiles_endpoint: "http://a:1/p"}'),
  http('{endpoint: "http://a:1", proxy_url: "http://proxy:3128"}'),
  http('{endpoint: "http://a:1", headers: [{name: a, value: b}, {name: c}]}'),
  http('{endpoint: "http://a:1", headers: [{name: a, value: b}, {name: a, value: c}]}', ['duplicate', 'a']),
  http('{endpoint: "http://a:1", headers: [{foo: a}]}', ['headers', 'foo']),
  http('{endpoint: "http://a:1", headers: [a]}', ['headers']),
  http('{endpoint: "http://a:1", headers: {a: 1}}', ['headers']),
  http('{endpoint: "http://a:1", cookies: {}}'),
  http('{endpoint: "http://a:1", cookies: {enabled: true}}'),
  http('{endpoint: "http://a:1", cookies: {foo: true}}', ['cookies', 'foo']),
  http('{endpoint: "http://a:1", force_attempt_http2: false, http2_read_idle_timeout: 10s, http2_ping_timeout: 15s}'),
  http(
    '{endpoint: "http://a:1", max_idle_conns: 1, max_idle_conns_per_host: 2, max_conns_per_host: 3, idle_conn_timeout: 1s}',
  ),
  http('{endpoint: "http://a:1", disable_keep_alives: true, read_buffer_size: 1, write_buffer_size: 2}'),
  http('{endpoint: "http://a:1", middlewares: []}'),
  http('{endpoint: "http://a:1", auth: }'),
  http('{endpoint: "http://a:1", tls: {curve_preferences: [X25519, P256], include_insecure_cipher_suites: true}}'),
  http('{endpoint: "http://a:1", tls: {tpm: {enabled: false}}}'),
  http('{endpoint: "http://a:1", sending_queue: }'),
  http('{endpoint: "http://a:1", sending_queue: {batch: }}'),
  http('{endpoint: "http://a:1", sending_queue: {sizer: bytes, batch: {min_size: 10}}}'),
  http('{endpoint: "http://a:1", retry_on_failure: }'),
  grpc('{endpoint: "a:1", compression: zstd}'),
  grpc('{endpoint: "a:1", compression: foo}', ['compression', 'foo']),
  grpc('{endpoint: "a:1", headers: [{name: a, value: b}]}'),
  grpc('{endpoint: "a:1", keepalive: }'),
  grpc('{endpoint: "a:1", keepalive: {enabled: false}}'),
  grpc('{endpoint: "a:1", keepalive: {enabled: 1}}', ['keepalive', 'enabled']),
  grpc('{endpoint: "a:1", keepalive: {enabled: false, foo: 1}}', ['keepalive', 'foo']),
  grpc('{endpoint: "a:1", auth: {enabled: false, authenticator: x}}'),
  http('{endpoint: "http://a:1", sending_queue: {batch: {enabled: false, min_size: 5}}}'),
  receiver('{protocols: {http: {tls: {enabled: false}}}}'),
  receiver('{protocols: {http: {tls: }}}'),
  receiver('{protocols: {http: {cors: {enabled: false}}}}'),
  receiver('{protocols: {http: {response_headers: [{name: a, value: b}]}}}'),
  file('{path: x, rotation: {enabled: false}}', ['rotation', 'enabled']),
  grpc('{endpoint: "a:1", keepalive: {time: 20s, timeout: 5s, permit_without_stream: true}}'),
  grpc(
    '{endpoint: "a:1", read_buffer_size: 1, write_buffer_size: 2, wait_for_ready: true, authority: b, user_agent: c}',
  ),
  file('{path: x, compression: zstd, compression_params: {level: 30}}'),
  file('{path: x, append: true, rotation: }'),
  file('{path: x, append: true, rotation: {max_days: 1}}', ['append and rotation']),
  file('{path: x, rotation: {max_megabytes: 1, max_days: 2, max_backups: 3, localtime: true}}'),
  file('{path: x, create_directory: true}'),
  file('{path: x, create_directory: true, directory_permissions: "0750"}'),
  file('{path: x, create_directory: true, directory_permissions: 0750}', ['directory_permissions']),
  file('{path: x, create_directory: true, directory_permissions: "9"}', ['directory_permissions', 'octal']),
  file('{path: x, create_directory: true, directory_permissions: "1777"}', ['directory_permissions', 'bits']),
  file('{path: x, directory_permissions: "0750"}', ['directory_permissions requires create_directory']),
  file('{path: "a/*.json", group_by: {enabled: true}}'),
  file('{path: "a/*.json", group_by: }'),
  file('{path: "a/x.json", group_by: {enabled: true}}', ['path must contain exactly one *']),
  file('{path: "*/x.json", group_by: {enabled: true}}', ['path must not start with *']),
  file('{path: "a*", group_by: {enabled: true, resource_attribute: ""}}', ['resource_attribute must not be empty']),
  file('{path: x, flush_interval: -1s}', ['flush_interval']),
  receiver('{protocols: {http: }}'),
  receiver('{protocols: {grpc: , http: }}'),
  receiver('{protocols: {grpc: {}}}'),
  receiver('{}', ['must specify at least one protocol when using the OTLP receiver']),
  receiver('null', ['must specify at least one protocol when using the OTLP receiver']),
  receiver('{protocols: }', ['must specify at least one protocol when using the OTLP receiver']),
  receiver('{protocols: {htttp: }}', ['protocols', 'htttp']),
  receiver('{protocols: {grpc: {endpoint: "localhost:1", foo: 1}}}', ['protocols', 'grpc', 'foo']),
  receiver('{protocols: {http: {traces_url_path: ":invalid"}}}', ['invalid HTTP URL path set for signal']),
  receiver('{protocols: {http: {endpoint: 5}}}', ['endpoint']),
  receiver('{protocols: {http: {cors: {allowed_origins: ["*"]}}}}'),
  receiver('{protocols: {http: {max_request_body_size: 1000}}}'),
  receiver('{protocols: {grpc: {max_recv_msg_size_mib: 32}}}'),
  receiver('{protocols: {grpc: {tls: {cert_file: a}}}}', ['key']),
  health('null'),
  health('{path: null}', ['path']),
  health('{http: null}', ['v2 healthcheck configuration']),
  health('{component_health: null}'),
  health('{endpoint: "0.0.0.0:13133", path: /health}'),
  health('{endpoint: ""}', ['endpoint required']),
  health('{path: x}', ['path must start with /']),
  health('{http: {}}', ['v2 healthcheck configuration']),
  health('{response_body: {healthy: a, unhealthy: b}}'),
  health('{foo: 1}', ['foo']),
];

const own: readonly MatrixCase[] = [
  ...[
    '{}',
    '{logs: {level: INFO}}',
    '{logs: {level: debug, encoding: json, initial_fields: {a: 1}}}',
    '{logs: {output_paths: stdout}}',
    '{logs: {sampling: null}}',
    '{logs: {sampling: {enabled: false}}}',
    '{metrics: {level: Basic}}',
    '{metrics: {level: null}}',
    '{metrics: {level: none, readers: []}}',
    '{metrics: {level: detailed, readers: [{pull: {exporter: {prometheus: {host: 0.0.0.0, port: 8888, without_scope_info: false, without_type_suffix: false, without_units: false}}}}]}}',
    '{metrics: {readers: [{periodic: {interval: 1000, exporter: {otlp: {protocol: http/protobuf, endpoint: "http://a:1", headers: [{name: a, value: b}]}}}}]}}',
    '{traces: {processors: [{batch: {exporter: {otlp: {protocol: http/protobuf, endpoint: "http://a:1"}}}}]}}',
    '{traces: {level: none}}',
    '{traces: {propagators: [b3]}}',
    '{resource: {a: b, service.name: null}}',
    '{resource: {attributes: [{name: a, value: b}]}}',
  ].map((body) => telemetry(body)),
  telemetry('{foo: 1}', ['service.telemetry', 'foo']),
  telemetry('{logs: {foo: 1}}', ['logs', 'foo']),
  telemetry('{logs: {level: loud}}', ['logs', 'loud']),
  telemetry('{metrics: {level: loud}}', ['metrics', 'loud']),
  telemetry('{metrics: {readers: []}}', [
    'collector telemetry metrics reader should exist when metric level is not none',
  ]),
  telemetry('{metrics: {address: "a:1"}}', ['metrics', 'address']),
  telemetry('{metrics: {readers: [{foo: 1}]}}', ['readers', 'foo']),
  telemetry('{metrics: {readers: [{pull: {exporter: {prometheus: {port: x}}}}]}}', ['readers', 'port']),
  telemetry('{metrics: {readers: [{pull: {exporter: {prometheus: {foo: 1}}}}]}}', ['prometheus', 'foo']),
  telemetry('{metrics: {views: []}}', ['service::telemetry::metrics::views can only be set when']),
  telemetry('{resource: {a: 1}}', ['legacy resource attribute "a" must be string or null']),
];

export const matrix: readonly MatrixCase[] = [
  ...types,
  ...matches,
  ...expansion,
  ...merging,
  ...structure,
  ...graph,
  ...components,
  ...own,
];
