import { stringify } from 'yaml';
import { formatDuration } from '../config/duration.ts';
import { hideInUrl, REDACTED } from '../config/redact.ts';
import { checkReferences } from '../config/references.ts';
import type { Schema } from '../config/schema.ts';
import { decodeService, type ServiceConfig } from '../config/service_config.ts';
import { telemetrySchema } from '../config/telemetry.ts';
import { registry } from '../registry.ts';
import { Graph } from '../service/graph.ts';
import type { Kind } from '../service/registry.ts';
import type { Arguments } from './arguments.ts';
import { loadTree } from './read_config.ts';

interface Style {
  readonly redact: boolean;
  /** JSON has durations in nanoseconds, as the Collector prints them. */
  readonly nanoseconds: boolean;
}

const sections: readonly (readonly [string, Kind])[] = [
  ['connectors', 'connector'],
  ['exporters', 'exporter'],
  ['extensions', 'extension'],
  ['processors', 'processor'],
  ['receivers', 'receiver'],
];

/** The configuration as it would run, with all defaults; secrets are replaced unless asked for. */
export async function printConfig(args: Arguments): Promise<string> {
  const config = await decodeService(await loadTree(args, () => undefined), registry);
  if (args.validate) {
    checkReferences(config, args.gates);
    new Graph(config).plan();
  }
  const json = args.format === 'json';
  const value = printable(config, { redact: args.mode === 'redacted', nanoseconds: json });
  return json ? `${JSON.stringify(value, undefined, 2)}\n` : stringify(value, { indent: 4, sortMapEntries: true });
}

function printable(config: ServiceConfig, style: Style): unknown {
  const result: Record<string, unknown> = {};
  for (const [section, kind] of sections) {
    const components: Record<string, unknown> = {};
    for (const [id, { factory, config: value }] of config.components[kind]) {
      components[id] = print(value, factory.schema as Schema, style);
    }
    result[section] = components;
  }
  const pipelines = config.pipelines.map(({ id, receivers, processors, exporters }) => [
    id,
    { receivers, processors, exporters },
  ]);
  result['service'] = {
    extensions: config.extensions,
    pipelines: Object.fromEntries(pipelines),
    telemetry: print(config.telemetry, telemetrySchema as Schema, style),
  };
  return result;
}

/** A value as its schema has it. */
export function print(value: unknown, schema: Schema, style: Style): unknown {
  if (value === null) return null;
  if (schema['x-sonde-secret'] === true && style.redact && !isEmpty(value)) return REDACTED;
  if (typeof value === 'string' && style.redact) return hideInUrl(value);
  if (schema.format === 'duration' && typeof value === 'number') {
    return style.nanoseconds ? Math.round(value * 1e6) : formatDuration(value);
  }
  if (Array.isArray(value)) return value.map((item) => print(item, schema.items ?? {}, style));
  if (typeof value !== 'object') return typeof value === 'bigint' ? Number(value) : value;
  const free = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
  const result: Record<string, unknown> = {};
  // A section that is absent is left out: written as null it would be there, with its defaults.
  for (const [key, inner] of Object.entries(value)) {
    if (inner !== undefined) result[key] = print(inner, schema.properties?.[key] ?? free, style);
  }
  return result;
}

function isEmpty(value: unknown): boolean {
  return value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}
