import type { ConfigNode } from './node.ts';
import { nearest } from './problem.ts';
import type { Schema } from './schema.ts';

/** A space that looks like none: YAML takes it as part of a name. */
const odd = /[\u00a0\u00ad\u2000-\u200f\u2028-\u202f\u2060\u3000\ufeff]/u;

/** What keys were called in Collectors of before. */
const formerNames: Readonly<Record<string, string>> = {
  loglevel: 'verbosity',
  queue_settings: 'sending_queue',
  retry_settings: 'retry_on_failure',
  tls_setting: 'tls',
  tls_settings: 'tls',
};

/** For a key that is not among `known`: what was meant, or where it belongs. */
export function unknownKey(key: string, known: readonly string[], within: Schema = {}): string {
  const hidden = odd.exec(key)?.[0];
  if (hidden !== undefined) {
    return `it holds the invisible character U+${hidden.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`;
  }
  const now = formerNames[key];
  if (now !== undefined && known.includes(now)) return `it is called "${now}" now`;
  const guess = nearest(key, known);
  if (guess !== undefined) return `did you mean "${guess}"?`;
  const section = Object.entries(within.properties ?? {}).find(([, { properties = {} }]) =>
    Object.hasOwn(properties, key),
  );
  if (section !== undefined) return `write it below "${section[0]}"`;
  return `known keys: ${known.length === 0 ? 'none' : known.join(', ')}`;
}

/** For a value of another type than the schema's only one. */
export function wrongType(type: string | undefined, node: ConfigNode): string | undefined {
  switch (type) {
    case 'boolean':
      return 'write true or false, without quotes';
    case 'integer':
      return 'write a whole number such as 512';
    case 'number':
      return 'write a number such as 0.5';
    case 'string':
      return node.kind === 'scalar' ? 'put it in quotes' : 'write a text';
    case 'array':
      return 'write a list such as [a, b]';
    case 'object':
      // `key:value` is one string to YAML.
      return node.kind === 'scalar' && /^[\w.]+:\S/.test(node.text)
        ? 'a space must follow the colon'
        : 'write its keys below it, indented';
    default:
      return undefined;
  }
}

/** Names of variables that are not set and on which a value hangs. */
export function unsetVariables(node: ConfigNode): string[] {
  if (node.kind === 'scalar') return [...(node.unset ?? [])];
  const inner = node.kind === 'list' ? node.items : [...node.entries.values()].map(({ value }) => value);
  return [...new Set(inner.flatMap(unsetVariables))];
}
