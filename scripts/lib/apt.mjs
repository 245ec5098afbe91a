// Installs missing Debian packages, saying which and why. Changes nothing when all are there.
import { existsSync } from 'node:fs';
import { asRoot, isRoot, run, step } from './run.mjs';

const policyFile = '/usr/sbin/policy-rc.d';

export class SetupError extends Error {
  constructor(message) {
    super(message);
    this.name = 'SetupError';
  }
}

function apt(args) {
  const env = ['DEBIAN_FRONTEND=noninteractive', 'NEEDRESTART_MODE=l'];
  return asRoot('env', [...env, 'apt-get', '-q', '-y', '-o', 'DPkg::Lock::Timeout=300', ...args]);
}

/** Debian starts a daemon as soon as its package is installed; a policy of exit code 101 tells it not to. */
function withoutStartingServices(work) {
  const ours = !existsSync(policyFile);
  if (ours) {
    asRoot('sh', ['-c', `printf '#!/bin/sh\\nexit 101\\n' > ${policyFile} && chmod 755 ${policyFile}`]);
  }
  try {
    return work();
  } finally {
    if (ours) {
      asRoot('rm', ['-f', policyFile]);
    }
  }
}

export async function installPackages(wanted) {
  const missing = wanted.filter(({ paths }) => !paths.some((path) => existsSync(path)));
  if (missing.length === 0) {
    return;
  }
  const names = missing.map(({ name }) => name);
  const list = missing.map(({ name, why }) => `  ${name.padEnd(16)} ${why}`).join('\n');
  process.stderr.write(`setup: missing system packages:\n${list}\n`);
  const byHand = `install them, then run this again:\n  ${isRoot ? '' : 'sudo '}apt-get install ${names.join(' ')}`;
  if (!existsSync('/usr/bin/apt-get')) {
    throw new SetupError(`this machine has no apt-get; ${byHand.replace(/\n.*$/s, ' (names are Debian’s)')}`);
  }
  if (!isRoot && !asRoot('true', []).ok) {
    throw new SetupError(`installing packages needs root, and sudo refused; ${byHand}`);
  }
  await step(`installing ${names.join(' ')}`, () => {
    const install = ['install', '--no-install-recommends', ...names];
    const done = withoutStartingServices(() => apt(install).ok || (apt(['update']).ok && apt(install).ok));
    if (!done) {
      throw new SetupError(`apt-get could not install ${names.join(' ')}; ${byHand}`);
    }
  });
  const still = missing.filter(({ paths }) => !paths.some((path) => existsSync(path)));
  if (still.length > 0) {
    throw new SetupError(`installed, but not found: ${still.map(({ paths }) => paths[0]).join(', ')}`);
  }
}

export const hasProgram = (name) => run('sh', ['-c', `command -v ${name}`], { capture: true }).ok;
