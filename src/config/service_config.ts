import { type Signal, signals } from '../pdata/pdata.ts';
import type { ComponentFactory, Kind, Registry } from '../service/registry.ts';
import { decode, unexpected } from './decode.ts';
import { durabilityWarnings } from './durability.ts';
import { type ComponentId, parseId } from './id.ts';
import { type ConfigNode, isNull, type Location, locate, type MapNode } from './node.ts';
import { ConfigError, nearest, Problems, problemText } from './problem.ts';
import { refusedValue } from './refused_value.ts';
import { unknownKey, unsetVariables } from './remedy.ts';
import type { Schema } from './schema.ts';
import { type TelemetryConfig, telemetrySchema } from './telemetry.ts';
import { validateTelemetry } from './telemetry_rules.ts';
import { sections, unknownType } from './unknown_type.ts';

export interface ConfiguredComponent {
  readonly kind: Kind;
  readonly id: string;
  readonly factory: ComponentFactory;
  readonly config: unknown;
  readonly at: Location;
}

export interface ConfiguredPipeline {
  readonly id: string;
  readonly signal: Signal;
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
  readonly at: Location;
}

export interface ServiceConfig {
  readonly components: Readonly<Record<Kind, ReadonlyMap<string, ConfiguredComponent>>>;
  readonly pipelines: readonly ConfiguredPipeline[];
  readonly extensions: readonly string[];
  readonly telemetry: TelemetryConfig;
  /** Where everything stands, for messages. */
  readonly tree: ConfigNode;
  /** Deprecated names, components no pipeline uses. */
  readonly warnings: readonly string[];
}

const rootKeys = [...Object.keys(sections), 'service'];
const serviceKeys = ['extensions', 'pipelines', 'telemetry'];
const pipelineKeys = ['receivers', 'processors', 'exporters'] as const;

/** The tree becomes a configuration that is checked by every schema; what is wrong is thrown at once. */
export async function decodeService(root: ConfigNode, registry: Registry): Promise<ServiceConfig> {
  const decoder = new Decoder(registry, new Problems());
  return decoder.decode(root);
}

class Decoder {
  readonly #registry: Registry;
  readonly #problems: Problems;

  constructor(registry: Registry, problems: Problems) {
    this.#registry = registry;
    this.#problems = problems;
  }

  async decode(root: ConfigNode): Promise<ServiceConfig> {
    if (root.kind !== 'map' || root.entries.size === 0) {
      throw new ConfigError('', [
        {
          at: root,
          path: [],
          message: 'empty configuration file',
          remedy: 'configure receivers, exporters and service',
        },
      ]);
    }
    for (const [key, { at }] of root.entries) {
      if (rootKeys.includes(key)) continue;
      const remedy = serviceKeys.includes(key) ? 'write it below "service"' : unknownKey(key, rootKeys);
      this.#problems.add(at, [], `has invalid keys: ${key}`, remedy);
    }
    const components = {
      receiver: new Map(),
      processor: new Map(),
      exporter: new Map(),
      connector: new Map(),
      extension: new Map(),
    };
    for (const [section, kind] of Object.entries(sections)) {
      const entry = root.entries.get(section);
      if (entry !== undefined) components[kind] = await this.#section(section, kind, entry.value);
    }
    const service = this.#service(root, root.entries.get('service')?.value);
    const warnings = [...this.#problems.warnings.map(problemText), ...durabilityWarnings({ components, ...service })];
    const config: ServiceConfig = { components, ...service, tree: root, warnings };
    if (this.#problems.all.length > 0) throw new ConfigError('', this.#problems.all);
    return config;
  }

  async #section(section: string, kind: Kind, node: ConfigNode): Promise<Map<string, ConfiguredComponent>> {
    const result = new Map<string, ConfiguredComponent>();
    const map = this.#map(node, [section]);
    for (const [key, entry] of map?.entries ?? []) {
      const id = this.#id(key, entry.at, [section], result);
      if (id === undefined) continue;
      const canonical = this.#registry.canonical(kind, id.type);
      const factory = canonical === undefined ? undefined : await this.#registry.load(kind, canonical);
      if (factory === undefined || canonical === undefined) {
        const [, last] = [...result].at(-1) ?? [];
        this.#problems.add(entry.at, [section], ...unknownType(this.#registry, kind, id, last));
        continue;
      }
      if (canonical !== id.type) {
        const message = `"${id.type}" alias is deprecated; use "${canonical}" instead`;
        this.#problems.warnings.push({ at: entry.at, path: [section, id.text], message });
      }
      const config = this.#component(factory, entry.value, [section, id.text], entry.at);
      result.set(id.text, { kind, id: id.text, factory, config, at: entry.at });
    }
    return result;
  }

  #component(factory: ComponentFactory, node: ConfigNode, path: readonly string[], at: Location): unknown {
    const before = this.#problems.all.length;
    const config = decode(node, factory.schema as Schema, path, at, this.#problems);
    // Checks on a value that is not what was written would only confuse.
    if (this.#problems.all.length === before) this.#check(factory, config, node, path, at);
    this.#problems.explain(before, unsetVariables(node));
    return config;
  }

  #check(factory: ComponentFactory, config: unknown, node: ConfigNode, path: readonly string[], at: Location): void {
    const place = (inner: readonly string[]): Location =>
      isNull(node) || inner.length === 0 ? at : locate(node, inner);
    const check = factory.check;
    const schema = factory.schema as Schema;
    if (check !== undefined && !check(config)) {
      for (const error of check.errors ?? []) {
        const inner = error.instancePath.split('/').slice(1).map(unescapePointer);
        const message = error.message ?? 'is not valid';
        this.#problems.add(place(inner), [...path, ...inner], message, refusedValue(node, inner, message, schema));
      }
      return;
    }
    for (const { path: inner, message, remedy } of factory.validate?.(config) ?? []) {
      const todo = remedy ?? refusedValue(node, inner, message, schema);
      this.#problems.add(place(inner), [...path, ...inner], message, todo);
    }
  }

  /** Undefined: it is none, or there already. */
  #id(
    text: string,
    at: Location,
    path: readonly string[],
    known: ReadonlyMap<string, unknown>,
  ): ComponentId | undefined {
    const id = parseId(text);
    if (typeof id === 'string') this.#problems.add(at, path, id, 'write it as type or type/name');
    else if (known.has(id.text)) {
      this.#problems.add(at, path, `duplicate name "${id.text}" after unmarshaling`, 'give it another name');
    } else return id;
    return undefined;
  }

  #service(
    root: ConfigNode,
    node: ConfigNode | undefined,
  ): Pick<ServiceConfig, 'pipelines' | 'extensions' | 'telemetry'> {
    const map = node === undefined ? undefined : this.#map(node, ['service']);
    for (const [key, { at }] of map?.entries ?? []) {
      if (serviceKeys.includes(key)) continue;
      this.#problems.add(at, ['service'], `has invalid keys: ${key}`, unknownKey(key, serviceKeys));
    }
    const at = node ?? root;
    const telemetryNode = map?.entries.get('telemetry');
    const telemetry = decode(
      telemetryNode?.value,
      telemetrySchema as Schema,
      ['service', 'telemetry'],
      telemetryNode?.at ?? at,
      this.#problems,
    ) as TelemetryConfig;
    this.#checkTelemetry(telemetry, telemetryNode?.value ?? at);
    const extensions = this.#names(map, 'extensions', ['service', 'extensions']);
    const pipelines = new Map<string, ConfiguredPipeline>();
    const pipelinesNode = map?.entries.get('pipelines');
    const pipelineMap =
      pipelinesNode === undefined ? undefined : this.#map(pipelinesNode.value, ['service', 'pipelines']);
    for (const [key, entry] of pipelineMap?.entries ?? []) {
      const id = this.#id(key, entry.at, ['service', 'pipelines'], pipelines);
      const pipeline = id === undefined ? undefined : this.#pipeline(id, entry.value, entry.at);
      if (pipeline !== undefined) pipelines.set(pipeline.id, pipeline);
    }
    return { pipelines: [...pipelines.values()], extensions, telemetry };
  }

  #checkTelemetry(telemetry: TelemetryConfig, node: ConfigNode): void {
    if (this.#problems.all.some(({ path }) => path[1] === 'telemetry')) return;
    for (const { path, message } of validateTelemetry(telemetry)) {
      const remedy = refusedValue(node, path, message, telemetrySchema as Schema);
      this.#problems.add(locate(node, path), ['service', 'telemetry', ...path], message, remedy);
    }
  }

  #pipeline(id: ComponentId, node: ConfigNode, at: Location): ConfiguredPipeline | undefined {
    const section = ['service', 'pipelines'];
    const signal = signals.find((known) => known === id.type);
    if (signal === undefined) {
      const misplaced = pipelineKeys.some((key) => key === id.type);
      const guess = nearest(id.type, signals);
      const signal = guess === undefined ? `signals: ${signals.join(', ')}` : `did you mean "${guess}"?`;
      const remedy = misplaced ? 'indent it further, below a pipeline' : signal;
      this.#problems.add(at, section, `in "${id.text}" id: unknown pipeline signal: "${id.type}"`, remedy);
      return undefined;
    }
    const path = [...section, id.text];
    const map = this.#map(node, path);
    for (const [name, entry] of map?.entries ?? []) {
      if (pipelineKeys.some((key) => key === name)) continue;
      this.#problems.add(entry.at, path, `has invalid keys: ${name}`, unknownKey(name, pipelineKeys));
    }
    const [receivers, processors, exporters] = pipelineKeys.map((name) => this.#names(map, name, [...path, name]));
    return {
      id: id.text,
      signal,
      receivers: receivers ?? [],
      processors: processors ?? [],
      exporters: exporters ?? [],
      at,
    };
  }

  /** A list of component ids. */
  #names(map: MapNode | undefined, key: string, path: readonly string[]): string[] {
    const entry = map?.entries.get(key);
    if (entry === undefined) return [];
    const schema: Schema = { type: 'array', items: { type: 'string' }, default: [] };
    const before = this.#problems.all.length;
    // Ids are no strings to the Collector: `a,b` is not taken apart.
    if (entry.value.kind === 'scalar' && !isNull(entry.value)) {
      this.#problems.add(entry.value, path, 'source data must be an array or slice, got string', 'write it as [a, b]');
      return [];
    }
    const names = decode(entry.value, schema, path, entry.at, this.#problems) as string[];
    if (this.#problems.all.length > before) return [];
    return names.flatMap((name, i) => {
      const id = parseId(name);
      if (typeof id !== 'string') return [id.text];
      this.#problems.add(locate(entry.value, [String(i)]), path, id, 'write it as type or type/name');
      return [];
    });
  }

  #map(node: ConfigNode, path: readonly string[]): MapNode | undefined {
    if (node.kind === 'map') return node;
    if (!isNull(node)) this.#problems.add(node, path, ...unexpected(['object'], node, {}));
    return undefined;
  }
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
