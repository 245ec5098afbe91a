import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Signal, signals } from '../../src/pdata/pdata.ts';
import { freePort } from './ports.ts';

const PATHS: Readonly<Record<Signal, string>> = {
  traces: '/v1/traces',
  metrics: '/v1/metrics',
  logs: '/v1/logs',
  profiles: '/v1development/profiles',
};

async function within<Result>(milliseconds: number, attempt: () => Promise<Result | undefined>): Promise<Result> {
  for (const end = Date.now() + milliseconds; Date.now() < end; ) {
    const result = await attempt().catch(() => undefined);
    if (result !== undefined) return result;
    await sleep(50);
  }
  throw new Error('the Collector did not answer in time');
}

/** A Collector on a free port that writes one file per signal. */
export class FileCollector {
  private readonly child: ChildProcess;
  private readonly directory: string;
  private readonly port: number;

  private constructor(child: ChildProcess, directory: string, port: number) {
    this.child = child;
    this.directory = directory;
    this.port = port;
  }

  static async start(binary: string): Promise<FileCollector> {
    const directory = mkdtempSync(join(tmpdir(), 'sonde-otelcol-'));
    const port = await freePort();
    const exporters = signals.map((s) => `  file/${s}: {path: ${directory}/${s}, flush_interval: 50ms}`);
    const pipelines = signals.map((s) => `    ${s}: {receivers: [otlp], exporters: [file/${s}]}`);
    const config = [
      'receivers:',
      `  otlp: {protocols: {http: {endpoint: '127.0.0.1:${port}'}}}`,
      'exporters:',
      ...exporters,
      'service:',
      '  telemetry: {metrics: {level: none}}',
      '  pipelines:',
      ...pipelines,
    ];
    writeFileSync(join(directory, 'config.yaml'), config.join('\n'));
    const args = ['--config', join(directory, 'config.yaml'), '--feature-gates=service.profilesSupport'];
    const collector = new FileCollector(spawn(binary, args, { stdio: 'ignore' }), directory, port);
    try {
      await within(20_000, () => fetch(`http://127.0.0.1:${port}/`));
    } catch (error) {
      await collector.stop();
      throw error;
    }
    return collector;
  }

  /** What the Collector makes of a protobuf or JSON request: one line. */
  async line(signal: Signal, body: Uint8Array, contentType = 'application/x-protobuf'): Promise<string> {
    const file = join(this.directory, signal);
    const before = readFileSync(file, 'utf8').length;
    const headers = { 'content-type': contentType };
    const response = await fetch(`http://127.0.0.1:${this.port}${PATHS[signal]}`, { method: 'POST', headers, body });
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return within(5000, async () => {
      const text = readFileSync(file, 'utf8').slice(before);
      return text.endsWith('\n') ? text.slice(0, -1) : undefined;
    });
  }

  async stop(): Promise<void> {
    const exited = new Promise((done) => this.child.once('exit', done));
    if (this.child.exitCode === null && this.child.kill('SIGTERM')) await exited;
    rmSync(this.directory, { recursive: true });
  }
}
