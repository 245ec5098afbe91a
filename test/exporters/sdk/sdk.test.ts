import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { type SdkConfig, schema, validate } from '../../../src/exporters/sdk/config.ts';
import { createSdk } from '../../../src/exporters/sdk/sdk.ts';
import { readableSpans } from '../../../src/exporters/sdk/spans.ts';
import { countItems } from '../../../src/pdata/otlp/count.ts';
import { decodeMessage } from '../../../src/pdata/otlp/decode.ts';
import { encodeMessage } from '../../../src/pdata/otlp/encode.ts';
import { requestOf } from '../../../src/pdata/otlp/schema.ts';
import { Batch, type Signal } from '../../../src/pdata/pdata.ts';
import { componentConfig } from '../../support/component_config.ts';
import { samples } from '../../support/otlp_samples.ts';
import { OtlpSink } from '../../support/otlp_sink.ts';
import { testSettings, until } from '../../support/settings.ts';

function configOf(yaml: string): SdkConfig {
  return componentConfig<SdkConfig>(schema, yaml).config;
}

function batchOf(signal: Signal): Batch {
  const bytes = encodeMessage(requestOf[signal], samples[signal] as never);
  return new Batch(signal, [bytes], countItems(signal, bytes));
}

test('spans as the SDK has them', () => {
  const memory = new InMemorySpanExporter();
  memory.export(readableSpans(batchOf('traces')) as never, () => undefined);
  const [span] = memory.getFinishedSpans();
  expect(span).toMatchObject({
    name: 'GET /',
    kind: 1,
    startTime: [1_763_700_000, 123_456_789],
    duration: [0, 1],
    status: { code: 2, message: 'no' },
    resource: { attributes: { 'service.name': 'shop' } },
    instrumentationScope: { name: 'scope', version: '1.2.3' },
    parentSpanContext: { spanId: '7161514131211101' },
  });
  expect(span?.spanContext()).toMatchObject({ traceId: 'a0a1a2a3a4a5a6a7a8a9aaabacadaeaf', traceFlags: 1 });
  expect(span?.attributes).toMatchObject({ 'key.0': 'plain', 'key.4': true, 'key.7': 1 });
  expect(span?.events.length).toBe(2);
  expect(span?.links.length).toBe(2);
});

test.each(['InMemorySpanExporter', 'ConsoleSpanExporter'])('gives traces to %s', async (name) => {
  const config = configOf(
    `{module: "@opentelemetry/sdk-trace-base", export: ${name}, sending_queue: {enabled: false}}`,
  );
  const exporter = await createSdk(testSettings('sdk'), config, 'traces');
  await exporter.start();
  const bytes = encodeMessage('ExportTraceServiceRequest', {});
  await exporter.consume(new Batch('traces', [bytes], 0));
  await exporter.shutdown(performance.now() + 1000);
});

test('gives metrics to @opentelemetry/exporter-metrics-otlp-http, which sends what came', async () => {
  const sink = new OtlpSink();
  const url = await sink.listen();
  const settings = testSettings('sdk');
  const config = configOf(
    `{module: "@opentelemetry/exporter-metrics-otlp-http", export: OTLPMetricExporter, options: {url: "${url}/v1/metrics"}}`,
  );
  const exporter = await createSdk(settings, config, 'metrics');
  await exporter.start();
  const batch = batchOf('metrics');
  await exporter.consume(batch);
  await until(() => sink.received.length > 0);
  const sent = JSON.parse(Buffer.from(sink.received[0]?.body ?? []).toString()) as {
    resourceMetrics: { scopeMetrics: { metrics: { name: string }[] }[] }[];
  };
  const before = decodeMessage('ExportMetricsServiceRequest', batch.bytes());
  const kept = (before.resourceMetrics?.[0]?.scopeMetrics?.[0]?.metrics ?? []).filter(
    ({ gauge, sum, histogram, exponentialHistogram }) => gauge ?? sum ?? histogram ?? exponentialHistogram,
  );
  const names = sent.resourceMetrics[0]?.scopeMetrics[0]?.metrics.map(({ name }) => name);
  expect(names).toEqual(kept.map(({ name = '' }) => name));
  expect(settings.lines.map(({ message }) => message)).toContain('The SDK has no summaries: their points are dropped');
  await exporter.shutdown(performance.now() + 1000);
  await sink.close();
});

test('names what is missing', async () => {
  const wrong = configOf('{module: "@opentelemetry/sdk-trace-base", export: Nothing}');
  await expect(createSdk(testSettings('sdk'), wrong, 'traces')).rejects.toThrow(
    'module "@opentelemetry/sdk-trace-base" has no class "Nothing"',
  );
  await expect(createSdk(testSettings('sdk'), configOf('{module: nowhere, export: X}'), 'traces')).rejects.toThrow(
    'module "nowhere" is not found from ',
  );
  expect(validate(configOf('{}')).map(({ message }) => message)).toEqual([
    'module must be non-empty',
    'export must be non-empty',
  ]);
});

test.each([
  ['beside the configuration', '', 'own'],
  ['relative to the configuration', 'modules', 'modules/own'],
])('the module is found %s', async (_, from, place) => {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-sdk-'));
  try {
    const home = join(directory, place.replace('own', ''), 'node_modules', 'own-exporter');
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'package.json'), '{"name": "own-exporter", "main": "index.js"}');
    const body = 'export(data, done) { done({ code: 0 }); } async shutdown() {}';
    writeFileSync(join(home, 'index.js'), `exports.Own = class { ${body} };`);
    const config = configOf(`{module: own-exporter, export: Own, resolve_from: "${from}"}`);
    const settings = { ...testSettings('sdk'), directory };
    const exporter = await createSdk(settings, config, 'traces');
    await exporter.start();
    await exporter.shutdown(performance.now() + 100);
    await expect(createSdk(testSettings('sdk'), config, 'traces')).rejects.toThrow('is not found from');
  } finally {
    rmSync(directory, { recursive: true });
  }
});
