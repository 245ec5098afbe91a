import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { memoryShare, totalMemory } from '../../src/service/total_memory.ts';

test.each([
  ['v2, its own limit', '0::/pod/box\n', { 'pod/box/memory.max': '200', 'pod/memory.max': '900' }, 200],
  ['v2, a limit above it', '0::/pod/box\n', { 'pod/box/memory.max': 'max', 'pod/memory.max': '300' }, 300],
  ['v2 in a namespace', '0::/../x\n', { 'memory.max': '400' }, 400],
  ['v1', '4:cpu:/a\n5:memory:/a\n', { 'memory/a/memory.limit_in_bytes': '500' }, 500],
  ['v1 without a limit', '5:memory:/\n', { 'memory/memory.limit_in_bytes': '9223372036854771712' }, 1000],
  ['none', '', {}, 1000],
])('memory that may be used: %s', (_, cgroup, files, expected) => {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-cgroup-'));
  writeFileSync(join(directory, 'cgroup'), cgroup);
  for (const [path, text] of Object.entries(files as Record<string, string>)) {
    mkdirSync(join(directory, path, '..'), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  expect(totalMemory(join(directory, 'cgroup'), directory, 1000)).toBe(expected);
  rmSync(directory, { recursive: true });
});

test.each([
  [1000, 100],
  [800, 100],
  [799, 99],
  [64, 8],
])('of %i bytes a buffer gets %i', (total, expected) => {
  expect(memoryShare(100, 8, total)).toBe(expected);
});
