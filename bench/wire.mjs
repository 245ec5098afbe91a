// What a request and its response cost in the decoder, up to the finished operation: ns and bytes allocated per exchange.
//   node --expose-gc bench/wire.mjs [seconds]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { databaseWorkloads } from './lib/database_messages.mjs';

const root = new URL('..', import.meta.url).pathname;
const seconds = Number(process.argv[2] ?? 1);
const directory = mkdtempSync(join(tmpdir(), 'sonde-wire-'));
const outfile = join(directory, 'wire.mjs');
await build({
  entryPoints: [join(root, 'src/wire/decoders.ts')],
  bundle: true,
  platform: 'node',
  format: 'esm',
  outfile,
});
const { createDecoders } = await import(pathToFileURL(outfile).href);
rmSync(directory, { recursive: true });

const endpoint = (address, port) => ({ address, port });
const http = { routes: [], maxRoutes: 100, headers: { request: [], response: [] }, query: 'scrub' };

const request = (path, extra = '') =>
  Buffer.from(`GET ${path} HTTP/1.1\r\nHost: example.com:8080\r\nUser-Agent: wrk/4.1.0\r\nAccept: */*\r\n${extra}\r\n`);
const traced = 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n';
const httpResponse = Buffer.from(
  'HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 21 Nov 2026 11:00:00 GMT\r\nContent-Type: text/plain\r\n' +
    'Content-Length: 12\r\nConnection: keep-alive\r\n\r\nhello world\n',
);
const workloads = {
  'http1 same path': { requests: [request('/hello')], kind: 'server' },
  'http1 same path, client': { requests: [request('/hello')], kind: 'client' },
  'http1 query and traceparent': { requests: [request('/search?q=one&page=2', traced)], kind: 'server' },
  'http1 10 000 ids': {
    requests: Array.from({ length: 10_000 }, (_, id) => request(`/users/${id}/orders`)),
    kind: 'server',
  },
};

const decoders = createDecoders({ http, db: { query: 'obfuscate' } });
for (const [name, workload] of Object.entries({ ...workloads, ...databaseWorkloads })) {
  const { requests, kind = 'server', response = httpResponse, open = [], exchanges = 1 } = workload;
  const decoder = decoders.find((one) => one.name === (workload.decoder ?? 'http1'));
  let told = 0;
  const context = {
    kind,
    transport: 'tcp',
    networkType: 'ipv4',
    local: endpoint('10.0.0.1', 8080),
    remote: endpoint('10.0.0.2', 40000),
    joined: false,
    secure: false,
  };
  const session = decoder.open(context, {
    operation() {
      told++;
    },
    reject(reason) {
      throw new Error(reason);
    },
  });
  let time = 0;
  for (const [side, bytes] of open) session.data(side, bytes, 0, bytes.length, ++time, true, true);
  const exchange = (at) => {
    const bytes = requests[at % requests.length];
    time += 2000;
    session.data(0, bytes, 0, bytes.length, time, true, true);
    session.data(1, response, 0, response.length, time + 1000, true, true);
  };
  for (let at = 0; at < 50_000 / exchanges; at++) exchange(at);
  globalThis.gc?.();
  const count = 100_000;
  let best = Number.POSITIVE_INFINITY;
  let allocated = 0;
  const stop = performance.now() + seconds * 1000;
  do {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    // Too short for a collection of the young generation to hide what was allocated.
    for (let at = 0; at < 1000; at++) exchange(at);
    allocated = (process.memoryUsage().heapUsed - before) / 1000 / exchanges;
    const from = performance.now();
    for (let at = 0; at < count; at++) exchange(at);
    best = Math.min(best, ((performance.now() - from) * 1e6) / count / exchanges);
  } while (performance.now() < stop);
  if (told === 0) throw new Error('nothing told');
  const memory = globalThis.gc === undefined ? '' : `, ${allocated.toFixed(0)} bytes`;
  console.log(`${name.padEnd(30)} ${best.toFixed(0).padStart(6)} ns per exchange${memory}`);
}

// A TLS connection is read once: the hellos and the rest of the handshake, from opening the session to its last byte.
const tls = decoders.find((one) => one.name === 'tls');
for (const name of ['tls12', 'tls13']) {
  const { connections } = JSON.parse(readFileSync(join(root, `test/fixtures/tls/${name}.json`), 'utf8'));
  const steps = connections[0].map(([side, text]) => [side === 'client' ? 0 : 1, Buffer.from(text, 'latin1')]);
  const handshake = () => {
    const session = tls.open({ joined: false }, { reject: (reason) => console.error(reason) });
    for (const [side, bytes] of steps) session.data(side, bytes, 0, bytes.length, 1, true, true);
    return session;
  };
  if (handshake().tls?.established !== true) throw new Error(`${name} is not established`);
  const round = (count) => {
    const from = performance.now();
    for (let at = 0; at < count; at++) handshake();
    return ((performance.now() - from) * 1e6) / count;
  };
  round(20_000);
  const rounds = Array.from({ length: Math.ceil(seconds * 10) }, () => round(20_000));
  console.log(
    `${`${name} handshake`.padEnd(30)} ${Math.min(...rounds)
      .toFixed(0)
      .padStart(6)} ns per connection`,
  );
}
