import { isDeepStrictEqual } from 'node:util';
import { parseDuration } from './duration.ts';
import { type ConfigNode, isNull, type Location, type MapNode, typeName } from './node.ts';
import { mapOfPairs } from './pairs.ts';
import type { Problems } from './problem.ts';
import { unknownKey, wrongType } from './remedy.ts';
import type { Schema } from './schema.ts';

/**
 * A located node becomes a plain value by its schema: durations are numbers, absence is the default, text is
 * kept for strings. What is wrong goes to `problems`, with a value of the right shape in its place, so that decoding goes on.
 */
export function decode(
  node: ConfigNode | undefined,
  schema: Schema,
  path: readonly string[],
  at: Location,
  problems: Problems,
): unknown {
  if (node === undefined || isNull(node)) return fallback(node, schema, path, at, problems);
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  // No type: as YAML has it.
  if (types.length === 0) return plain(node);
  if (node.kind !== 'scalar' && node.text !== undefined && types.join() === 'string' && schema.format === undefined) {
    return node.text;
  }
  if (node.kind === 'map') {
    if (types.includes('object')) return decodeSection(node, schema, path, problems);
    problems.add(node, path, ...unexpected(types, node, schema));
    return fallbackValue(schema);
  }
  if (node.kind === 'list') {
    if (schema['x-sonde-pairs'] === true) return decodeMap(mapOfPairs(node, path, problems), schema, path, problems);
    if (types.includes('array')) {
      return node.items.map((item, i) => decode(item, schema.items ?? {}, [...path, String(i)], item, problems));
    }
    problems.add(node, path, ...unexpected(types, node, schema));
    return fallbackValue(schema);
  }
  for (const type of types) {
    const value = decodeScalar(node, type, schema, types.length === 1);
    if (schema.format === 'duration' && typeof node.value === 'number') warnOfNanoseconds(node, path, problems);
    if (value !== undefined) return inEnum(value, schema, path, node, problems);
  }
  problems.add(node, path, ...unexpected(types, node, schema));
  return fallbackValue(schema);
}

/** `enabled: false` switches a section off that has the switch; what else it says is checked all the same. */
function decodeSection(node: MapNode, schema: Schema, path: readonly string[], problems: Problems): unknown {
  const enabled = node.entries.get('enabled')?.value;
  if (schema['x-sonde-switch'] !== true || enabled === undefined) return decodeMap(node, schema, path, problems);
  const entries = new Map([...node.entries].filter(([key]) => key !== 'enabled'));
  const section = decodeMap({ ...node, entries }, schema, path, problems);
  if (enabled.kind === 'scalar' && typeof enabled.value === 'boolean') return enabled.value ? section : undefined;
  const got = enabled.kind === 'scalar' ? enabled.text : enabled.kind;
  const message = `unexpected type ${typeName(enabled)} for 'enabled': got '${got}' value expected 'true' or 'false'`;
  problems.add(enabled, path, message);
  return section;
}

function decodeMap(node: MapNode, schema: Schema, path: readonly string[], problems: Problems): unknown {
  const properties = schema.properties ?? {};
  const result: Record<string, unknown> = {};
  for (const [key, entry] of node.entries) {
    if (Object.hasOwn(properties, key)) continue;
    const free = schema.additionalProperties;
    if (typeof free === 'object') {
      result[key] = decode(entry.value, free, [...path, key], entry.at, problems);
    } else if (free === true) {
      result[key] = plain(entry.value);
    } else {
      const remedy = unknownKey(key, Object.keys(properties), schema);
      problems.add(entry.at, path, `has invalid keys: ${key}`, remedy);
    }
  }
  for (const [key, property] of Object.entries(properties)) {
    const entry = node.entries.get(key);
    if (entry === undefined && schema.required?.includes(key)) {
      problems.add(node, [...path, key], 'missing key', property.description);
      result[key] = fallbackValue(property);
      continue;
    }
    const value = decode(entry?.value, property, [...path, key], entry?.at ?? node, problems);
    if (value !== undefined) result[key] = value;
    if (
      entry !== undefined &&
      property['x-sonde-unused'] !== undefined &&
      !isDeepStrictEqual(value, fallbackValue(property))
    ) {
      const message = `has no effect: ${property['x-sonde-unused']}`;
      problems.warnings.push({ at: entry.at, path: [...path, key], message });
    }
  }
  return result;
}

function decodeScalar(node: ConfigNode & { kind: 'scalar' }, type: string, schema: Schema, single: boolean): unknown {
  const { value } = node;
  switch (type) {
    case 'string':
      if (schema.format === 'duration') {
        // The Collector reads a bare number as nanoseconds.
        if (typeof value === 'number') return value / 1e6;
        return typeof value === 'string' ? parseDuration(value) : undefined;
      }
      // An expansion alone may stand for a number when the field takes numbers too.
      if (typeof value !== 'string') return node.expanded && single ? node.text : undefined;
      return schema['x-sonde-fold-case'] === true ? value.toLowerCase() : value;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'integer':
      // The Collector cuts fractions off.
      return typeof value === 'number' && Number.isFinite(value) ? Math.trunc(value) : undefined;
    case 'number':
      return typeof value === 'number' ? value : undefined;
    case 'array':
      // The Collector's hook: `a,b` is a list of strings.
      if (typeof value !== 'string' || schema.items?.type !== 'string') return undefined;
      return value === '' ? [] : value.split(',');
    default:
      return undefined;
  }
}

/** Who writes `timeout: 10` rarely means 10 ns. */
function warnOfNanoseconds(node: ConfigNode & { kind: 'scalar' }, path: readonly string[], problems: Problems): void {
  const number = Math.abs(Number(node.value));
  if (number === 0 || number >= 1e6) return;
  const message = `${node.text} without a unit is nanoseconds`;
  problems.warnings.push({ at: node, path, message, remedy: `write ${node.text}s or ${node.text}ms` });
}

function inEnum(value: unknown, schema: Schema, path: readonly string[], at: Location, problems: Problems): unknown {
  if (schema.enum === undefined || schema.enum.includes(value)) return value;
  problems.add(
    at,
    path,
    `unsupported value "${String(value)}"`,
    `one of: ${schema.enum.filter((each) => each !== '').join(', ')}`,
  );
  return fallbackValue(schema) ?? schema.enum[0];
}

/** Null or absent: as in the Collector a section keeps its keys' defaults, and a key without a value is zero, which few mean. */
function fallback(
  node: ConfigNode | undefined,
  schema: Schema,
  path: readonly string[],
  at: Location,
  problems: Problems,
): unknown {
  if (schema['x-sonde-optional'] === true && (node === undefined || schema.default === undefined)) return undefined;
  // A section's defaults are those of its keys.
  if (schema.type === 'object' && schema.properties !== undefined) {
    const empty: MapNode = { kind: 'map', entries: new Map(), source: at.source, line: at.line, column: at.column };
    return decodeMap(empty, schema, path, problems);
  }
  const preset = fallbackValue(schema);
  // The keys of service::telemetry are pointers in the Collector: null is absence.
  const zero = node === undefined || path[0] === 'service' ? undefined : zeroOf(schema);
  if (zero === undefined || isDeepStrictEqual(zero, preset)) return preset;
  const message = `has no value: ${JSON.stringify(zero)} is taken`;
  const remedy = `leave the key out for the default ${JSON.stringify(schema.default)}`;
  if (preset !== undefined) problems.warnings.push({ at, path, message, remedy });
  return zero;
}

/** Undefined for what has several types, and where zero is none of the values. */
function zeroOf({ type, format, enum: values }: Schema): unknown {
  const zero = type === 'string' ? (format === 'duration' ? 0 : '') : zeros[String(type)];
  return values === undefined || values.includes(zero) ? structuredClone(zero) : undefined;
}

const zeros: Readonly<Record<string, unknown>> = { integer: 0, number: 0, boolean: false, array: [], object: {} };

function fallbackValue(schema: Schema): unknown {
  if (schema.format === 'duration' && typeof schema.default === 'string') return parseDuration(schema.default);
  return structuredClone(schema.default);
}

/** The Collector's message, and what to write. */
export function unexpected(
  types: readonly string[],
  node: ConfigNode,
  schema: Schema,
): readonly [string, string | undefined] {
  const got = typeName(node);
  const short = node.kind === 'scalar' ? got : node.kind === 'map' ? 'map' : 'slice';
  const [type] = types;
  if (schema.format === 'duration') {
    const message =
      node.kind === 'scalar' && typeof node.value === 'string'
        ? `time: invalid duration "${node.text}"`
        : `expected type 'time.Duration', got unconvertible type '${got}'`;
    return [message, 'write it as 5s, 200ms or 1h30m'];
  }
  const remedy = types.length === 1 ? wrongType(type, node) : undefined;
  if (types.length === 1 && type === 'array') return [`source data must be an array or slice, got ${short}`, remedy];
  if (types.length === 1 && type === 'object') return [`expected a map or struct, got "${short}"`, remedy];
  const names: Readonly<Record<string, string>> = { boolean: 'bool', integer: 'int', number: 'float64' };
  const expected = types.map((each) => names[each] ?? each).join(' or ');
  return [`expected type '${expected}', got unconvertible type '${got}'`, remedy];
}

/** Without a schema: as YAML has it. */
export function plain(node: ConfigNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, plain(entry.value)]));
}
