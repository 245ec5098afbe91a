/** Where a value was written. `line` 0: `source` is a command line option, which has no lines. Columns count from 1. */
export interface Location {
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

/** The place alone: a node is a Location too, and must not be spread into another one. */
export function placeOf({ source, line, column }: Location): Location {
  return { source, line, column };
}

export interface ScalarNode extends Location {
  readonly kind: 'scalar';
  readonly value: null | boolean | number | bigint | string;
  /** As written. */
  readonly text: string;
  /**
   * The value came whole from an expansion such as `${env:X}`: a string-typed field takes `text`, whatever type the
   * text would have as YAML.
   */
  readonly expanded: boolean;
  /** Variables of its expansions that are not set. */
  readonly unset?: readonly string[];
}

export interface ListNode extends Location {
  readonly kind: 'list';
  readonly items: readonly ConfigNode[];
  /** What it was written as, if it came whole from an expansion: a string-typed field takes that. */
  readonly text?: string;
}

export interface MapEntry {
  /** Location of the key. */
  readonly at: Location;
  readonly value: ConfigNode;
}

export interface MapNode extends Location {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, MapEntry>;
  /** As of a list. */
  readonly text?: string;
}

/** One configuration value that knows where it stands. */
export type ConfigNode = ScalarNode | ListNode | MapNode;

export function isNull(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

export function locationText(at: Location): string {
  return at.line === 0 ? at.source : `${at.source}:${at.line}:${at.column}`;
}

/** The node at `path`, or the nearest ancestor that exists: a missing key is placed at its parent. */
export function locate(root: ConfigNode, path: readonly string[]): Location {
  let node = root;
  let at: Location = root;
  for (const key of path) {
    if (node.kind === 'list') {
      const item = node.items[Number(key)];
      if (item === undefined) return at;
      node = item;
      at = item;
    } else if (node.kind === 'map') {
      const entry = node.entries.get(key);
      if (entry === undefined) return at;
      node = entry.value;
      // A null value has no useful place of its own: the key does.
      at = isNull(node) ? entry.at : node;
    } else return at;
  }
  return at;
}

/** The type's name as the Collector's decoder says it. */
export function typeName(node: ConfigNode): string {
  if (node.kind === 'map') return 'map[string]interface {}';
  if (node.kind === 'list') return '[]interface {}';
  switch (typeof node.value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return Number.isInteger(node.value) ? 'int' : 'float64';
    default:
      return 'nil';
  }
}
