#!/usr/bin/env node
// Makes a fresh machine ready: system packages, npm packages, compiled programs. Does nothing that is done already.
// usage: setup.mjs [--tests]    --tests: also what only the tests need
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { installPackages, SetupError } from './lib/apt.mjs';
import { buildPackages, testPackages } from './lib/packages.mjs';
import { inRoot } from './lib/root.mjs';
import { CommandError, must, step } from './lib/run.mjs';
import { hashOf } from './lib/stamp.mjs';

const NODE_MINIMUM = [20, 19];

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < NODE_MINIMUM[0] || (major === NODE_MINIMUM[0] && minor < NODE_MINIMUM[1])) {
    throw new SetupError(`Node ${process.versions.node} is too old; install Node ${NODE_MINIMUM.join('.')} or later`);
  }
  if (process.platform !== 'linux') {
    throw new SetupError(`Sonde needs Linux; this is ${process.platform}`);
  }
}

/** The stamp lies in node_modules, so that removing that directory is enough to install again. */
async function npmPackages() {
  const stamp = inRoot('node_modules', '.setup-stamp');
  const hash = hashOf(['package-lock.json'], [process.arch]);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) {
    return;
  }
  await step('installing npm packages (npm ci)', () => must('npm', ['ci', '--ignore-scripts', '--loglevel=error']));
  writeFileSync(stamp, hash);
}

try {
  checkNode();
  await installPackages([...buildPackages, ...(process.argv.includes('--tests') ? testPackages : [])]);
  await npmPackages();
  const { build } = await import('./build.mjs');
  await build();
} catch (error) {
  if (!(error instanceof SetupError || error instanceof CommandError)) {
    throw error;
  }
  process.stderr.write(`setup: ${error.message}\n`);
  process.exitCode = 1;
}
