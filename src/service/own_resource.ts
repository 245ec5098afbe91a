import { randomUUID } from 'node:crypto';
import { resourceKeys, type TelemetryConfig } from '../config/telemetry.ts';

export type OwnAttributes = Readonly<Record<string, OwnValue>>;
type Scalar = string | number | boolean;
type OwnValue = Scalar | string[] | number[] | boolean[];

/** Of this process: the same at every reload. */
const instance = randomUUID();

/** Attributes of Sonde's own telemetry: `null` removes one; the attributes list wins over the plain keys. */
export function ownResource(
  resource: TelemetryConfig['resource'],
  { command, version }: { readonly command: string; readonly version: string },
): OwnAttributes {
  const result: Record<string, OwnValue> = {
    'service.name': command,
    'service.version': version,
    'service.instance.id': instance,
  };
  const set = (key: string, value: unknown): void => {
    if (value === null || value === undefined) delete result[key];
    else result[key] = typeof value === 'boolean' || typeof value === 'number' ? value : text(value);
  };
  const all = (resource ?? {}) as Readonly<Record<string, unknown>>;
  const { attributes_list: list, attributes } = all;
  if (typeof list === 'string') for (const [key, value] of pairs(list)) set(key, value);
  for (const [key, value] of Object.entries(all)) if (!resourceKeys.includes(key)) set(key, value);
  if (!Array.isArray(attributes)) return result;
  for (const each of attributes as unknown[]) {
    if (typeof each !== 'object' || each === null) continue;
    const { name, value } = each as { readonly name?: unknown; readonly value?: unknown };
    if (typeof name === 'string') set(name, value);
  }
  return result;
}

/** Attributes that are keys of `resource` itself, the Collector's older form. */
export function legacyAttributes(resource: TelemetryConfig['resource']): string[] {
  return Object.keys(resource)
    .filter((key) => !resourceKeys.includes(key))
    .sort();
}

function text(value: unknown): OwnValue {
  if (!Array.isArray(value)) return String(value);
  const each = value as unknown[];
  if (each.every((one) => typeof one === 'number')) return each;
  if (each.every((one) => typeof one === 'boolean')) return each;
  return each.map(String);
}

/** `name=value,name=value` with percent-encoded values: https://www.w3.org/TR/baggage/ */
export function* pairs(list: string): Generator<[name: string, value: string]> {
  for (const pair of list.split(',')) {
    const equal = pair.indexOf('=');
    if (equal > 0) yield [pair.slice(0, equal).trim(), decoded(pair.slice(equal + 1).trim())];
  }
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
