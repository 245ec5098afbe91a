// Senders, Sonde and an upstream on loopback.
import { fork, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inRoot } from '../lib/root.mjs';
import { grpcSender, httpSender } from './senders.mjs';
import { traceRequest } from './spans.mjs';

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

export class World {
  directory = mkdtempSync(join(tmpdir(), 'sonde-soak-'));
  spans = 0;
  acknowledged = 0;
  received = 0;
  #senders = [];
  #sending = [];
  #stop = false;
  #stderr = '';

  /**
   * `queue`: YAML of the exporter's sending_queue. `record`: ids are kept, so that losses and duplicates can be told.
   * `compression`: of the exporter; senders send as it is.
   */
  static async start({ queue, persistent, record, exporter = 'otlp_http', compression = 'gzip', batch = true }) {
    const world = new World();
    world.protocol = exporter === 'otlp_grpc' ? 'grpc' : 'http';
    [world.port, world.grpcPort, world.upstreamPort] = [await freePort(), await freePort(), await freePort()];
    world.file = record ? join(world.directory, 'ids') : undefined;
    const storage = persistent ? `, storage: file_storage` : '';
    writeFileSync(
      join(world.directory, 'config.yaml'),
      `receivers:
  otlp: {protocols: {http: {endpoint: '127.0.0.1:${world.port}'}, grpc: {endpoint: '127.0.0.1:${world.grpcPort}'}}}
processors:
  batch: {timeout: 50ms}
exporters:
  ${exporter}:
    endpoint: http://127.0.0.1:${world.upstreamPort}
    compression: ${compression}
    tls: {insecure: true}
    timeout: 2s
    retry_on_failure: {initial_interval: 50ms, max_interval: 500ms, max_elapsed_time: 0}
    sending_queue: {${queue}${storage}}
extensions:
  file_storage: {directory: ${world.directory}/queue, create_directory: true}
service:
  extensions: [${persistent ? 'file_storage' : ''}]
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], processors: [${batch ? 'batch' : ''}], exporters: [${exporter}]}
`,
    );
    await world.startSink();
    return world;
  }

  startSonde() {
    const child = spawn(inRoot('bin/sonde'), ['--config', join(this.directory, 'config.yaml')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.on('data', (text) => {
      this.#stderr = (this.#stderr + text).slice(-20_000);
    });
    this.sonde = child;
  }

  async killSonde(signal = 'SIGKILL') {
    const { sonde } = this;
    if (sonde.exitCode !== null) throw new Error(`Sonde ended by itself:\n${this.#stderr}`);
    const gone = new Promise((done) => sonde.once('exit', done));
    sonde.kill(signal);
    await gone;
  }

  async startSink() {
    this.sink = fork(inRoot('scripts/soak/sink.mjs'), [
      this.protocol,
      String(this.upstreamPort),
      ...(this.file === undefined ? [] : [this.file]),
    ]);
    this.sink.once('exit', (code, signal) => {
      if (signal !== 'SIGKILL') throw new Error(`the upstream ended by itself: ${code ?? signal}`);
    });
    let before = 0;
    await new Promise((done) =>
      this.sink.on('message', ({ ready, spans }) => {
        if (ready) done();
        else {
          this.received += spans - before;
          before = spans;
        }
      }),
    );
  }

  async killSink() {
    const gone = new Promise((done) => this.sink.once('exit', done));
    this.sink.kill('SIGKILL');
    await gone;
  }

  /** By HTTP and gRPC in turns. Each sender has one request under way and sends it until it is acknowledged. */
  startSenders({ senders, spansPerRequest, limit = Number.POSITIVE_INFINITY, pauseMs = 0 }) {
    this.#senders = [httpSender(this.port), grpcSender(this.grpcPort)];
    const one = async (sender) => {
      while (!this.#stop && this.spans < limit) {
        const body = traceRequest(this.spans + 1, spansPerRequest);
        this.spans += spansPerRequest;
        while (!(await sender.post(body))) await sleep(20);
        this.acknowledged += spansPerRequest;
        if (pauseMs > 0) await sleep(pauseMs);
      }
    };
    this.#sending = Array.from({ length: senders }, (_, i) => one(this.#senders[i % this.#senders.length]));
  }

  async stopSenders() {
    this.#stop = true;
    await Promise.all(this.#sending);
  }

  async sent() {
    await Promise.all(this.#sending);
  }

  /** Waits until every id has come or `timeoutMs` is over. */
  async verdict(timeoutMs = 60_000) {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const { lost, duplicates } = this.#compare();
      if (lost === 0 || Date.now() > deadline) return { spans: this.spans, lost, duplicates };
      await sleep(200);
    }
  }

  #compare() {
    const bytes = existsSync(this.file) ? readFileSync(this.file) : Buffer.alloc(0);
    const seen = new Uint8Array(this.spans + 1);
    let distinct = 0;
    let total = 0;
    for (let at = 0; at + 8 <= bytes.length; at += 8) {
      const id = Number(bytes.readBigUInt64BE(at));
      total++;
      if (seen[id] === 0) distinct++;
      seen[id] = 1;
    }
    return { lost: this.spans - distinct, duplicates: total - distinct };
  }

  /** Resident memory of Sonde: bytes, and those of them that are no mapped files. */
  memory() {
    const status = readFileSync(`/proc/${this.sonde.pid}/status`, 'utf8');
    const of = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
    return { rss: of('VmRSS'), anonymous: of('RssAnon') };
  }

  cpuSeconds() {
    const fields = readFileSync(`/proc/${this.sonde.pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  get stderr() {
    return this.#stderr;
  }

  async close() {
    this.#stop = true;
    for (const sender of this.#senders) sender.close();
    for (const child of [this.sonde, this.sink]) {
      if (child !== undefined && child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    }
    await sleep(50);
    rmSync(this.directory, { recursive: true, force: true });
  }
}
