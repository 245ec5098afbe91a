import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { Schema } from '../../src/config/schema.ts';
import { registry } from '../../src/registry.ts';
import type { Kind } from '../../src/service/registry.ts';

const kinds: readonly Kind[] = ['receiver', 'processor', 'exporter', 'connector', 'extension'];
const components = kinds.flatMap((kind) => registry.types(kind).map((type) => ({ kind, type })));

/** The table's rows: key, default, description. */
function rows(schema: Schema, prefix = ''): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    if (property.properties !== undefined) return rows(property, `${prefix}${key}.`);
    const none = property.default === '' || property.default === undefined;
    const value = none ? '' : `\`${JSON.stringify(property.default).replaceAll(/^"|"$/g, '')}\``;
    return [`${prefix}${key} = ${value}: ${property.description}`];
  });
}

test.each(components)(
  'README of $kind $type has the keys, defaults and meanings of its schema',
  async ({ kind, type }) => {
    const factory = await registry.load(kind, type);
    const readme = readFileSync(`src/${kind}s/${type}/README.md`, 'utf8');
    const table = [...readme.matchAll(/^\| `([\w.]+)` \| [^|]* \|([^|]*)\|(.*)\|$/gm)].map(
      ([, key, value, meaning]) => `${key} = ${value?.trim()}: ${meaning?.trim().replaceAll('\\|', '|')}`,
    );
    expect(table).toEqual(rows(factory?.schema as Schema));
  },
);
