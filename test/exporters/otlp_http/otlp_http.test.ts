import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseRetryAfter } from '../../../src/exporters/otlp_http/response.ts';
import { Batch, type Signal } from '../../../src/pdata/pdata.ts';
import { statusOf } from '../../../src/receivers/otlp/answer.ts';
import type { Component, Consumer } from '../../../src/service/component.ts';
import { startOtlpHttp } from '../../support/otlp_http.ts';
import { cut, hang, OtlpSink, ok, status } from '../../support/otlp_sink.ts';
import { counted, type TestSettings, testSettings, until } from '../../support/settings.ts';

let sink: OtlpSink;
let url: string;
let settings: TestSettings;
let running: (Component & Consumer)[];

beforeEach(async () => {
  sink = new OtlpSink();
  url = await sink.listen();
  settings = testSettings('otlp_http');
  running = [];
});
afterEach(async () => {
  for (const exporter of running) await exporter.shutdown(performance.now());
  await sink.close();
});

const FAST = 'retry_on_failure: {initial_interval: 20ms, max_interval: 50ms, max_elapsed_time: 10s}';

async function start(yaml: string, signal: Signal = 'traces'): Promise<Component & Consumer> {
  const exporter = await startOtlpHttp(settings, yaml, signal);
  running.push(exporter);
  return exporter;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const batch = (text = 'abc', items = 3): Batch => new Batch('traces', [bytes(text)], items);
const messages = (): string[] => settings.lines.map(({ message }) => message);

test.each([
  ['traces', `endpoint: ${'URL'}`, '/v1/traces'],
  ['metrics', 'endpoint: URL/', '/v1/metrics'],
  ['logs', 'endpoint: URL/base', '/base/v1/logs'],
  ['traces', 'traces_endpoint: URL/own?x=1', '/own?x=1'],
  ['profiles', 'endpoint: URL', '/v1development/profiles'],
  ['profiles', 'profiles_endpoint: URL/p', '/p'],
] as const)('%s with %s goes to %s', async (signal, yaml, path) => {
  const exporter = await start(yaml.replace('URL', url), signal);
  await exporter.consume(new Batch(signal, [bytes('a'), bytes('bc')], 2));
  await until(() => sink.received.length === 1);
  const [request] = sink.received;
  expect(request?.path).toBe(path);
  expect(Buffer.from(request?.body ?? []).toString()).toBe('abc');
  expect(request?.headers).toMatchObject({
    'content-type': 'application/x-protobuf',
    'content-encoding': 'gzip',
    'user-agent': expect.stringMatching(/^sonde\/1\.2\.3 \(linux\//),
  });
});

test.each(['none', 'gzip', 'deflate', 'zlib', 'zstd', 'lz4', 'snappy', 'x-snappy-framed'])(
  'compression %s',
  async (compression) => {
    const exporter = await start(`{endpoint: "${url}", compression: ${compression}, headers: {X-Team: a}}`);
    await exporter.consume(batch('abc'.repeat(1000)));
    await until(() => sink.received.length === 1);
    expect(sink.received[0]?.headers['content-encoding']).toBe(compression === 'none' ? undefined : compression);
    expect(sink.received[0]?.headers['x-team']).toBe('a');
    expect(sink.received[0]?.body).toEqual(bytes('abc'.repeat(1000)));
  },
);

describe('a body that came as gzip', () => {
  const text = 'abc'.repeat(1000);
  // Not compressed at all: told from what the exporter would make of it.
  const stored = gzipSync(text, { level: 0 });
  const came = new Batch('traces', [bytes(text)], 3, stored);

  test.each([
    ['gzip', 'proto', true],
    ['none', 'proto', false],
    ['deflate', 'proto', false],
  ])('compression %s, encoding %s: as it came: %s', async (compression, encoding, same) => {
    const exporter = await start(`{endpoint: "${url}", compression: ${compression}, encoding: ${encoding}}`);
    await exporter.consume(came);
    await until(() => sink.received.length === 1);
    expect(sink.received[0]?.headers['content-length'] === String(stored.length)).toBe(same);
    expect(sink.received[0]?.body).toEqual(bytes(text));
  });

  test('joined with another it is compressed anew: not every reader takes two members', async () => {
    const exporter = await start(`{endpoint: "${url}"}`);
    await exporter.consume(Batch.join([came, came]));
    await until(() => sink.received.length === 1);
    expect(Number(sink.received[0]?.headers['content-length'])).toBeLessThan(1000);
    expect(sink.received[0]?.body).toEqual(bytes(text + text));
  });
});

test('connections are kept, and one that the server closed meanwhile costs nothing', async () => {
  const exporter = await start(
    `{endpoint: "${url}", sending_queue: {enabled: false}, retry_on_failure: {enabled: false}}`,
  );
  for (let i = 0; i < 5; i++) await exporter.consume(batch());
  expect(sink.connections.count).toBe(1);
  sink.answers = [cut, ok];
  await exporter.consume(batch());
  expect(sink.connections.count).toBe(2);
});

describe('failures', () => {
  test.each([429, 502, 503, 504])('%d is sent again', async (code) => {
    sink.answers = [status(code), status(code), ok];
    const exporter = await start(`{endpoint: "${url}", ${FAST}}`);
    await exporter.consume(batch());
    await until(() => counted(settings, 'otelcol_exporter_sent_spans') === 3);
    expect(sink.received.length).toBe(3);
    expect(messages()).toContain('Exporting failed. Will retry the request after interval.');
  });

  test.each([400, 401, 404, 413, 500, 501])('%d is not', async (code) => {
    sink.answers = [status(code, { 'content-type': 'text/plain' }, 'because')];
    const exporter = await start(`{endpoint: "${url}", ${FAST}}`);
    await exporter.consume(batch());
    await until(() => counted(settings, 'otelcol_exporter_send_failed_spans') === 3);
    expect(sink.received.length).toBe(1);
    const line = settings.lines.find(({ message }) => message === 'Exporting failed. Dropping data.');
    expect(line?.fields).toMatchObject({
      dropped_items: 3,
      error: `error exporting items, request to ${url}/v1/traces responded with HTTP Status Code ${code}, Message=because`,
    });
  });

  // The Collector answers its senders the same: measured with queue and retry off.
  test.each([
    [400, 400, 3],
    [401, 401, 16],
    [403, 403, 7],
    [404, 404, 12],
    [413, 500, 13],
    [500, 500, 13],
    [503, 503, 14],
  ])('without a queue %d of the upstream is %d for the sender', async (code, http, rpc) => {
    sink.answers = [status(code)];
    const exporter = await start(
      `{endpoint: "${url}", sending_queue: {enabled: false}, retry_on_failure: {enabled: false}}`,
    );
    const refusal = await exporter.consume(batch()).catch((error: unknown) => error);
    expect(statusOf(refusal)).toMatchObject({ http, code: rpc });
  });

  test.each([429, 503])('Retry-After of %d is waited for', async (code) => {
    sink.answers = [status(code, { 'retry-after': '1' }), ok];
    const exporter = await start(`{endpoint: "${url}", ${FAST}}`);
    await exporter.consume(batch());
    await until(() => sink.received.length === 2);
    const [first, second] = sink.received;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test('Retry-After as a date is waited for', async () => {
    // Whole seconds: at least one, at most two from now.
    const date = new Date(Date.now() + 2000).toUTCString();
    sink.answers = [status(503, { 'retry-after': date }), ok];
    const exporter = await start(`{endpoint: "${url}", ${FAST}}`);
    await exporter.consume(batch());
    await until(() => sink.received.length === 2);
    const [first, second] = sink.received;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(900);
  });

  test('a cut connection and silence are sent again', async () => {
    sink.answers = [cut, hang, ok];
    const exporter = await start(`{endpoint: "${url}", timeout: 100ms, ${FAST}}`);
    await exporter.consume(batch());
    await until(() => counted(settings, 'otelcol_exporter_sent_spans') === 3);
    expect(sink.received.length).toBe(3);
    expect(JSON.stringify(settings.lines)).toContain('context deadline exceeded');
  });

  test('max_elapsed_time gives up', async () => {
    sink.answers = [status(503)];
    const exporter = await start(
      `{endpoint: "${url}", retry_on_failure: {initial_interval: 20ms, max_interval: 20ms, max_elapsed_time: 100ms}}`,
    );
    await exporter.consume(batch());
    await until(() => messages().includes('Exporting failed. Dropping data.'));
    expect(JSON.stringify(settings.lines)).toContain('no more retries left');
  });

  test('an endless answer does not grow', async () => {
    sink.answers = [status(400, { 'content-type': 'text/plain' }, 'x'.repeat(3_000_000))];
    const exporter = await start(`{endpoint: "${url}"}`);
    await exporter.consume(batch());
    await until(() => messages().includes('Exporting failed. Dropping data.'));
    expect(JSON.stringify(settings.lines).length).toBeLessThan(2000);
  });
});

test('what was taken is not sent again, however long the answer is', async () => {
  sink.answers = [
    (response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(100_000)));
      };
      response.on('drain', more);
      more();
    },
  ];
  const exporter = await start(`{endpoint: "${url}", sending_queue: {enabled: false}}`);
  await exporter.consume(batch());
  expect(sink.received.length).toBe(1);
});

test('an upgrade that nobody asked for is sent again, and holds nobody up', async () => {
  sink.answers = [status(101, { connection: 'upgrade', upgrade: 'x' }), ok];
  const exporter = await start(`{endpoint: "${url}", sending_queue: {enabled: false}, ${FAST}}`);
  await exporter.consume(batch());
  expect(sink.received.length).toBe(2);
});

test.each([
  // ExportTraceServiceResponse {partial_success {rejected_spans: 2, error_message: "no"}}
  ['application/x-protobuf', Uint8Array.of(0x0a, 6, 0x08, 2, 0x12, 2, 0x6e, 0x6f)],
  ['application/json', '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"no"}}'],
])('partial success in %s is told, not sent again', async (type, body) => {
  sink.answers = [status(200, { 'content-type': type }, body)];
  const exporter = await start(`{endpoint: "${url}"}`);
  await exporter.consume(batch());
  await until(() => messages().includes('Partial success response'));
  expect(settings.lines.at(-1)?.fields).toEqual({ message: 'no', dropped_spans: 2 });
  expect(sink.received.length).toBe(1);
});

describe('redirects', () => {
  const AUTHORIZED = 'headers: {authorization: secret, x-tenant: t}';
  let second: OtlpSink;
  let other: string;
  beforeEach(async () => {
    second = new OtlpSink();
    other = (await second.listen()).replace('127.0.0.1', 'localhost');
  });
  afterEach(async () => second.close());
  const failed = (): unknown => settings.lines.find(({ message }) => message.startsWith('Exporting failed'))?.fields;

  test.each([307, 308])('%d: the same is sent there, without the configured headers for another host', async (code) => {
    sink.answers = [status(code, { location: '/there?x=1' }), status(code, { location: `${other}/other` })];
    const exporter = await start(`{endpoint: "${url}", ${AUTHORIZED}}`);
    await exporter.consume(batch('abc'));
    await until(() => second.received.length === 1);
    expect(sink.received.map(({ path, headers }) => [path, headers['authorization']])).toEqual([
      ['/v1/traces', 'secret'],
      ['/there?x=1', 'secret'],
    ]);
    const [{ path, headers, body } = {}] = second.received;
    expect([path, headers?.['authorization'], headers?.['x-tenant']]).toEqual(['/other', undefined, undefined]);
    expect(headers?.['content-type']).toBe('application/x-protobuf');
    expect(Buffer.from(body ?? []).toString()).toBe('abc');
    await until(() => counted(settings, 'otelcol_exporter_sent_spans') === 3);
  });

  test('connections there are kept, and closed at the end', async () => {
    sink.answers = [status(307, { location: `${other}/other` })];
    const exporter = await start(`{endpoint: "${url}", sending_queue: {num_consumers: 1}}`);
    for (let i = 0; i < 5; i++) await exporter.consume(batch());
    await until(() => second.received.length === 5);
    expect(second.connections.count).toBe(1);
  });

  test('the eleventh is one too many', async () => {
    sink.answers = [status(307, { location: '/again' })];
    const exporter = await start(`{endpoint: "${url}", retry_on_failure: {enabled: false}}`);
    await exporter.consume(batch());
    await until(() => failed() !== undefined);
    expect(failed()).toMatchObject({ error: expect.stringContaining('stopped after 10 redirects') });
    expect(sink.received.length).toBe(11);
  });

  test.each([
    [307, {}, '307 response missing Location header'],
    [308, { location: 'ftp://a/b' }, 'failed to parse Location header "ftp://a/b"'],
    [302, { location: '/there' }, 'responded with HTTP Status Code 302'],
  ])('%d with %j is refused', async (code, headers, text) => {
    sink.answers = [status(code, headers as Record<string, string>)];
    const exporter = await start(`{endpoint: "${url}", retry_on_failure: {enabled: false}}`);
    await exporter.consume(batch());
    await until(() => failed() !== undefined);
    expect(failed()).toMatchObject({ error: expect.stringContaining(text) });
    expect(sink.received.length).toBe(1);
  });
});

describe('connections', () => {
  const direct = 'sending_queue: {enabled: false}, retry_on_failure: {enabled: false}';

  test('disable_keep_alives: one for each request', async () => {
    const exporter = await start(`{endpoint: "${url}", disable_keep_alives: true, ${direct}}`);
    for (let i = 0; i < 3; i++) await exporter.consume(batch());
    expect(sink.connections.count).toBe(3);
    expect(sink.received[0]?.headers['connection']).toBe('close');
  });

  test('max_conns_per_host: the others wait', async () => {
    sink.answers = [(response) => setTimeout(() => response.writeHead(200).end(), 50)];
    const exporter = await start(`{endpoint: "${url}", max_conns_per_host: 1, ${direct}}`);
    await Promise.all([1, 2, 3].map(async () => exporter.consume(batch())));
    expect(sink.connections.count).toBe(1);
  });

  test.each([
    ['max_idle_conns: 1', 1],
    ['max_idle_conns_per_host: 2', 2],
    ['max_idle_conns: 0', 3],
  ])('%s: %d are kept', async (yaml, kept) => {
    sink.answers = [(response) => setTimeout(() => response.writeHead(200).end(), 50)];
    const exporter = await start(`{endpoint: "${url}", ${yaml}, ${direct}}`);
    const three = async (): Promise<unknown> => Promise.all([1, 2, 3].map(async () => exporter.consume(batch())));
    await three();
    await three();
    expect(sink.connections.count).toBe(6 - kept);
  });

  test('idle_conn_timeout closes what is idle', async () => {
    const exporter = await start(`{endpoint: "${url}", idle_conn_timeout: 50ms, ${direct}}`);
    await exporter.consume(batch());
    await new Promise((resolve) => setTimeout(resolve, 150));
    await exporter.consume(batch());
    expect(sink.connections.count).toBe(2);
  });
});

describe('queue', () => {
  test.each([
    ['items', 7],
    ['bytes', 3 * 4],
  ])('sized by %s', async (sizer, size) => {
    sink.answers = [hang];
    const exporter = await start(
      `{endpoint: "${url}", sending_queue: {queue_size: ${size}, sizer: ${sizer}, num_consumers: 1}}`,
    );
    // What is under way counts.
    for (let i = 0; i < 2; i++) await exporter.consume(batch('abcd', 3));
    if (sizer === 'bytes') await exporter.consume(batch('abcd', 3));
    await expect(exporter.consume(batch('abcd', 3))).rejects.toMatchObject({ message: 'sending queue is full' });
  });

  test('full: refused, retryable', async () => {
    sink.answers = [hang];
    const exporter = await start(`{endpoint: "${url}", sending_queue: {queue_size: 2, num_consumers: 1}}`);
    await exporter.consume(batch());
    await exporter.consume(batch());
    await expect(exporter.consume(batch())).rejects.toMatchObject({
      message: 'sending queue is full',
      permanent: false,
    });
    expect(counted(settings, 'otelcol_exporter_enqueue_failed_spans')).toBe(3);
  });

  test('block_on_overflow: waits for room', async () => {
    let release: () => void = () => undefined;
    sink.answers = [
      (response) => {
        release = () => response.writeHead(200).end();
      },
      ok,
    ];
    const exporter = await start(
      `{endpoint: "${url}", sending_queue: {queue_size: 3, sizer: items, num_consumers: 1, block_on_overflow: true}}`,
    );
    await exporter.consume(batch('a', 3));
    let taken = false;
    const second = exporter.consume(batch('b', 1)).then(() => {
      taken = true;
    });
    await until(() => sink.received.length === 1);
    expect(taken).toBe(false);
    release();
    await second;
    await until(() => sink.received.length === 2);
    await expect(exporter.consume(batch('c', 4))).rejects.toMatchObject({
      message: 'element size too large',
      permanent: true,
    });
  });

  test('never above 64 MiB, whatever the sizer counts', async () => {
    sink.answers = [hang];
    const exporter = await start(`{endpoint: "${url}", compression: none}`);
    const large = new Batch('traces', [new Uint8Array(20 * 1024 * 1024)], 1);
    for (let i = 0; i < 3; i++) await exporter.consume(large);
    await expect(exporter.consume(large)).rejects.toMatchObject({ message: 'sending queue is full' });
  });

  test('wait_for_result tells the outcome', async () => {
    sink.answers = [ok, status(400)];
    const exporter = await start(`{endpoint: "${url}", sending_queue: {wait_for_result: true}}`);
    await exporter.consume(batch());
    expect(sink.received.length).toBe(1);
    await expect(exporter.consume(batch())).rejects.toMatchObject({ permanent: true });
  });

  test('drains at stop', async () => {
    const exporter = await start(`{endpoint: "${url}", sending_queue: {num_consumers: 2}}`);
    for (let i = 0; i < 50; i++) await exporter.consume(batch(`b${i}`, 1));
    await exporter.shutdown(performance.now() + 10_000);
    expect(sink.received.length).toBe(50);
    expect(counted(settings, 'otelcol_exporter_sent_spans')).toBe(50);
    await expect(exporter.consume(batch())).rejects.toMatchObject({ permanent: false });
  });

  test('the deadline ends the drain; what is left is counted', async () => {
    sink.answers = [status(503)];
    const exporter = await start(`{endpoint: "${url}", sending_queue: {num_consumers: 1}}`);
    for (let i = 0; i < 5; i++) await exporter.consume(batch('x', 1));
    const started = performance.now();
    await exporter.shutdown(started + 200);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(counted(settings, 'otelcol_exporter_send_failed_spans')).toBe(5);
  });
});

test.each([
  ['5', 5000],
  ['Sat, 21 Nov 2026 11:00:10 GMT', 10_000],
  ['Sat, 21 Nov 2026 10:00:00 GMT', 0],
  ['soon', undefined],
  [undefined, undefined],
  ['9'.repeat(400), undefined],
])('Retry-After %s', (value, expected) => {
  expect(parseRetryAfter(value, Date.parse('2026-11-21T11:00:00Z'))).toBe(expected);
});
