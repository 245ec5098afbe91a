import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { malformed } from '../config/malformed.cases.ts';
import { malformedSources } from '../config/malformed_sources.cases.ts';
import { usual } from '../config/malformed_usual.cases.ts';
import { env } from '../config/read.ts';
import { repository } from '../support/paths.ts';

const folder = mkdtempSync(join(tmpdir(), 'sonde-malformed-'));
const file = join(folder, 'config.yaml');
const program = join(repository, 'dist', 'main.mjs');
afterAll(() => rmSync(folder, { recursive: true }));

interface Expected {
  readonly args: readonly string[];
  readonly text: string | Uint8Array | undefined;
  readonly problems: readonly string[];
}

const place = (uri: string): string => uri.replace('<file>', file);
const expected: readonly Expected[] = [
  ...[...malformed, ...usual].map(({ text, problems }) => ({
    args: ['--config', file],
    text,
    problems: problems.map((problem) => `${file}:${problem}`),
  })),
  ...malformedSources.map(({ uris, sets = [], bytes, problem }) => ({
    args: [...uris.flatMap((uri) => ['--config', place(uri)]), ...sets.flatMap((set) => ['--set', set])],
    text: bytes,
    problems: [place(problem)],
  })),
];

test('the program says of each malformed configuration what is wrong and where, and nothing else, and ends with 1', () => {
  const different: unknown[] = [];
  for (const { args, text, problems } of expected) {
    if (text !== undefined) writeFileSync(file, text);
    const options = { encoding: 'utf8', env } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'validate', ...args], options);
    const wanted = { status: 1, stdout: '', stderr: `Error: ${problems.join('\n')}\n` };
    if (JSON.stringify({ status, stdout, stderr }) !== JSON.stringify(wanted)) different.push({ args, status, stderr });
  }
  expect(different).toEqual([]);
  expect(expected.length).toBeGreaterThanOrEqual(200);
}, 180_000);
