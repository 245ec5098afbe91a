import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { afterAll, describe, expect, test } from '@jest/globals';
import { decodeMessage } from '../../src/pdata/otlp/decode.ts';
import { encodeMessage } from '../../src/pdata/otlp/encode.ts';
import { requestOf, responseOf } from '../../src/pdata/otlp/schema.ts';
import { toJson } from '../../src/pdata/otlp/to_json.ts';
import { Batch, type Signal } from '../../src/pdata/pdata.ts';
import { OwnTelemetry } from '../../src/service/own_telemetry.ts';
import { httpPaths } from '../../src/transport/signals.ts';
import { read } from '../config/read.ts';
import { TestAuthority } from '../support/certificates.ts';
import { accepted, GrpcSink, refused } from '../support/grpc_sink.ts';
import { OtlpSink, status } from '../support/otlp_sink.ts';
import { until } from '../support/until.ts';

const authority = new TestAuthority();
const { cert, key } = authority.issue('server');
const client = authority.issue('client');
const files = `certificate: ${authority.ca}, client_certificate: ${client.cert}, client_key: ${client.key}`;
const folder = mkdtempSync(join(tmpdir(), 'sonde-push-'));
afterAll(() => {
  authority.delete();
  rmSync(folder, { recursive: true });
});

async function startWith(telemetry: string): Promise<OwnTelemetry> {
  const base = 'receivers: {ebpf_socket: }\nexporters: {debug: }\n';
  const service = `service: {telemetry: ${telemetry}, pipelines: {traces: {receivers: [ebpf_socket], exporters: [debug]}}}`;
  const { telemetry: config } = await read([`yaml:${base}${service}`]);
  return OwnTelemetry.start(config, { command: 'sonde', version: '1.2.3' });
}

/** Each signal alone: what sends it, what makes some of it, and what arrives. */
const signals: Readonly<
  Record<string, { telemetry: (otlp: string) => string; make: (own: OwnTelemetry) => unknown; text: string }>
> = {
  metrics: {
    telemetry: (otlp) => `{metrics: {readers: [{periodic: {interval: 60000, exporter: {otlp: ${otlp}}}}]}}`,
    make: (own) => own.registry.component({ receiver: 'r' }).counter('sonde.n', { description: 'N', unit: '1' })(4),
    text: 'sonde.n',
  },
  traces: {
    telemetry: (otlp) => `{metrics: {level: none}, traces: {processors: [{batch: {exporter: {otlp: ${otlp}}}}]}}`,
    make: (own) => own.tracing.traced?.('exporter/x', new Batch('traces', [], 1), { consume: async () => undefined }),
    text: 'exporter/x',
  },
  logs: {
    telemetry: (otlp) =>
      `{metrics: {level: none}, logs: {output_paths: [${folder}/log], processors: [{simple: {exporter: {otlp: ${otlp}}}}]}}`,
    make: (own) => own.logger.warn('something happened', { error: new Error('bad'), n: 3 }),
    text: 'something happened',
  },
};

const targets = ['http/protobuf', 'http/json', 'grpc'].flatMap((protocol) =>
  ['plain', 'tls'].map((security) => [protocol, security] as const),
);

describe.each(targets)('%s %s', (protocol, security) => {
  test.each(Object.entries(signals))('%s, with headers and gzip', async (name, { telemetry, make, text }) => {
    const signal = name as Signal;
    const secure = security === 'tls';
    const pem = { cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(authority.ca) };
    const options = `protocol: ${protocol}, compression: gzip, headers_list: "authorization=a%20b", ${secure ? files : 'insecure: true'}`;
    const own = (endpoint: string): Promise<OwnTelemetry> =>
      startWith(telemetry(`{endpoint: "${endpoint}", ${options}}`));
    let body: Uint8Array;
    if (protocol === 'grpc') {
      const sink = new GrpcSink();
      const pair = { cert_chain: pem.cert, private_key: pem.key };
      const credentials = secure ? grpc.ServerCredentials.createSsl(pem.ca, [pair], true) : undefined;
      const running = await own(await sink.listen(credentials));
      await make(running);
      await running.shutdown(performance.now() + 2000);
      sink.close();
      const [received] = sink.received;
      expect(received?.signal).toBe(signal);
      expect(received?.metadata.get('authorization')).toEqual(['a b']);
      body = toJson(requestOf[signal], received?.body ?? new Uint8Array(0));
    } else {
      const sink = new OtlpSink(secure ? { ...pem, requestCert: true, rejectUnauthorized: true } : undefined);
      const running = await own((await sink.listen()).replace('http://', ''));
      await make(running);
      await running.shutdown(performance.now() + 2000);
      await sink.close();
      const [received] = sink.received;
      expect(received).toMatchObject({
        path: httpPaths[signal],
        headers: {
          authorization: 'a b',
          'content-encoding': 'gzip',
          'content-type': protocol === 'http/json' ? 'application/json' : 'application/x-protobuf',
        },
      });
      const bytes = received?.body ?? new Uint8Array(0);
      body = protocol === 'http/json' ? bytes : toJson(requestOf[signal], bytes);
    }
    const json = Buffer.from(body).toString();
    expect(json).toContain(text);
    expect(json).toContain('"service.name"');
  });
});

test('a log record has the severity, the time and the fields of its line', async () => {
  const sink = new OtlpSink();
  const url = await sink.listen();
  const { telemetry, make } = signals['logs'] ?? {};
  const own = await startWith(telemetry?.(`{protocol: http/protobuf, endpoint: "${url}"}`) ?? '');
  make?.(own);
  await own.shutdown(performance.now() + 2000);
  await sink.close();
  const request = decodeMessage('ExportLogsServiceRequest', sink.received[0]?.body ?? new Uint8Array(0));
  const [record] = request.resourceLogs?.[0]?.scopeLogs?.[0]?.logRecords ?? [];
  expect(record).toMatchObject({
    severityNumber: 13,
    severityText: 'warn',
    body: { stringValue: 'something happened' },
  });
  expect(record?.attributes).toMatchObject([
    { key: 'error', value: { stringValue: 'bad' } },
    { key: 'n', value: { intValue: expect.anything() } },
  ]);
});

test.each([
  ['cumulative', [4, 7]],
  ['delta', [4, 3]],
  ['lowmemory', [4, 3]],
])('%s counters', async (preference, expected) => {
  const sink = new OtlpSink();
  const url = await sink.listen();
  const otlp = `{protocol: http/protobuf, endpoint: "${url}", temporality_preference: ${preference}}`;
  const own = await startWith(`{metrics: {readers: [{periodic: {interval: 100, exporter: {otlp: ${otlp}}}}]}}`);
  const add = own.registry.component({}).counter('sonde.n', { description: 'N', unit: '1' });
  const values = (): unknown[] =>
    sink.received.flatMap(({ body }) =>
      (decodeMessage('ExportMetricsServiceRequest', body).resourceMetrics ?? [])
        .flatMap(({ scopeMetrics }) => scopeMetrics ?? [])
        .flatMap(({ metrics }) => metrics ?? [])
        .filter(({ name }) => name === 'sonde.n')
        .flatMap(({ sum }) => sum?.dataPoints ?? [])
        .map(({ asDouble, asInt }) => Number(asDouble ?? asInt)),
    );
  add(4);
  await until(() => values().length > 0, 'an export');
  add(3);
  const after = sink.received.length;
  await until(() => sink.received.length > after, 'another export');
  await own.shutdown(performance.now() + 1000);
  await sink.close();
  expect([...new Set(values())].slice(0, 2)).toEqual(expected);
});

test('several readers at once, each with its own', async () => {
  const sinks = [new OtlpSink(), new OtlpSink()];
  const urls = await Promise.all(sinks.map((sink) => sink.listen()));
  const push = urls.map(
    (url) => `{periodic: {exporter: {otlp: {protocol: http/json, endpoint: "${url}", temporality_preference: delta}}}}`,
  );
  const own = await startWith(
    `{metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}}}, ${push.join(', ')}]}}`,
  );
  own.registry.component({}).counter('sonde.n', { description: 'N', unit: '1' })(4);
  const text = await (await fetch(`http://127.0.0.1:${own.ports[0]}/metrics`)).text();
  expect(text).toContain('\nsonde_n 4\n');
  await own.shutdown(performance.now() + 1000);
  for (const sink of sinks) {
    const bodies = sink.received.map(({ body }) => Buffer.from(body).toString());
    expect(bodies.join('')).toMatch(/"name":"sonde\.n".*"asDouble":4/);
    await sink.close();
  }
});

test.each(['http/protobuf', 'grpc'])(
  '%s: what is refused for now is sent again, what is taken in part is told',
  async (protocol) => {
    const log = join(folder, `again-${protocol.replace('/', '-')}`);
    const part = encodeMessage(responseOf.metrics, {
      partialSuccess: { rejectedDataPoints: 1n, errorMessage: 'too old' },
    });
    const http = new OtlpSink();
    http.answers = [status(503), (response) => response.end(part)];
    const rpc = new GrpcSink();
    rpc.answers = [refused(grpc.status.UNAVAILABLE), accepted(part)];
    const [url, address] = [await http.listen(), await rpc.listen()];
    const endpoint = protocol === 'grpc' ? `http://${address}` : url;
    const otlp = `{protocol: ${protocol}, endpoint: "${endpoint}"}`;
    const own = await startWith(
      `{logs: {output_paths: [${log}]}, metrics: {readers: [{periodic: {interval: 50, exporter: {otlp: ${otlp}}}}]}}`,
    );
    await until(() => readFileSync(log, 'utf8').includes('too old'), 'the answer');
    await own.shutdown(performance.now() + 1000);
    await http.close();
    rpc.close();
    expect(readFileSync(log, 'utf8')).toContain('own metrics were taken in part');
  },
  60_000,
);

test('an upstream that never answers does not hold up the end', async () => {
  const sink = new OtlpSink();
  sink.answers = [() => undefined];
  const url = await sink.listen();
  for (const { telemetry, make } of Object.values(signals)) {
    const own = await startWith(telemetry(`{protocol: http/protobuf, endpoint: "${url}"}`));
    // Who waits for the answer waits for ever.
    void make(own);
    const begin = performance.now();
    await own.shutdown(begin + 200);
    expect(performance.now() - begin).toBeLessThan(5000);
  }
  await sink.close();
});
