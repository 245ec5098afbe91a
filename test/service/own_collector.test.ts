import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { afterAll, afterEach, beforeEach, expect } from '@jest/globals';
import { encodeMessage } from '../../src/pdata/otlp/encode.ts';
import { OwnTelemetry } from '../../src/service/own_telemetry.ts';
import { Service } from '../../src/service/service.ts';
import { grpcMethods } from '../../src/transport/signals.ts';
import { read } from '../config/read.ts';
import { gated } from '../support/gated.ts';
import { call } from '../support/grpc_client.ts';
import { GrpcSink, refused } from '../support/grpc_sink.ts';
import { otelcolBinary, otelcolMissing } from '../support/otelcol.ts';
import { OtlpSink, status } from '../support/otlp_sink.ts';
import { freePort } from '../support/ports.ts';
import { type PrometheusFamily, parsePrometheus } from '../support/prometheus.ts';
import { until } from '../support/until.ts';

// What both tell of themselves on :8888 after the same traffic.

const directory = mkdtempSync(join(tmpdir(), 'sonde-own-metrics-'));
afterAll(() => rmSync(directory, { recursive: true }));

let sinks: { http: OtlpSink; badHttp: OtlpSink; grpc: GrpcSink; badGrpc: GrpcSink };
let endpoints: Readonly<Record<'http' | 'badHttp' | 'grpc' | 'badGrpc', string>>;
beforeEach(async () => {
  sinks = { http: new OtlpSink(), badHttp: new OtlpSink(), grpc: new GrpcSink(), badGrpc: new GrpcSink() };
  sinks.badHttp.answers = [status(400)];
  sinks.badGrpc.answers = [refused(grpc.status.INVALID_ARGUMENT)];
  endpoints = {
    http: await sinks.http.listen(),
    badHttp: await sinks.badHttp.listen(),
    grpc: await sinks.grpc.listen(),
    badGrpc: await sinks.badGrpc.listen(),
  };
});
afterEach(async () => {
  await Promise.all([sinks.http.close(), sinks.badHttp.close()]);
  sinks.grpc.close();
  sinks.badGrpc.close();
});

interface Ports {
  readonly http: number;
  readonly grpc: number;
  readonly metrics: number;
}

const freePorts = async (): Promise<Ports> => ({
  http: await freePort(),
  grpc: await freePort(),
  metrics: await freePort(),
});

function configuration(ports: Ports, level: string, style: string): string {
  const all = 'receivers: [otlp], processors: [memory_limiter, batch]';
  return `
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:${ports.http}"}, grpc: {endpoint: "127.0.0.1:${ports.grpc}"}}}}
processors: {memory_limiter: {check_interval: 1s, limit_mib: 4000}, batch: {timeout: 200ms, send_batch_size: 2}, resource: {attributes: [{key: a, value: b, action: insert}]}}
exporters:
  debug: {verbosity: basic}
  otlp_http: {endpoint: "${endpoints.http}"}
  otlp_http/bad: {endpoint: "${endpoints.badHttp}"}
  otlp_grpc: {endpoint: "${endpoints.grpc}", tls: {insecure: true}, sending_queue: {batch: {flush_timeout: 100ms, min_size: 1, sizer: items}}}
  otlp_grpc/bad: {endpoint: "${endpoints.badGrpc}", tls: {insecure: true}, sending_queue: {enabled: false}}
service:
  telemetry:
    resource: {service.name: same, service.version: "1", service.instance.id: one}
    metrics: {level: ${level}, readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: ${ports.metrics}${style}}}}}]}
  pipelines:
    traces: {${all}, exporters: [otlp_http, otlp_http/bad, otlp_grpc]}
    metrics: {${all}, exporters: [otlp_grpc, debug]}
    logs: {receivers: [otlp], processors: [resource], exporters: [otlp_grpc/bad]}
`;
}

const spans = [1, 2, 3].map((i) => ({
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: `eee19b7ec3c1b17${i}`,
  name: 'n',
  startTimeUnixNano: '1',
  endTimeUnixNano: '2',
}));
const requests: readonly (readonly [path: string, body: string, answer: number])[] = [
  ['traces', JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }), 200],
  ['traces', '{"bad', 400],
  ['logs', '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"}}]}]}]}', 400],
];
const points = encodeMessage('ExportMetricsServiceRequest', {
  resourceMetrics: [
    { scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints: [{ timeUnixNano: 1n, asDouble: 1 }] } }] }] },
  ],
});

/** Sends, waits until everything was exported, and reads the metrics. */
async function traffic(ports: Ports): Promise<string> {
  const seen = sinks.http.received.length + sinks.badHttp.received.length + sinks.grpc.received.length;
  for (const [path, body, answer] of requests) {
    const headers = { 'content-type': 'application/json' };
    const { status: got } = await fetch(`http://127.0.0.1:${ports.http}/v1/${path}`, { method: 'POST', headers, body });
    expect([path, got]).toEqual([path, answer]);
  }
  const { code } = await call(`127.0.0.1:${ports.grpc}`, grpcMethods.metrics, points);
  expect(code).toBe(0);
  const now = (): number => sinks.http.received.length + sinks.badHttp.received.length + sinks.grpc.received.length;
  await until(() => now() >= seen + 4, 'all exports');
  // The answers come after the requests.
  await new Promise((resolve) => setTimeout(resolve, 300));
  return (await fetch(`http://127.0.0.1:${ports.metrics}/metrics`)).text();
}

async function ofCollector(level: string, style: string): Promise<string> {
  const ports = await freePorts();
  const path = join(directory, 'config.yaml');
  writeFileSync(path, configuration(ports, level, style));
  const child = spawn(otelcolBinary, ['--config', path], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  try {
    // One after the other: it counts those that it answers.
    const up = (): Promise<boolean> =>
      fetch(`http://127.0.0.1:${ports.http}/`).then(
        () => true,
        () => false,
      );
    await until(up, 'the Collector');
    return await traffic(ports);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

async function ofSonde(level: string, style: string): Promise<string> {
  const ports = await freePorts();
  const config = await read([`yaml:${configuration(ports, level, style)}`]);
  const buildInfo = { command: 'sonde', version: '1.2.3' };
  const own = await OwnTelemetry.start(
    { ...config.telemetry, logs: { ...config.telemetry.logs, level: 'fatal' } },
    buildInfo,
  );
  const service = new Service({
    config,
    logger: own.logger,
    telemetry: own.registry,
    tracing: own.tracing,
    buildInfo,
    fail: (error) => {
      throw error;
    },
  });
  try {
    await service.start();
    // What the Collector was asked until it answered.
    await fetch(`http://127.0.0.1:${ports.http}/`);
    return await traffic(ports);
  } finally {
    await service.shutdown(performance.now() + 1000);
    await own.shutdown(performance.now() + 1000);
  }
}

/** What is not there in Sonde: Go's own, and sums of allocations that V8 does not tell. */
const goOnly = /^(promhttp_metric_handler_errors_total|otelcol_process_runtime_total_alloc_bytes.*)$/;
/** Words about Go's memory. */
const goWords = /^otelcol_process_runtime_/;
/** What they measure differs from run to run and program to program; how often they were measured does not. */
const varies = /^otelcol_process_|duration|_size_bytes|body_size|target_info/;

function comparable(text: string): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, { type, help, series }] of [...parsePrometheus(text)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (goOnly.test(name) || name.startsWith('sonde_')) continue;
    result[name] = { type, help: goWords.test(name) ? '' : help, series: seriesOf(name, series) };
  }
  return result;
}

/** Buckets are told by their bounds alone: how full they are, the sum and the count say. */
function seriesOf(name: string, series: PrometheusFamily['series']): unknown {
  const bounds = new Set<number>();
  const result: Record<string, number | string> = {};
  for (const [key, value] of [...series].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const [, bound] = /_bucket\{.*le="([^"]+)"\}$/.exec(key) ?? [];
    if (bound !== undefined) {
      bounds.add(bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound));
      continue;
    }
    // Ports of the receivers are their own, and so is the version of the instrumentation.
    const server = name.startsWith('http_server') ? key.replace(/server_port="\d+"/, 'server_port') : key;
    const scoped = server.replace(/otel_scope_schema_url="[^"]*",otel_scope_version="[^"]*"/, 'otel_scope');
    // Their order says nothing.
    const labels = scoped.replace(/\{(.*)\}$/, (_, all: string) => `{${all.split(',').sort().join(',')}}`);
    const same = !varies.test(name) || (/_count(\{|$)/.test(key) && !name.startsWith('otelcol_process_'));
    result[labels] = same ? value : 'any';
  }
  return bounds.size === 0 ? result : { ...result, bounds: [...bounds].sort((one, other) => one - other) };
}

const compared = gated(otelcolMissing);
for (const [level, style] of [
  ['basic', ''],
  ['normal', ', with_resource_constant_labels: {included: [service.name]}'],
  ['detailed', ', without_units: false, without_scope_info: false'],
] as const) {
  compared(`own metrics of level ${level}${style} are the reference Collector’s`, async () => {
    const [reference, own] = [await ofCollector(level, style), await ofSonde(level, style)];
    expect(comparable(own)).toEqual(comparable(reference));
  });
}
