import { describe, expect, test } from '@jest/globals';
import type { ConfiguredComponent, ConfiguredPipeline, ServiceConfig } from '../../src/config/service_config.ts';
import { Batch, type Signal } from '../../src/pdata/pdata.ts';
import type {
  ConnectorFactory,
  ExporterFactory,
  NextConsumers,
  ProcessorFactory,
  ReceiverFactory,
} from '../../src/service/component.ts';
import { ConsumeError } from '../../src/service/component.ts';
import { joinErrors } from '../../src/service/fan_out.ts';
import { Graph, type Node } from '../../src/service/graph.ts';
import { LineLogger } from '../../src/service/logger.ts';
import type { ComponentFactory, Kind } from '../../src/service/registry.ts';
import { Service } from '../../src/service/service.ts';
import { TelemetryRegistry } from '../../src/service/telemetry.ts';
import { read } from '../config/read.ts';

/** Components that write down what happens to them. */
class World {
  readonly events: string[] = [];
  readonly sources = new Map<string, NextConsumers>();
  failing = '';
  answers: Record<string, () => Promise<void>> = {};

  #component(name: string) {
    return {
      start: async () => {
        if (name === this.failing) throw new Error('it will not');
        this.events.push(`start ${name}`);
      },
      shutdown: async () => {
        this.events.push(`stop ${name}`);
      },
    };
  }

  readonly receiver: ReceiverFactory = {
    type: 'fake',
    stability: { traces: 'beta', metrics: 'beta' },
    schema: {},
    create: async ({ id }, _config, next) => {
      this.sources.set(id, next);
      return this.#component(`receiver ${id}`);
    },
  };
  readonly processor: ProcessorFactory = {
    type: 'fake',
    stability: { traces: 'beta', metrics: 'beta' },
    schema: {},
    create: async ({ id }, _config, signal, next) => ({
      ...this.#component(`processor ${id} ${signal}`),
      consume: async (batch) => {
        this.events.push(`processor ${id} got ${batch.itemCount}`);
        await next.consume(batch);
      },
    }),
  };
  readonly exporter: ExporterFactory = {
    type: 'fake',
    stability: { traces: 'beta', metrics: 'beta' },
    schema: {},
    create: async ({ id }, _config, signal) => ({
      ...this.#component(`exporter ${id} ${signal}`),
      consume: async (batch) => {
        await this.answers[id]?.();
        this.events.push(`exporter ${id} ${signal} got ${batch.itemCount}`);
      },
    }),
  };
  readonly connector: ConnectorFactory = {
    type: 'fake',
    schema: {},
    pairs: [
      { from: 'traces', to: 'metrics', stability: 'beta' },
      { from: 'traces', to: 'traces', stability: 'beta' },
    ],
    create: async ({ id }, _config, from, to, next) => ({
      ...this.#component(`connector ${id} ${from} ${to}`),
      consume: async (batch) => next.consume(new Batch(to, batch.chunks, batch.itemCount)),
    }),
  };

  config(pipelines: Record<string, [string[], string[], string[]]>, connectors: string[] = []): ServiceConfig {
    const at = { source: 'test', line: 1, column: 1 };
    const components: Record<Kind, Map<string, ConfiguredComponent>> = {
      receiver: new Map(),
      processor: new Map(),
      exporter: new Map(),
      connector: new Map(),
      extension: new Map(),
    };
    const add = (kind: Kind, id: string, factory: ComponentFactory): void => {
      if (!connectors.includes(id)) components[kind].set(id, { kind, id, factory, config: {}, at });
    };
    const list: ConfiguredPipeline[] = [];
    for (const [id, [receivers, processors, exporters]] of Object.entries(pipelines)) {
      for (const each of receivers) add('receiver', each, this.receiver);
      for (const each of processors) add('processor', each, this.processor);
      for (const each of exporters) add('exporter', each, this.exporter);
      list.push({ id, signal: id.split('/')[0] as Signal, receivers, processors, exporters, at });
    }
    for (const id of connectors) {
      components.connector.set(id, { kind: 'connector', id, factory: this.connector, config: {}, at });
    }
    const tree = { kind: 'map', entries: new Map(), ...at } as const;
    const telemetry = { logs: { level: 'info', encoding: 'console' } } as ServiceConfig['telemetry'];
    return { components, pipelines: list, extensions: [], telemetry, tree, warnings: [] };
  }

  service(config: ServiceConfig): Service {
    return new Service({
      config,
      logger: new LineLogger({ level: 'error', encoding: 'console', write: (line) => this.events.push(line) }, 'test'),
      telemetry: new TelemetryRegistry(),
      buildInfo: { command: 'sonde', version: '1' },
      fail: () => undefined,
    });
  }
}

const data = (signal: Signal, items: number): Batch => new Batch(signal, [Uint8Array.of(1)], items);
const planOf = (world: World, ...args: Parameters<World['config']>): Node[] => new Graph(world.config(...args)).plan();

async function run(world: World, ...args: Parameters<World['config']>): Promise<Service> {
  const service = world.service(world.config(...args));
  await service.start();
  world.events.length = 0;
  return service;
}

test('exporters start first and receivers last; they stop in the other order', async () => {
  const world = new World();
  const service = world.service(world.config({ traces: [['r'], ['p', 'q'], ['e', 'f']] }));
  await service.start();
  const starts = world.events.splice(0);
  expect(starts.slice(0, 2).sort()).toEqual(['start exporter e traces', 'start exporter f traces']);
  expect(starts.slice(2)).toEqual(['start processor q traces', 'start processor p traces', 'start receiver r']);
  await service.shutdown(performance.now() + 1000);
  expect(world.events.slice(0, 3)).toEqual(['stop receiver r', 'stop processor p traces', 'stop processor q traces']);
  expect(world.events.slice(3).sort()).toEqual(['stop exporter e traces', 'stop exporter f traces']);
});

test('a component that does not start ends the start, and everything is stopped', async () => {
  const world = new World();
  world.failing = 'receiver r';
  const service = world.service(world.config({ traces: [['r'], [], ['e']] }));
  await expect(service.start()).rejects.toThrow('cannot start pipelines: failed to start "r" receiver: it will not');
  expect(world.events).toEqual(['start exporter e traces', 'stop receiver r', 'stop exporter e traces']);
});

test('one receiver feeds pipelines of its signals; one exporter per signal; a processor per pipeline', async () => {
  const world = new World();
  const pipelines: Parameters<World['config']>[0] = {
    traces: [['r'], ['p'], ['e']],
    'traces/2': [['r'], ['p'], ['e']],
    metrics: [['r'], [], ['e']],
  };
  const names = planOf(world, pipelines)
    .map(({ kind, id }) => `${kind} ${id}`)
    .sort();
  await run(world, pipelines);
  expect(names).toEqual(['exporter e', 'exporter e', 'processor p', 'processor p', 'receiver r']);
  expect(Object.keys(world.sources.get('r') ?? {}).sort()).toEqual(['metrics', 'traces']);
  await world.sources.get('r')?.traces?.consume(data('traces', 5));
  await world.sources.get('r')?.metrics?.consume(data('metrics', 7));
  expect(world.events.sort()).toEqual([
    'exporter e metrics got 7',
    'exporter e traces got 5',
    'exporter e traces got 5',
    'processor p got 5',
    'processor p got 5',
  ]);
});

test('a failing exporter hides nothing from the others', async () => {
  const world = new World();
  world.answers = {
    e: async () => {
      throw new ConsumeError('down', { permanent: false, retryAfterMs: 9 });
    },
  };
  await run(world, { traces: [['r'], [], ['e', 'f']] });
  const consumed = world.sources.get('r')?.traces?.consume(data('traces', 3));
  await expect(consumed).rejects.toMatchObject({ message: 'down', permanent: false, retryAfterMs: 9 });
  expect(world.events).toEqual(['exporter f traces got 3']);
});

test.each([
  { name: 'retryable', permanent: [false, false], expected: { permanent: false, retryAfterMs: 1, code: undefined } },
  { name: 'one may take it later', permanent: [false, true], expected: { permanent: false, retryAfterMs: 0 } },
  { name: 'final', permanent: [true, true], expected: { permanent: true, retryAfterMs: undefined, code: 3 } },
])('joined errors: $name', ({ permanent, expected }) => {
  const errors = permanent.map(
    (each, i) =>
      new ConsumeError(`e${i}`, each ? { permanent: true, code: 3 + i } : { permanent: false, retryAfterMs: i }),
  );
  expect(joinErrors(errors)).toMatchObject({ message: 'e0; e1', ...expected });
  expect(joinErrors([...errors, new TypeError('fault')])).toMatchObject({ permanent: expected.permanent });
  expect(joinErrors([new TypeError('fault')])).toMatchObject({ permanent: true, message: 'fault' });
});

describe('connectors', () => {
  test('carry data from one signal to another', async () => {
    const world = new World();
    await run(world, { traces: [['r'], [], ['c']], metrics: [['c'], [], ['e']] }, ['c']);
    await world.sources.get('r')?.traces?.consume(data('traces', 2));
    expect(world.events).toEqual(['exporter e metrics got 2']);
  });

  test.each([
    {
      name: 'only exporter',
      pipelines: { traces: [['r'], [], ['c']] },
      message: 'connector "c" used as exporter in [traces] pipeline but not used in any supported receiver pipeline',
    },
    {
      name: 'only receiver',
      pipelines: { metrics: [['c'], [], ['e']] },
      message: 'connector "c" used as receiver in [metrics] pipeline but not used in any supported exporter pipeline',
    },
    {
      name: 'cycle',
      pipelines: { traces: [['r'], [], ['c']], 'traces/1': [['c'], ['p'], ['c']] },
      message:
        'cycle detected: connector "c" (traces to traces) -> processor "p" in pipeline "traces/1" -> connector "c" (traces to traces)',
    },
  ])('$name', ({ pipelines, message }) => {
    const world = new World();
    expect(() => planOf(world, pipelines as unknown as Parameters<World['config']>[0], ['c'])).toThrow(
      `failed to build pipelines: ${message}`,
    );
  });
});

test.each([
  [{ logs: [['r'], [], ['e']] }, 'failed to create "r" receiver for data type "logs": telemetry type is not supported'],
  [{ logs: [['r'], [], ['e']] }, 'failed to create "e" exporter for data type "logs": telemetry type is not supported'],
  [
    { 'logs/x': [['r'], ['p'], ['e']] },
    'failed to create "p" processor, in pipeline "logs/x": telemetry type is not supported',
  ],
])('wrong signal %#', (pipelines, message) => {
  expect(() => planOf(new World(), pipelines as unknown as Parameters<World['config']>[0])).toThrow(message);
});

test('an extension that is listed twice is made once, as in the Collector', async () => {
  const config = await read([
    'yaml:{extensions: {health_check: }, receivers: {otlp: {protocols: {http: }}}, exporters: {debug: }, service: {extensions: [health_check, health_check], pipelines: {logs: {receivers: [otlp], exporters: [debug]}}}}',
  ]);
  expect(new Graph(config).plan().map(({ label }) => label)).toEqual([
    'extension "health_check"',
    'exporter "debug"',
    'receiver "otlp"',
  ]);
});
