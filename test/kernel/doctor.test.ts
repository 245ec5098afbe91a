import { describe, expect, test } from '@jest/globals';
import { heldCapabilities, parseEffective } from '../../src/kernel/capabilities.ts';
import { diagnose, hookRow, kernelRow, namespaceRows } from '../../src/kernel/doctor.ts';
import { whyRefused } from '../../src/kernel/privileges.ts';
import { describeKernel } from '../support/kernel.ts';

describe('capabilities', () => {
  test.each([
    [
      'CapEff:\t000001ffffffffff\n',
      ['CAP_BPF', 'CAP_PERFMON', 'CAP_SYS_PTRACE', 'CAP_DAC_READ_SEARCH', 'CAP_SYS_ADMIN'],
    ],
    ['CapEff:\t000000c000000000\n', ['CAP_BPF', 'CAP_PERFMON']],
    ['CapEff:\t0000008000000000\n', ['CAP_BPF']],
    // CAP_SYS_ADMIN stands for the two.
    ['CapEff:\t0000000000200000\n', ['CAP_BPF', 'CAP_PERFMON', 'CAP_SYS_ADMIN']],
    ['CapEff:\t0000000000000000\n', []],
    ['', []],
  ])('%j', (status, names) => {
    const held = heldCapabilities(status).filter((capability) => capability.held);
    expect(held.map((capability) => capability.name)).toEqual(names);
  });

  test('the set is read in 64 bits', () => {
    expect(parseEffective('CapInh:\t0\nCapEff:\t0000008000000001\n')).toBe(0x8000000001n);
  });
});

const BOTH = 'CapEff:\t000000c000000000\n';
const FIRST = '         0          0 4294967295\n';

test.each([
  ['a capability', { status: 'CapEff:\t0000008000000000\n', uidMap: FIRST }, /^not held: CAP_PERFMON$/],
  ['both', { status: 'CapEff:\t0\n', uidMap: '' }, /^not held: CAP_BPF, CAP_PERFMON$/],
  ['the first user namespace', { status: BOTH, uidMap: '0 1000 1\n' }, /are held in a user namespace/],
  ['bpf(2)', { status: `${BOTH}Seccomp:\t2\n`, uidMap: FIRST }, /are held, but a seccomp profile is active$/],
  ['kernel memory', { status: BOTH, uidMap: FIRST, lockdown: 'none integrity [confidentiality]' }, /locked down/],
  ['nothing that /proc tells', { status: BOTH, uidMap: FIRST }, /security module/],
])('a refusal for want of %s says so', (_, sources, why) => {
  expect(whyRefused({ lockdown: '', ...sources })).toMatch(why);
});

test.each([
  ['x64', '5.10.0-46-amd64', 'failed'],
  ['x64', '5.14.0', 'failed'],
  ['x64', '5.15.0-1-cloud', 'ok'],
  ['x64', '6.1.0-56-amd64', 'ok'],
  ['x64', '7.2.13+deb14-amd64', 'ok'],
  ['arm64', '6.1.0-56-arm64', 'failed'],
  ['arm64', '6.3.0', 'ok'],
  ['arm64', '7.2.13+deb14-arm64-16k', 'ok'],
])('%s, kernel %s: %s', (architecture, release, status) => {
  expect(kernelRow(release, architecture).status).toBe(status);
});

test('a user namespace is told, because capabilities in it look as if they were held', () => {
  expect(namespaceRows(true)).toEqual([]);
  expect(namespaceRows(false)).toMatchObject([{ item: 'user namespace', status: 'failed' }]);
});

test.each([
  ['', 'EPERM', false, 'info', 'EPERM', /^one back end has to work: grant CAP_BPF/],
  ['', 'no function x', false, 'info', 'no function x', /^one back end has to work$/],
  ['', 'EPERM', true, 'info', 'not needed here (EPERM)', /^$/],
  ['nothing is observed', 'EINVAL', false, 'failed', 'EINVAL', /^without it nothing is observed$/],
  ['bytes are late', 'EACCES', true, 'warning', 'EACCES', /^without it bytes are late: grant/],
] as const)('a hook that does not work; without it: %j, %s', (without, reason, tapWorks, status, detail, remedy) => {
  const row = hookRow({ hook: 'hook', works: false, reason, without }, tapWorks);
  expect(row).toEqual({ item: 'hook', status, detail, remedy: expect.stringMatching(remedy) });
});

describeKernel('sonde doctor', () => {
  test('finds what works here by using it; what does not has a reason and a remedy', async () => {
    const { rows, canRun } = await diagnose('pod');
    expect(canRun).toBe(true);
    const items = Object.fromEntries(rows.map((row) => [row.item, row]));
    expect(items['socket tap']).toMatchObject({ status: 'ok', remedy: '' });
    const worked = ['tp_btf/inet_sock_set_state', 'tp_btf/sched_process_exec', 'iter/tcp', 'iter/bpf_sk_storage_map'];
    expect(worked.map((hook) => items[hook]?.detail)).toEqual(worked.map(() => 'works'));
    for (const row of rows) {
      expect(row.detail).not.toBe('');
      if (row.status === 'ok') {
        expect([row.item, row.remedy]).toEqual([row.item, '']);
      } else if (row.status !== 'info') {
        expect([row.item, row.remedy]).not.toEqual([row.item, '']);
      }
    }
  });
});
