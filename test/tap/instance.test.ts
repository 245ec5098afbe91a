import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ProcessRecord } from '../../src/kernel/types.ts';
import { type Host, readHost } from '../../src/tap/host_resource.ts';
import type { ResourceAttributes } from '../../src/tap/instance.ts';
import { ProcReader } from '../../src/tap/process_info.ts';
import { ProcessTable } from '../../src/tap/processes.ts';
import { type FakeProcess, ProcTree } from '../support/proc_tree.ts';

const id = '4fa6e0f0c6786287e131c3852c58a2e0'.repeat(2);
const uid = '2c48913c-b29f-11e7-9350-020968147796';
const host: Host = {
  host: { 'host.name': 'box', 'host.id': 'f'.repeat(32), 'host.arch': 'amd64', 'os.type': 'linux' },
  distribution: { 'os.name': 'Debian GNU/Linux', 'os.version': '12' },
  users: new Map([[33, 'www-data']]),
  bootId: 'b00t',
  bootTime: Date.UTC(2026, 0, 1),
};

let tree: ProcTree;
beforeEach(() => {
  tree = new ProcTree();
});
afterEach(() => tree.close());

function describeProcess(process: FakeProcess, record: Partial<ProcessRecord> = {}, on = host): ResourceAttributes {
  let attributes: ResourceAttributes = {};
  if (record.pid !== 0) tree.add(42, process);
  const table = new ProcessTable({
    reader: new ProcReader(tree.root),
    host: on,
    version: '1.2.3',
    encode: (all) => {
      attributes = all;
      return new Uint8Array(1);
    },
  });
  const known = { tgid: 42, pid: 42, startTime: 1000e7, cgroupId: 1, comm: 'app', ...record };
  const { instance } = table.owner(known, 0);
  expect(instance.resource.length).toBe(1);
  expect(attributes['service.name']).toBe(instance.serviceName);
  return attributes;
}

test('everything of a plain process, and neither arguments nor environment', () => {
  const attributes = describeProcess({
    exe: '/usr/bin/app',
    args: ['app', '--password=x'],
    env: { PASSWORD: 'y' },
    uid: 33,
  });
  expect(attributes).toEqual({
    'host.name': 'box',
    'host.id': 'f'.repeat(32),
    'host.arch': 'amd64',
    'os.type': 'linux',
    'os.name': 'Debian GNU/Linux',
    'os.version': '12',
    'process.pid': 42,
    'process.parent_pid': 1,
    'process.executable.name': 'app',
    'process.executable.path': '/usr/bin/app',
    'process.command': 'app',
    'process.creation.time': '2026-01-01T00:00:10.000Z',
    'process.owner': 'www-data',
    'service.name': 'app',
    'service.instance.id': expect.stringMatching(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    ),
    'telemetry.distro.name': 'sonde',
    'telemetry.distro.version': '1.2.3',
  });
});

const mountinfo = `1 2 8:1 /pods/${uid}/containers/web/0f3c1d2e /dev/termination-log rw - ext4 /dev/sda1 rw\n`;
const container = { mntns: 'mnt:[2]', mountinfo, cgroup: `0::/../cri-containerd-${id}.scope\n`, exe: '/usr/bin/app' };
const given = (resource: string, name?: string) => ({
  OTEL_RESOURCE_ATTRIBUTES: resource,
  ...(name === undefined ? {} : { OTEL_SERVICE_NAME: name }),
});

test.each<[string, FakeProcess, string]>([
  ['OTEL_SERVICE_NAME', { ...container, env: given('service.name=b', 'a') }, 'a'],
  ['OTEL_RESOURCE_ATTRIBUTES', { ...container, env: given('service.name=b') }, 'b'],
  ['the container', { ...container, env: given('x=y') }, 'web'],
  ['the container, an empty name being none', { ...container, env: given('service.name=', '') }, 'web'],
  ['the executable', { exe: '/usr/sbin/nginx' }, 'nginx'],
  [
    'what the executable was called',
    { exe: '/usr/bin/redis-check-rdb', comm: 'redis-server', args: ['redis-server *:6379'] },
    'redis-server',
  ],
  ['the script of an interpreter', { exe: '/usr/bin/python3.11', args: ['python3', '/srv/shop.py'] }, 'shop'],
  ['an interpreter without a script', { exe: '/usr/bin/node', args: ['node', '-e', 'x'] }, 'node'],
  ['comm', { exe: '', comm: 'kworker/0:1' }, 'kworker/0:1'],
  ['nothing', { exe: '', comm: '' }, 'unknown_service'],
])('service.name from %s', (_, process, name) => {
  expect(describeProcess(process)['service.name']).toBe(name);
});

test('a container: what is of Sonde’s own file system is left out', () => {
  const attributes = describeProcess({ ...container, uid: 33 });
  expect(attributes).toMatchObject({
    'container.id': id,
    'container.runtime.name': 'containerd',
    'k8s.container.name': 'web',
    'k8s.pod.uid': uid,
  });
  expect(attributes).not.toHaveProperty(['os.name']);
  expect(attributes).not.toHaveProperty(['process.owner']);
});

test('given attributes pass, go before found ones, and cannot pretend to be another distribution', () => {
  const attributes = describeProcess({
    ...container,
    env: given(`k8s.pod.name=a%2Cb,host.name=node-7,service.instance.id=i1,telemetry.distro.name=x,__proto__=p`),
  });
  expect(attributes).toMatchObject({ 'k8s.pod.name': 'a,b', 'host.name': 'node-7', 'service.instance.id': 'i1' });
  expect(attributes['telemetry.distro.name']).toBe('sonde');
  expect(Object.hasOwn(attributes, '__proto__')).toBe(true);
  expect(Object.getPrototypeOf(attributes)).toBe(Object.prototype);
});

test('a hidden process is told by what the record says', () => {
  const attributes = describeProcess({}, { pid: 0, comm: 'nginx', cgroupId: 7 });
  expect(attributes).toMatchObject({ 'service.name': 'nginx', 'process.executable.name': 'nginx' });
  for (const key of ['process.pid', 'process.creation.time', 'process.owner', 'os.name', 'container.id'])
    expect(attributes).not.toHaveProperty([key]);
});

test('service.instance.id is the same after a restart of Sonde and differs for everything else', () => {
  const instanceId = (...args: Parameters<typeof describeProcess>) => describeProcess(...args)['service.instance.id'];
  const first = instanceId({});
  expect(instanceId({})).toBe(first);
  const others = [
    instanceId({ start: 2000 }, { startTime: 2000e7 }),
    instanceId({}, {}, { ...host, bootId: 'another' }),
    instanceId({}, {}, { ...host, host: { ...host.host, 'host.id': '0'.repeat(32) } }),
    instanceId({}, { pid: 0 }),
    instanceId({}, { pid: 0, cgroupId: 2 }),
    instanceId({}, { pid: 0, comm: 'other' }),
  ];
  expect(new Set([first, ...others]).size).toBe(others.length + 1);
});

test('a real host gives host.* and os.*', () => {
  expect(describeProcess({}, {}, readHost())).toMatchObject({
    'host.name': expect.stringMatching(/./),
    'host.arch': expect.stringMatching(/^(amd|arm)64$/),
    'os.type': 'linux',
  });
});
