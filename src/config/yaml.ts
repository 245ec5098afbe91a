import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  parseAllDocuments,
  Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { type ConfigNode, type Location, type MapEntry, placeOf } from './node.ts';
import { failResolving } from './problem.ts';
import { resolveScalar } from './scalar.ts';

/** A configuration is small; this stops alias bombs. */
const MAX_NODES = 200_000;
/** Of the text, about seven a line: counted in a second, where the parser would take a minute. */
const MAX_TOKENS = 200_000;
const MAX_DEPTH = 100;
/** go-yaml's. */
const TOO_LARGE = 'the document is too large or contains excessive aliasing';
/** As go-yaml. */
const control = /(?![\t\n\r\u0085])\p{Cc}/u;

/** What to do about an error of the parser, by its code. */
const remedies: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'put the value in quotes',
  BAD_INDENT: 'give all keys of one section the same indentation',
  BAD_SCALAR_START: 'put the value in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'put a value with a colon in quotes, or write its keys below it, indented',
  MISSING_CHAR: 'close what is open, or put the value in quotes',
  UNEXPECTED_TOKEN: 'remove it, or put the value in quotes',
  MULTILINE_IMPLICIT_KEY: 'write a colon and a space behind the key',
  TAB_AS_INDENT: 'indent with spaces',
};

type Warn = (message: string, fields: Readonly<Record<string, unknown>>) => void;

/**
 * `at` places every node there: a value from an option or a variable has no lines of its own. `warn`: of later documents, which are
 * ignored, as the Collector does.
 */
export function parseYaml(text: string, source: string, at?: Location, warn?: Warn): ConfigNode {
  const fixed = at === undefined ? undefined : placeOf(at);
  const strange = control.exec(text);
  if (strange !== null) {
    const lines = text.slice(0, strange.index).split('\n');
    const here = { source, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
    failResolving(
      fixed ?? here,
      'invalid YAML: control characters are not allowed',
      'remove it, or escape it in double quotes',
    );
  }
  const counter = new LineCounter();
  const begin = fixed ?? { source, line: 1, column: 1 };
  checkSize(text, begin);
  // failsafe: every scalar stays text, typed by resolveScalar. That keys are unique is the reader's. Only the first document counts.
  const documents = orTooDeep(
    () => parseAllDocuments(text, { schema: 'failsafe', uniqueKeys: false, lineCounter: counter, logLevel: 'silent' }),
    begin,
  );
  const [document, ...later] = Array.isArray(documents) ? documents : [];
  if (later.some(({ contents }) => !(isScalar(contents) && contents.value === ''))) {
    warn?.('Only the first YAML document is read: what follows "---" has no effect', { source });
  }
  if (document === undefined) return scalar(null, '', begin);
  const place = (offset: number): Location => {
    if (fixed !== undefined) return fixed;
    const { line, col } = counter.linePos(offset);
    return { source, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  // The first: what follows is mostly because of it.
  const [error] = document.errors;
  if (error !== undefined) {
    const [line = ''] = error.message.split('\n');
    const text = line.replace(/ at line \d+, column \d+:?$/, '');
    // The parser calls itself once a level: how far it came is chance.
    if (text === 'Maximum call stack size exceeded') failDeep(begin);
    const open = /end with a/.test(text);
    const unclosed = /^Missing closing/.test(text) ? lastQuoted(document) : undefined;
    failResolving(
      place(unclosed ?? error.pos[0]),
      `invalid YAML: ${text}`,
      remedies[open ? 'MISSING_CHAR' : error.code],
    );
  }
  return new Reader(place, targetsOf(document)).read(document.contents);
}

/** The exact depth is the reader's: this is for brackets without end, in which the parser is slow. */
function checkSize(text: string, at: Location): void {
  let tokens = 0;
  let open = 0;
  for (const token of new Lexer().lex(text)) {
    if (++tokens > MAX_TOKENS) failResolving(at, TOO_LARGE);
    if (token === '[' || token === '{') open++;
    else if (token === ']' || token === '}') open--;
    if (open > 10 * MAX_DEPTH) failDeep(at);
  }
}

/** What each alias stands for: an anchor holds until its name is used again. Alias.resolve walks over the document each time. */
function targetsOf(document: Document.Parsed): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Value: (_, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
    Alias: (_, alias) => {
      const target = anchors.get(alias.source);
      if (target !== undefined) targets.set(alias, target);
    },
  });
  return targets;
}

/** Where the quote begins that is not closed: the parser names the end of the file. */
function lastQuoted(document: Document.Parsed): number | undefined {
  let begin: number | undefined;
  visit(document, {
    Scalar: (_, { type, range }) => {
      if (type === Scalar.QUOTE_DOUBLE || type === Scalar.QUOTE_SINGLE) begin = range?.[0];
    },
  });
  return begin;
}

function scalar(value: null | boolean | number | bigint | string, text: string, at: Location): ConfigNode {
  return { kind: 'scalar', value, text, expanded: false, source: at.source, line: at.line, column: at.column };
}

class Reader {
  readonly #place: (offset: number) => Location;
  readonly #targets: ReadonlyMap<Alias, Node>;
  /** Aliases that are being read. */
  readonly #open = new Set<Node>();
  #nodes = 0;
  #depth = 0;

  constructor(place: (offset: number) => Location, targets: ReadonlyMap<Alias, Node>) {
    this.#place = place;
    this.#targets = targets;
  }

  read(node: unknown): ConfigNode {
    const at = this.#at(node);
    if (++this.#nodes > MAX_NODES) failResolving(at, TOO_LARGE);
    if (this.#depth >= MAX_DEPTH) failDeep(at);
    this.#depth++;
    const result = isAlias(node) ? this.#alias(node, at) : this.#plain(node, at);
    this.#depth--;
    return result;
  }

  #alias(node: Alias, at: Location): ConfigNode {
    const target = this.#targets.get(node);
    if (target === undefined) {
      return failResolving(at, `unknown alias *${node.source}`, 'a value that begins with * must be in quotes');
    }
    if (this.#open.has(target)) return failResolving(at, `anchor "${node.source}" value contains itself`);
    this.#open.add(target);
    const result = this.read(target);
    this.#open.delete(target);
    return result;
  }

  #plain(node: unknown, at: Location): ConfigNode {
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
    const first = new Map<string, Location>();
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? String(pair.key.value ?? '') : undefined;
      const at = this.#at(pair.key);
      if (key === undefined) failResolving(at, 'a key must be a scalar', 'put text that begins with { or [ in quotes');
      const before = first.get(key);
      if (before !== undefined) {
        const message = `invalid YAML: mapping key "${key}" already defined at line ${before.line}`;
        failResolving(at, message, 'remove one of them, or give components names such as debug/2');
      }
      first.set(key, at);
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
    if (value.kind !== 'map') failResolving(this.#at(node), 'map merge requires map or sequence of maps as the value');
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
  return failResolving(at, `unsupported tag ${tag}`, 'put text that begins with ! in quotes');
}

/** The parser calls itself once a level; mostly it tells of its stack as an error of the document. */
function orTooDeep<Result>(parse: () => Result, at: Location): Result {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RangeError) failDeep(at);
    throw error;
  }
}

function failDeep(at: Location): never {
  return failResolving(at, `nested more than ${MAX_DEPTH} levels deep`);
}
