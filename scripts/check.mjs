#!/usr/bin/env node
// Everything that needs no running: types, lint, format, import rules, generated files.
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { deadExports } from './lib/checks/exports.mjs';
import { importRules } from './lib/checks/imports.mjs';
import { cFormat, lint, types } from './lib/checks/tools.mjs';
import { generated, lockfile, longFiles, machinePaths } from './lib/checks/tree.mjs';

const checks = [types, lint, cFormat, importRules, deadExports, generated, lockfile, machinePaths];

/** Prints each check's result; returns the counts. */
export function check() {
  const counts = { passed: 0, failed: 0 };
  for (const { name, run } of checks) {
    const problems = run();
    counts[problems.length === 0 ? 'passed' : 'failed'] += 1;
    console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${name}`);
    for (const problem of problems) {
      console.log(problem.replaceAll(/^/gm, '       '));
    }
  }
  for (const warning of longFiles()) {
    console.log(`warning: over 400 lines: ${warning}`);
  }
  return counts;
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  process.exitCode = check().failed === 0 ? 0 : 1;
}
