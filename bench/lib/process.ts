import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Run time of all threads, seconds: first field of schedstat, ns. */
export function cpuSeconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const ns = threads.map((tid) => Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0]));
  return ns.reduce((sum, one) => sum + one, 0) / 1e9;
}

/** MiB. PSS shares what other processes map too. */
export function memory(pid: number): { readonly rss: number; readonly pss: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const of = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text)?.[1]) / 1024;
  return { rss: of('Rss'), pss: of('Pss') };
}

export function children(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((text) => text !== '')
    .map(Number);
}

interface Listed {
  readonly id: number;
  readonly name?: string;
  readonly run_time_ns?: number;
  readonly run_cnt?: number;
  readonly bytes_memlock?: number;
  readonly pids?: readonly { readonly pid: number }[];
}

function owned(kind: 'prog' | 'map', pid: number): Listed[] {
  const list = JSON.parse(execFileSync('bpftool', ['-j', kind, 'show'], { encoding: 'utf8' })) as Listed[];
  return list.filter(({ pids = [] }) => pids.some((owner) => owner.pid === pid));
}

/** Counted by the kernel while kernel.bpf_stats_enabled is 1. */
export function programTime(pid: number): { readonly ns: number; readonly runs: number } {
  const sum = (key: 'run_time_ns' | 'run_cnt'): number =>
    owned('prog', pid).reduce((total, program) => total + (program[key] ?? 0), 0);
  return { ns: sum('run_time_ns'), runs: sum('run_cnt') };
}

export const mapMiB = (pid: number): number =>
  owned('map', pid).reduce((sum, { bytes_memlock = 0 }) => sum + bytes_memlock, 0) / 2 ** 20;

export function setBpfStats(on: boolean): void {
  execFileSync('sysctl', ['-q', `kernel.bpf_stats_enabled=${on ? 1 : 0}`]);
}
