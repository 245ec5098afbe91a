// A step runs again only when the content of its inputs changed: build/.stamps/NAME holds the hash of the last good run.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRoot } from './root.mjs';

/** Every file below `path` (itself, if it is one), relative to the root, in a fixed order. */
export function filesBelow(path, accept = () => true) {
  const full = inRoot(path);
  if (!existsSync(full)) {
    return [];
  }
  if (!statSync(full).isDirectory()) {
    return [path];
  }
  return readdirSync(full, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const child = join(path, entry.name);
      if (entry.isDirectory()) {
        return filesBelow(child, accept);
      }
      return accept(child) ? [child] : [];
    });
}

/** `facts` are inputs that are no files: flags, versions. */
export function hashOf(paths, facts = []) {
  const hash = createHash('sha256');
  hash.update(JSON.stringify(facts));
  for (const path of paths.flatMap((entry) => filesBelow(entry))) {
    hash.update(`\0${path}\0`);
    hash.update(readFileSync(inRoot(path)));
  }
  return hash.digest('hex');
}

const stampPath = (name) => inRoot('build', '.stamps', name);

export function isFresh(name, hash, outputs = []) {
  try {
    return readFileSync(stampPath(name), 'utf8') === hash && outputs.every((path) => existsSync(inRoot(path)));
  } catch {
    return false;
  }
}

export function setStamp(name, hash) {
  mkdirSync(inRoot('build', '.stamps'), { recursive: true });
  writeFileSync(stampPath(name), hash);
}

export function clearStamp(name) {
  rmSync(stampPath(name), { force: true });
}
