import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { createDecoders } from '../../src/wire/decoders.ts';
import { targets } from '../fuzz/targets.ts';

const decoders = createDecoders({
  http: { routes: [], maxRoutes: 1, headers: { request: [], response: [] }, query: 'scrub' },
  db: { query: 'obfuscate' },
});
const understood = /## What it understands\n([\s\S]*?)\n## /.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';
const rows = [...understood.matchAll(/^\| ([^|]+) \|/gm)].map(([, protocol = '']) => protocol.toLowerCase());

test.each(decoders.map(({ name }) => name))('%s has the five places of CONTRIBUTING.md', (name) => {
  expect(
    [`src/wire/${name}.ts`, `test/wire/${name}.cases.ts`, `test/wire/${name}.test.ts`].filter(
      (path) => !existsSync(path),
    ),
  ).toEqual([]);
  expect(Object.keys(targets)).toContain(name);
  const title = name.replace(/^http/, 'http/');
  expect(rows.filter((row) => row.includes(title))).not.toEqual([]);
});

test('every fuzz target is a decoder', () => {
  expect(Object.keys(targets).sort()).toEqual(decoders.map(({ name }) => name).sort());
});
