import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, type Finished, type Netns } from './netns.ts';
import { lastPoints, type Point, pointsOf, type Span, spansOf } from './otlp.ts';
import { repository } from './paths.ts';
import { until } from './until.ts';

export interface SondeOptions {
  /** YAML below `receivers:`; default: `ebpf_socket` without any key. */
  readonly receivers?: string;
  /** YAML below `exporters:`, beside the file exporters. */
  readonly exporters?: string;
  /** Further exporters of both pipelines. */
  readonly also?: readonly string[];
  /** These exporters in place of the files: what a user would run. */
  readonly only?: readonly string[];
  readonly metrics?: boolean;
  readonly logLevel?: 'debug';
  readonly env?: Readonly<Record<string, string>>;
  readonly cpus?: string;
  /** Longest time that it may take to attach; default 30 s. */
  readonly startMs?: number;
}

const READY = 'Everything is ready. Begin running and processing data.';
/** Of the worker; on a busy machine it may come long after the pipelines are ready. */
const ATTACHED = 'eBPF programs are attached';
const METRIC_INTERVAL_MS = 500;
const START_MS = 30_000;
/** What waits behind a burst takes its time on a busy machine; a limit, not a wait. */
const SHUTDOWN = ['--shutdown-timeout', '60s'];

/** The built program in a network namespace, writing OTLP JSON lines to files that the test reads. It observes once it is started. */
export class Sonde {
  readonly pid: number;
  readonly readyMs: number;
  private readonly output: { stdout(): string; stderr(): string };
  private readonly exited: Promise<[number | null, NodeJS.Signals | null]>;
  private readonly directory: string;

  private constructor(
    pid: number,
    readyMs: number,
    directory: string,
    output: { stdout(): string; stderr(): string },
    exited: Promise<[number | null, NodeJS.Signals | null]>,
  ) {
    this.pid = pid;
    this.readyMs = readyMs;
    this.directory = directory;
    this.output = output;
    this.exited = exited;
  }

  static async start(netns: Netns, options: SondeOptions = {}): Promise<Sonde> {
    const directory = mkdtempSync(join(tmpdir(), 'sonde-test-'));
    const config = join(directory, 'config.yaml');
    writeFileSync(config, configuration(directory, options));
    return Sonde.startWith(netns, ['--config', config, ...SHUTDOWN], directory, options);
  }

  /** As a user would: with a configuration file of the repository. */
  static startWith(
    netns: Netns,
    args: readonly string[],
    directory: string = mkdtempSync(join(tmpdir(), 'sonde-test-')),
    options: Pick<SondeOptions, 'env' | 'cpus'> = {},
  ): Promise<Sonde> {
    return launch(netns, args, options).then(
      ({ pid, readyMs, output, exited }) => new Sonde(pid, readyMs, directory, output, exited),
    );
  }

  stdout(): string {
    return this.output.stdout();
  }

  stderr(): string {
    return this.output.stderr();
  }

  spans(): Span[] {
    return spansOf(this.read('traces.jsonl'));
  }

  /** The last point of each series. */
  points(): Point[] {
    return lastPoints(pointsOf(this.read('metrics.jsonl')));
  }

  /** All that it has written: both files and both streams. */
  everything(): string {
    return [this.read('traces.jsonl'), this.read('metrics.jsonl'), this.stdout(), this.stderr()].join('\n');
  }

  async waitForSpans(count: number, accept: (span: Span) => boolean = () => true, timeoutMs = 30_000): Promise<void> {
    const seen = (): number => this.spans().filter(accept).length;
    await until(() => seen() >= count, `${count} spans`, timeoutMs).catch((error: Error) => {
      throw new Error(`${error.message}; there are ${seen()}\n${this.stderr().slice(-2000)}`);
    });
  }

  /** SIGTERM; what it held back is written before it ends. */
  async stop(): Promise<Finished> {
    process.kill(this.pid, 'SIGTERM');
    return this.finished();
  }

  kill9(): Promise<Finished> {
    process.kill(this.pid, 'SIGKILL');
    return this.finished();
  }

  async finished(): Promise<Finished> {
    const [code, signal] = await this.exited;
    return { code, signal, stdout: this.stdout(), stderr: this.stderr() };
  }

  clean(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private read(name: string): string {
    const path = join(this.directory, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }
}

async function launch(netns: Netns, args: readonly string[], options: Pick<SondeOptions, 'env' | 'cpus' | 'startMs'>) {
  const begin = performance.now();
  const child = netns.spawn(join(repository, 'bin', 'sonde'), args, {
    ...(options.cpus === undefined ? {} : { cpus: options.cpus }),
    env: { OTEL_METRIC_EXPORT_INTERVAL: String(METRIC_INTERVAL_MS), ...options.env },
  });
  const output = collect(child);
  const exited = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const pid = child.pid ?? 0;
  const ended = (): number | string | null => child.exitCode ?? child.signalCode;
  const told = async (line: string): Promise<void> => {
    const what = `Sonde to say "${line}"`;
    await until(() => output.stderr().includes(line) || ended() !== null, what, options.startMs ?? START_MS).catch(
      (error: Error) => {
        throw new Error(`${error.message}:\n${output.stderr()}`);
      },
    );
    if (ended() === null) return;
    await exited;
    throw new Error(`Sonde ended with ${ended()}:\n${output.stderr()}`);
  };
  await told(READY);
  const readyMs = performance.now() - begin;
  await told(ATTACHED);
  return { pid, readyMs, output, exited };
}

function configuration(directory: string, options: SondeOptions): string {
  const chosen = (file: string): string => (options.only ?? [file, ...(options.also ?? [])]).join(', ');
  const metrics = `
    metrics:
      receivers: [ebpf_socket]
      exporters: [${chosen('file/metrics')}]`;
  return `receivers:
${options.receivers ?? '  ebpf_socket:'}
exporters:
  file/traces:
    path: ${directory}/traces.jsonl
    flush_interval: 100ms
  file/metrics:
    path: ${directory}/metrics.jsonl
    flush_interval: 100ms
${options.exporters ?? ''}
service:${
    options.logLevel === undefined
      ? ''
      : `
  telemetry: {logs: {level: ${options.logLevel}}}`
  }
  pipelines:
    traces:
      receivers: [ebpf_socket]
      exporters: [${chosen('file/traces')}]${options.metrics === false ? '' : metrics}
`;
}
