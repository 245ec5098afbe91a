import type {
  ConnectorFactory,
  ExporterFactory,
  ExtensionFactory,
  ProcessorFactory,
  ReceiverFactory,
} from './component.ts';

export type Kind = 'receiver' | 'processor' | 'exporter' | 'connector' | 'extension';
export type ComponentFactory =
  | ReceiverFactory
  | ProcessorFactory
  | ExporterFactory
  | ConnectorFactory
  | ExtensionFactory;

interface RegistryEntry {
  /** Deprecated names. */
  readonly aliases?: readonly string[];
  readonly load: () => Promise<ComponentFactory>;
}

type RegistryTable = Readonly<Record<Kind, Readonly<Record<string, RegistryEntry>>>>;

/** Finds factories by kind and type; a component that is not configured is never loaded. */
export class Registry {
  readonly #table: RegistryTable;

  constructor(table: RegistryTable) {
    this.#table = table;
  }

  types(kind: Kind): string[] {
    return Object.keys(this.#table[kind]).sort();
  }

  /** Deprecated names of a type. */
  aliases(kind: Kind, type: string): readonly string[] {
    return this.#table[kind][type]?.aliases ?? [];
  }

  /** The name to use for a type or a deprecated alias of it. */
  canonical(kind: Kind, type: string): string | undefined {
    const entries = this.#table[kind];
    if (Object.hasOwn(entries, type)) return type;
    return Object.keys(entries).find((name) => entries[name]?.aliases?.includes(type));
  }

  async load(kind: Kind, type: string): Promise<ComponentFactory | undefined> {
    return this.#table[kind][type]?.load();
  }
}
