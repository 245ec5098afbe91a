import { describe, expect, jest, test } from '@jest/globals';
import { decode } from '../../../src/config/decode.ts';
import { Problems } from '../../../src/config/problem.ts';
import type { Schema } from '../../../src/config/schema.ts';
import { parseYaml } from '../../../src/config/yaml.ts';
import { SondeError } from '../../../src/errors.ts';
import type { Batch } from '../../../src/pdata/pdata.ts';
import { type EbpfSocketConfig, schema } from '../../../src/receivers/ebpf_socket/config.ts';
import { EbpfSocketReceiver, metricsInterval } from '../../../src/receivers/ebpf_socket/ebpf_socket.ts';
import { parsePorts } from '../../../src/receivers/ebpf_socket/filter.ts';
import { ConsumeError, type NextConsumers } from '../../../src/service/component.ts';
import type { TapConsumer } from '../../../src/tap/host.ts';
import type { TapReceiver, TapReport } from '../../../src/tap/protocol.ts';
import { CollectingTap, type SharedTap } from '../../../src/tap/shared_tap.ts';
import { counted, testSettings, until } from '../../support/settings.ts';

const report: TapReport = { backend: 'tracepoint', hooks: { a: 'attached' }, mapBytes: 5, ringBytes: 3 };

class FakeTap implements SharedTap {
  readonly registered: Parameters<SharedTap['register']>[] = [];
  answer: () => Promise<TapReport> = async () => report;
  register(...args: Parameters<SharedTap['register']>): void {
    this.registered.push(args);
  }
  start(): Promise<TapReport> {
    return this.answer();
  }
  async stop(): Promise<void> {}
}

function setUp(yaml: string, next: NextConsumers = {}) {
  const node = parseYaml(yaml, 'test');
  const config = decode(node, schema as unknown as Schema, [], node, new Problems()) as EbpfSocketConfig;
  const tap = new FakeTap();
  const settings = testSettings('ebpf_socket');
  return { tap, settings, receiver: new EbpfSocketReceiver(settings, config, next, tap) };
}

test('no key at all is the default', () => {
  const [[receiver, limits] = []] = setUp('').tap.registered;
  const all = { ports: [], executables: [], pids: [], cgroups: [] };
  expect(receiver).toEqual({
    id: 'ebpf_socket',
    traces: false,
    metrics: false,
    include: all,
    exclude: all,
    sampling: { ratio: 1, parentBased: true },
    http: { routes: [], maxRoutes: 200, headers: { request: [], response: [] }, query: 'scrub', otlp: false },
  } satisfies TapReceiver);
  expect(limits).toEqual({
    scope: 'pod',
    ringBytes: 2 ** 21,
    bytesPerOperation: 16_384,
    bytesPerInterval: 262_144,
    maxConnections: 8192,
  });
});

test('every key reaches the tap', () => {
  const yaml = `
scope: node
include: {ports: [80, "8000-8999"], executables: ["*/nginx"], pids: [5], cgroups: ["/a/*"]}
sampling: {ratio: 0.5, parent_based: false}
http: {routes: ["/u/{id}"], max_routes: 7, headers: {request: [X-A], response: [X-B]}, query: drop, otlp: true}
capture: {bytes_per_operation: 100, bytes_per_interval: 200}
max_connections: 9
`;
  const [[receiver, limits] = []] = setUp(yaml).tap.registered;
  expect(receiver).toMatchObject({
    include: {
      ports: [
        { from: 80, to: 80 },
        { from: 8000, to: 8999 },
      ],
      executables: ['*/nginx'],
      pids: [5],
      cgroups: ['/a/*'],
    },
    sampling: { ratio: 0.5, parentBased: false },
    http: {
      routes: ['/u/{id}'],
      maxRoutes: 7,
      headers: { request: ['x-a'], response: ['x-b'] },
      query: 'drop',
      otlp: true,
    },
  });
  expect(limits).toEqual({
    scope: 'node',
    ringBytes: 2 ** 22,
    bytesPerOperation: 100,
    bytesPerInterval: 200,
    maxConnections: 9,
  });
});

describe('start', () => {
  test('tells hooks and memory', async () => {
    const { receiver, settings } = setUp('');
    await receiver.start();
    expect(settings.lines[0]).toMatchObject({
      message: 'eBPF programs are attached',
      fields: { backend: 'tracepoint', hooks: { a: 'attached' }, map_bytes: 5 },
    });
  });

  test('no usable back end: the remedy, and the end', async () => {
    const { receiver, tap } = setUp('');
    tap.answer = () => Promise.reject(new SondeError('E_KERNEL_TOO_OLD', { release: '4.9', reason: 'x' }));
    await expect(receiver.start()).rejects.toThrow(
      /kernel 4\.9 has no usable hook: x; remedy: Sonde needs Linux 5\.15/,
    );
  });

  test('required: false goes on', async () => {
    const { receiver, tap, settings } = setUp('required: false');
    tap.answer = () => Promise.reject(new Error('no'));
    await receiver.start();
    expect(settings.lines[0]).toMatchObject({ level: 'error' });
  });

  test('later than a second: ready is said, and a failure ends the service then', async () => {
    const { receiver, tap, settings } = setUp('');
    let refuse: (error: Error) => void = () => undefined;
    tap.answer = () => new Promise((_, reject) => (refuse = reject));
    const started = performance.now();
    await receiver.start();
    expect(performance.now() - started).toBeLessThan(1500);
    refuse(new Error('at last'));
    await until(() => settings.failures.length === 1);
    expect(settings.failures[0]?.message).toBe('at last');
  });
});

test('what the pipeline takes and refuses is counted', async () => {
  const got: Batch[] = [];
  let refuse = false;
  const next: NextConsumers = {
    traces: {
      consume: async (batch) => {
        if (refuse) throw new ConsumeError('full', { permanent: false });
        got.push(batch);
      },
    },
  };
  const { tap, settings } = setUp('', next);
  const consumer = tap.registered[0]?.[2] as TapConsumer;
  await consumer.spans(Uint8Array.of(1, 2), 4);
  expect(got[0]).toMatchObject({ signal: 'traces', itemCount: 4, byteLength: 2 });
  refuse = true;
  await consumer.spans(Uint8Array.of(1), 3);
  await consumer.metrics(Uint8Array.of(1), 3);
  expect(counted(settings, 'otelcol_receiver_accepted_spans')).toBe(4);
  expect(counted(settings, 'otelcol_receiver_refused_spans')).toBe(3);
  expect(settings.lines.at(-1)).toMatchObject({ level: 'warn', message: 'the pipeline refused data' });
});

test.each([
  [5000, {}, 5000],
  [0, {}, 60_000],
  [0, { OTEL_METRIC_EXPORT_INTERVAL: '2500' }, 2500],
  [5000, { OTEL_METRIC_EXPORT_INTERVAL: '2500' }, 5000],
  [0, { OTEL_METRIC_EXPORT_INTERVAL: 'x' }, 60_000],
  [0, { OTEL_METRIC_EXPORT_INTERVAL: '0' }, 60_000],
])('metrics interval %d with %j', (configured, env, expected) => {
  expect(metricsInterval(configured, env)).toBe(expected);
});

test.each([
  [80, { from: 80, to: 80 }],
  ['1-65535', { from: 1, to: 65_535 }],
  [' 80 - 90 ', { from: 80, to: 90 }],
  [0, undefined],
  [65_536, undefined],
  ['9-8', undefined],
  ['http', undefined],
  ['', undefined],
])('ports %s', (text, expected) => {
  expect(parsePorts(text)).toEqual(expected);
});

test('the shared tap collects by the shortest interval and warns of what was dropped since the last look', async () => {
  const settings = testSettings('tap');
  const ledgers = [
    { 'operations.dropped': 2 },
    { 'operations.dropped': 2 },
    { 'operations.dropped': 5, 'bytes.dropped': 1 },
  ];
  const host = {
    register: jest.fn<() => void>(),
    start: async () => report,
    collect: async () => ledgers.shift() ?? {},
    stop: async () => ({ 'operations.dropped': 1 }),
  };
  const tap = new CollectingTap(host, settings.logger);
  await tap.start(60_000);
  await tap.start(5);
  await until(() => ledgers.length === 0);
  // A tap that was started again counts from zero.
  await tap.stop(performance.now());
  expect(settings.lines.map(({ fields }) => fields)).toEqual([
    { 'operations.dropped': 2 },
    { 'operations.dropped': 3, 'bytes.dropped': 1 },
    { 'operations.dropped': 1 },
  ]);
});
