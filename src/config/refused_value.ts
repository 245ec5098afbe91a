import type { ConfigNode } from './node.ts';
import type { Schema } from './schema.ts';

/** It says what to write already. */
const instructive = /\buse |set the |such as|write it as|must include|: remove |is needed|You can enable/;

/** For a value that a component refuses and says no remedy: how a variable is written, else what the key's description says. */
export function refusedValue(
  node: ConfigNode,
  path: readonly string[],
  message: string,
  schema: Schema,
): string | undefined {
  const value = valueAt(node, path);
  const text = value?.kind === 'scalar' ? value.text : '';
  const variable = /\$\{?(?:env:)?([A-Za-z_]\w*)/.exec(text)?.[1];
  if (variable !== undefined) return `a variable is written \${env:${variable}}`;
  if (instructive.test(message)) return undefined;
  return describedAt(schema, path) ?? describedIn(schema, message);
}

/** Undefined without a description, and for a section, whose keys have theirs. */
function meaning({ description, default: preset, properties }: Schema): string | undefined {
  if (description === undefined || properties !== undefined) return undefined;
  // A default of nothing is what the description says already.
  const none = preset === undefined || preset === '' || preset === 0 || preset === '0s' || typeof preset === 'object';
  const shown = none ? '' : `; default ${String(preset)}`;
  return description.replace(/\.$/, '') + shown;
}

/** Of the key at the end of a path, or of that whose list of plain values the path ends in. */
function describedAt(root: Schema, path: readonly string[]): string | undefined {
  let schema = root;
  let found: string | undefined;
  for (const name of path) {
    const { additionalProperties: free, items }: Schema = schema;
    const inner: Schema | undefined =
      schema.properties?.[name] ?? items ?? (typeof free === 'object' ? free : undefined);
    if (inner === undefined) return undefined;
    found = meaning(inner) ?? (inner === items && items.type !== 'object' ? found : undefined);
    schema = inner;
  }
  return found;
}

/** Of the key that a message about its section names. */
function describedIn({ properties = {} }: Schema, message: string): string | undefined {
  for (const [, name = ''] of message.matchAll(/["'`](\w+)["'`]/g)) {
    const found = Object.hasOwn(properties, name) ? meaning(properties[name] ?? {}) : undefined;
    if (found !== undefined) return `${name}: ${found}`;
  }
  return undefined;
}

function valueAt(node: ConfigNode, path: readonly string[]): ConfigNode | undefined {
  let inner: ConfigNode | undefined = node;
  for (const key of path) {
    if (inner?.kind === 'map') inner = inner.entries.get(key)?.value;
    else inner = inner?.kind === 'list' ? inner.items[Number(key)] : undefined;
  }
  return inner;
}
