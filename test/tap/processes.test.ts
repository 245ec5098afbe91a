import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ProcessRecord } from '../../src/kernel/types.ts';
import { readHost } from '../../src/tap/host_resource.ts';
import type { ResourceAttributes } from '../../src/tap/instance.ts';
import { ProcReader } from '../../src/tap/process_info.ts';
import { GRACE_NS, ProcessTable } from '../../src/tap/processes.ts';
import type { ServiceInstance } from '../../src/tap/types.ts';
import { ProcTree } from '../support/proc_tree.ts';
import { fc } from '../support/property.ts';

const TICK = 1e7;
const SECOND = 1e9;
const NO_FILTER = { ports: [], executables: [], pids: [], cgroups: [] };

let tree: ProcTree;
let retired: ServiceInstance[];
let table: ProcessTable;

/** `ticks`: start; the kernel's time lies inside the tick. */
function record(tgid: number, ticks = 1000, more: Partial<ProcessRecord> = {}): ProcessRecord {
  return { tgid, pid: tgid, startTime: ticks * TICK + 123, cgroupId: 1, comm: 'app', ...more };
}

function newTable(maxProcesses?: number): ProcessTable {
  const encode = (attributes: ResourceAttributes) => new TextEncoder().encode(JSON.stringify(attributes));
  return new ProcessTable({
    reader: new ProcReader(tree.root),
    host: readHost(),
    version: '1.2.3',
    encode,
    onRetire: (instance) => retired.push(instance),
    ...(maxProcesses === undefined ? {} : { maxProcesses }),
  });
}

function attributesOf(instance: ServiceInstance): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(instance.resource));
}

/** The parent that the kernel's records name. */
const childOf = (...of: Parameters<typeof record>) => ({ parentTgid: of[0], parentStartTime: record(...of).startTime });
const init = { parentTgid: 1, parentStartTime: 1 };

beforeEach(() => {
  tree = new ProcTree();
  retired = [];
  table = newTable();
});
afterEach(() => tree.close());

describe('a process', () => {
  test('older than the tap is read at the first look', () => {
    tree.add(42, { comm: 'nginx', exe: '/usr/sbin/nginx', cgroup: '0::/system.slice/nginx.service\n' });
    const process = table.owner(record(42), 0);
    expect(process).toMatchObject({
      pid: 42,
      executable: '/usr/sbin/nginx',
      executableName: 'nginx',
      cgroup: '/system.slice/nginx.service',
      exited: false,
    });
    expect(process.instance.serviceName).toBe('nginx');
    expect(table.owner(record(42), 1)).toBe(process);
    // Itself and its parent, to see whether that is the same service.
    expect(table.counters).toMatchObject({ read: 2, instances: 1 });
  });

  test.each([
    [1000, true],
    [1001, true],
    [999, true],
    [1002, false],
    [998, false],
  ])('with a start at tick %d in /proc is believed: %p', (start, believed) => {
    tree.add(42, { start, exe: '/usr/bin/other' });
    const process = table.owner(record(42, 1000), 0);
    expect(process.executable).toBe(believed ? '/usr/bin/other' : '');
    expect(table.counters.reused).toBe(believed ? 0 : 1);
    expect(process.executableName).toBe(believed ? 'other' : 'app');
  });

  test('that is gone is named by comm, and forgotten after the grace period', () => {
    const process = table.owner(record(42, 1000, { comm: 'curl' }), 0);
    expect(process.instance.serviceName).toBe('curl');
    expect(process.exited).toBe(true);
    table.sweep(GRACE_NS - 1);
    expect(table.size).toBeGreaterThan(0);
    table.sweep(GRACE_NS);
    expect(table.size).toBe(0);
    expect(retired).toEqual([process.instance]);
  });

  test('keeps what exec told when it is gone a moment later', () => {
    tree.add(42, { comm: 'curl', exe: '/usr/bin/curl', env: { OTEL_SERVICE_NAME: 'probe' } });
    table.exec({ process: record(42, 1000, { comm: 'curl' }), ...init, filename: '/usr/bin/curl' });
    tree.remove(42);
    table.exit({ tgid: 42, startTime: record(42).startTime, time: 5 });
    const process = table.owner(record(42), 10);
    expect(process.executable).toBe('/usr/bin/curl');
    expect(process.instance.serviceName).toBe('probe');
  });

  test('that ended before its exec was read has the name of the record', () => {
    table.exec({ process: record(42, 1000, { comm: 'curl' }), ...init, filename: '/usr/bin/curl' });
    expect(table.owner(record(42), 1)).toMatchObject({ executable: '/usr/bin/curl', executableName: 'curl' });
  });

  test.each([
    ['./server', '', 'server'],
    ['/dev/fd/5', '/dev/fd/5', 'app'],
    ['', '', 'app'],
  ])('hidden, executing %p', (filename, executable, name) => {
    table.exec({ process: record(42, 1000, { pid: 0 }), ...init, filename });
    expect(table.owner(record(42, 1000, { pid: 0 }), 1)).toMatchObject({ pid: 0, executable, executableName: name });
  });

  test('changes in place when it executes another program', () => {
    tree.add(42, { exe: '/bin/sh' });
    const process = table.owner(record(42), 0);
    const shell = process.instance;
    expect(process.matches({ ...NO_FILTER, executables: ['app*'] })).toBe(false);
    const filter = { ...NO_FILTER, executables: ['sh'] };
    expect(process.matches(filter)).toBe(true);
    tree.add(42, { exe: '/usr/bin/app' });
    table.exec({ process: record(42), ...init, filename: '/usr/bin/app' });
    expect(process.matches(filter)).toBe(false);
    expect(process.instance).not.toBe(shell);
    expect(retired).toEqual([shell]);
    expect(process.instance.serviceName).toBe('app');
  });

  test('with a used pid is another one', () => {
    tree.add(42, { exe: '/usr/bin/old' });
    const old = table.owner(record(42), 0);
    tree.add(42, { exe: '/usr/bin/new', start: 2000 });
    const other = table.owner(record(42, 2000), 1);
    expect(other).not.toBe(old);
    expect(other.executableName).toBe('new');
    expect(table.owner(record(42), 2)).toBe(old);
  });

  test('without an exit record is found dead by the sweep', () => {
    tree.add(42);
    const process = table.owner(record(42), 0);
    void process.instance;
    tree.remove(42);
    table.sweep(SECOND);
    expect(process.exited).toBe(true);
    table.sweep(SECOND + GRACE_NS);
    expect(retired).toEqual([process.instance]);
    expect(table.counters.exitsMissed).toBe(1);
  });

  test('that is held longer than the table knows it, keeps its instance or gets one that retires', () => {
    const [a, b] = [table.owner(record(42), 0), table.owner(record(43), 0)];
    const { instance } = a;
    table.sweep(GRACE_NS);
    expect(a.instance).toBe(instance);
    const late = b.instance;
    table.sweep(2 * GRACE_NS);
    expect(retired).toEqual([instance, late]);
  });

  test('that a /proc with hidepid does not show is not taken for ended', () => {
    tree.remove(1);
    table = newTable();
    const process = table.owner(record(42), 0);
    void process.instance;
    for (let i = 1; i < 10; i++) table.sweep(i * GRACE_NS);
    expect(process.exited).toBe(false);
    expect(retired).toEqual([]);
  });

  test('whose executable may not be read has the name of its comm, and is no service with another', () => {
    tree.add(10, { exe: '', comm: 'systemd' });
    tree.add(11, { exe: '', comm: 'nginx', ppid: 10, start: 1001 });
    tree.add(12, { exe: '', comm: 'nginx', ppid: 11, start: 1002 });
    const [systemd, master, worker] = [record(10), record(11, 1001), record(12, 1002)].map((one) =>
      table.owner(one, 0),
    );
    expect(worker).toMatchObject({ executable: '', executableName: 'nginx' });
    expect(worker?.instance).toBe(master?.instance);
    expect(master?.instance).not.toBe(systemd?.instance);
  });

  test('that was moved to another cgroup is another instance', () => {
    tree.add(42);
    const process = table.owner(record(42), 0);
    const before = process.instance;
    tree.add(42, { cgroup: '0::/other\n' });
    expect(table.owner(record(42, 1000, { cgroupId: 2 }), 1)).toBe(process);
    expect(process.cgroup).toBe('/other');
    expect(process.instance).not.toBe(before);
  });
});

describe('an instance', () => {
  const nginx = { comm: 'nginx', exe: '/usr/sbin/nginx' };

  test('is a master and its workers, all older than the tap', () => {
    tree.add(10, nginx);
    tree.add(11, { ...nginx, ppid: 10, start: 1001, uid: 33 });
    tree.add(12, { ...nginx, ppid: 10, start: 1002, uid: 33 });
    const first = table.owner(record(12, 1002), 0).instance;
    expect(table.owner(record(11, 1001), 0).instance).toBe(first);
    expect(attributesOf(first)).toMatchObject({ 'process.pid': 10, 'process.owner': 'root', 'process.parent_pid': 1 });
    // The master, known from /proc until now, is adopted when a record tells of it.
    const master = table.owner(record(10), 0);
    expect(master.instance).toBe(first);
    expect(table.size).toBe(4);
    expect(master.matches({ ...NO_FILTER, pids: [10] })).toBe(true);
    expect(table.owner(record(11, 1001), 0).matches({ ...NO_FILTER, pids: [10] })).toBe(true);
    expect(table.owner(record(11, 1001), 0).matches({ ...NO_FILTER, pids: [12] })).toBe(false);
  });

  test('is found from fork records without /proc', () => {
    const hidden = { pid: 0, comm: 'nginx' };
    table.exec({ process: record(10, 1000, hidden), ...init, filename: '/usr/sbin/nginx' });
    table.fork({ process: record(11, 1001, hidden), ...childOf(10) });
    table.fork({ process: record(12, 1002, hidden), ...childOf(11, 1001) });
    const instances = [10, 11, 12].map((pid) => table.owner(record(pid, 990 + pid, hidden), 2).instance);
    expect(new Set(instances).size).toBe(1);
    expect(instances[0]?.serviceName).toBe('nginx');
    expect(attributesOf(instances[0] as ServiceInstance)).not.toHaveProperty('process.pid');
  });

  test('of hidden processes that are older than the tap is told by name and cgroup', () => {
    const hidden = (tgid: number, cgroupId: number, comm: string) =>
      table.owner(record(tgid, tgid, { pid: 0, cgroupId, comm }), 0).instance;
    const nginx1 = hidden(10, 7, 'nginx');
    expect(hidden(11, 7, 'nginx')).toBe(nginx1);
    expect(hidden(12, 8, 'nginx')).not.toBe(nginx1);
    expect(hidden(13, 7, 'node')).not.toBe(nginx1);
  });

  test('survives its master', () => {
    tree.add(10, nginx);
    table.exec({ process: record(10), ...init, filename: '/usr/sbin/nginx' });
    table.fork({ process: record(11, 1001), ...childOf(10) });
    table.fork({ process: record(12, 1002), ...childOf(10) });
    tree.add(11, { ...nginx, ppid: 1, start: 1001 });
    tree.add(12, { ...nginx, ppid: 1, start: 1002 });
    const { instance } = table.owner(record(11, 1001), 1);
    table.exit({ tgid: 10, startTime: record(10).startTime, time: 2 });
    table.sweep(2 + GRACE_NS);
    expect(table.owner(record(12, 1002), 3 + GRACE_NS).instance).toBe(instance);
    expect(retired).toEqual([]);
    table.exit({ tgid: 11, startTime: record(11, 1001).startTime, time: 4 + GRACE_NS });
    table.exit({ tgid: 12, startTime: record(12, 1002).startTime, time: 4 + GRACE_NS });
    table.sweep(4 + 2 * GRACE_NS);
    expect(retired).toEqual([instance]);
  });

  test('of siblings whose parent ended before they were looked at', () => {
    tree.add(10, nginx);
    table.fork({ process: record(10), ...init });
    table.fork({ process: record(11, 1001), ...childOf(10) });
    table.fork({ process: record(12, 1002), ...childOf(10) });
    table.exit({ tgid: 10, startTime: record(10).startTime, time: 2 });
    tree.remove(10);
    tree.add(11, { ...nginx, start: 1001 });
    tree.add(12, { ...nginx, start: 1002 });
    const { instance } = table.owner(record(11, 1001), 3);
    expect(table.owner(record(12, 1002), 3).instance).toBe(instance);
    expect(attributesOf(instance)).toMatchObject({ 'process.pid': 11 });
  });

  test.each([
    ['/app/shop.js', '/app/shop.js', true],
    ['shop.js', '/app/shop.js', true],
    ['./lib/shop.js', '/app/lib/shop.js', true],
    ['.', '/app', true],
    ['hop.js', '/app/shop.js', false],
    ['-e', '/app/shop.js', false],
    ['/app/shop.js', '-e', true],
  ])('is shared by `node %s` and its child `node %s`: %p', (script, other, expected) => {
    tree.add(10, { exe: '/usr/bin/node', args: ['node', script] });
    tree.add(11, { exe: '/usr/bin/node', args: ['node', other], ppid: 10, start: 1001 });
    expect(table.owner(record(10), 0).instance === table.owner(record(11, 1001), 0).instance).toBe(expected);
  });

  test('is a cluster that executes the same script again', () => {
    const node = { comm: 'node', exe: '/usr/bin/node', args: ['node', '/app/shop.js'] };
    tree.add(10, node);
    table.exec({ process: record(10), ...init, filename: '/usr/bin/node' });
    table.fork({ process: record(11, 1001), ...childOf(10) });
    tree.add(11, { ...node, ppid: 10, start: 1001 });
    table.exec({ process: record(11, 1001), ...childOf(10), filename: '/usr/bin/node' });
    const { instance } = table.owner(record(11, 1001), 3);
    expect(table.owner(record(10), 3).instance).toBe(instance);
    expect(instance.serviceName).toBe('shop');
  });

  test.each([
    ['another executable', { exe: '/usr/sbin/nginx2' }],
    ['another cgroup', { cgroup: '0::/other\n' }],
    ['another service name', { env: { OTEL_SERVICE_NAME: 'b' } }],
    ['another script', { args: ['node', 'worker.js'] }],
  ])('is not shared with a child that has %s', (_, difference) => {
    const parent = { comm: 'node', exe: '/usr/bin/node', args: ['node', 'a.js'], env: { OTEL_SERVICE_NAME: 'a' } };
    tree.add(10, parent);
    tree.add(11, { ...parent, ppid: 10, start: 1001, ...difference });
    expect(table.owner(record(11, 1001), 0).instance).not.toBe(table.owner(record(10), 0).instance);
  });

  test.each([
    ['executing itself again', { exe: '/usr/sbin/nginx', comm: 'nginx' }],
    ['replaced on disk', { exe: '/usr/sbin/nginx (deleted)', comm: 'nginx' }],
  ])('stays when its process is %s', (_, after) => {
    tree.add(10, nginx);
    const process = table.owner(record(10), 0);
    const { instance } = process;
    tree.add(10, after);
    table.exec({ process: record(10), ...init, filename: '/usr/sbin/nginx' });
    expect(process.instance).toBe(instance);
    expect(retired).toEqual([]);
  });

  test('is described as it was, though its first process executes something else', () => {
    tree.add(10, { exe: '/usr/bin/first' });
    table.exec({ process: record(10), ...init, filename: '/usr/bin/first' });
    table.fork({ process: record(11, 1001), ...childOf(10) });
    tree.add(10, { exe: '/usr/bin/second' });
    table.exec({ process: record(10), ...init, filename: '/usr/bin/second' });
    expect(table.owner(record(11, 1001), 3).instance.serviceName).toBe('first');
    expect(table.owner(record(10), 3).instance.serviceName).toBe('second');
  });

  test('has a parent whose pid is another process by now for itself', () => {
    tree.add(10, { ...nginx, start: 5000 });
    tree.add(11, { ...nginx, ppid: 10, start: 1001 });
    expect(attributesOf(table.owner(record(11, 1001), 0).instance)).toMatchObject({ 'process.pid': 11 });
  });

  test('that nobody used ends without a call', () => {
    tree.add(10, nginx);
    table.exec({ process: record(10), ...init, filename: '/usr/sbin/nginx' });
    table.exit({ tgid: 10, startTime: record(10).startTime, time: 1 });
    table.sweep(1 + GRACE_NS);
    expect(table.counters).toMatchObject({ instances: 1, retired: 0 });
  });
});

describe('bounds', () => {
  test('the dead go first, then the unused, then the oldest', () => {
    table = newTable(16);
    for (let pid = 100; pid < 116; pid++) tree.add(pid, { exe: `/usr/bin/p${pid}`, ppid: 0 });
    for (let pid = 100; pid < 116; pid++) {
      const process = table.owner(record(pid), 0);
      if (pid !== 105) void process.instance;
    }
    table.exit({ tgid: 110, startTime: record(110).startTime, time: 1 });
    tree.add(200, { ppid: 0 });
    table.owner(record(200), 2);
    expect(table.counters.evicted).toBe(2);
    expect(table.size).toBe(15);
    expect(retired.map((one) => one.serviceName)).toEqual(['p110']);
  });

  test('hold for any sequence of records, and every used instance retires once', () => {
    const step = fc.tuple(fc.constantFrom('exec', 'fork', 'exit', 'owner', 'sweep'), fc.nat(60), fc.nat(60));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        retired = [];
        table = newTable(32);
        const used = new Set<ServiceInstance>();
        let now = 0;
        const of = (tgid: number) => record(tgid, 1000 + tgid, { pid: 0, comm: `c${tgid % 3}`, cgroupId: tgid % 2 });
        for (const [what, a, b] of steps) {
          now += 1e8;
          const parent = { parentTgid: b, parentStartTime: of(b).startTime };
          if (what === 'exec') table.exec({ process: of(a), ...parent, filename: `/bin/${a % 4}` });
          else if (what === 'fork') table.fork({ process: of(a), ...parent });
          else if (what === 'exit') table.exit({ tgid: a, startTime: of(a).startTime, time: now });
          else if (what === 'owner') used.add(table.owner(of(a), now).instance);
          else table.sweep(now);
          expect(table.size).toBeLessThanOrEqual(32);
        }
        for (let tgid = 0; tgid <= 60; tgid++) table.exit({ tgid, startTime: of(tgid).startTime, time: now });
        table.sweep(now + 2 * GRACE_NS);
        expect(table.size).toBe(0);
        expect(new Set(retired)).toEqual(used);
        expect(retired.length).toBe(used.size);
      }),
      { numRuns: 200 },
    );
  });

  test('a circle of parents ends', () => {
    tree.add(10, { ppid: 11 });
    tree.add(11, { ppid: 10 });
    expect(table.owner(record(10), 0).instance.serviceName).toBe('app');
  });
});

test('in a PID namespace of its own, processes known from /proc are adopted by pid', () => {
  tree.close();
  tree = new ProcTree(4026532000);
  table = newTable();
  const nginx = { comm: 'nginx', exe: '/usr/sbin/nginx' };
  tree.add(10, nginx);
  tree.add(11, { ...nginx, ppid: 10, start: 1001 });
  const { instance } = table.owner(record(5011, 1001, { pid: 11 }), 0);
  const master = table.owner(record(5010, 1000, { pid: 10 }), 0);
  expect(master.instance).toBe(instance);
  expect(master.key).toBe('5010:1000');
  expect(attributesOf(instance)).toMatchObject({ 'process.pid': 10 });
});
