// Before one run of jest: what its tests leave in the directory of temporary files, and what runs in their network namespaces,
// goes with it, also when it is killed. In a test, `process` is a copy whose `exit` never comes.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRoot } from '../../scripts/lib/root.mjs';

export default function setup() {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-run-'));
  // Database servers run as users of their own.
  chmodSync(directory, 0o1777);
  // Of the tests, jest's workers and every program that they start.
  process.env.TMPDIR = directory;
  const pid = String(process.pid);
  // The second path is where kernel.ts bundles programs.
  const args = [pid, directory, inRoot('build', 'test', pid)];
  // Detached, so that a Ctrl-C is not for it; the pipe ends with this process.
  const after = spawn(inRoot('test', 'support', 'after_run.sh'), args, {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  after.unref();
  after.stdin.unref();
}
