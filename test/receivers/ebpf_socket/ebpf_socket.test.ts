import { describe, expect, test } from '@jest/globals';
import { SondeError } from '../../../src/errors.ts';
import type { Batch } from '../../../src/pdata/pdata.ts';
import { type EbpfSocketConfig, schema } from '../../../src/receivers/ebpf_socket/config.ts';
import { EbpfSocketReceiver, metricsInterval } from '../../../src/receivers/ebpf_socket/ebpf_socket.ts';
import { parsePorts } from '../../../src/receivers/ebpf_socket/filter.ts';
import { ConsumeError, type NextConsumers } from '../../../src/service/component.ts';
import type { TapConsumer, TapSettings } from '../../../src/tap/host.ts';
import type { Ledger, TapReceiver, TapReport } from '../../../src/tap/protocol.ts';
import { CollectingTap, type SharedTap, type TapMember } from '../../../src/tap/shared_tap.ts';
import { componentConfig } from '../../support/component_config.ts';
import { counted, testSettings, until } from '../../support/settings.ts';

const report: TapReport = { backend: 'tracepoint', hooks: { a: 'attached' }, mapBytes: 5, ringBytes: 3 };

class FakeTap implements SharedTap {
  readonly registered: Parameters<SharedTap['join']>[] = [];
  answer: () => Promise<TapReport> = async () => report;
  join(...args: Parameters<SharedTap['join']>): TapMember {
    this.registered.push(args);
    return { start: () => this.answer(), stop: async () => undefined };
  }
  metrics(): [] {
    return [];
  }
}

function setUp(yaml: string, next: NextConsumers = {}) {
  const { config } = componentConfig<EbpfSocketConfig>(schema, yaml);
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
    db: { query: 'obfuscate' },
    connections: { metrics: true, spans: false },
  } satisfies TapReceiver);
  expect(limits).toEqual({
    scope: 'pod',
    ringBytes: 2 ** 21,
    bytesPerOperation: 16_384,
    bytesPerInterval: 262_144,
    maxConnections: 8192,
    backlogBytes: 2 ** 24,
    spanBytes: 2 ** 24,
  });
});

test('every key reaches the tap', () => {
  const yaml = `
scope: node
include: {ports: [80, "8000-8999"], executables: ["*/nginx"], pids: [5], cgroups: ["/a/*"]}
sampling: {ratio: 0.5, parent_based: false}
http: {routes: ["/u/{id}"], max_routes: 7, headers: {request: [X-A], response: [X-B]}, query: drop, otlp: true}
db: {query_text: keep}
capture: {bytes_per_operation: 100, bytes_per_interval: 200}
max_connections: 9
ring_buffer: {backlog: 0}
span_buffer: {size: 300000}
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
    db: { query: 'keep' },
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
    backlogBytes: 0,
    spanBytes: 300_000,
  });
});

test.each([
  ['keep', 1],
  ['obfuscate', 0],
  ['drop', 0],
])('query_text: %s is warned about %d times', (value, count) => {
  const { settings } = setUp(`db: {query_text: ${value}}`);
  const warnings = settings.lines.filter(({ level, message }) => level === 'warn' && message.includes('literals'));
  expect(warnings).toHaveLength(count);
});

describe('start', () => {
  test('tells hooks and memory', async () => {
    const { receiver, settings } = setUp('');
    await receiver.start();
    expect(settings.lines[0]).toMatchObject({
      message: 'eBPF programs are attached',
      fields: { backend: 'tracepoint', hooks: 1, map_bytes: 5 },
    });
  });

  test('warns of hooks that are missing', async () => {
    const { receiver, tap, settings } = setUp('');
    tap.answer = () => Promise.resolve({ ...report, hooks: { a: 'attached', b: 'EPERM' } });
    await receiver.start();
    expect(settings.lines.slice(-1)).toMatchObject([{ level: 'warn', fields: { b: 'EPERM' } }]);
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
    expect(performance.now() - started).toBeLessThan(5000);
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
  const host = new FakeHost();
  host.collect = async () => ledgers.shift() ?? {};
  host.ledger = { operations: 9, 'operations.dropped': 1, 'detection.verdict.http1': 2 };
  const tap = new CollectingTap(host, settings.logger);
  const [a, b] = [member(tap, 'a'), member(tap, 'b')];
  expect(tap.metrics()).toEqual([]);
  await a.start(60_000);
  // Before the first collection.
  expect(new Set(tap.metrics().map(({ value }) => value))).toEqual(new Set([0]));
  await b.start(5);
  await until(() => ledgers.length === 0);
  expect(tap.metrics()).toContainEqual({
    name: 'sonde.tap.operations',
    description: 'Socket operations in scope.',
    unit: '{operation}',
    monotonic: true,
    attributes: { outcome: 'dropped' },
    value: 5,
  });
  // A tap that was started again counts from zero.
  await Promise.all([a.stop(performance.now()), b.stop(performance.now())]);
  expect(settings.lines.map(({ level, fields }) => [level, fields])).toEqual([
    ['warn', { 'operations.dropped': 2 }],
    ['warn', { 'operations.dropped': 3, 'bytes.dropped': 1 }],
    ['warn', { 'operations.dropped': 1 }],
    ['info', expect.objectContaining({ operations: 9, 'operations.dropped': 1, messages: 0, decoders: { http1: 2 } })],
  ]);
});

class FakeHost {
  readonly events: string[] = [];
  ledger: Ledger = {};
  refuse = false;
  register({ id }: TapReceiver, { scope }: TapSettings): void {
    this.events.push(`register ${id} ${scope}`);
  }
  unregister(id: string): void {
    this.events.push(`unregister ${id}`);
  }
  async start(): Promise<TapReport> {
    this.events.push('start');
    return report;
  }
  async reload(): Promise<TapReport> {
    this.events.push('reload');
    if (this.refuse) throw new Error('refused');
    return report;
  }
  async collect(): Promise<Ledger> {
    this.events.push('collect');
    return {};
  }
  async delivered(): Promise<void> {
    this.events.push('delivered');
  }
  async stop(): Promise<Ledger> {
    this.events.push('stop');
    return this.ledger;
  }
}

function member(tap: CollectingTap, id: string, scope: 'pod' | 'node' = 'pod'): TapMember {
  const consumer: TapConsumer = { spans: async () => undefined, metrics: async () => undefined };
  const settings: TapSettings = {
    scope,
    ringBytes: 1,
    bytesPerOperation: 1,
    bytesPerInterval: 1,
    maxConnections: 1,
    backlogBytes: 1,
    spanBytes: 1,
  };
  return tap.join({ id } as TapReceiver, settings, consumer);
}

describe('the shared tap at a reload', () => {
  const setUpTap = async () => {
    const host = new FakeHost();
    const tap = new CollectingTap(host, testSettings('tap').logger);
    const [a, b] = [member(tap, 'a'), member(tap, 'b')];
    await a.start(60_000);
    await b.start(60_000);
    expect(host.events.splice(0)).toEqual(['register a pod', 'register b pod', 'start', 'start']);
    return { host, tap, a, b };
  };
  const soon = (): number => performance.now() + 1000;

  test('a changed receiver takes the place of the old one, and the tap is not stopped', async () => {
    const { host, tap, a, b } = await setUpTap();
    const next = member(tap, 'a', 'node');
    expect(host.events).toEqual([]);
    await next.start(60_000);
    await a.stop(soon());
    expect(host.events.splice(0)).toEqual(['register a node', 'reload']);
    await Promise.all([next.stop(soon()), b.stop(soon())]);
    expect(host.events).toEqual(['stop', 'unregister a', 'unregister b']);
  });

  test('a refusal restores what was', async () => {
    const { host, tap, a, b } = await setUpTap();
    host.refuse = true;
    await expect(member(tap, 'a', 'node').start(60_000)).rejects.toThrow('refused');
    await expect(member(tap, 'c').start(60_000)).rejects.toThrow('refused');
    expect(host.events.splice(0)).toEqual([
      'register a node',
      'reload',
      'register a pod',
      'register c pod',
      'reload',
      'unregister c',
    ]);
    await Promise.all([a.stop(soon()), b.stop(soon())]);
    expect(host.events).toEqual(['stop', 'unregister a', 'unregister b']);
  });

  test('one that leaves hands over what it has; the last one stops the tap', async () => {
    const { host, a, b } = await setUpTap();
    await a.stop(soon());
    expect(host.events.splice(0)).toEqual(['collect', 'delivered', 'unregister a', 'reload']);
    await b.stop(soon());
    expect(host.events).toEqual(['stop', 'unregister b']);
  });
});
