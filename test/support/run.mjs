// Before and after one run of jest: what its tests leave in the directory of temporary files goes with it, and when it is
// interrupted what runs in their network namespaces too. In a test, `process` is a copy whose `exit` never comes.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRoot } from '../../scripts/lib/root.mjs';

export default function setup() {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-run-'));
  // Database servers run as users of their own.
  chmodSync(directory, 0o1777);
  // Of the tests, jest's workers and every program that they start.
  process.env.TMPDIR = directory;
  process.once('exit', () => {
    // A server that was just killed may still make a file.
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
    // kernel.ts bundles programs into it.
    rmSync(inRoot('build', 'test', String(process.pid)), { recursive: true, force: true });
  });
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      deleteNamespaces();
      process.exit(128 + constants.signals[signal]);
    });
  }
}

/** Those of netns.ts that this process made, which it does where tests run in band. */
function deleteNamespaces() {
  const lines = (...args) => execFileSync('ip', ['netns', ...args], { encoding: 'utf8' }).split('\n');
  const names = lines('list').map((line) => line.split(' ')[0]);
  for (const name of names.filter((each) => each.startsWith(`sonde-${process.pid}-`))) {
    // Again, because one of them may have started another meanwhile.
    for (let i = 0; i < 100; i++) {
      const pids = lines('pids', name).filter((line) => line !== '');
      if (pids.length === 0) break;
      for (const pid of pids) {
        try {
          process.kill(Number(pid), 'SIGKILL');
        } catch {
          // Gone meanwhile.
        }
      }
    }
    execFileSync('ip', ['netns', 'delete', name]);
  }
}
