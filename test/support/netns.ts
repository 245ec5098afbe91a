import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { until } from './until.ts';

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Pin to these CPUs, as taskset takes them. */
  readonly cpus?: string;
}

let made = 0;

/** A network namespace of its own, with loopback up: what a test counts in it is what the test did. */
export class Netns {
  readonly name = `sonde-${process.pid}-${++made}`;
  private readonly running = new Set<ChildProcess>();

  constructor() {
    execFileSync('ip', ['netns', 'add', this.name]);
    execFileSync('ip', ['-n', this.name, 'link', 'set', 'lo', 'up']);
  }

  /** nsenter, not `ip netns exec`: that one mounts a new /sys without cgroups. nsenter execs, so the pid is the program's. */
  spawn(command: string, args: readonly string[], options: RunOptions = {}): ChildProcess {
    const pinned = options.cpus === undefined ? [] : ['taskset', '-c', options.cpus];
    const child = spawn('nsenter', [`--net=/run/netns/${this.name}`, ...pinned, command, ...args], {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.running.add(child);
    child.once('exit', () => this.running.delete(child));
    return child;
  }

  async run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    const child = this.spawn(command, args, options);
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 120_000);
    const result = await finished(child);
    clearTimeout(timer);
    return result;
  }

  /** Waits until some process of the namespace listens on each TCP port; asks the kernel, so that no connection is made. */
  async listening(pid: number, ports: readonly number[], timeoutMs = 30_000): Promise<void> {
    const open = (): Set<number> =>
      new Set(['tcp', 'tcp6'].flatMap((table) => listeningPorts(readFileSync(`/proc/${pid}/net/${table}`, 'utf8'))));
    await until(() => ports.every((port) => open().has(port)), `ports ${ports.join(', ')}`, timeoutMs);
  }

  /** Every process of the namespace, ours or not. */
  async pids(): Promise<{ readonly pid: number; readonly command: string }[]> {
    const { stdout } = await finished(spawn('ip', ['netns', 'pids', this.name]));
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ pid: Number(line), command: commandLine(Number(line)) }));
  }

  /** Ends whatever still runs in it: also the workers of a server whose master is gone. */
  async delete(): Promise<void> {
    const exits = [...this.running].map((child) => once(child, 'exit'));
    // Again, because one of them may have started another meanwhile.
    await until(async () => {
      const pids = await this.pids();
      for (const { pid } of pids) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // Gone meanwhile.
        }
      }
      return pids.length === 0;
    }, `the programs in ${this.name} to end`);
    await Promise.all(exits);
    execFileSync('ip', ['netns', 'delete', this.name]);
  }
}

async function finished(child: ChildProcess): Promise<Finished> {
  const output = collect(child);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout: output.stdout(), stderr: output.stderr() };
}

/** Empty of a process that has ended. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

const TCP_LISTEN = '0A';

function listeningPorts(table: string): number[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === TCP_LISTEN)
    .map((fields) => Number.parseInt(fields[1]?.split(':')[1] ?? '', 16));
}

export function collect(child: ChildProcess): { stdout(): string; stderr(): string } {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  return { stdout: () => Buffer.concat(out).toString(), stderr: () => Buffer.concat(err).toString() };
}
