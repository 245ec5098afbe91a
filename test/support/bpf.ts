import { execFileSync } from 'node:child_process';

interface Owned {
  readonly id: number;
  readonly pids?: readonly { readonly pid: number }[];
}

const bpftool = process.getuid?.() === 0 ? '/usr/sbin/bpftool' : 'bpftool';

function ids(kind: 'prog' | 'link' | 'map', pid: number): number[] {
  const list = JSON.parse(execFileSync(bpftool, ['-j', kind, 'show'], { encoding: 'utf8' })) as readonly Owned[];
  return list.filter(({ pids = [] }) => pids.some((owner) => owner.pid === pid)).map(({ id }) => id);
}

export interface BpfObjects {
  readonly programs: readonly number[];
  readonly links: readonly number[];
  readonly maps: readonly number[];
}

/** What a process holds in the kernel. */
export const bpfObjectsOf = (pid: number): BpfObjects => ({
  programs: ids('prog', pid),
  links: ids('link', pid),
  maps: ids('map', pid),
});

/** Which of them the kernel still has, whoever holds them. */
export function remaining(objects: BpfObjects): string[] {
  const left = (kind: 'prog' | 'link' | 'map', wanted: readonly number[]): string[] => {
    const list = JSON.parse(execFileSync(bpftool, ['-j', kind, 'show'], { encoding: 'utf8' })) as readonly Owned[];
    const known = new Set(list.map(({ id }) => id));
    return wanted.filter((id) => known.has(id)).map((id) => `${kind} ${id}`);
  };
  return [...left('prog', objects.programs), ...left('link', objects.links), ...left('map', objects.maps)];
}
