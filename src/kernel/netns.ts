import { readdirSync, statSync } from 'node:fs';

const OWN = '/proc/self/ns/net';

/** Inode of Sonde's network namespace. */
export function ownNetns(): number {
  return statSync(OWN).ino;
}

/** One path per network namespace that a visible process lives in, by inode; Sonde's own among them. */
export function visibleNetns(): Map<number, string> {
  const found = new Map([[ownNetns(), OWN]]);
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) {
      continue;
    }
    const path = `/proc/${name}/ns/net`;
    try {
      const inode = statSync(path).ino;
      if (!found.has(inode)) {
        found.set(inode, path);
      }
    } catch {
      // The process has ended, or Sonde may not look at it.
    }
  }
  return found;
}
