import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { malformed } from './malformed.cases.ts';
import { malformedSources } from './malformed_sources.cases.ts';
import { usual } from './malformed_usual.cases.ts';
import { problemsOf } from './read.ts';

const folder = mkdtempSync(join(tmpdir(), 'sonde-config-'));
const file = join(folder, 'config.yaml');
afterAll(() => rmSync(folder, { recursive: true }));
const all = [...malformed, ...usual];

test('names are unique, and every case expects something', () => {
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  expect(all.length).toBeGreaterThanOrEqual(100);
  expect(all.filter(({ problems }) => problems.length === 0)).toEqual([]);
});

test('every problem comes with what to write, unless its text says that', () => {
  const bare = all.flatMap(({ problems }) => problems).filter((text) => !text.endsWith(')'));
  const said =
    /such as|for example|write |must include|use |set |enable|remove |nested|too (?:large|many)|itself|map merge|AttrProc/;
  expect(bare.filter((text) => !said.test(text))).toEqual([]);
});

test.each(all)('$name', async ({ text, problems }) => {
  writeFileSync(file, text);
  const found = await problemsOf([file]);
  expect(found).toEqual(problems.map((problem) => `${file}:${problem}`));
});

describe('sources', () => {
  test.each(malformedSources)('$name', async ({ uris, sets, bytes, problem }) => {
    if (bytes !== undefined) writeFileSync(file, bytes);
    const found = await problemsOf(
      uris.map((uri) => uri.replace('<file>', file)),
      sets,
    );
    expect(found.map((text) => text.replaceAll(file, '<file>'))).toEqual([problem]);
  });
});
