import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { describeKernel } from '../support/kernel.ts';
import { collect } from '../support/netns.ts';
import { repository } from '../support/paths.ts';
import { until } from '../support/until.ts';

/** As a run of jest: makes a file and a namespace with a program that writes more of them, and waits. */
const RUN = `
import { execFileSync, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import setup from '${join(repository, 'test/support/run.mjs')}';
setup();
const name = 'sonde-' + process.pid + '-1';
execFileSync('ip', ['netns', 'add', name]);
const busy = 'while :; do mktemp -d; sleep 0.01; done';
const child = spawn('nsenter', ['--net=/run/netns/' + name, 'sh', '-c', busy], { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'ignore'] });
child.stdout.once('data', () => console.log(child.pid));
child.stdout.resume();
`;

describeKernel('a run of the tests', () => {
  test.each([
    ['that is interrupted', 'SIGINT', 130],
    ['that is ended', 'SIGTERM', 143],
  ] as const)('%s leaves no file, namespace or program', async (_name, signal, status) => {
    const directory = mkdtempSync(join(tmpdir(), 'sonde-run-'));
    const run = spawn(process.execPath, ['--input-type=module', '-e', RUN], {
      env: { ...process.env, TMPDIR: directory },
    });
    const output = collect(run);
    const exit = once(run, 'exit');
    try {
      await until(() => output.stdout().includes('\n') || run.exitCode !== null, 'the program');
      expect(output.stderr()).toBe('');
      expect(readdirSync(directory)).toHaveLength(1);
      run.kill(signal);
      expect(await exit).toEqual([status, null]);
      expect(readdirSync(directory)).toEqual([]);
      expect(readdirSync('/run/netns')).not.toContain(`sonde-${run.pid}-1`);
      // Killed, and perhaps not waited for by whoever has it now.
      const cmdline = `/proc/${output.stdout().trim()}/cmdline`;
      await until(() => !existsSync(cmdline) || readFileSync(cmdline, 'utf8') === '', 'the end of the program');
    } finally {
      run.kill();
    }
  });
});
