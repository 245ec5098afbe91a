import type { ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, type Netns } from './netns.ts';
import { type Span, spansOf } from './otlp.ts';
import { program, repository } from './paths.ts';
import { until } from './until.ts';

/** Changes a configuration to files in place of an upstream. */
export const TO_FILE =
  'yaml:{exporters: {file: {path: /out/spans.jsonl, flush_interval: 100ms}}, service: {pipelines: {traces: {exporters: [file]}, metrics: {exporters: [file]}}}}';

/** Folders of a container: /etc/sonde with the configuration, and /out, which `uid` may write. */
export function containerFolders(config: string, uid: number): string {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-pod-'));
  for (const part of ['etc', 'out']) mkdirSync(join(directory, part));
  writeFileSync(join(directory, 'etc', 'config.yaml'), config);
  chownSync(join(directory, 'out'), uid, uid);
  return directory;
}

export interface Privileges {
  readonly uid: number;
  /** The bounding set, such as `CAP_BPF` or `BPF`. */
  readonly capabilities: readonly string[];
  /** They are ambient too: held by who is not root. */
  readonly ambient: boolean;
  readonly mayGain: boolean;
}

/** Sonde as a container has it: /opt/sonde, a root that cannot be written, its own PID namespace, and exactly these privileges. */
export class Contained {
  readonly child: ChildProcess;
  readonly exit: Promise<unknown[]>;
  readonly #output: { stdout(): string; stderr(): string };
  readonly #directory: string;

  constructor(
    netns: Netns,
    directory: string,
    { uid, capabilities, ambient, mayGain }: Privileges,
    command: readonly string[],
    env: Readonly<Record<string, string>>,
  ) {
    const set = `-all${capabilities.map((name) => `,+${name.toLowerCase().replace(/^cap_/, '')}`).join('')}`;
    const inherited = ambient ? [`--inh-caps=${set}`, `--ambient-caps=${set}`] : ['--inh-caps=-all'];
    this.#directory = directory;
    this.child = netns.spawn(
      'unshare',
      [
        ...['--mount', '--pid', '--fork', program('container.sh')],
        ...[repository, join(directory, 'etc'), join(directory, 'out')],
        ...['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', `--bounding-set=${set}`, ...inherited],
        ...(mayGain ? [] : ['--no-new-privs']),
        ...command,
      ],
      { env: { ...env, NODE_EXTRA_CA_CERTS: '' } },
    );
    this.exit = new Promise((resolve) => this.child.once('close', (...how) => resolve(how)));
    this.#output = collect(this.child);
  }

  stderr(): string {
    return this.#output.stderr();
  }

  /** Fails at once when the container has ended. */
  async until(what: string, done: () => boolean | Promise<boolean>): Promise<void> {
    await until(async () => this.child.exitCode !== null || (await done()), what);
    if (this.child.exitCode !== null) throw new Error(`it ended with ${this.child.exitCode}:\n${this.stderr()}`);
  }

  spans(): Span[] {
    const path = join(this.#directory, 'out', 'spans.jsonl');
    return existsSync(path) ? spansOf(readFileSync(path, 'utf8')) : [];
  }

  /** The program in the container gets the signal: `unshare` waits for it and ends as it does. */
  terminate(): Promise<unknown[]> {
    const { pid } = this.child;
    process.kill(Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()), 'SIGTERM');
    return this.exit;
  }
}

export function deleteFolders(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}
