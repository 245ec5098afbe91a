// OTLP in, OTLP out, gzip both ways, nothing in between: Sonde beside the reference Collector in one run.
//   SONDE_OTELCOL=path node bench/passthrough.mjs [seconds] [rounds] [http|grpc]
// By HTTP, wrk posts a ready body of 100 spans and nginx takes them; by gRPC, h2load (package nghttp2-client) and lib/grpc_sink.ts.
// Both are kept on CPU 1, what is measured runs where it likes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;
const [seconds = 5, rounds = 2] = process.argv.slice(2, 4).map(Number);
const protocol = process.argv[4] ?? 'http';
const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const SPANS = 100;
const directory = mkdtempSync(join(tmpdir(), 'sonde-passthrough-'));
const PORTS = { sink: 14_618, slow: 14_617, down: 14_616 };
const children = [];
const logs = [];

const bundle = (options) =>
  build({
    ...{ bundle: true, platform: 'node', format: 'esm', logLevel: 'error' },
    ...{ define: { SONDE_VERSION: '"bench"' }, ...options },
  });

/** 100 HTTP server spans as the tap writes them. */
async function body() {
  const outfile = join(directory, 'body.mjs');
  const contents = `
    import { createSpanWriter } from './src/tap/span_writer.ts';
    import { AttributeKey } from './src/wire/attribute.ts';
    import { instance, operation, spanContext } from './test/support/operations.ts';
    const writer = createSpanWriter({ version: '1', schemaUrl: '' });
    for (let i = 0; i < ${SPANS}; i++) {
      const values = {
        'http.request.method': 'GET', 'url.path': '/users/' + (i * 7919) % 100003 + '/orders', 'url.scheme': 'http',
        'http.route': '/users/{id}/orders', 'http.response.status_code': 200, 'server.address': 'shop.example.com',
        'server.port': 8080, 'client.address': '10.0.0.' + (i % 250), 'client.port': 30000 + ((i * 7907) % 20000),
        'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', 'http.response.body.size': i * 31,
      };
      const id = (length) => Uint8Array.from({ length }, (_, at) => (Math.imul(i * 31 + at + 1, 2654435761) >>> 13) & 255);
      writer.add(instance(1), operation({
        attributes: Object.entries(values).flatMap(([name, value]) => [AttributeKey.of(name), value]),
      }), spanContext({ traceId: id(16), spanId: id(8), parentSpanId: id(8) }), [400_000_000, i]);
    }
    const into = new Uint8Array(256 * 1024);
    export const bytes = into.slice(0, writer.flush(into));`;
  await bundle({ stdin: { contents, resolveDir: root, loader: 'ts' }, outfile });
  return (await import(pathToFileURL(outfile).href)).bytes;
}

function start(program, args, log) {
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', log === undefined ? 'ignore' : openSync(log, 'w')],
  });
  children.push(child);
  return child;
}

/** Sonde or the Collector, which say on stderr what failed. */
function startSystem(program, path) {
  const log = `${path}.log`;
  logs.push(log);
  return start(program, ['--config', path], log);
}

function config(port, sink, queue) {
  const path = join(directory, `${port}.yaml`);
  writeFileSync(
    path,
    `receivers:
  otlp: {protocols: {${protocol}: {endpoint: 127.0.0.1:${port}}}}
exporters:
  otlp_${protocol}: {endpoint: http://127.0.0.1:${sink}, tls: {insecure: true}, compression: gzip, sending_queue: ${queue}}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], exporters: [otlp_${protocol}]}
`,
  );
  return path;
}

async function listening(port) {
  for (let i = 0; i < 200; i++) {
    const socket = connect(port, '127.0.0.1');
    const open = await once(socket, 'connect').catch(() => undefined);
    socket.destroy();
    if (open !== undefined) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on ${port}`);
}

/** Run time of all threads, seconds: first field of schedstat, ns. */
function cpuSeconds(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  return (
    threads.reduce(
      (sum, tid) => sum + Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0]),
      0,
    ) / 1e9
  );
}

const status = (pid, key) =>
  Number(new RegExp(`${key}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** With `delay`, each connection waits so many ms between requests. Resolves to the requests that were taken. */
const load = protocol === 'grpc' ? loadByGrpc : loadByHttp;

async function loadByGrpc(port, connections, delay, time) {
  const headers = ['content-type: application/grpc', 'te: trailers', 'grpc-encoding: gzip'].flatMap((each) => [
    '-H',
    each,
  ]);
  const rate = delay > 0 ? [`--rps=${Math.round(1000 / (delay + 1))}`] : [];
  const load = [`-c${connections}`, '-m1', `-D${time}`, ...rate, '-d', join(directory, 'body.grpc'), ...headers];
  const output = await outputOf('taskset', ['-c', '1', 'h2load', ...load, `http://127.0.0.1:${port}${METHOD}`]);
  return Number(/status codes: (\d+) 2xx/.exec(output)?.[1]);
}

async function outputOf(program, args) {
  const child = spawn(program, args);
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  await once(child, 'close');
  return output;
}

/** wrk. */
async function loadByHttp(port, connections, delay, time) {
  const script = join(directory, `${port}-${delay}.lua`);
  writeFileSync(
    script,
    `local file = io.open("${directory}/body.gz", "rb")
wrk.method = "POST"
wrk.path = "/v1/traces"
wrk.body = file:read("*a")
wrk.headers["Content-Type"] = "application/x-protobuf"
wrk.headers["Content-Encoding"] = "gzip"
file:close()
${delay > 0 ? `function delay() return ${delay} end` : ''}`,
  );
  const load = ['-t1', `-c${connections}`, `-d${time}s`, '-s', script, `http://127.0.0.1:${port}`];
  const output = await outputOf('taskset', ['-c', '1', 'wrk', ...load]);
  const requests = Number(/(\d+) requests in/.exec(output)?.[1]);
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? 0);
  return requests - refused;
}

async function measure(child, port, connections, delay) {
  await load(port, connections, delay, 1);
  await sleep(300);
  const before = cpuSeconds(child.pid);
  const taken = await load(port, connections, delay, seconds);
  // What was acknowledged is on its way out: its cost counts as well.
  for (let last = -1, now = 0; now - last > 0.01; ) {
    last = cpuSeconds(child.pid);
    await sleep(500);
    now = cpuSeconds(child.pid);
  }
  const cpu = cpuSeconds(child.pid) - before;
  return {
    perSecond: Math.round((taken * SPANS) / seconds),
    core: cpu / seconds,
    perCpuSecond: (taken * SPANS) / cpu / 1000,
    rss: status(child.pid, 'VmRSS'),
    peak: status(child.pid, 'VmHWM'),
  };
}

const otelcol = process.env.SONDE_OTELCOL;

/** Both, listening on `port` and the one after it. */
async function startSystems(port, sink, queue) {
  const systems = { Sonde: [startSystem(join(root, 'bin/sonde'), config(port, sink, queue)), port] };
  if (otelcol !== undefined && existsSync(otelcol)) {
    systems.Collector = [startSystem(otelcol, config(port + 1, sink, queue)), port + 1];
  } else console.log('SONDE_OTELCOL names no Collector: Sonde alone');
  for (const [, each] of Object.values(systems)) await listening(each);
  return systems;
}

/** Takes half a second for each request. */
async function startSlowUpstream() {
  if (protocol === 'grpc') return startGrpcSink(PORTS.slow, 500);
  const server = createServer((request, response) => {
    request.on('end', () => {
      setTimeout(() => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(), 500);
    });
    request.resume();
  });
  server.listen(PORTS.slow, '127.0.0.1').unref();
}

/** With the default queue, in which waits what the upstream does not take. */
async function measureMemory() {
  await startSlowUpstream();
  for (const [what, sink, senders] of [
    ['idle', PORTS.slow, 0],
    ['upstream slow', PORTS.slow, 8],
    ['upstream down', PORTS.down, 8],
  ]) {
    const systems = await startSystems(14_622, sink, '{}');
    for (const [name, [child, port]] of Object.entries(systems)) {
      const taken = senders > 0 ? await load(port, senders, 0, seconds) : await sleep(3000, 0);
      const [rss, peak] = ['VmRSS', 'VmHWM'].map((key) => status(child.pid, key).toFixed(0));
      console.log(`${what.padEnd(14)} ${name.padEnd(10)} RSS ${rss} MiB, peak ${peak}; answered ${taken} requests`);
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
}

async function startGrpcSink(port, delay) {
  const outfile = join(directory, 'grpc_sink.mjs');
  await bundle({ entryPoints: [join(root, 'bench/lib/grpc_sink.ts')], outfile });
  start('taskset', ['-c', '1', 'node', outfile, String(port), String(delay)]);
}

function startHttpSink() {
  mkdirSync(join(directory, 'nginx'));
  writeFileSync(
    join(directory, 'nginx.conf'),
    `worker_processes 1; daemon off; pid ${directory}/nginx/pid; error_log /dev/null;
events {}
http { access_log off; client_body_temp_path ${directory}/nginx; client_body_buffer_size 1m; client_max_body_size 64m;
  keepalive_requests 100000000; default_type application/x-protobuf;
  server { listen 127.0.0.1:${PORTS.sink} backlog=1024; location / { return 200; } } }`,
  );
  start('taskset', ['-c', '1', 'nginx', '-c', join(directory, 'nginx.conf'), '-p', directory]);
}

/** An upstream that refuses makes another benchmark of this one. */
function checkLogs() {
  for (const path of logs) {
    const refused = /^.*Dropping data.*$/m.exec(readFileSync(path, 'utf8'));
    if (refused !== null) throw new Error(`the upstream did not take everything: ${refused[0]}`);
  }
}

try {
  const bytes = await body();
  const zipped = gzipSync(bytes, { level: 6 });
  writeFileSync(join(directory, 'body.gz'), zipped);
  const prefix = Buffer.from([1, 0, 0, 0, 0]);
  prefix.writeUInt32BE(zipped.length, 1);
  writeFileSync(join(directory, 'body.grpc'), Buffer.concat([prefix, zipped]));
  console.log(`${SPANS} spans: ${bytes.length} bytes, ${zipped.length} compressed`);
  if (protocol === 'grpc') await startGrpcSink(PORTS.sink, 0);
  else startHttpSink();
  await listening(PORTS.sink);
  const systems = await startSystems(14_620, PORTS.sink, '{block_on_overflow: true}');
  console.log(
    'load'.padEnd(12),
    'system'.padEnd(10),
    'spans/s'.padStart(9),
    'core'.padStart(6),
    'k spans/CPU s'.padStart(14),
    'RSS MiB'.padStart(8),
    'peak'.padStart(6),
  );
  for (let round = 0; round < rounds; round++) {
    for (const [what, connections, delay] of [
      ['10 000/s', 4, 39],
      ['one sender', 1, 0],
      ['8 senders', 8, 0],
    ]) {
      for (const [name, [child, port]] of Object.entries(systems)) {
        const result = await measure(child, port, connections, delay);
        console.log(
          what.padEnd(12),
          name.padEnd(10),
          String(result.perSecond).padStart(9),
          `${(result.core * 100).toFixed(0)} %`.padStart(6),
          result.perCpuSecond.toFixed(0).padStart(14),
          result.rss.toFixed(0).padStart(8),
          result.peak.toFixed(0).padStart(6),
        );
      }
    }
  }
  checkLogs();
  await measureMemory();
} finally {
  for (const child of children) child.kill('SIGTERM');
  await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
  rmSync(directory, { recursive: true, force: true });
}
