import type { Kind, Registry } from '../service/registry.ts';
import type { ComponentId } from './id.ts';
import { nearest } from './problem.ts';
import type { Schema } from './schema.ts';
import type { ConfiguredComponent } from './service_config.ts';

/** Sections of a configuration, and what is in them. */
export const sections = {
  receivers: 'receiver',
  processors: 'processor',
  exporters: 'exporter',
  connectors: 'connector',
  extensions: 'extension',
} as const satisfies Record<string, Kind>;

/** With more, `k8sattributes` would be `attributes`. */
const MAX_TYPOS = 2;

/** `previous`: the component before it, of which it may be a key that is not indented enough. */
export function unknownType(
  registry: Registry,
  kind: Kind,
  { type, text }: ComponentId,
  previous: ConfiguredComponent | undefined,
): readonly [string, string | undefined] {
  if (kind === 'exporter' && type === 'logging') {
    return ['the logging exporter has been deprecated, use the debug exporter instead', 'write debug for logging'];
  }
  const known = registry.types(kind);
  const message = `unknown type: "${type}" for id: "${text}" (valid values: [${known.join(' ')}])`;
  const { properties = {} } = (previous?.factory.schema ?? {}) as Schema;
  if (previous !== undefined && Object.hasOwn(properties, type)) {
    return [message, `indent it further, below "${previous.id}"`];
  }
  const [section] = Object.entries(sections).find(([, other]) => registry.canonical(other, type) !== undefined) ?? [];
  if (section !== undefined) return [message, `write it in the section "${section}"`];
  const guess = nearest(type, [...known, ...known.flatMap((each) => registry.aliases(kind, each))], MAX_TYPOS);
  return [message, guess === undefined ? 'Sonde has no such component: remove it' : `did you mean "${guess}"?`];
}
