import { describe, expect, test } from '@jest/globals';
import { encodeMessage } from '../../src/pdata/otlp/encode.ts';
import { Batch } from '../../src/pdata/pdata.ts';
import { ConsumeError } from '../../src/service/component.ts';
import { OwnTelemetry } from '../../src/service/own_telemetry.ts';
import { samplerOf } from '../../src/service/sdk_traces.ts';
import { Switch } from '../../src/service/switch.ts';
import { GrpcClient } from '../../src/transport/grpc/client.ts';
import { grpcMethods } from '../../src/transport/signals.ts';
import { read } from '../config/read.ts';
import { startReceiver } from '../support/otlp_receivers.ts';
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

describe('a request is the parent of Sonde’s spans', () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const parent = 'b7ad6b7169203331';
  test.each<[string, Readonly<Record<string, string>>, string | undefined]>([
    ['[tracecontext]', { traceparent: `00-${traceId}-${parent}-01` }, parent],
    ['[tracecontext, b3]', { b3: `${traceId}-${parent}-1` }, parent],
    ['[b3]', { 'x-b3-traceid': traceId, 'x-b3-spanid': parent, 'x-b3-sampled': '1' }, parent],
    ['[b3]', { traceparent: `00-${traceId}-${parent}-01` }, undefined],
    ['[]', { traceparent: `00-${traceId}-${parent}-01` }, undefined],
  ])('%s reads %j', async (propagators, headers, expected) => {
    const sink = new OtlpSink();
    const url = await sink.listen();
    const otlp = `{protocol: http/json, endpoint: "${url}"}`;
    const telemetry = await telemetryOf(
      `{metrics: {level: none}, traces: {propagators: ${propagators}, processors: [{simple: {exporter: {otlp: ${otlp}}}}]}}`,
    );
    const own = await OwnTelemetry.start(telemetry, { command: 'sonde', version: '1' });
    const receiver = new Switch({ consume: async () => undefined }, 'receiver/otlp/TraceDataReceived', own.tracing);
    const yaml = 'protocols: {http: {endpoint: 127.0.0.1:0}, grpc: {endpoint: 127.0.0.1:0}}';
    const { receiver: otlpReceiver, http, grpc } = await startReceiver(yaml, { traces: receiver });
    const all = { ...headers, 'content-type': 'application/json' };
    const body = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"}]}]}]}';
    await fetch(`http://127.0.0.1:${http}/v1/traces`, { method: 'POST', headers: all, body });
    const options = {
      endpoint: `127.0.0.1:${grpc}`,
      method: grpcMethods.traces,
      tls: undefined,
      userAgent: 'test',
      headers,
    };
    const client = new GrpcClient({ ...options, compression: undefined, timeout: 5000 });
    const request = encodeMessage('ExportTraceServiceRequest', {
      resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'a' }] }] }],
    });
    await client.send(new Batch('traces', [request], 1), new AbortController().signal);
    client.close();
    await otlpReceiver.shutdown(performance.now() + 500);
    await own.shutdown(performance.now() + 1000);
    await sink.close();
    const found = sink.received.map(
      ({ body: sent }) => JSON.parse(Buffer.from(sent).toString()).resourceSpans[0].scopeSpans[0].spans[0] as Span,
    );
    expect(found.map((span) => span.parentSpanId)).toEqual([expected, expected]);
    for (const span of found) expect(span.traceId === traceId).toBe(expected !== undefined);
  });
});
