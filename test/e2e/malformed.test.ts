import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { malformed } from '../config/malformed.cases.ts';
import { malformedSources } from '../config/malformed_sources.cases.ts';
import { usual } from '../config/malformed_usual.cases.ts';
import { env } from '../config/read.ts';
import { repository } from '../support/paths.ts';

const folder = mkdtempSync(join(tmpdir(), 'sonde-malformed-'));
const program = join(repository, 'dist', 'main.mjs');
afterAll(() => rmSync(folder, { recursive: true }));

/** `<file>` stands for the path of the configuration. */
interface Expected {
  readonly args: readonly string[];
  readonly text: string | Uint8Array | undefined;
  readonly problems: readonly string[];
}

const expected: readonly Expected[] = [
  ...[...malformed, ...usual].map(({ text, problems }) => ({
    args: ['--config', '<file>'],
    text,
    problems: problems.map((problem) => `<file>:${problem}`),
  })),
  ...malformedSources.map(({ uris, sets = [], bytes, problem }) => ({
    args: [...uris.flatMap((uri) => ['--config', uri]), ...sets.flatMap((set) => ['--set', set])],
    text: bytes,
    problems: [problem],
  })),
];

interface Said {
  readonly status: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

function validate(args: readonly string[]): Promise<Said> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, 'validate', ...args], { env }, (error, stdout, stderr) =>
      resolve({ status: error?.code ?? 0, stdout, stderr }),
    );
  });
}

/** Answers what is different. */
async function differences(cases: IterableIterator<Expected>, file: string): Promise<unknown[]> {
  const place = (text: string): string => text.replaceAll('<file>', file);
  const different: unknown[] = [];
  for (const { args, text, problems } of cases) {
    if (text !== undefined) writeFileSync(file, text);
    const said = await validate(args.map(place));
    const wanted: Said = { status: 1, stdout: '', stderr: `Error: ${place(problems.join('\n'))}\n` };
    if (JSON.stringify(said) !== JSON.stringify(wanted)) different.push({ args, ...said });
  }
  return different;
}

test('the program says of each malformed configuration what is wrong and where, and nothing else, and ends with 1', async () => {
  // Several at a time, each with a file of its own, from one list.
  const rest = expected.values();
  const different = await Promise.all(
    Array.from({ length: 3 }, (_, index) => {
      const own = join(folder, String(index));
      mkdirSync(own);
      return differences(rest, join(own, 'config.yaml'));
    }),
  );
  expect(different.flat()).toEqual([]);
  expect(expected.length).toBeGreaterThanOrEqual(200);
});
