import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface BpfObjects {
  readonly programs: readonly number[];
  readonly links: readonly number[];
  readonly maps: readonly number[];
  /** What the kernel accounts for the maps, bytes. */
  readonly mapBytes: number;
}

/** What a process holds in the kernel, by its descriptors: bpftool cannot tell owners on every kernel. */
export function bpfObjectsOf(pid: number): BpfObjects {
  const infos = fileInfos(pid);
  const ids = (key: string): number[] => [...new Set(infos.flatMap((text) => numbersAt(text, key)))];
  const maps = new Map(
    infos.flatMap((text) => numbersAt(text, 'map_id').map((id) => [id, numbersAt(text, 'memlock')[0] ?? 0] as const)),
  );
  return {
    programs: ids('prog_id'),
    links: ids('link_id'),
    maps: [...maps.keys()],
    mapBytes: [...maps.values()].reduce((sum, bytes) => sum + bytes, 0),
  };
}

/** A process under way opens and closes, or is gone. */
function fileInfos(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fdinfo`).flatMap((fd) => {
      try {
        return [readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

const numbersAt = (text: string, key: string): number[] => {
  const value = new RegExp(`^${key}:\\s*(\\d+)`, 'm').exec(text)?.[1];
  return value === undefined ? [] : [Number(value)];
};

interface Listed {
  readonly id: number;
  readonly run_time_ns?: number;
  readonly run_cnt?: number;
}

function list(kind: 'prog' | 'link' | 'map'): Listed[] {
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
  return JSON.parse(execFileSync('bpftool', ['-j', kind, 'show'], { encoding: 'utf8', env })) as Listed[];
}

/** Which of them the kernel still has, whoever holds them. */
export function remaining(objects: BpfObjects): string[] {
  const left = (kind: 'prog' | 'link' | 'map', wanted: readonly number[]): string[] => {
    const known = new Set(list(kind).map(({ id }) => id));
    return wanted.filter((id) => known.has(id)).map((id) => `${kind} ${id}`);
  };
  return [...left('prog', objects.programs), ...left('link', objects.links), ...left('map', objects.maps)];
}

/** Counted by the kernel while kernel.bpf_stats_enabled is 1. */
export function programTime({ programs }: BpfObjects): { readonly ns: number; readonly runs: number } {
  const own = list('prog').filter(({ id }) => programs.includes(id));
  const sum = (key: 'run_time_ns' | 'run_cnt'): number => own.reduce((total, one) => total + (one[key] ?? 0), 0);
  return { ns: sum('run_time_ns'), runs: sum('run_cnt') };
}
