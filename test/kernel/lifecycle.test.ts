import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { bundle, describeKernel, inNamespace } from '../support/kernel.ts';

function run(scenario: string, ...args: string[]): Record<string, unknown> {
  const program = bundle('native/lifecycle.ts');
  const [command = '', ...rest] = inNamespace(process.execPath, '--expose-gc', program, scenario, ...args);
  const { status, signal, stdout, stderr } = spawnSync(command, rest, { encoding: 'utf8', timeout: 110_000 });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

describeKernel('the life of the tap', () => {
  test('opened and closed again and again: no descriptor, mapping or memory is left', () => {
    const { before, after, rssEarly, rssLate } = run('cycles', '40');
    expect(before).toEqual({ descriptors: 0, mappings: 0 });
    expect(after).toEqual(before);
    expect(Number(rssLate) - Number(rssEarly)).toBeLessThan(9 * 2 ** 20);
  });

  test('programs are gone from the kernel after close', () => {
    expect(run('programsGone')).toMatchObject({ programs: 3, left: 0 });
  });

  test('workers ended in mid-read do no harm', () => {
    expect(run('terminate', '12')).toMatchObject({ ready: 12, descriptors: 0, mappings: 0 });
  });

  test('the process may end while attached', () => {
    for (let i = 0; i < 3; i++) {
      run('exit');
    }
  });

  test('what is abandoned is collected, in any order', () => {
    expect(run('abandon', '10')).toMatchObject({ descriptors: 0, mappings: 0 });
  });

  test('a handler that throws loses its record alone', () => {
    expect(run('throwing')).toMatchObject({ seen: 3, thrown: 3 });
  });

  test('use after close and wrong arguments are errors', () => {
    expect(run('misuse')).toMatchObject({
      failures: [
        'ENOENT',
        'EINVAL',
        'ENOENT',
        'EINVAL',
        'ENOENT',
        'EINVAL',
        'EINVAL',
        'EINVAL',
        'EINVAL',
        'EINVAL',
        'EINVAL',
        'EBADF',
        'EBADF',
        'EBADF',
        'EBADF',
      ],
      bytesLeft: 0,
    });
  });
});
