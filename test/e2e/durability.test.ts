import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

interface Verdict {
  readonly spans: number;
  readonly lost: number;
  readonly duplicates: number;
}

/** The long forms are `npm run soak -- kill` and `npm run soak -- upstream`. */
function soak(...args: readonly string[]): Verdict {
  const { stdout, stderr } = spawnSync(process.execPath, ['scripts/soak.mjs', ...args], { encoding: 'utf8' });
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`no verdict:\n${stdout}\n${stderr}`);
  return JSON.parse(line) as Verdict;
}

test('kill -9 of Sonde at 12 random moments loses nothing of what was acknowledged', () => {
  const { spans, lost } = soak('kill', '--kills', '12');
  expect(lost).toBe(0);
  expect(spans).toBeGreaterThan(1000);
});

test.each([['memory'], ['persistent', '--persistent']])(
  'an upstream that refuses, throttles, cuts, stalls, is killed and is down loses nothing: %s queue',
  (_, ...args) => {
    const { spans, lost } = soak('upstream', '--seconds', '10', ...args);
    expect(lost).toBe(0);
    expect(spans).toBeGreaterThan(1000);
  },
);
