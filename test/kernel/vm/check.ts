/**
 * Runs in a throw-away VM, for scripts/test-kernels.sh: loads, attaches, and compares what the tap saw of an HTTP exchange
 * and of a Unix socket with what was sent. Prints one JSON object; the exit status is 0 if everything is right.
 * `no-loop`: the programs were compiled as if there was no bpf_loop; `linux-5.10`: with linux_5_10.h.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { openKernelTap } from '../../../src/kernel/tap.ts';
import type { ConnRecord, RecordHandler } from '../../../src/kernel/types.ts';

const request = 'GET /some/path?x=1 HTTP/1.1\r\nHost: vm\r\nConnection: close\r\n\r\n';
const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const exchange = `
import socket, threading, sys
request, answer = ${JSON.stringify(request)}.encode(), ${JSON.stringify(answer)}.encode()
def serve(listener):
    a, _ = listener.accept(); a.recv(9999); a.sendmsg([answer[i:i+1] for i in range(len(answer))]); a.close()
def run(family, address):
    s = socket.socket(family); s.bind(address); s.listen()
    t = threading.Thread(target=serve, args=(s,)); t.start()
    c = socket.socket(family); c.connect(address); c.sendall(request)
    while c.recv(9999): pass
    c.close(); t.join()
run(socket.AF_INET, ('127.0.0.1', 8080)); run(socket.AF_INET6, ('::1', 8080)); run(socket.AF_UNIX, '/tmp/sonde-check')
`;

const problems: string[] = [];
function check(what: string, ok: boolean): void {
  if (!ok) {
    problems.push(what);
  }
}

const variant = process.argv[2] ?? '';
const [major = 0, minor = 0] = release().split('.').map(Number);
const since = (first: number, second: number): boolean => major > first || (major === first && minor >= second);
/** Of an operation in more pieces the rest is a gap: that of the answer, of a byte each. */
const piecesSeen = variant === '' && since(5, 17) ? answer.length : 32;

const status = readFileSync('/proc/self/status', 'latin1');
const CAP_SYS_RESOURCE = 24n;
const held = BigInt(`0x${/CapEff:\s*(\w+)/.exec(status)?.[1] ?? '0'}`);
const chargesMaps = !since(5, 11);
check('runs without CAP_SYS_RESOURCE', chargesMaps || ((held >> CAP_SYS_RESOURCE) & 1n) === 0n);
const memlock = () => /Max locked memory\s+(\d+)\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
check('runs with a small memlock limit', chargesMaps || Number(memlock()) <= 64 * 1024);

const started = performance.now();
const tap = openKernelTap({ scope: 'pod', ringBytes: 2 << 20, captureBytes: 16_384, budgetBytes: 1 << 20 });
const startMs = Math.round(performance.now() - started);

const conns = new Map<number, ConnRecord>();
const streams = new Map<string, string>();
const execs: string[] = [];
let ends = 0;
const nothing = () => {};
const handler: RecordHandler = {
  conn: (record) => conns.set(record.cookie, record),
  data({ cookie, direction, offset, captured, bytes, start }) {
    const key = `${conns.get(cookie)?.role}/${direction}/${conns.get(cookie)?.family}`;
    const text = Buffer.from(bytes.buffer, start, captured).toString('latin1');
    const before = streams.get(key) ?? '';
    check(`${key}: offset ${offset} follows ${before.length}`, offset === before.length);
    streams.set(key, before + text);
  },
  end: () => ends++,
  exec: ({ filename }) => execs.push(filename),
  fork: nothing,
  exit: nothing,
};

const ran = spawnSync('python3', ['-c', exchange], { encoding: 'utf8' });
check(`the exchange ran: ${ran.stderr}`, ran.status === 0);
tap.drain(handler, Number.MAX_SAFE_INTEGER);
for (const family of ['ipv4', 'ipv6', 'unix']) {
  for (const [key, text] of Object.entries({
    'client/0': request,
    'server/1': request,
    'client/1': answer,
  })) {
    const seen = streams.get(`${key}/${family}`);
    check(`${key}/${family}: ${JSON.stringify(seen)}`, seen === text);
  }
  const seen = streams.get(`server/0/${family}`) ?? '';
  check(`server/0/${family}: ${JSON.stringify(seen)}`, answer.startsWith(seen) && seen.length >= piecesSeen);
}
check(
  'exec records',
  execs.some((path) => path.endsWith('python3')),
);
check('end records', ends >= 4);
const counters = tap.counters();
check('the ledger is closed', counters.recorded + counters.counted + counters.dropped === counters.operations);
check('the memlock limit is as before', chargesMaps || Number(memlock()) <= 64 * 1024);

const expected = since(6, 3) ? 'tracepoint' : 'fexit';
check(`back end ${tap.backend}, expected ${expected}`, tap.backend === expected);
tap.close();

const result = {
  kernel: release(),
  backend: tap.backend,
  startMs,
  mapBytes: tap.mapBytes,
  hooks: tap.hooks,
  counters,
  problems,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
