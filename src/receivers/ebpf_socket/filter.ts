import type { PortRange, TapFilter } from '../../tap/protocol.ts';

interface FilterConfig {
  readonly ports: readonly (number | string)[];
  readonly executables: readonly string[];
  readonly pids: readonly number[];
  readonly cgroups: readonly string[];
}

/** `80` or `8000-8999`; undefined if it is neither. */
export function parsePorts(port: number | string): PortRange | undefined {
  const match = /^\s*(\d{1,5})\s*(?:-\s*(\d{1,5})\s*)?$/.exec(String(port));
  if (match === null) return undefined;
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  return from >= 1 && from <= to && to <= 65_535 ? { from, to } : undefined;
}

/** Validated before: what is no port is left out. */
export function tapFilter({ ports, executables, pids, cgroups }: FilterConfig): TapFilter {
  return { ports: ports.flatMap((port) => parsePorts(port) ?? []), executables, pids, cgroups };
}
