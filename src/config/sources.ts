import { merge } from './merge.ts';
import { type ConfigNode, type Location, locationText, type MapEntry, placeOf } from './node.ts';
import { ConfigError, failResolving } from './problem.ts';
import { MAX_SOURCE_BYTES, readBounded } from './read_file.ts';
import { hideInUrl } from './redact.ts';
import { comparable, decodeText, notUtf8 } from './text.ts';
import { parseYaml } from './yaml.ts';

/** What the sources of a configuration read from; tests give their own. */
export interface SourceContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Nesting of expansions. */
  readonly depth: number;
  /** Told of every file, with what it held to compare with later: nothing, if it cannot be read. */
  readonly onFile?: (path: string, text: string) => void;
  /** Bodies of `http:` and `https:` sources. */
  readonly fetched?: ReadonlyMap<string, string>;
}

/** Thrown when a source has to be fetched first. */
export class FetchNeeded extends Error {
  readonly uri: string;
  readonly at: Location;

  constructor(uri: string, at: Location) {
    super(`${hideInUrl(uri)} is not fetched`);
    this.uri = uri;
    this.at = at;
  }
}

interface Retrieved {
  readonly node: ConfigNode;
  readonly text: string;
  /** The variable, if it is not set. */
  readonly unset?: string;
}

const envName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** Two characters at least: `C:` is a drive. */
const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):([\s\S]*)$/;

/** `${uri}`: a variable unless a scheme says otherwise. */
export function retrieve(uri: string, at: Location, context: SourceContext): Retrieved {
  if (uri.includes('$')) failResolving(at, `the uri "${hideInUrl(uri)}" contains unsupported characters ('$')`);
  const match = scheme.exec(uri);
  if (match === null && uri.includes(':')) failResolving(at, `invalid uri: "${uri}"`, `write it as \${env:${uri}}`);
  const kind = match?.[1] ?? 'env';
  const rest = match?.[2] ?? uri;
  switch (kind) {
    case 'env':
      return variable(rest, at, context);
    case 'file':
      return parseText(readText(rest, at, context), at);
    case 'http':
    case 'https':
      return parseText(fetched(uri, at, context), at);
    case 'yaml':
      return { text: rest, node: unfold(parseYaml(rest, at.source, at)) };
    default:
      return failResolving(
        at,
        `scheme "${kind}" is not supported for uri "${uri}"`,
        rest.startsWith('-') ? `write it as \${env:${uri}}` : 'use env, file, yaml, http or https',
      );
  }
}

function variable(text: string, at: Location, context: SourceContext): Retrieved {
  const [name = ''] = text.split(':-', 1);
  const fallback = name.length < text.length ? text.slice(name.length + 2) : undefined;
  if (!envName.test(name)) {
    const message = `environment variable "${name}" has invalid name: must match regex ${envName.source}`;
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what is to be written
    failResolving(at, message, 'write it as ${env:NAME} or ${env:NAME:-default}; a $ of a text as $$');
  }
  const value = context.env[name] ?? fallback;
  if (value === undefined) {
    context.warn('Configuration references unset environment variable', { name, at: locationText(at) });
    return { ...parseText('', at), unset: name };
  }
  if (value === '') {
    context.warn('Configuration references empty environment variable', { name, at: locationText(at) });
  }
  return parseText(value, at);
}

/** Text that is no YAML is a string. */
function parseText(text: string, at: Location): Retrieved {
  try {
    return { text, node: parseYaml(text, at.source, at) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { text, node: { kind: 'scalar', value: text, text, expanded: true, ...placeOf(at) } };
  }
}

/** One value of `--config`: a file unless a scheme says otherwise. */
export function readSource(uri: string, context: SourceContext): ConfigNode {
  const match = scheme.exec(uri);
  const kind = match?.[1] ?? 'file';
  const rest = match?.[2] ?? uri;
  // The text of `yaml:` may hold secrets and be long: its first key names it well enough.
  const shown = kind === 'yaml' ? `yaml:${/^[^:]*(?:::[^:]+)*/.exec(rest)?.[0].slice(0, 60) ?? ''}` : hideInUrl(uri);
  const option: Location = { source: `--config=${shown}`, line: 0, column: 0 };
  switch (kind) {
    case 'file':
      return asMap(parseYaml(readText(rest, option, context), rest, undefined, context.warn));
    case 'http':
    case 'https':
      return asMap(parseYaml(fetched(uri, option, context), shown, undefined, context.warn));
    case 'env': {
      if (!envName.test(rest)) {
        failResolving(option, `environment variable "${rest}" has invalid name: must match regex ${envName.source}`);
      }
      const text = context.env[rest];
      if (text === undefined) context.warn('Configuration references unset environment variable', { name: rest });
      // A whole configuration in a variable has lines worth naming.
      return asMap(parseYaml(text ?? '', option.source, undefined, context.warn));
    }
    case 'yaml':
      return asMap(unfold(parseYaml(rest, option.source, option)));
    default:
      return failResolving(
        option,
        `unsupported scheme on URI "${uri}"`,
        'use a file name, env:NAME, yaml:TEXT or https://…',
      );
  }
}

/** `--set a.b=c`, or `a::b=c`. */
export function readSet(text: string): ConfigNode {
  const equal = text.indexOf('=');
  if (equal < 0) {
    throw new ConfigError('', [
      { at: undefined, path: [], message: `invalid argument "${text}" for "--set" flag: missing equal sign` },
    ]);
  }
  // Without the value: it may be a secret.
  const option: Location = { source: `--set ${text.slice(0, equal)}`, line: 0, column: 0 };
  const value = parseYaml(text.slice(equal + 1), option.source, option);
  return wrap(text.slice(0, equal).trim().split(/\.|::/), value, option);
}

/** `a::b: c` is `a: {b: c}`. */
function unfold(node: ConfigNode): ConfigNode {
  if (node.kind !== 'map') return node;
  let result: ConfigNode = { ...node, entries: new Map() };
  for (const [key, { at, value }] of node.entries) result = merge(result, wrap(key.split('::'), unfold(value), at));
  return result;
}

function wrap(keys: readonly string[], value: ConfigNode, at: Location): ConfigNode {
  let node = value;
  for (const key of keys.toReversed()) {
    const entries = new Map<string, MapEntry>([[key, { at, value: node }]]);
    node = { kind: 'map', entries, ...placeOf(at) };
  }
  return node;
}

function asMap(node: ConfigNode): ConfigNode {
  if (node.kind === 'map') return node;
  if (node.kind === 'scalar' && node.value === null) {
    return { kind: 'map', entries: new Map(), ...placeOf(node) };
  }
  const kind = node.kind === 'list' ? '[]interface {}' : typeof node.value;
  return failResolving(node, `retrieved value (type=${kind}) cannot be used as a Conf`, 'write a map of sections');
}

function fetched(uri: string, at: Location, { fetched: bodies }: SourceContext): string {
  const body = bodies?.get(uri);
  if (body === undefined) throw new FetchNeeded(uri, at);
  return body;
}

/** Go's words, and what to do. */
const reasons: Readonly<Record<string, readonly [string, string]>> = {
  EACCES: ['permission denied', 'make it readable for the user that Sonde runs as'],
  EISDIR: ['is a directory', 'name a file in it'],
  ENOENT: ['no such file or directory', 'correct the path; a relative one begins at the working directory'],
};

function readText(path: string, at: Location, { onFile }: SourceContext): string {
  onFile?.(path, '');
  try {
    const bytes = readBounded(path);
    if (bytes === undefined) {
      const message = `cannot retrieve the configuration: unable to read the file file:${path}: more than ${MAX_SOURCE_BYTES} bytes`;
      return failResolving(at, message, 'use a smaller file');
    }
    onFile?.(path, comparable(bytes));
    const text = decodeText(bytes);
    if (text === undefined) {
      return failResolving({ source: path, ...notUtf8(bytes) }, 'the file is not UTF-8', 'save it as UTF-8');
    }
    return text;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const [reason = code, remedy] = reasons[code ?? ''] ?? [];
    const message = `cannot retrieve the configuration: unable to read the file file:${path}: open ${path}: ${reason}`;
    return failResolving(at, message, remedy);
  }
}
