import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FakeProcess {
  readonly ppid?: number;
  /** Ticks since boot. */
  readonly start?: number;
  readonly comm?: string;
  readonly exe?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cgroup?: string;
  readonly uid?: number;
  readonly mntns?: string;
  readonly mountinfo?: string;
}

/** A made-up /proc in a temporary directory. */
export class ProcTree {
  readonly root = mkdtempSync(join(tmpdir(), 'sonde-proc-'));

  /** `pidNamespace`: inode; default is the initial one. */
  constructor(pidNamespace = 4026531836) {
    mkdirSync(join(this.root, 'self/ns'), { recursive: true });
    symlinkSync(`pid:[${pidNamespace}]`, join(this.root, 'self/ns/pid'));
    symlinkSync('mnt:[1]', join(this.root, 'self/ns/mnt'));
    this.add(1, { comm: 'init', exe: '/sbin/init', start: 1 });
  }

  add(pid: number, process: FakeProcess = {}): void {
    const { ppid = 1, start = 1000, comm = 'app', exe = `/usr/bin/${comm}`, uid = 0, cgroup = '0::/\n' } = process;
    const file = (name: string, text: string) => writeFileSync(join(this.root, String(pid), name), text);
    const link = (name: string, target: string) => symlinkSync(target, join(this.root, String(pid), name));
    this.remove(pid);
    mkdirSync(join(this.root, String(pid), 'ns'), { recursive: true });
    file('stat', `${pid} (${comm}) S ${ppid} ${'0 '.repeat(17)}${start} 0 0\n`);
    file('status', `Name:\t${comm}\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\n`);
    file('cmdline', (process.args ?? [exe]).map((arg) => `${arg}\0`).join(''));
    const variables = Object.entries(process.env ?? {}).map(([key, value]) => `${key}=${value}\0`);
    file('environ', variables.join(''));
    file('cgroup', cgroup);
    file('mountinfo', process.mountinfo ?? '');
    if (exe !== '') link('exe', exe);
    link('ns/mnt', process.mntns ?? 'mnt:[1]');
  }

  remove(pid: number): void {
    rmSync(join(this.root, String(pid)), { recursive: true, force: true });
  }

  close(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
