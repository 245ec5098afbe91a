import { randomUUID } from 'node:crypto';
import { resourceKeys, type TelemetryConfig } from '../config/telemetry.ts';

/** Of this process: the same at every reload. */
const instance = randomUUID();

/** Attributes of Sonde's own telemetry: `null` removes one; the attributes list wins over the plain keys. */
export function ownResource(
  resource: TelemetryConfig['resource'],
  { command, version }: { readonly command: string; readonly version: string },
): Readonly<Record<string, string>> {
  const result: Record<string, string> = {
    'service.name': command,
    'service.version': version,
    'service.instance.id': instance,
  };
  const set = (key: string, value: unknown): void => {
    if (value === null || value === undefined) delete result[key];
    else result[key] = String(value);
  };
  const all = (resource ?? {}) as Readonly<Record<string, unknown>>;
  for (const [key, value] of Object.entries(all)) if (!resourceKeys.includes(key)) set(key, value);
  const { attributes } = all;
  if (!Array.isArray(attributes)) return result;
  for (const each of attributes as unknown[]) {
    if (typeof each !== 'object' || each === null) continue;
    const { name, value } = each as { readonly name?: unknown; readonly value?: unknown };
    if (typeof name === 'string') set(name, value);
  }
  return result;
}
