import { expect, test } from '@jest/globals';
import { Batch } from '../../src/pdata/pdata.ts';
import { ConsumeError } from '../../src/service/component.ts';
import { OwnTelemetry } from '../../src/service/own_telemetry.ts';
import { samplerOf } from '../../src/service/sdk_traces.ts';
import { Switch } from '../../src/service/switch.ts';
import { read } from '../config/read.ts';
import { OtlpSink } from '../support/otlp_sink.ts';

interface Span {
  readonly name: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceId: string;
  readonly status: { readonly code: number; readonly message?: string };
}

const base = 'receivers: {ebpf_socket: }\nexporters: {debug: }\n';
const telemetryOf = async (telemetry: string) =>
  (
    await read([
      `yaml:${base}service: {telemetry: ${telemetry}, pipelines: {traces: {receivers: [ebpf_socket], exporters: [debug]}}}`,
    ])
  ).telemetry;

test('a span per batch and component, the exporter’s below the receiver’s; off by default', async () => {
  const sink = new OtlpSink();
  const url = await sink.listen();
  const none = await telemetryOf('{metrics: {level: none}}');
  const own = await OwnTelemetry.start(none, { command: 'sonde', version: '1' });
  expect(own.tracing.traced).toBeUndefined();
  await own.apply(
    await telemetryOf(
      `{metrics: {level: none}, traces: {processors: [{batch: {schedule_delay: 50, exporter: {otlp: {protocol: http/json, endpoint: "${url}"}}}}]}}`,
    ),
  );
  const exporter = new Switch(
    {
      consume: async () => {
        throw new ConsumeError('full', { permanent: true });
      },
    },
    'exporter/x/traces',
    own.tracing,
  );
  const receiver = new Switch(exporter, 'receiver/r/TraceDataReceived', own.tracing);
  await expect(receiver.consume(new Batch('traces', [Uint8Array.of(1)], 7))).rejects.toThrow('full');
  await own.shutdown(performance.now() + 1000);
  await sink.close();
  const spans: Span[] = sink.received.flatMap(({ path, body }) => {
    expect(path).toBe('/v1/traces');
    return JSON.parse(Buffer.from(body).toString()).resourceSpans[0].scopeSpans[0].spans;
  });
  const [above, below] = ['receiver/r/TraceDataReceived', 'exporter/x/traces'].map((name) =>
    spans.find((span) => span.name === name),
  );
  expect(spans).toHaveLength(2);
  expect(below).toMatchObject({
    parentSpanId: above?.spanId,
    traceId: above?.traceId,
    status: { code: 2, message: 'full' },
  });
});

test.each([
  [undefined, /^ParentBased\{root=AlwaysOnSampler,/],
  [{ always_on: {} }, 'AlwaysOnSampler'],
  [{ always_off: null }, 'AlwaysOffSampler'],
  [{ trace_id_ratio_based: { ratio: 0.25 } }, 'TraceIdRatioBased{0.25}'],
  [
    { parent_based: { root: { trace_id_ratio_based: { ratio: 0.5 } } } },
    /^ParentBased\{root=TraceIdRatioBased\{0\.5\}/,
  ],
])('sampler %j', (config, text) => {
  const found = samplerOf(config).toString();
  if (typeof text === 'string') expect(found).toBe(text);
  else expect(found).toMatch(text);
});
