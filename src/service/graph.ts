import { type Location, locate } from '../config/node.ts';
import { ConfigError, type Problem } from '../config/problem.ts';
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

function graphError(problems: readonly Problem[]): ConfigError {
  return new ConfigError('failed to build pipelines: ', problems);
}

type List = 'receivers' | 'processors' | 'exporters';
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
  readonly #problems: Problem[] = [];

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
    if (this.#problems.length > 0) throw graphError(this.#problems);
    const order = reverseTopologicalOrder([...this.#nodes.values()]);
    if ('cycle' in order) {
      const [first] = order.cycle;
      const message = `cycle detected: ${order.cycle.map((node) => node.label).join(' -> ')}`;
      const remedy = 'take one of these connectors out of a list of exporters';
      throw graphError([{ at: first?.configured.at, path: [], message, remedy }]);
    }
    const receivers = order.nodes.filter(({ kind }) => kind === 'receiver');
    const others = order.nodes.filter(({ kind }) => kind !== 'receiver');
    return [...this.#extensions(), ...others, ...receivers];
  }

  #extensions(): Node[] {
    return [...new Set(this.#config.extensions)].map((id) => {
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
      else next.push(this.#exporter(id, pipeline));
    }
    next = [...new Set(next)];
    for (const id of pipeline.processors.toReversed()) next = [this.#processor(id, pipeline, next)];
    for (const id of pipeline.receivers) {
      const connector = this.#config.components.connector.get(id);
      if (connector !== undefined) this.#connectorAsReceiver(connector, signal, next);
      else this.#receiver(id, pipeline, next);
    }
  }

  #exporter(id: string, pipeline: ConfiguredPipeline): string {
    const { signal } = pipeline;
    const configured = this.#component('exporter', id);
    const { factory, config } = configured;
    const key = `exporter ${signal} ${id}`;
    this.#supports(factory, pipeline, 'exporters', id, `failed to create "${id}" exporter for data type "${signal}"`);
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
    const failed = `failed to create "${id}" processor, in pipeline "${pipeline.id}"`;
    this.#supports(factory, pipeline, 'processors', id, failed);
    for (const { path, message, remedy } of (factory as ProcessorFactory).validateFor?.(config, signal) ?? []) {
      const full = ['processors', id, ...path];
      this.#problems.push({
        at: locate(this.#config.tree, full),
        path: full,
        message: `${failed}: ${message}`,
        remedy,
      });
    }
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

  #receiver(id: string, pipeline: ConfiguredPipeline, next: readonly string[]): void {
    const { signal } = pipeline;
    const configured = this.#component('receiver', id);
    const { factory, config } = configured;
    this.#supports(factory, pipeline, 'receivers', id, `failed to create "${id}" receiver for data type "${signal}"`);
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
      for (const pipeline of froms) {
        const possible = pairs.filter((pair) => pair.from === pipeline.signal).map((pair) => pair.to);
        if (!tos.some(({ signal }) => possible.includes(signal))) this.#oneSided(id, pipeline, 'exporter', possible);
      }
      for (const pipeline of tos) {
        const possible = pairs.filter((pair) => pair.to === pipeline.signal).map((pair) => pair.from);
        if (!froms.some(({ signal }) => possible.includes(signal))) this.#oneSided(id, pipeline, 'receiver', possible);
      }
    }
  }

  #oneSided(
    id: string,
    pipeline: ConfiguredPipeline,
    used: 'exporter' | 'receiver',
    possible: readonly Signal[],
  ): void {
    const missing = used === 'exporter' ? 'receiver' : 'exporter';
    const message = `connector "${id}" used as ${used} in [${pipeline.id}] pipeline but not used in any supported ${missing} pipeline`;
    const remedy =
      possible.length === 0
        ? `it does not take ${pipeline.signal}`
        : `list it under "${missing}s" of a pipeline of ${possible.join(' or ')}`;
    this.#problems.push({ at: this.#place(pipeline, `${used}s`, id), path: [], message, remedy });
  }

  #component(kind: Kind, id: string): ConfiguredComponent {
    const component = this.#config.components[kind].get(id);
    // checkReferences has run before.
    if (component === undefined) throw new Error(`references ${kind} "${id}" which is not configured`);
    return component;
  }

  #supports(factory: object, pipeline: ConfiguredPipeline, list: List, id: string, failed: string): void {
    const { stability } = factory as ExporterFactory;
    if (stability[pipeline.signal] !== undefined) return;
    const at = this.#place(pipeline, list, id);
    const remedy = `it takes ${Object.keys(stability).join(', ')}`;
    this.#problems.push({ at, path: [], message: `${failed}: telemetry type is not supported`, remedy });
  }

  #place(pipeline: ConfiguredPipeline, list: List, id: string): Location {
    return locate(this.#config.tree, ['service', 'pipelines', pipeline.id, list, String(pipeline[list].indexOf(id))]);
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
