import type { ConfiguredComponent, ConfiguredPipeline, ServiceConfig } from '../config/service_config.ts';
import { type Signal, signals } from '../pdata/pdata.ts';
import type {
  Component,
  ConnectorFactory,
  Consumer,
  ExporterFactory,
  ExtensionFactory,
  NextConsumers,
  ProcessorFactory,
  ReceiverFactory,
  Settings,
} from './component.ts';
import { fanOut } from './fan_out.ts';
import { type GraphNode, reverseTopologicalOrder } from './order.ts';
import type { Kind } from './registry.ts';

export class GraphError extends Error {
  constructor(problems: readonly string[]) {
    super(`failed to build pipelines: ${problems.join('\n')}`);
    this.name = 'GraphError';
  }
}

export type Built = Component & Partial<Consumer>;
type Next = (signal: Signal) => Consumer | undefined;

/** A component to be made. */
export interface Node extends GraphNode {
  readonly kind: Kind;
  readonly id: string;
  /** None for receivers and extensions. */
  readonly signal?: Signal;
  readonly configured: ConfiguredComponent;
  readonly create: (settings: Settings, next: Next) => Promise<Built>;
}

/** Components and who gives data to whom. One receiver per id, one exporter per id and signal, one processor per pipeline. */
export class Graph {
  readonly #config: ServiceConfig;
  readonly #nodes = new Map<string, Node>();
  readonly #problems: string[] = [];

  constructor(config: ServiceConfig) {
    this.#config = config;
  }

  /**
   * Checks signals and cycles without making anything. In the order to start: extensions as listed, then the last of a pipeline
   * first, receivers last of all.
   */
  plan(): Node[] {
    for (const pipeline of this.#config.pipelines) this.#pipeline(pipeline);
    this.#checkConnectors();
    if (this.#problems.length > 0) throw new GraphError(this.#problems);
    const order = reverseTopologicalOrder([...this.#nodes.values()]);
    if ('cycle' in order) {
      throw new GraphError([`cycle detected: ${order.cycle.map((node) => node.label).join(' -> ')}`]);
    }
    const receivers = order.nodes.filter(({ kind }) => kind === 'receiver');
    const others = order.nodes.filter(({ kind }) => kind !== 'receiver');
    return [...this.#extensions(), ...others, ...receivers];
  }

  #extensions(): Node[] {
    return this.#config.extensions.map((id) => {
      const configured = this.#component('extension', id);
      const { factory, config } = configured;
      return {
        key: `extension ${id}`,
        label: `extension "${id}"`,
        kind: 'extension',
        id,
        configured,
        next: new Map(),
        create: (settings) => (factory as ExtensionFactory).create(settings, config),
      };
    });
  }

  #pipeline(pipeline: ConfiguredPipeline): void {
    const { signal } = pipeline;
    let next: string[] = [];
    for (const id of pipeline.exporters) {
      const connector = this.#config.components.connector.get(id);
      if (connector !== undefined) next.push(...this.#connectorAsExporter(connector, signal));
      else next.push(this.#exporter(id, signal));
    }
    next = [...new Set(next)];
    for (const id of pipeline.processors.toReversed()) next = [this.#processor(id, pipeline, next)];
    for (const id of pipeline.receivers) {
      const connector = this.#config.components.connector.get(id);
      if (connector !== undefined) this.#connectorAsReceiver(connector, signal, next);
      else this.#receiver(id, signal, next);
    }
  }

  #exporter(id: string, signal: Signal): string {
    const configured = this.#component('exporter', id);
    const { factory, config } = configured;
    const key = `exporter ${signal} ${id}`;
    this.#supports(factory, signal, `failed to create "${id}" exporter for data type "${signal}"`);
    this.#add({
      key,
      label: `exporter "${id}"`,
      kind: 'exporter',
      id,
      signal,
      configured,
      next: new Map(),
      create: (settings) => (factory as ExporterFactory).create(settings, config, signal),
    });
    return key;
  }

  #processor(id: string, pipeline: ConfiguredPipeline, next: readonly string[]): string {
    const configured = this.#component('processor', id);
    const { factory, config } = configured;
    const { signal } = pipeline;
    const key = `processor ${pipeline.id} ${id}`;
    this.#supports(factory, signal, `failed to create "${id}" processor, in pipeline "${pipeline.id}"`);
    this.#add({
      key,
      label: `processor "${id}" in pipeline "${pipeline.id}"`,
      kind: 'processor',
      id,
      signal,
      configured,
      next: new Map([[signal, new Set(next)]]),
      create: (settings, consumer) =>
        (factory as ProcessorFactory).create(settings, config, signal, consumer(signal) ?? fanOut([])),
    });
    return key;
  }

  #receiver(id: string, signal: Signal, next: readonly string[]): void {
    const configured = this.#component('receiver', id);
    const { factory, config } = configured;
    this.#supports(factory, signal, `failed to create "${id}" receiver for data type "${signal}"`);
    const node = this.#add({
      key: `receiver ${id}`,
      label: `receiver "${id}"`,
      kind: 'receiver',
      id,
      configured,
      next: new Map(),
      create: (settings, consumer) => {
        const consumers: Partial<Record<Signal, Consumer>> = {};
        for (const each of signals) {
          const target = consumer(each);
          if (target !== undefined) consumers[each] = target;
        }
        const found: NextConsumers = consumers;
        return (factory as ReceiverFactory).create(settings, config, found);
      },
    });
    connect(node, signal, next);
  }

  /** The connector's nodes for data of `from`: one per signal that some pipeline takes from it. */
  #connectorAsExporter(connector: ConfiguredComponent, from: Signal): string[] {
    const factory = connector.factory as ConnectorFactory;
    const keys: string[] = [];
    for (const pair of factory.pairs) {
      if (pair.from !== from) continue;
      const taken = this.#config.pipelines.some((p) => p.signal === pair.to && p.receivers.includes(connector.id));
      if (taken) keys.push(this.#connector(connector, from, pair.to).key);
    }
    return keys;
  }

  #connectorAsReceiver(connector: ConfiguredComponent, to: Signal, next: readonly string[]): void {
    for (const pair of (connector.factory as ConnectorFactory).pairs) {
      if (pair.to !== to) continue;
      const fed = this.#config.pipelines.some((p) => p.signal === pair.from && p.exporters.includes(connector.id));
      if (fed) connect(this.#connector(connector, pair.from, to), to, next);
    }
  }

  #connector(configured: ConfiguredComponent, from: Signal, to: Signal): Node {
    const { id, factory, config } = configured;
    return this.#add({
      key: `connector ${from} ${to} ${id}`,
      label: `connector "${id}" (${from} to ${to})`,
      kind: 'connector',
      id,
      signal: from,
      configured,
      next: new Map(),
      create: (settings, consumer) =>
        (factory as ConnectorFactory).create(settings, config, from, to, consumer(to) ?? fanOut([])),
    });
  }

  /** A connector must be fed and must feed. */
  #checkConnectors(): void {
    for (const [id, { factory }] of this.#config.components.connector) {
      const { pairs } = factory as ConnectorFactory;
      const froms = this.#config.pipelines.filter((p) => p.exporters.includes(id));
      const tos = this.#config.pipelines.filter((p) => p.receivers.includes(id));
      for (const { id: pipeline, signal } of froms) {
        if (tos.some((to) => pairs.some((pair) => pair.from === signal && pair.to === to.signal))) continue;
        this.#problems.push(
          `connector "${id}" used as exporter in [${pipeline}] pipeline but not used in any supported receiver pipeline`,
        );
      }
      for (const { id: pipeline, signal } of tos) {
        if (froms.some((from) => pairs.some((pair) => pair.to === signal && pair.from === from.signal))) continue;
        this.#problems.push(
          `connector "${id}" used as receiver in [${pipeline}] pipeline but not used in any supported exporter pipeline`,
        );
      }
    }
  }

  #component(kind: Kind, id: string): ConfiguredComponent {
    const component = this.#config.components[kind].get(id);
    // checkReferences has run before.
    if (component === undefined) throw new GraphError([`references ${kind} "${id}" which is not configured`]);
    return component;
  }

  #supports(factory: object, signal: Signal, prefix: string): void {
    const { stability } = factory as ExporterFactory;
    if (stability[signal] === undefined) this.#problems.push(`${prefix}: telemetry type is not supported`);
  }

  #add(node: Node): Node {
    const before = this.#nodes.get(node.key);
    if (before !== undefined) return before;
    this.#nodes.set(node.key, node);
    return node;
  }
}

function connect(node: Node, signal: Signal, next: readonly string[]): void {
  const targets = node.next.get(signal) ?? new Set();
  for (const key of next) targets.add(key);
  node.next.set(signal, targets);
}
