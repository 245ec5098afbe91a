import { describe, expect, test } from '@jest/globals';
import { globMatches, processMatches } from '../../src/tap/process_filter.ts';
import { fc } from '../support/property.ts';

test.each([
  ['nginx', 'nginx', true],
  ['nginx', 'nginx2', false],
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['ngin?', 'nginx', true],
  ['ngin?', 'ngin', false],
  ['/usr/*/nginx', '/usr/local/sbin/nginx', true],
  ['*.slice/*', '/kubepods.slice/x', true],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['[a]', 'a', false],
  ['**', 'abc', true],
])('glob %p on %p', (pattern, text, expected) => {
  expect(globMatches(pattern, text)).toBe(expected);
});

test('globs agree with regular expressions, and take no exponential time', () => {
  const alphabet = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
  fc.assert(
    fc.property(alphabet, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }), (pattern, text) => {
      const regex = new RegExp(`^${pattern.replaceAll('?', '.').replaceAll('*', '.*')}$`);
      expect(globMatches(pattern, text)).toBe(regex.test(text));
    }),
  );
  const started = performance.now();
  expect(globMatches(`${'a*'.repeat(50)}b`, 'a'.repeat(4096))).toBe(false);
  expect(performance.now() - started).toBeLessThan(5000);
});

describe('filter', () => {
  const empty = { ports: [], executables: [], pids: [], cgroups: [] };
  const nginx = {
    pid: 12,
    instancePid: 10,
    executable: '/usr/sbin/nginx',
    executableName: 'nginx',
    calledName: '',
    cgroup: '/a/b',
  };

  test.each([
    ['no list', {}, true],
    ['ports are not looked at', { ports: [{ from: 1, to: 2 }] }, true],
    ['name', { executables: ['nginx'] }, true],
    ['another name', { executables: ['node', 'ngin'] }, false],
    ['path', { executables: ['/usr/sbin/*'] }, true],
    ['another path', { executables: ['/usr/bin/*'] }, false],
    ['one of several', { executables: ['node', 'ng*'] }, true],
    ['pid', { pids: [12] }, true],
    ['pid of the instance', { pids: [10] }, true],
    ['another pid', { pids: [11] }, false],
    ['cgroup', { cgroups: ['/a/*'] }, true],
    ['all lists', { executables: ['nginx'], pids: [12], cgroups: ['/a/b'] }, true],
    ['one list without a match', { executables: ['nginx'], pids: [1], cgroups: ['/a/b'] }, false],
  ])('%s', (_, filter, expected) => {
    expect(processMatches({ ...empty, ...filter }, nginx)).toBe(expected);
  });

  test.each([
    ['redis-server', true],
    ['redis-check-rdb', true],
    ['/usr/bin/redis-check-rdb', true],
    ['redis-cli', false],
    ['/usr/bin/redis-server', false],
  ])('a program that is called by another name: %s', (pattern, expected) => {
    const names = {
      executable: '/usr/bin/redis-check-rdb',
      executableName: 'redis-check-rdb',
      calledName: 'redis-server',
    };
    expect(processMatches({ ...empty, executables: [pattern] }, { ...nginx, ...names })).toBe(expected);
  });

  test('an unknown pid matches no pid', () => {
    expect(processMatches({ ...empty, pids: [0] }, { ...nginx, pid: 0, instancePid: 0 })).toBe(false);
  });
});
