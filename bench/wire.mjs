// What messages cost in the decoders, up to the finished operation. A message is a request or a response; of TLS, what one end
// sends in a handshake.   usage: npm run bench -- wire, or: node bench/wire.mjs [ms per row] [rows, a pattern]
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { inRoot, root } from '../scripts/lib/root.mjs';
import { databaseWorkloads } from './lib/database_messages.mjs';
import { http1Workloads, http2Workloads } from './lib/http_messages.mjs';

const ROUNDS = 5;
const milliseconds = Number(process.argv[2] ?? 300);
const wanted = new RegExp(process.argv[3] ?? '');
// Allocations are measured where no collection comes between.
const flags = ['--expose-gc', '--max-semi-space-size=64', '--min-semi-space-size=64'];
if (globalThis.gc === undefined) {
  const child = fork(process.argv[1], process.argv.slice(2), { execArgv: flags });
  process.exit(await new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1))));
}

async function imported() {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-wire-'));
  const outfile = join(directory, 'wire.mjs');
  const files = ['src/wire/decoders.ts', 'test/wire/http2_bytes.ts', 'test/wire/hpack_encoder.ts'];
  const contents = files.map((file) => `export * from './${file}';`).join('\n');
  await build({ stdin: { contents, resolveDir: root }, bundle: true, platform: 'node', format: 'esm', outfile });
  const module = await import(pathToFileURL(outfile).href);
  rmSync(directory, { recursive: true });
  return module;
}

const wire = await imported();
const http = { routes: [], maxRoutes: 100, headers: { request: [], response: [] }, query: 'scrub' };
const decoders = wire.createDecoders({ http, db: { query: 'obfuscate' } });
const decoderOf = (name) => decoders.find((one) => one.name === name);

/** `run(count)` with its messages per count: medians of CPU ns and of bytes allocated, for each message. */
function measure(run, messages) {
  const timed = (count) => {
    const before = process.cpuUsage();
    run(count);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
  const all = Array.from({ length: ROUNDS }, () => 0);
  timed(20_000 / messages);
  const count = Math.max(
    1,
    Math.round((milliseconds * 1000) / ROUNDS / (timed(20_000 / messages) / (20_000 / messages))),
  );
  const ns = median(all.map(() => (timed(count) * 1000) / count / messages));
  const once = Math.ceil(2000 / messages);
  const bytes = median(
    all.map(() => {
      globalThis.gc();
      const { heapUsed } = process.memoryUsage();
      run(once);
      return (process.memoryUsage().heapUsed - heapUsed) / once / messages;
    }),
  );
  return { 'messages/s': Math.round(1e9 / ns), 'ns/message': Math.round(ns), 'bytes/message': Math.round(bytes) };
}

const endpoint = (address, port) => ({ address, port });
const contextOf = (kind) => ({
  kind,
  transport: 'tcp',
  networkType: 'ipv4',
  local: endpoint('10.0.0.1', 8080),
  remote: endpoint('10.0.0.2', 40000),
  joined: false,
  secure: false,
});

function exchanges(decoder, kind, { requests, response, open = [], exchanges: each = 1, number }) {
  let told = 0;
  const session = decoder.open(contextOf(kind), {
    operation() {
      told++;
    },
    reject(reason) {
      throw new Error(reason);
    },
  });
  // As CLOCK_MONOTONIC is: too large for a small integer.
  let time = 1e14;
  const show = (side, bytes) => {
    time += 1000;
    if (session.data(side, bytes, 0, bytes.length, time, true, true) !== bytes.length) throw new Error('not taken');
  };
  for (const [side, bytes] of open) show(side, bytes);
  const run = (count) => {
    const expected = told + Math.ceil(count) * each;
    for (let at = 0; at < count; at++) {
      number?.();
      show(0, requests[at % requests.length]);
      show(1, response);
    }
    if (told !== expected) throw new Error(`${decoder.name}: ${told - expected} operations too many`);
  };
  return measure(run, 2 * each);
}

function handshakes(name) {
  const decoder = decoderOf('tls');
  const { connections } = JSON.parse(readFileSync(inRoot('test', 'fixtures', 'tls', `${name}.json`), 'utf8'));
  const steps = connections[0].map(([side, text]) => [side === 'client' ? 0 : 1, Buffer.from(text, 'latin1')]);
  const sink = { operation() {}, reject: (reason) => console.error(reason) };
  const handshake = () => {
    const session = decoder.open(contextOf('server'), sink);
    for (const [side, bytes] of steps) session.data(side, bytes, 0, bytes.length, 1, true, true);
    return session;
  };
  if (handshake().tls?.established !== true) throw new Error(`${name} is not established`);
  const run = (count) => {
    for (let at = 0; at < count; at++) handshake();
  };
  return measure(run, steps.length);
}

const { http2, grpc } = http2Workloads(wire);
const workloads = { http1: http1Workloads, http2, grpc, ...databaseWorkloads };
const rows = {};
const row = (name, make) => {
  if (wanted.test(name)) rows[name] = make();
};
for (const [name, group] of Object.entries(workloads)) {
  const decoder = decoderOf(name === 'grpc' ? 'http2' : name);
  for (const [what, workload] of Object.entries(group)) {
    for (const kind of ['server', 'client']) {
      row(`${name} ${kind}, ${what}`, () => exchanges(decoder, kind, workload));
    }
  }
}
for (const name of ['tls12', 'tls13']) row(`${name}, handshake`, () => handshakes(name));
console.table(rows);
process.exit();
