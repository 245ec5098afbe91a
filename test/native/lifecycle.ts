/**
 * A process of its own that opens, uses, closes and abandons the tap in every order; under the address sanitizer too
 * (scripts/asan.sh). The first argument names the scenario; prints JSON.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { loadAddon, objectPath } from '../../src/kernel/addon_loader.ts';
import { openKernelTap } from '../../src/kernel/tap.ts';
import type { KernelTap, RecordHandler } from '../../src/kernel/types.ts';

const options = { scope: 'pod', ringBytes: 256 * 1024, captureBytes: 4096, budgetBytes: 1 << 20 } as const;

let checksum = 0;
const nothing = () => {};
const handler: RecordHandler = {
  conn: nothing,
  data({ captured, bytes, start }) {
    for (let i = 0; i < captured; i++) {
      checksum = (checksum + (bytes[start + i] ?? 0)) | 0;
    }
  },
  end: nothing,
  exec: nothing,
  fork: nothing,
  exit: nothing,
};

/** Descriptors and mappings of this process that belong to BPF. */
function held(): { descriptors: number; mappings: number } {
  let descriptors = 0;
  for (const fd of readdirSync('/proc/self/fdinfo')) {
    try {
      descriptors += /^(prog_id|map_id|link_id|btf_id):/m.test(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))
        ? 1
        : 0;
    } catch {
      // The descriptor of the directory itself.
    }
  }
  const mappings = readFileSync('/proc/self/maps', 'latin1')
    .split('\n')
    .filter((line) => line.includes('anon_inode:bpf')).length;
  return { descriptors, mappings };
}

const settle = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Loopback traffic in this network namespace, from another process: Sonde's own is not recorded. */
async function traffic(): Promise<() => void> {
  const { spawn } = await import('node:child_process');
  const child = spawn('python3', [
    '-c',
    `import socket, time
a, b = socket.socketpair()
end = time.time() + 60
while time.time() < end:
    for i in range(20): a.sendall(b'z' * 900); b.recv(900)
    time.sleep(0.001)`,
  ]);
  return () => child.kill('SIGKILL');
}

async function cycles(count: number): Promise<object> {
  const before = held();
  let rssEarly = 0;
  for (let i = 0; i < count; i++) {
    const tap = openKernelTap(options);
    tap.watch(nothing);
    execFileSync('/bin/true');
    tap.drain(handler, Number.MAX_SAFE_INTEGER);
    tap.counters();
    tap.close();
    tap.close();
    if (i === Math.floor(count / 5)) {
      rssEarly = process.memoryUsage().rss;
    }
    // Closing handles of libuv finish in the event loop.
    await settle(0);
  }
  await settle(50);
  return { before, after: held(), rssEarly, rssLate: process.memoryUsage().rss };
}

/** Program ids must be gone from the kernel, not only from this process. */
async function programsGone(): Promise<object> {
  const addon = loadAddon();
  const object = addon.open(objectPath('process'));
  object.load();
  object.attach('proc_exec');
  const ids = object.programs().map((program) => program.id);
  object.close();
  let left = ids;
  for (let attempt = 0; attempt < 50 && left.length > 0; attempt++) {
    await settle(20);
    const shown = JSON.parse(execFileSync('/usr/sbin/bpftool', ['-j', 'prog', 'show']).toString()) as { id: number }[];
    left = ids.filter((id) => shown.some((program) => program.id === id));
  }
  return { programs: ids.length, left: left.length };
}

/** Every second worker is ended in a loop that never returns to the event loop. */
async function terminate(count: number): Promise<object> {
  const stop = await traffic();
  let ready = 0;
  for (let i = 0; i < count; i++) {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { busy: i % 2 === 0 } });
    await new Promise((resolve) => worker.once('message', resolve));
    ready++;
    await settle(i % 7);
    await worker.terminate();
  }
  stop();
  await settle(50);
  return { ready, ...held() };
}

function workerMain(): void {
  const tap = openKernelTap(options);
  tap.watch(() => tap.drain(handler, 4096));
  parentPort?.postMessage('ready');
  if ((workerData as { busy: boolean }).busy) {
    for (;;) {
      tap.drain(handler, 4096);
    }
  }
  setInterval(() => tap.drain(handler, Number.MAX_SAFE_INTEGER), 1);
}

/** Objects without owners: the collector may free them in any order, but not what is still read. */
async function abandon(count: number): Promise<object> {
  const collect = (globalThis as { gc?: () => void }).gc ?? nothing;
  for (let i = 0; i < count; i++) {
    let views: ReturnType<typeof abandonOne> | undefined = abandonOne();
    collect();
    await settle(0);
    checksum += (views.bytes[70_000] ?? 0) + (views.policy[8] ?? 0);
    views = undefined;
  }
  for (let i = 0; i < 10; i++) {
    collect();
    await settle(5);
  }
  return held();
}

function abandonOne(): { bytes: Uint8Array; policy: Uint8Array } {
  const object = loadAddon().open(objectPath('socket'));
  object.setMaxEntries('ring', 65_536);
  for (const program of ['sendmsg_exit', 'recvmsg_exit', 'sendpage_exit']) {
    object.setAutoload(program, false);
  }
  object.load();
  const ring = object.map('ring').ring();
  ring.watch(nothing);
  return { bytes: new Uint8Array(ring.data), policy: new Uint8Array(object.map('policy').mmap()) };
}

/** Every use of what is closed, and every wrong argument, is an error and no crash. */
function misuse(): object {
  const addon = loadAddon();
  const failures: string[] = [];
  const attempt = (use: () => unknown) => {
    try {
      use();
      failures.push('none');
    } catch (error) {
      failures.push((error as { code?: string }).code ?? String(error));
    }
  };
  attempt(() => addon.open('/nonexistent'));
  const object = addon.open(objectPath('process'));
  attempt(() => object.map('ring'));
  attempt(() => object.setAutoload('nothing', true));
  object.load();
  attempt(() => object.load());
  attempt(() => object.map('nothing'));
  const counters = object.map('counters');
  attempt(() => counters.lookup(new Uint8Array(4), new Uint8Array(8)));
  attempt(() => counters.lookup(new Uint8Array(1), new Uint8Array(100_000)));
  attempt(() => counters.ring());
  const ring = object.map('ring').ring();
  attempt(() => ring.release(ring.acquire() + 8));
  attempt(() => ring.release(-1));
  attempt(() => ring.release(Number.NaN));
  const data = ring.data;
  object.close();
  object.close();
  attempt(() => ring.acquire());
  attempt(() => ring.watch(nothing));
  attempt(() => counters.info());
  attempt(() => object.programs());
  ring.close();
  return { failures, bytesLeft: data.byteLength };
}

/** A handler that throws loses its own record and nothing else. */
async function throwing(): Promise<object> {
  const tap: KernelTap = openKernelTap(options);
  for (let i = 0; i < 3; i++) {
    execFileSync('/bin/true');
  }
  let thrown = 0;
  let seen = 0;
  const exec = () => {
    seen++;
    throw new Error('handler');
  };
  for (let i = 0; i < 10; i++) {
    try {
      tap.drain({ ...handler, exec }, Number.MAX_SAFE_INTEGER);
    } catch {
      thrown++;
    }
  }
  tap.close();
  return { seen, thrown };
}

/** Ends without closing, the watch active and traffic coming in. */
async function exit(): Promise<object> {
  const tap = openKernelTap(options);
  tap.watch(() => tap.drain(handler, 64));
  const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address() as { port: number };
  connect(address.port, '127.0.0.1').write('x');
  new Worker(fileURLToPath(import.meta.url), { workerData: { busy: true } });
  await settle(300);
  process.stdout.write('{}\n');
  process.exit(0);
}

async function main(): Promise<void> {
  const [scenario = '', count = '10'] = process.argv.slice(2);
  const scenarios: Record<string, () => Promise<object> | object> = {
    cycles: () => cycles(Number(count)),
    programsGone,
    terminate: () => terminate(Number(count)),
    abandon: () => abandon(Number(count)),
    misuse,
    throwing,
    exit,
  };
  const result = await scenarios[scenario]?.();
  process.stdout.write(`${JSON.stringify({ ...result, checksum })}\n`);
}

if (isMainThread) {
  await main();
} else {
  workerMain();
}
