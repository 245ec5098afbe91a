import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, type Netns } from './netns.ts';
import { lastPoints, type Point, pointsOf, type Span, spansOf } from './otlp.ts';

/** Of the reference Collector, if there is one. */
export const otelcolBinary = process.env['SONDE_OTELCOL'] ?? '';

/** Why there is no reference Collector here; undefined: there is. */
export const otelcolMissing: string | undefined = existsSync(otelcolBinary)
  ? undefined
  : 'no reference Collector: set SONDE_OTELCOL, or install Go 1.25 and use npm test';

/** The reference Collector: OTLP in by HTTP, written to files. */
export class Otelcol {
  readonly pid: number;
  private readonly child: ChildProcess;
  private readonly directory: string;

  private constructor(child: ChildProcess, directory: string) {
    this.child = child;
    this.pid = child.pid ?? 0;
    this.directory = directory;
  }

  static async start(netns: Netns, port = 4318): Promise<Otelcol> {
    const directory = mkdtempSync(join(tmpdir(), 'sonde-otelcol-'));
    const config = join(directory, 'config.yaml');
    writeFileSync(
      config,
      `receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:${port}
exporters:
  file/traces:
    path: ${directory}/traces.jsonl
  file/metrics:
    path: ${directory}/metrics.jsonl
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    traces: {receivers: [otlp], exporters: [file/traces]}
    metrics: {receivers: [otlp], exporters: [file/metrics]}
`,
    );
    const child = netns.spawn(otelcolBinary, ['--config', config]);
    const output = collect(child);
    await netns.listening(child.pid ?? 0, [port]).catch((error: Error) => {
      throw new Error(`${error.message}\n${output.stderr().slice(-2000)}`);
    });
    return new Otelcol(child, directory);
  }

  async stop(): Promise<{ readonly spans: readonly Span[]; readonly points: readonly Point[] }> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await gone;
    const read = (name: string): string => readFileSync(join(this.directory, name), 'utf8');
    const result = { spans: spansOf(read('traces.jsonl')), points: lastPoints(pointsOf(read('metrics.jsonl'))) };
    rmSync(this.directory, { recursive: true, force: true });
    return result;
  }

  spanCount(): number {
    const path = join(this.directory, 'traces.jsonl');
    return existsSync(path) ? spansOf(readFileSync(path, 'utf8')).length : 0;
  }
}
