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
  expect(spans).toBeGreaterThan(200);
});

test('upstreams that refuse, throttle, cut, stall, are killed and are down lose nothing: HTTP and gRPC, memory and persistent queue', () => {
  const { spans, lost } = soak('upstream', '--seconds', '3');
  expect(lost).toBe(0);
  expect(spans).toBeGreaterThan(4000);
});

test('a million spans: all arrive', () => {
  const { spans, lost } = soak('--spans', '1000000');
  expect({ spans, lost }).toEqual({ spans: 1_000_000, lost: 0 });
});
