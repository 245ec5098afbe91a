import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { containerOfPath, parseCgroup, parseMounts } from '../../src/tap/container_id.ts';
import { fc } from '../support/property.ts';

interface Case {
  readonly name: string;
  readonly text: string;
  readonly id: string;
  readonly runtime?: string;
  readonly podUid?: string;
  readonly path?: string;
}

const cases = JSON.parse(
  readFileSync(new URL('../fixtures/proc/cgroups.json', import.meta.url), 'utf8'),
) as readonly Case[];

describe('container of /proc/<pid>/cgroup', () => {
  test.each(cases)('$name', ({ text, id, runtime, podUid, path }) => {
    const cgroup = parseCgroup(text);
    expect(cgroup.container.id).toBe(id);
    expect(cgroup.container.runtime).toBe(runtime ?? '');
    expect(cgroup.container.podUid).toBe(podUid ?? '');
    if (path !== undefined) expect(cgroup.path).toBe(path);
  });

  test('any text is survived, in time that grows with its length', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2000 }), (text) => {
        expect(typeof parseCgroup(text).path).toBe('string');
        expect(containerOfPath(text).id.length).toBeLessThanOrEqual(64);
      }),
    );
    const started = performance.now();
    parseCgroup(`0::/${'a-'.repeat(30_000)}`);
    parseCgroup(`0::/${'a:'.repeat(30_000)}${'f'.repeat(64)}x`);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('container of /proc/<pid>/mountinfo', () => {
  const uid = '2c48913c-b29f-11e7-9350-020968147796';
  const id = '4fa6e0f0c6786287e131c3852c58a2e0'.repeat(2);

  test('the kubelet names pod and container', () => {
    const text = [
      '1234 1200 0:50 / / rw,relatime - overlay overlay rw',
      `1240 1234 8:1 /var/lib/kubelet/pods/${uid}/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw`,
      `1241 1234 8:1 /var/lib/kubelet/pods/${uid}/containers/web/0f3c1d2e /dev/termination-log rw - ext4 /dev/sda1 rw`,
    ].join('\n');
    expect(parseMounts(text)).toEqual({ id: '', podUid: uid, name: 'web' });
  });

  test('/var/lib/kubelet as a file system of its own', () => {
    const text = `1 2 8:2 /pods/${uid}/containers/side-car/0f3c1d2e /dev/termination-log rw - xfs /dev/sdb rw`;
    expect(parseMounts(text)?.name).toBe('side-car');
  });

  test.each([
    ['Docker', `/var/lib/docker/containers/${id}/hostname`],
    ['podman', `/var/lib/containers/storage/overlay-containers/${id}/userdata/hostname`],
  ])('%s mounts the host name', (_, root) => {
    expect(parseMounts(`1 2 8:1 ${root} /etc/hostname rw - ext4 /dev/sda1 rw`)?.id).toBe(id);
  });

  test('a host has none', () => {
    expect(parseMounts(readFileSync('/proc/self/mountinfo', 'utf8').replaceAll('/etc/hostname', '/x'))).toBe(undefined);
    expect(parseMounts('')).toBe(undefined);
  });
});
