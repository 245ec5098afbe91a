import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { malformed } from './malformed.cases.ts';
import { problemsOf } from './read.ts';

const folder = mkdtempSync(join(tmpdir(), 'sonde-config-'));
const file = join(folder, 'config.yaml');
afterAll(() => rmSync(folder, { recursive: true }));

test('names are unique, and every case expects something', () => {
  expect(new Set(malformed.map(({ name }) => name)).size).toBe(malformed.length);
  expect(malformed.length).toBeGreaterThanOrEqual(40);
  expect(malformed.filter(({ problems }) => problems.length === 0)).toEqual([]);
});

test.each(malformed)('$name', async ({ text, problems }) => {
  writeFileSync(file, text);
  const found = await problemsOf([file]);
  expect(found).toEqual(problems.map((problem) => `${file}:${problem}`));
});
