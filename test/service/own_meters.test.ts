import { afterEach, describe, expect, test } from '@jest/globals';
import type { HistogramOptions, MetricOptions } from '../../src/service/component.ts';
import { OwnTelemetry } from '../../src/service/own_telemetry.ts';
import { read } from '../config/read.ts';
import { type PrometheusFamily, parsePrometheus } from '../support/prometheus.ts';

let own: OwnTelemetry | undefined;
afterEach(async () => own?.shutdown(performance.now() + 500));

const READER = 'readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}}}]';

const configOf = async (metrics: string) =>
  (
    await read([
      `yaml:receivers: {ebpf_socket: }
exporters: {debug: }
service: {telemetry: {metrics: {${metrics}}}, pipelines: {traces: {receivers: [ebpf_socket], exporters: [debug]}}}`,
    ])
  ).telemetry;

async function started(metrics: string): Promise<OwnTelemetry> {
  own = await OwnTelemetry.start(await configOf(metrics), { command: 'sonde', version: '1' });
  return own;
}

async function scrape(telemetry: OwnTelemetry): Promise<Map<string, PrometheusFamily>> {
  return parsePrometheus(await (await fetch(`http://127.0.0.1:${telemetry.ports[0]}/metrics`)).text());
}

const plain = { description: 'D', unit: '1' };
const seriesOf = (families: Map<string, PrometheusFamily>, name: string) => [
  ...(families.get(name)?.series ?? new Map<string, number>()),
];

test('a histogram is told by its buckets, and only while somebody reads it', async () => {
  const telemetry = await started('level: none');
  const options: HistogramOptions = { ...plain, boundaries: [1, 10] };
  const histogram = telemetry.registry.component({ processor: 'p' }).histogram('h', options);
  expect(histogram.enabled).toBe(false);
  histogram.record(5);
  await telemetry.apply(await configOf(READER));
  expect(histogram.enabled).toBe(true);
  for (const value of [0.5, 5, 50]) histogram.record(value);
  const families = await scrape(telemetry);
  expect(families.get('h')?.type).toBe('histogram');
  expect(seriesOf(families, 'h')).toEqual([
    ['h_bucket{processor="p",le="1"}', 1],
    ['h_bucket{processor="p",le="10"}', 2],
    ['h_bucket{processor="p",le="+Inf"}', 3],
    ['h_sum{processor="p"}', 55.5],
    ['h_count{processor="p"}', 3],
  ]);
});

test.each([
  ['basic', ['low']],
  ['normal', ['low', 'middle']],
  ['detailed', ['low', 'middle', 'high']],
])('level %s has %j', async (level, expected) => {
  const telemetry = await started(`level: ${level}, ${READER}`);
  const scope = telemetry.registry.component({});
  const levels: Readonly<Record<string, MetricOptions>> = {
    low: plain,
    middle: { ...plain, level: 'normal' },
    high: { ...plain, level: 'detailed' },
  };
  for (const [name, options] of Object.entries(levels)) {
    scope.counter(`${name}_counter`, options)(1);
    scope.observable(`${name}_gauge`, { ...options, monotonic: false }, () => [[1, {}]]);
    scope.histogram(`${name}_histogram`, options).record(1);
  }
  const names = [...(await scrape(telemetry)).keys()].filter((name) => /^(low|middle|high)_/.test(name));
  const all = expected.flatMap((name) => ['counter', 'gauge', 'histogram'].map((kind) => `${name}_${kind}`));
  expect(names).toEqual(all.sort());
});

test('below detailed failed exports are added up over their errors', async () => {
  const add = (telemetry: OwnTelemetry): void => {
    const failed = telemetry.registry.component({ exporter: 'e' }).counter('otelcol_exporter_send_failed_spans', plain);
    failed(2, { 'error.type': 'Unavailable', 'error.permanent': false });
    failed(3, { 'error.type': 'Internal', 'error.permanent': true });
  };
  const telemetry = await started(READER);
  add(telemetry);
  const name = 'otelcol_exporter_send_failed_spans';
  expect(seriesOf(await scrape(telemetry), name)).toEqual([[`${name}{exporter="e"}`, 5]]);
  await telemetry.apply(await configOf(`level: detailed, ${READER}`));
  // New readers begin at zero.
  expect(seriesOf(await scrape(telemetry), name).map(([, value]) => value)).toEqual([0, 0]);
  add(telemetry);
  expect(seriesOf(await scrape(telemetry), name)).toEqual([
    [`${name}{error_permanent="false",error_type="Unavailable",exporter="e"}`, 2],
    [`${name}{error_permanent="true",error_type="Internal",exporter="e"}`, 3],
  ]);
});

describe('views', () => {
  const counter = (telemetry: OwnTelemetry): void => {
    const add = telemetry.registry.component({ exporter: 'e' }).counter('otelcol_exporter_sent_spans', plain);
    add(1, { shard: 'a' });
    add(2, { shard: 'b' });
    telemetry.registry.component({}).histogram('sonde.size', plain).record(7);
  };
  const meter = 'go.opentelemetry.io/collector/exporter/exporterhelper';
  test.each([
    [
      '{selector: {instrument_name: "otelcol_exporter_*"}, stream: {attribute_keys: {excluded: [shard]}}}',
      { 'otelcol_exporter_sent_spans{exporter="e"}': 3 },
    ],
    [
      '{selector: {instrument_name: otelcol_exporter_sent_spans}, stream: {name: other, attribute_keys: {included: [shard]}}}',
      { 'other{shard="a"}': 1, 'other{shard="b"}': 2 },
    ],
    [`{selector: {meter_name: ${meter}}, stream: {aggregation: {drop: {}}}}`, {}],
    [
      '{selector: {instrument_type: histogram}, stream: {aggregation: {explicit_bucket_histogram: {boundaries: [5]}}}}',
      { 'sonde_size_bucket{le="5"}': 0, 'sonde_size_bucket{le="+Inf"}': 1 },
    ],
    ['{selector: {instrument_name: sonde.size}, stream: {aggregation: {sum: {}}}}', { sonde_size: 7 }],
  ])('%s', async (view, expected) => {
    const telemetry = await started(`level: detailed, views: [${view}], ${READER}`);
    counter(telemetry);
    const families = await scrape(telemetry);
    const found = ['otelcol_exporter_sent_spans', 'other', 'sonde_size'].flatMap((name) => seriesOf(families, name));
    expect(Object.fromEntries(found)).toMatchObject(expected);
    if (Object.keys(expected).length === 0) expect(families.has('otelcol_exporter_sent_spans')).toBe(false);
  });
});

test('levels of a component that is gone are not told any more', async () => {
  const telemetry = await started(READER);
  const observe = (exporter: string) => {
    const scope = telemetry.registry.scope({ exporter });
    scope.observable('otelcol_exporter_queue_size', { ...plain, monotonic: false }, () => [[1, {}]]);
    return scope;
  };
  const [gone] = [observe('gone'), observe('stays')];
  const told = async (): Promise<string[]> =>
    seriesOf(await scrape(telemetry), 'otelcol_exporter_queue_size').map(([key]) => key);
  expect(await told()).toHaveLength(2);
  gone?.close();
  expect(await told()).toEqual(['otelcol_exporter_queue_size{exporter="stays"}']);
  observe('gone');
  expect(await told()).toHaveLength(2);
});

test('the same series of several components is their sum', async () => {
  const telemetry = await started(READER);
  for (const value of [1, 2]) {
    const options = { ...plain, monotonic: false, additive: true };
    telemetry.registry.component({ processor: 'batch' }).observable('n', options, () => [[value, {}]]);
  }
  expect(seriesOf(await scrape(telemetry), 'n')).toEqual([['n{processor="batch"}', 3]]);
});

test('what the tap counts is an observable counter of the meter sonde.tap, from its first collection on', async () => {
  const telemetry = await started(`${READER.replace('port: 0', 'port: 0, without_scope_info: false')}`);
  let value = 0;
  const point = { name: 'sonde.tap.operations', ...plain, monotonic: true, attributes: { outcome: 'recorded' } };
  telemetry.registry.component({ receiver: 'r' }).source('tap', () => (value === 0 ? [] : [{ ...point, value }]));
  expect((await scrape(telemetry)).has('sonde_tap_operations')).toBe(false);
  const labels = 'otel_scope_name="sonde.tap",otel_scope_schema_url="",otel_scope_version="",outcome="recorded"';
  for (value of [3, 8]) {
    const families = await scrape(telemetry);
    expect(families.get('sonde_tap_operations')?.type).toBe('counter');
    expect(seriesOf(families, 'sonde_tap_operations')).toEqual([[`sonde_tap_operations{${labels}}`, value]]);
  }
});
