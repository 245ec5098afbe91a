#!/usr/bin/env node
// Checks, then every test that this machine can run. The last line is `N passed, N failed[, N skipped]`.
// usage: test.mjs [check] [unit] [kernel] [asan] [e2e]
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { check } from './check.mjs';
import { asan } from './lib/asan.mjs';
import { jest } from './lib/jest.mjs';
import { prepareOtelcol } from './lib/otelcol.mjs';
import { inRoot } from './lib/root.mjs';

// Kernel and end-to-end tests measure time and share two cores with their own servers: one file after the other.
const IN_BAND = ['--runInBand'];
const groups = {
  check,
  async unit() {
    await prepareOtelcol();
    return jest('unit', { args: ['--maxWorkers=100%'] });
  },
  kernel: () => jest('kernel', { root: true, args: IN_BAND }),
  asan,
  async e2e() {
    await prepareOtelcol();
    return jest('e2e', { root: true, args: IN_BAND });
  },
};

const resultFile = inRoot('build', 'test-result.txt');
mkdirSync(inRoot('build'), { recursive: true });
rmSync(resultFile, { force: true });

const names = argv.length > 2 ? argv.slice(2) : Object.keys(groups);
const total = { passed: 0, failed: 0, skipped: 0 };
for (const name of names) {
  const group = groups[name];
  if (group === undefined) {
    console.error(`test: no group ${name}; groups: ${Object.keys(groups).join(' ')}`);
    process.exit(2);
  }
  const begin = performance.now();
  const { passed, failed, skipped = 0 } = await group();
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  console.log(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s`);
}

// A run that ran nothing is no success.
const good = total.failed === 0 && total.passed > 0;
const line = `${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`;
writeFileSync(resultFile, `${line}\n`);
process.exitCode = good ? 0 : 1;
console.log(line);
