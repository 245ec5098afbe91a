import { expect, test } from '@jest/globals';
import { problemsOf } from './read.ts';

const otlp = (keys: string): string => `{otlp: {endpoint: "http://a:1", ${keys}}}`;
const periodic = (exporter: string): string => `{metrics: {readers: [{periodic: {exporter: ${exporter}}}]}}`;
const batch = (section: string, exporter: string): string =>
  `{${section}: {processors: [{batch: {exporter: ${exporter}}}]}}`;

// Texts of the Collector 0.159, which refuses these when it starts.
test.each([
  [periodic(otlp('protocol: foo')), 'unsupported protocol "foo"'],
  [periodic(otlp('protocol: grpc, compression: zstd')), 'unsupported compression "zstd"'],
  [periodic(otlp('temporality_preference: foo')), 'unsupported temporality preference "foo"'],
  [periodic('{}'), 'no valid metric exporter'],
  [periodic('{console: {}, otlp: {endpoint: "http://a:1"}}'), 'must not specify multiple exporters'],
  ['{metrics: {readers: [{}]}}', 'no valid metric reader'],
  ['{metrics: {readers: [{pull: {exporter: {}}}]}}', 'no valid metric exporter'],
  [
    `{metrics: {readers: [{pull: {exporter: {prometheus: }}, periodic: {exporter: {console: {}}}}]}}`,
    'must not specify multiple metric reader type',
  ],
  [
    '{metrics: {readers: [{pull: {exporter: {prometheus: {with_resource_constant_labels: {included: [a], excluded: [a]}}}}}]}}',
    'attribute cannot be in both include and exclude list: a',
  ],
  ['{metrics: {level: detailed, views: [{stream: {name: x}}]}}', 'view: no selector provided'],
  ['{metrics: {level: detailed, views: [{selector: {}}]}}', 'view_selector: empty selector not supporter'],
  [
    '{metrics: {level: detailed, views: [{selector: {instrument_type: foo}}]}}',
    'view_selector: instrument_type: invalid value',
  ],
  [batch('traces', '{}'), 'no valid span exporter'],
  [batch('traces', otlp('protocol: foo')), 'unsupported protocol "foo"'],
  ['{traces: {processors: [{}]}}', 'unsupported span processor type, must be one of simple or batch'],
  ['{traces: {sampler: {foo: {}}}}', 'invalid sampler configuration'],
  ['{traces: {propagators: [foo]}}', 'unsupported trace propagator'],
  [batch('logs', '{}'), 'no valid log exporter'],
  ['{logs: {processors: [{}]}}', 'unsupported log processor type, must be one of simple or batch'],
])('%s', async (telemetry, text) => {
  const service = `{telemetry: ${telemetry}, pipelines: {traces: {receivers: [ebpf_socket], exporters: [debug]}}}`;
  const problems = await problemsOf([`yaml:receivers: {ebpf_socket: }\nexporters: {debug: }\nservice: ${service}`]);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(text);
});
