#!/usr/bin/env node
// Writes config/schema.json, for editors, from the schema of every component. With --check writes nothing and exits 1 if
// the file is not what it would write.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const output = join(root, 'config', 'schema.json');
const kinds = {
  receivers: 'receiver',
  processors: 'processor',
  exporters: 'exporter',
  connectors: 'connector',
  extensions: 'extension',
};

/** The registry and the telemetry schema, bundled inside the tree so that packages are found. */
async function sources() {
  const folder = mkdtempSync(join(root, 'node_modules', '.sonde-schema-'));
  try {
    const file = join(folder, 'registry.mjs');
    await build({
      stdin: {
        contents:
          "export { registry } from './src/registry.ts';\nexport { telemetrySchema } from './src/config/telemetry.ts';",
        resolveDir: root,
      },
      outfile: file,
      bundle: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      logLevel: 'error',
    });
    const { registry, telemetrySchema } = await import(pathToFileURL(file).href);
    const components = {};
    for (const [section, kind] of Object.entries(kinds)) {
      components[section] = {};
      for (const type of registry.types(kind)) {
        const { schema } = await registry.load(kind, type);
        components[section][type] = { schema, aliases: registry.aliases(kind, type) };
      }
    }
    return { components, telemetrySchema };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// Any value may be an expansion.
const expansion = { type: 'string', pattern: '\\$\\{[^}]+\\}' };
const duration = '^[-+]?(([0-9]+\\.?[0-9]*|\\.[0-9]+)(ns|us|µs|ms|s|m|h))+$|^0$|\\$\\{[^}]+\\}';

/** JSON Schema as editors know it: draft 7, null for the default, no words of Sonde's own. */
function editor(schema) {
  const { 'x-sonde-pairs': pairs, 'x-sonde-switch': hasSwitch, ...rest } = schema;
  if (hasSwitch === true) {
    const enabled = { type: 'boolean', description: 'false: as if the section were absent.' };
    return editor({ ...rest, properties: { enabled, ...rest.properties } });
  }
  if (pairs === true) {
    const { description, default: value, ...map } = editor(rest);
    const pair = {
      type: 'object',
      properties: { name: editor({ type: 'string' }), value: editor({ type: 'string' }) },
    };
    return { description, default: value, anyOf: [map, { type: 'array', items: pair }] };
  }
  const { type, properties, additionalProperties, items, enum: values, default: value, description, format } = schema;
  const about = {
    ...(description === undefined ? {} : { description }),
    ...(value === undefined ? {} : { default: value }),
  };
  const types = type === undefined ? [] : Array.isArray(type) ? type : [type];
  if (format === 'duration') return { ...about, type: ['string', 'integer', 'null'], pattern: duration };
  if (values !== undefined) return { ...about, anyOf: [{ enum: [...values, null] }, expansion] };
  if (types.length === 0) return about;
  if (types.includes('object') && types.length === 1) {
    const result = { ...about, type: ['object', 'null', 'string'], pattern: expansion.pattern };
    if (properties !== undefined) result.properties = map(properties);
    if (additionalProperties === false) result.additionalProperties = false;
    else if (typeof additionalProperties === 'object') result.additionalProperties = editor(additionalProperties);
    return result;
  }
  if (types.includes('array') && types.length === 1) {
    const text = items?.type === 'string' ? {} : { pattern: expansion.pattern };
    return {
      ...about,
      type: ['array', 'null', 'string'],
      ...text,
      ...(items === undefined ? {} : { items: editor(items) }),
    };
  }
  if (types.includes('string')) return { ...about, type: withNull(types) };
  const range = Object.fromEntries(
    ['minimum', 'exclusiveMinimum', 'maximum'].flatMap((key) =>
      schema[key] === undefined ? [] : [[key, schema[key]]],
    ),
  );
  return { ...about, anyOf: [{ type: withNull(types), ...range }, expansion] };
}

const withNull = (types) => [...new Set([...types, 'null'])];
const map = (properties) => Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, editor(value)]));
const named = (types) => `^\\s*(${types.join('|')})\\s*(/.+)?$`;

function whole({ components, telemetrySchema }) {
  const definitions = {};
  const section = ([name, types]) => {
    const patterns = {};
    for (const [type, { schema, aliases }] of Object.entries(types)) {
      definitions[`${name}.${type}`] = editor(schema);
      patterns[named([type])] = { $ref: `#/definitions/${name}.${type}` };
      if (aliases.length > 0) {
        patterns[named(aliases)] = { $ref: `#/definitions/${name}.${type}`, deprecationMessage: `use ${type}` };
      }
    }
    return [name, { type: ['object', 'null'], patternProperties: patterns, additionalProperties: false }];
  };
  const ids = { type: ['array', 'null', 'string'], pattern: expansion.pattern, items: { type: 'string' } };
  const pipeline = {
    type: 'object',
    properties: { receivers: ids, processors: ids, exporters: ids },
    required: ['receivers', 'exporters'],
    additionalProperties: false,
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of Sonde',
    type: 'object',
    properties: {
      ...Object.fromEntries(Object.entries(components).map(section)),
      service: {
        type: 'object',
        properties: {
          extensions: { ...ids, description: 'Extensions that are started, in this order.' },
          telemetry: editor(telemetrySchema),
          pipelines: {
            type: 'object',
            patternProperties: { [named(['traces', 'metrics', 'logs', 'profiles'])]: pipeline },
            additionalProperties: false,
          },
        },
        additionalProperties: false,
      },
    },
    additionalProperties: false,
    definitions,
  };
}

const text = `${JSON.stringify(whole(await sources()), undefined, 1)}\n`;
const same = existsSync(output) && readFileSync(output, 'utf8') === text;
if (!same && argv.includes('--check')) {
  process.stderr.write('config/schema.json is stale: run node scripts/gen/config_schema.mjs\n');
  process.exitCode = 1;
} else if (!same) writeFileSync(output, text);
