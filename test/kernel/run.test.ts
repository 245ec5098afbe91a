import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { describeKernel } from '../support/kernel.ts';
import { collect, commandLine } from '../support/netns.ts';
import { repository } from '../support/paths.ts';
import { until } from '../support/until.ts';

/** As a run of jest: makes a file and a namespace with a program that writes more of them, tells its pid, and hears nothing. */
const RUN = `
import { execFileSync, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import setup from '${join(repository, 'test/support/run.mjs')}';
setup();
const name = 'sonde-' + process.pid + '-1';
execFileSync('ip', ['netns', 'add', name]);
const inside = (...command) => ['nsenter', ['--net=/run/netns/' + name, ...command]];
const busy = 'echo $$; while :; do mktemp -d; sleep 0.01; done >/dev/null';
spawn(...inside('sh', '-c', busy), { cwd: tmpdir(), stdio: 'inherit' });
setTimeout(() => execFileSync(...inside('sleep', '300')), 1);
`;

describeKernel('a run of the tests', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'that %s ends leaves no file, namespace or program',
    async (signal) => {
      const directory = mkdtempSync(join(tmpdir(), 'sonde-run-'));
      const env = { ...process.env, TMPDIR: directory };
      const run = spawn(process.execPath, ['--input-type=module', '-e', RUN], { env });
      const output = collect(run);
      const exit = once(run, 'exit');
      try {
        await until(() => output.stdout().includes('\n') || run.exitCode !== null, 'the program');
        expect(output.stderr()).toBe('');
        expect(readdirSync(directory)).toHaveLength(1);
      } finally {
        run.kill(signal);
      }
      expect(await exit).toEqual([null, signal]);
      await until(() => readdirSync(directory).length === 0, 'the end of the files');
      expect(readdirSync('/run/netns')).not.toContain(`sonde-${run.pid}-1`);
      // Killed, and perhaps not waited for by whoever has it now.
      expect(commandLine(Number(output.stdout()))).toBe('');
    },
  );
});
