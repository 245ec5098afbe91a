import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';

/** cgroup v1 writes "no limit" as a number near 2^63. */
const UNLIMITED = 2 ** 60;

/** Bytes that this process may use: the smallest memory limit of its cgroup and those above it, else the machine's memory. */
export function totalMemory(proc = '/proc/self/cgroup', mount = '/sys/fs/cgroup', machine = totalmem()): number {
  let total = machine;
  for (const line of read(proc).split('\n')) {
    const [, controllers = '', path = '/'] = line.split(':');
    const v2 = line.startsWith('0::');
    if (!v2 && !controllers.split(',').includes('memory')) continue;
    const root = v2 ? mount : join(mount, 'memory');
    const file = v2 ? 'memory.max' : 'memory.limit_in_bytes';
    // Within a cgroup namespace the path may not exist below the mount: the root then is the container's own.
    for (let at = path; ; at = dirname(at)) {
      const limit = Number.parseInt(read(join(root, at, file)), 10);
      if (limit > 0 && limit < UNLIMITED) total = Math.min(total, limit);
      if (at === '/' || at === '.') break;
    }
  }
  return total;
}

/** Most bytes of a buffer: `most`, or in a small pod one part in `parts` of what it may use. */
export function memoryShare(most: number, parts: number, total = totalMemory()): number {
  return Math.min(most, Math.floor(total / parts));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
