import { existsSync, readFileSync } from 'node:fs';

const PRESSURE = '/proc/pressure/cpu';

/** Seconds since boot in which some process waited for a CPU, on the whole machine; 0 where the kernel does not count it. */
export function waitedForCpu(): number {
  const text = existsSync(PRESSURE) ? readFileSync(PRESSURE, 'utf8') : '';
  return Number(/^some .*total=(\d+)/m.exec(text)?.[1] ?? 0) / 1e6;
}
