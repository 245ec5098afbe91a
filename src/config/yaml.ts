import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, Scalar, type YAMLMap } from 'yaml';
import { type ConfigNode, type Location, type MapEntry, placeOf } from './node.ts';
import { ConfigError } from './problem.ts';
import { resolveScalar } from './scalar.ts';

/** A configuration is small; this stops alias bombs. */
const MAX_NODES = 200_000;

/** `at` places every node there: a value from an option or a variable has no lines of its own. */
export function parseYaml(text: string, source: string, at?: Location): ConfigNode {
  const fixed = at === undefined ? undefined : placeOf(at);
  const counter = new LineCounter();
  // failsafe: every scalar stays text, typed by resolveScalar. Keys are unique, as in go-yaml. Only the first document counts.
  const documents = parseAllDocuments(text, { schema: 'failsafe', lineCounter: counter, logLevel: 'silent' });
  const [document] = Array.isArray(documents) ? documents : [];
  if (document === undefined) return scalar(null, '', fixed ?? { source, line: 1, column: 1 });
  const place = (offset: number): Location => {
    if (fixed !== undefined) return fixed;
    const { line, col } = counter.linePos(offset);
    return { source, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (document.errors.length > 0) {
    throw new ConfigError(
      'cannot resolve the configuration: ',
      document.errors.map((error) => ({
        at: place(error.pos[0]),
        path: [],
        message: `invalid YAML: ${error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? ''}`,
      })),
    );
  }
  const reader = new Reader(place, (alias) => (isAlias(alias) ? alias.resolve(document) : undefined));
  return reader.read(document.contents);
}

function scalar(value: null | boolean | number | bigint | string, text: string, at: Location): ConfigNode {
  return { kind: 'scalar', value, text, expanded: false, source: at.source, line: at.line, column: at.column };
}

class Reader {
  readonly #place: (offset: number) => Location;
  readonly #resolve: (node: Node) => Node | undefined;
  #nodes = 0;

  constructor(place: (offset: number) => Location, resolve: (node: Node) => Node | undefined) {
    this.#place = place;
    this.#resolve = resolve;
  }

  read(node: unknown): ConfigNode {
    const at = this.#at(node);
    if (++this.#nodes > MAX_NODES) fail(at, 'the configuration is too large, or an alias refers to itself');
    if (isAlias(node)) {
      const target = this.#resolve(node);
      if (target === undefined) return fail(at, `unknown alias *${node.source}`);
      return this.read(target);
    }
    if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => this.read(item)), ...at };
    if (isMap(node)) {
      const entries = new Map<string, MapEntry>();
      this.#map(node, entries);
      return { kind: 'map', entries, ...at };
    }
    if (isScalar(node)) return scalarNode(node, at);
    return scalar(null, '', at);
  }

  /** Explicit keys win over those of `<<`, wherever it stands; earlier merged maps over later ones. */
  #map(node: YAMLMap, entries: Map<string, MapEntry>): void {
    const merges: unknown[] = [];
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? String(pair.key.value ?? '') : undefined;
      const at = this.#at(pair.key);
      if (key === undefined) fail(at, 'a key must be a scalar');
      if (key === '<<' && isScalar(pair.key) && pair.key.type === Scalar.PLAIN) merges.push(pair.value);
      else {
        // An empty value stands where its key stands.
        const value = pair.value === null ? scalar(null, '', at) : this.read(pair.value);
        entries.set(key, { at, value });
      }
    }
    for (const merge of merges) this.#merge(merge, entries);
  }

  #merge(node: unknown, entries: Map<string, MapEntry>): void {
    if (isSeq(node)) {
      for (const item of node.items) this.#merge(item, entries);
      return;
    }
    const value = this.read(node);
    if (value.kind !== 'map') fail(this.#at(node), 'map merge requires map or sequence of maps as the value');
    for (const [key, entry] of value.entries) if (!entries.has(key)) entries.set(key, entry);
  }

  #at(node: unknown): Location {
    const range = (node as Node | null)?.range;
    return this.#place(range?.[0] ?? 0);
  }
}

function scalarNode(node: Scalar, at: Location): ConfigNode {
  const text = String(node.value ?? '');
  const tag = node.tag?.replace('tag:yaml.org,2002:', '!!');
  const plain = node.type === Scalar.PLAIN || node.type === undefined;
  if (tag === '!!str' || tag === '!') return scalar(text, text, at);
  if (tag === undefined || tag === '!!int' || tag === '!!float' || tag === '!!bool' || tag === '!!null') {
    return scalar(plain || tag !== undefined ? resolveScalar(text) : text, text, at);
  }
  return fail(at, `unsupported tag ${tag}`);
}

function fail(at: Location, message: string): never {
  throw new ConfigError('cannot resolve the configuration: ', [{ at, path: [], message }]);
}
