import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Batch } from '../../src/pdata/pdata.ts';
import { ConsumeError } from '../../src/service/component.ts';
import { LineLogger } from '../../src/service/logger.ts';
import { Service } from '../../src/service/service.ts';
import { Switch } from '../../src/service/switch.ts';
import { TelemetryRegistry } from '../../src/service/telemetry.ts';
import { read } from '../config/read.ts';
import { hang, OtlpSink, status } from '../support/otlp_sink.ts';
import { freePort } from '../support/ports.ts';
import { until } from '../support/until.ts';

let sink: OtlpSink;
let second: OtlpSink;
let urls: [string, string];
let service: Service | undefined;
let port = 0;
let log: string[] = [];
const failures: Error[] = [];

beforeEach(async () => {
  [sink, second] = [new OtlpSink(), new OtlpSink()];
  urls = [await sink.listen(), await second.listen()];
  port = await freePort();
  log = [];
  failures.length = 0;
});
afterEach(async () => {
  await service?.shutdown(performance.now() + 200);
  await Promise.all([sink.close(), second.close()]);
});

interface Shape {
  readonly timeout?: string;
  readonly processors?: string;
  readonly url?: string;
  readonly queue?: string;
  readonly receiver?: string;
  readonly exporters?: string;
}

function yaml({
  timeout = '20ms',
  processors = '[batch]',
  url = urls[0],
  queue = '',
  receiver = '',
  exporters = '[otlp_http]',
}: Shape): string {
  return `yaml:
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:${port}"${receiver}}}}}
processors: {batch: {timeout: ${timeout}}, batch/2: {timeout: 5ms}}
exporters:
  otlp_http: {endpoint: "${url}", compression: none, retry_on_failure: {initial_interval: 50ms, max_interval: 100ms}${queue}}
  otlp_http/2: {endpoint: "${urls[1]}", compression: none}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], processors: ${processors}, exporters: ${exporters}}}`;
}

async function start(shape: Shape = {}): Promise<Service> {
  service = new Service({
    config: await read([yaml(shape)]),
    logger: new LineLogger({ level: 'debug', encoding: 'console', write: (line) => log.push(line) }, 'test'),
    telemetry: new TelemetryRegistry(),
    buildInfo: { command: 'sonde', version: '1' },
    fail: (error) => failures.push(error),
  });
  await service.start();
  return service;
}

const reload = async (shape: Shape) => {
  const { made, stopped } = (await service?.reload(await read([yaml(shape)]))) ?? { made: [], stopped: [] };
  return { made: [...made].sort(), stopped: [...stopped].sort() };
};

/** One span per request until `stop`; what was answered with 200 counts as taken. */
function senders(count: number): { readonly taken: string[]; stop(): Promise<void> } {
  const taken: string[] = [];
  let going = true;
  let next = 0;
  const one = async (): Promise<void> => {
    while (going) {
      const name = `n-${String(next++).padStart(6, '0')}`;
      const spans = [{ traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', name }];
      const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
      const headers = { 'content-type': 'application/json' };
      for (let sent = false; !sent && going; ) {
        try {
          const response = await fetch(`http://127.0.0.1:${port}/v1/traces`, { method: 'POST', headers, body });
          await response.text();
          sent = response.status === 200;
        } catch {
          // A receiver that is made again listens again; a sender tries again, as SDKs do.
        }
        if (sent) taken.push(name);
        else await sleep(5);
      }
    }
  };
  const all = Array.from({ length: count }, one);
  return {
    taken,
    stop: async () => {
      going = false;
      await Promise.all(all);
    },
  };
}

/** Names of the spans that arrived. */
const arrived = (...sinks: OtlpSink[]): string[] =>
  sinks.flatMap(({ received }) =>
    received.flatMap(
      ({ body }) =>
        Buffer.from(body)
          .toString('latin1')
          .match(/n-\d{6}/g) ?? [],
    ),
  );

async function expectAll(taken: readonly string[], ...sinks: OtlpSink[]): Promise<void> {
  await until(() => new Set(arrived(...sinks)).size >= taken.length, 'all spans').catch(() => undefined);
  const found = new Set(arrived(...sinks));
  expect(taken.filter((name) => !found.has(name))).toEqual([]);
}

describe('with data flowing', () => {
  test('processors and exporters are exchanged again and again: every span arrives once', async () => {
    await start();
    const load = senders(4);
    const shapes: Shape[] = [
      { timeout: '1s' },
      { processors: '[batch, batch/2]' },
      { processors: '[]' },
      { processors: '[batch/2]', queue: ', sending_queue: {num_consumers: 2}' },
      { queue: ', sending_queue: {enabled: false}' },
      { url: `${urls[0]}/`, timeout: '300ms' },
      { exporters: '[otlp_http/2]' },
      {},
    ];
    const some = async (): Promise<void> => {
      const before = load.taken.length;
      await sleep(60);
      await until(() => load.taken.length > before + 5, 'some spans');
    };
    for (const shape of shapes) {
      await some();
      await reload(shape);
    }
    await some();
    await load.stop();
    await expectAll(load.taken, sink, second);
    const all = arrived(sink, second);
    expect(all).toHaveLength(new Set(all).size);
    expect(failures).toEqual([]);
  });

  test('an exporter whose upstream is down gives its queue to the one that replaces it', async () => {
    sink.answers = [status(503)];
    await start();
    const load = senders(2);
    await until(() => load.taken.length >= 40, 'spans in the queue');
    await reload({ url: urls[1] });
    await until(() => load.taken.length >= 60, 'more spans');
    await load.stop();
    await expectAll(load.taken, second);
  });

  test('a changed receiver listens again, and nothing that it took is lost', async () => {
    await start();
    const load = senders(2);
    await sleep(50);
    const { made } = await reload({ receiver: ', max_request_body_size: 1000000' });
    expect(made).toEqual(['receiver "otlp"']);
    const before = load.taken.length;
    await until(() => load.taken.length > before + 10, 'spans after the change');
    await load.stop();
    await expectAll(load.taken, sink);
  });
});

test.each([
  ['nothing', {}, [], []],
  [
    'a processor',
    { timeout: '1s' },
    ['processor "batch" in pipeline "traces"'],
    ['processor "batch" in pipeline "traces"'],
  ],
  ['wiring only', { processors: '[batch, batch/2]' }, ['processor "batch/2" in pipeline "traces"'], []],
  ['an exporter', { url: 'http://127.0.0.1:1' }, ['exporter "otlp_http"'], ['exporter "otlp_http"']],
  ['another exporter', { exporters: '[otlp_http, otlp_http/2]' }, ['exporter "otlp_http/2"'], []],
] as const)('%s changes: only that is made again', async (_, shape, made, stopped) => {
  await start();
  expect(await reload(shape)).toEqual({ made, stopped });
});

test('what does not start is undone, and the old one goes on', async () => {
  await start();
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const own = port;
  port = (taken.address() as AddressInfo).port;
  await expect(reload({ timeout: '1s' })).rejects.toThrow(/failed to start "otlp" receiver/);
  port = own;
  const load = senders(1);
  await until(() => load.taken.length >= 5, 'spans');
  await load.stop();
  await expectAll(load.taken, sink);
  expect(failures).toEqual([]);
  await new Promise((resolve) => taken.close(resolve));
});

describe('switch', () => {
  const batch = {} as Batch;
  const refuse = (permanent: boolean) => ({
    consume: async () => {
      throw new ConsumeError('no', { permanent });
    },
  });

  test('data waits while there is no target', async () => {
    const to = new Switch();
    let done = 0;
    const consumed = to.consume(batch).then(() => done++);
    await sleep(5);
    expect(done).toBe(0);
    to.set({ consume: async () => undefined });
    await consumed;
    expect(done).toBe(1);
  });

  test('what the old target refuses because it stops goes to the new one', async () => {
    const got: string[] = [];
    const next = { consume: async () => void got.push('new') };
    const to = new Switch();
    to.set({
      consume: async () => {
        got.push('old');
        to.set(next);
        throw new ConsumeError('stopping', { permanent: false });
      },
    });
    await to.consume(batch);
    expect(got).toEqual(['old', 'new']);
  });

  test.each([true, false])('a refusal without a change is the sender’s (permanent: %s)', async (permanent) => {
    await expect(new Switch(refuse(permanent)).consume(batch)).rejects.toMatchObject({ permanent });
  });

  test('a removed component refuses what waits, to be sent elsewhere', async () => {
    const to = new Switch();
    const consumed = to.consume(batch);
    to.close();
    await expect(consumed).rejects.toMatchObject({ permanent: false });
  });
});

test.each([
  ['a full queue that makes wait', 'sending_queue: {queue_size: 1, num_consumers: 1, block_on_overflow: true}'],
  ['no queue', 'sending_queue: {enabled: false}'],
])('a processor before %s does not hold up the stop', async (_, queue) => {
  sink.answers = [hang];
  await start({ queue: `, timeout: 60s, ${queue}`, timeout: '1ms' });
  const { stop } = senders(3);
  await until(() => sink.received.length > 0, 'the first request');
  await sleep(100);
  const began = performance.now();
  await service?.shutdown(began + 2000);
  expect(performance.now() - began).toBeLessThan(30_000);
  expect(log.join('')).toContain('processor "batch" did not stop in time');
  expect(log.join('')).toContain('dropped_items');
  await stop();
});
