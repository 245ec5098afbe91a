import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as grpc from '@grpc/grpc-js';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type OtlpGrpcConfig, schema, validate } from '../../../src/exporters/otlp_grpc/config.ts';
import { createOtlpGrpc } from '../../../src/exporters/otlp_grpc/otlp_grpc.ts';
import { Batch, type Signal, signals } from '../../../src/pdata/pdata.ts';
import type { Component, Consumer } from '../../../src/service/component.ts';
import { encodeStatus } from '../../../src/transport/rpc_status.ts';
import { TestAuthority } from '../../support/certificates.ts';
import { componentConfig } from '../../support/component_config.ts';
import { accepted, GrpcSink, refused, silent } from '../../support/grpc_sink.ts';
import { counted, type TestSettings, testSettings, until } from '../../support/settings.ts';

let sink: GrpcSink;
let endpoint: string;
let settings: TestSettings;
let running: (Component & Consumer)[];

beforeEach(async () => {
  sink = new GrpcSink();
  endpoint = await sink.listen();
  settings = testSettings('otlp_grpc');
  running = [];
});
afterEach(async () => {
  for (const exporter of running) await exporter.shutdown(performance.now());
  sink.close();
});

function configOf(yaml: string): { readonly config: OtlpGrpcConfig; readonly messages: string[] } {
  return componentConfig<OtlpGrpcConfig>(schema, yaml, validate);
}

async function start(yaml: string, signal: Signal = 'traces'): Promise<Component & Consumer> {
  const { config, messages } = configOf(yaml);
  expect(messages).toEqual([]);
  const exporter = await createOtlpGrpc(settings, config, signal);
  await exporter.start();
  running.push(exporter);
  return exporter;
}

const PLAIN = 'tls: {insecure: true}';
const FAST = 'retry_on_failure: {initial_interval: 20ms, max_interval: 50ms, max_elapsed_time: 10s}';
const DIRECT = 'sending_queue: {enabled: false}, retry_on_failure: {enabled: false}';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const batch = (text = 'abc', items = 3): Batch => new Batch('traces', [bytes(text)], items);
const messages = (): string[] => settings.lines.map(({ message }) => message);

test.each(signals)('%s: chunks are one request, bytes as they are', async (signal) => {
  const exporter = await start(`{endpoint: "${endpoint}", ${PLAIN}, headers: {X-Team: a}}`, signal);
  await exporter.consume(new Batch(signal, [bytes('a'), bytes('bc')], 2));
  await until(() => sink.received.length === 1);
  const [request] = sink.received;
  expect(request?.signal).toBe(signal);
  expect(request?.body.toString()).toBe('abc');
  expect(request?.metadata.get('x-team')).toEqual(['a']);
  expect(String(request?.metadata.get('user-agent')[0])).toMatch(/^sonde\/1\.2\.3 \(linux\//);
});

test.each(['none', 'gzip', '""'])('compression %s', async (compression) => {
  const exporter = await start(`{endpoint: "${endpoint}", ${PLAIN}, compression: ${compression}, ${DIRECT}}`);
  await exporter.consume(batch('abc'.repeat(1000)));
  expect(sink.received[0]?.body.length).toBe(3000);
});

test.each(['http://HERE', 'dns:///HERE', 'passthrough:///HERE'])('endpoint %s', async (form) => {
  const exporter = await start(`{endpoint: "${form.replace('HERE', endpoint)}", ${PLAIN}, ${DIRECT}}`);
  await exporter.consume(batch());
  expect(sink.received.length).toBe(1);
});

describe('failures', () => {
  const { status } = grpc;
  test.each([
    status.CANCELLED,
    status.DEADLINE_EXCEEDED,
    status.ABORTED,
    status.OUT_OF_RANGE,
    status.UNAVAILABLE,
    status.DATA_LOSS,
  ])('code %d is sent again', async (code) => {
    sink.answers = [refused(code), accepted()];
    const exporter = await start(`{endpoint: "${endpoint}", ${PLAIN}, ${FAST}}`);
    await exporter.consume(batch());
    await until(() => counted(settings, 'otelcol_exporter_sent_spans') === 3);
    expect(sink.received.length).toBe(2);
  });

  test.each([
    [status.UNKNOWN, 'Unknown'],
    [status.INVALID_ARGUMENT, 'InvalidArgument'],
    [status.NOT_FOUND, 'NotFound'],
    [status.PERMISSION_DENIED, 'PermissionDenied'],
    [status.RESOURCE_EXHAUSTED, 'ResourceExhausted'],
    [status.UNIMPLEMENTED, 'Unimplemented'],
    [status.INTERNAL, 'Internal'],
    [status.UNAUTHENTICATED, 'Unauthenticated'],
  ])('code %d is not', async (code, name) => {
    sink.answers = [refused(code)];
    const exporter = await start(`{endpoint: "${endpoint}", ${PLAIN}, ${FAST}}`);
    await exporter.consume(batch());
    await until(() => counted(settings, 'otelcol_exporter_send_failed_spans') === 3);
    expect(sink.received.length).toBe(1);
    const line = settings.lines.find(({ message }) => message.startsWith('Exporting failed. Dropping data.'));
    expect(JSON.stringify(line?.fields)).toContain(`rpc error: code = ${name} desc = because`);
  });

  test.each([status.RESOURCE_EXHAUSTED, status.UNAVAILABLE])('RetryInfo of code %d is waited for', async (code) => {
    sink.answers = [refused(code, 'later', encodeStatus({ code, message: 'later', retryDelayMs: 400 })), accepted()];
    const exporter = await start(`{endpoint: "${endpoint}", ${PLAIN}, ${FAST}}`);
    await exporter.consume(batch());
    await until(() => sink.received.length === 2);
    const [first, second] = sink.received;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(395);
  });

  test('silence is sent again after the timeout', async () => {
    sink.answers = [silent, accepted()];
    const exporter = await start(`{endpoint: "${endpoint}", ${PLAIN}, timeout: 200ms, ${FAST}}`);
    await exporter.consume(batch());
    await until(() => counted(settings, 'otelcol_exporter_sent_spans') === 3);
    expect(JSON.stringify(settings.lines)).toContain('code = DeadlineExceeded');
  });

  test('a server that comes later gets what waited', async () => {
    sink.close();
    const exporter = await start(`{endpoint: "${endpoint}", ${PLAIN}, ${FAST}}`);
    await exporter.consume(batch());
    await until(() => messages().includes('Exporting failed. Will retry the request after interval.'));
    const later = new GrpcSink();
    await later.listen(undefined, sink.port);
    await until(() => later.received.length === 1, 10_000);
    await until(() => counted(settings, 'otelcol_exporter_sent_spans') === 3);
    later.close();
  });

  test('wait_for_ready waits for it within the timeout', async () => {
    sink.close();
    const exporter = await start(`{endpoint: "${endpoint}", ${PLAIN}, wait_for_ready: true, timeout: 8s, ${DIRECT}}`);
    const sent = exporter.consume(batch());
    await sleep(100);
    const later = new GrpcSink();
    await later.listen(undefined, sink.port);
    await sent;
    expect(later.received.length).toBe(1);
    later.close();
  });

  test('the end of the shutdown cancels what is under way', async () => {
    sink.answers = [silent];
    const exporter = await start(`{endpoint: "${endpoint}", ${PLAIN}}`);
    await exporter.consume(batch());
    await until(() => sink.received.length === 1);
    const started = performance.now();
    await exporter.shutdown(started + 100);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(counted(settings, 'otelcol_exporter_send_failed_spans')).toBe(3);
  });
});

test('partial success is told, not sent again', async () => {
  // ExportTraceServiceResponse {partial_success {rejected_spans: 2, error_message: "no"}}
  sink.answers = [accepted(Uint8Array.of(0x0a, 6, 0x08, 2, 0x12, 2, 0x6e, 0x6f))];
  const exporter = await start(`{endpoint: "${endpoint}", ${PLAIN}}`);
  await exporter.consume(batch());
  await until(() => messages().includes('Partial success response'));
  expect(settings.lines.at(-1)?.fields).toEqual({ message: 'no', dropped_spans: 2 });
  expect(sink.received.length).toBe(1);
});

describe('TLS', () => {
  const authority = new TestAuthority();
  const server = authority.issue('server');
  const client = authority.issue('client');
  afterAll(() => authority.delete());

  test('is the default, verifies the server and shows the own certificate', async () => {
    const secure = new GrpcSink();
    const pair = { private_key: readFileSync(server.key), cert_chain: readFileSync(server.cert) };
    const target = await secure.listen(grpc.ServerCredentials.createSsl(readFileSync(authority.ca), [pair], true));
    const own = `cert_file: ${client.cert}, key_file: ${client.key}`;
    const trusting = await start(`{endpoint: "${target}", tls: {ca_file: ${authority.ca}, ${own}}, ${DIRECT}}`);
    await trusting.consume(batch());
    expect(secure.received.length).toBe(1);
    for (const tls of [
      `{${own}}`,
      `{ca_file: ${authority.ca}, server_name_override: other, ${own}}`,
      '{insecure: true}',
    ]) {
      const refusing = await start(`{endpoint: "${target}", tls: ${tls}, ${DIRECT}}`);
      await expect(refusing.consume(batch())).rejects.toMatchObject({ permanent: false });
    }
    const careless = await start(`{endpoint: "${target}", tls: {insecure_skip_verify: true, ${own}}, ${DIRECT}}`);
    await careless.consume(batch());
    expect(secure.received.length).toBe(2);
    secure.close();
  });

  test('a file that is missing fails the start', async () => {
    await expect(start(`{endpoint: "${endpoint}", tls: {ca_file: /nowhere/ca.pem}}`)).rejects.toThrow(/ENOENT/);
  });
});

test.each([
  ['{}', ': requires a non-empty "endpoint"'],
  ['endpoint: "https://"', 'endpoint: requires a non-empty "endpoint"'],
  ['endpoint: "http://"', 'endpoint: requires a non-empty "endpoint"'],
  ['endpoint: localhost', 'endpoint: address localhost: missing port in address'],
  ['endpoint: "localhost:port"', 'endpoint: invalid port "port"'],
  ['endpoint: "unix://"', 'endpoint: unix socket path cannot be empty'],
  ['{endpoint: "a:1", timeout: -5s}', "timeout: 'timeout' must be non-negative"],
  [
    '{endpoint: "a:1", compression: lz4}',
    'compression: unsupported compression type "lz4": use gzip, zstd, snappy, none, or the otlp_http exporter',
  ],
  ['{endpoint: "a:1", balancer_name: magic}', 'balancer_name: invalid balancer_name: magic'],
  [
    '{endpoint: "a:1", tls: {min_version: asd}}',
    'tls::min_version: invalid TLS min_version: unsupported TLS version: "asd"',
  ],
])('%s: %s', (yaml, message) => {
  expect(configOf(yaml).messages).toEqual([message]);
});

test.each(['unix:///run/x.sock', 'dns:///a.b:4317', 'dns://1.1.1.1/a.b:4317', 'https://a:443', 'a:4317', '[::1]:4317'])(
  'endpoint %s is fine',
  (each) => {
    expect(configOf(`endpoint: "${each}"`).messages).toEqual([]);
  },
);
