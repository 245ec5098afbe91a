import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { OtlpSink, ok, status } from '../support/otlp_sink.ts';
import { freePort } from '../support/ports.ts';
import { bundle } from '../support/program.ts';
import { until } from '../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'sonde-lifecycle-'));
const file = join(folder, 'config.yaml');
const READY = 'Everything is ready.';
let program = '';
let port = 0;
let sink: OtlpSink;
let url = '';
const started: ChildProcess[] = [];

beforeAll(async () => {
  program = await bundle(folder);
});
beforeEach(async () => {
  sink = new OtlpSink();
  url = await sink.listen();
  port = await freePort();
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await sink.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function listen(wanted: number): Promise<Server> {
  const server = createServer().listen(wanted, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return server;
}

const configuration = (exporter = 'otlp_http', extra = ''): string => `
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:${port}"}}}}
exporters: {${exporter}: {endpoint: "${url}", compression: none, retry_on_failure: {initial_interval: 30s}}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], exporters: [${exporter}]}}
${extra}`;

interface Running {
  readonly child: ChildProcess;
  readonly stderr: () => string;
  readonly exit: Promise<{ readonly code: number | null; readonly ms: number }>;
}

/** `ms` of the exit: since the first signal that `stop` sent. */
function run(text: string, ...args: string[]): Running {
  writeFileSync(file, text);
  const child = spawn(process.execPath, [program, '--config', file, ...args]);
  started.push(child);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const exit = new Promise<{ code: number | null; ms: number }>((done) =>
    child.on('close', (code) => done({ code, ms: performance.now() - stopped })),
  );
  return { child, stderr: () => stderr, exit };
}

let stopped = 0;
function stop({ child }: Running, signal: NodeJS.Signals = 'SIGTERM'): void {
  stopped = performance.now();
  child.kill(signal);
}

async function ready(text: string, ...args: string[]): Promise<Running> {
  const running = run(text, ...args);
  await until(() => running.stderr().includes(READY), 'ready');
  return running;
}

async function send(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const spans = [{ traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', name: `n-${i}` }];
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`http://127.0.0.1:${port}/v1/traces`, { method: 'POST', headers, body });
    expect(response.status).toBe(200);
  }
}

describe('SIGTERM', () => {
  test('an upstream that refuses is asked again, then given up after a third of the time', async () => {
    sink.answers = [status(503)];
    const running = await ready(configuration(), '--shutdown-timeout=15s');
    await send(30);
    await until(() => sink.received.length > 0, 'an attempt');
    stop(running);
    const { code, ms } = await running.exit;
    expect(code).toBe(0);
    expect(ms).toBeGreaterThan(4900);
    expect(ms).toBeLessThan(14_500);
    expect(running.stderr()).toMatch(/the upstream did not take: it is lost\t.*"dropped_items": ?30/);
  });

  test('an upstream that comes back in time gets everything, whatever wait was under way', async () => {
    sink.answers = [status(503)];
    const running = await ready(configuration(), '--shutdown-timeout=30s');
    await send(30);
    await until(() => sink.received.length > 0, 'an attempt');
    stop(running);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    sink.answers = [ok];
    const before = sink.received.length;
    expect((await running.exit).code).toBe(0);
    expect(sink.received.length - before).toBeGreaterThanOrEqual(30);
    expect(running.stderr()).not.toContain('it is lost');
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('a second signal (%s) ends the process at once, with 1', async (second) => {
    sink.answers = [status(503)];
    const running = await ready(configuration(), '--shutdown-timeout=60s');
    await send(3);
    stop(running);
    await until(() => running.stderr().includes('Starting shutdown'), 'the shutdown');
    stop(running, second);
    const { code, ms } = await running.exit;
    expect(code).toBe(1);
    // Long before it would have given up.
    expect(ms).toBeLessThan(15_000);
  });

  test('while it starts: it ends cleanly', async () => {
    const running = run(configuration());
    await until(() => running.stderr().includes('Starting sonde'), 'the start');
    stop(running);
    expect((await running.exit).code).toBe(0);
    expect(running.stderr()).toContain('Shutdown complete.');
  });

  test('while it reloads: the reload ends first, and everything is delivered', async () => {
    const running = await ready(configuration());
    await send(5);
    writeFileSync(file, configuration('otlp_http/2'));
    running.child.kill('SIGHUP');
    stop(running);
    expect((await running.exit).code).toBe(0);
    expect(running.stderr()).not.toContain('it is lost');
    expect(sink.received.length).toBeGreaterThanOrEqual(1);
  });

  test('own telemetry that does not start does not undo the pipelines', async () => {
    const running = await ready(configuration());
    const exporter = '{otlp: {endpoint: "https://localhost:1", certificate: /nope.pem}}';
    const traces = `telemetry: {traces: {processors: [{simple: {exporter: ${exporter}}}]}, `;
    writeFileSync(file, configuration('otlp_http/new').replace('telemetry: {', traces));
    running.child.kill('SIGHUP');
    await until(() => running.stderr().includes('Config reloaded'), 'the reload');
    expect(running.stderr()).toMatch(/own telemetry could not be changed.*nope\.pem/);
    await send(1);
    await until(() => sink.received.length > 0, 'the span');
    stop(running);
    expect((await running.exit).code).toBe(0);
  });
});

describe('SIGHUP', () => {
  test('while it starts: it reloads when it runs', async () => {
    const running = run(configuration());
    await until(() => running.stderr().includes('Starting sonde'), 'the start');
    running.child.kill('SIGHUP');
    await until(() => running.stderr().includes('Config reloaded'), 'the reload');
    stop(running);
    expect((await running.exit).code).toBe(0);
  });

  test('those that come during a reload are one more, which sees the newest file', async () => {
    const running = await ready(configuration());
    const signals = 20;
    for (let i = 0; i < signals; i++) running.child.kill('SIGHUP');
    writeFileSync(file, configuration('otlp_http/last'));
    running.child.kill('SIGHUP');
    await until(() => running.stderr().includes('otlp_http/last'), 'the newest');
    await send(3);
    stop(running);
    expect((await running.exit).code).toBe(0);
    expect(running.stderr().split('Config reloaded').length - 1).toBeLessThan(signals);
    expect(sink.received.length).toBeGreaterThanOrEqual(1);
  });
});

test('a ConfigMap is swapped: ..data points to a new directory', async () => {
  const mount = join(folder, 'mount');
  const put = (version: string, text: string): void => {
    mkdirSync(join(mount, version), { recursive: true });
    writeFileSync(join(mount, version, 'config.yaml'), text);
    symlinkSync(version, join(mount, '..data_tmp'));
    renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
  };
  put('..2026_1', configuration());
  symlinkSync(join('..data', 'config.yaml'), join(mount, 'config.yaml'));
  const running = await ready(configuration(), '--config', join(mount, 'config.yaml'));
  for (const version of ['..2026_2', '..2026_3']) {
    const before = running.stderr().split('Config reloaded').length;
    put(version, configuration(`otlp_http/${version.slice(-1)}`));
    rmSync(join(mount, `..2026_${Number(version.slice(-1)) - 1}`), { recursive: true });
    await until(() => running.stderr().split('Config reloaded').length > before, `the reload of ${version}`);
  }
  await send(4);
  stop(running);
  expect((await running.exit).code).toBe(0);
  expect(running.stderr()).toContain('otlp_http/3');
  expect(sink.received.length).toBeGreaterThanOrEqual(1);
});

test('an exporter that a reload removes sends what it can, and says what is lost', async () => {
  sink.answers = [status(503)];
  const running = await ready(configuration());
  await send(7);
  const other = configuration('debug').replace(/\{debug: .*\}\n/, '{debug: }\n');
  writeFileSync(file, other);
  running.child.kill('SIGHUP');
  const told = /otlp_http\tStopped with data that the upstream did not take.*"dropped_items": ?7/;
  await until(() => told.test(running.stderr()), 'what is lost');
  stop(running);
  expect((await running.exit).code).toBe(0);
});

test('a port that is taken ends the start with 1', async () => {
  const taken = await listen(port);
  const running = run(configuration());
  expect((await running.exit).code).toBe(1);
  expect(running.stderr()).toMatch(
    /Error: .*:\d+:\d+: receivers::otlp: cannot start pipelines: failed to start "otlp" receiver: listen tcp .*: address already in use/,
  );
  await new Promise((resolve) => taken.close(resolve));
});
