import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Addon } from './addon.ts';

/**
 * The directory that has package.json: found by walking up, because this module runs from src/ in tests and from
 * dist/ or dist/chunks/ when bundled.
 */
function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory);
    if (parent === directory) {
      throw new Error('package.json not found above the program: the installation is incomplete');
    }
    directory = parent;
  }
  return directory;
}

export function addonPath(): string {
  return join(packageRoot(), 'build', 'Release', 'sonde.node');
}

/** Path of a compiled BPF object by the name of its source: `socket` is bpf/socket.bpf.c. */
export function objectPath(name: string): string {
  return join(packageRoot(), 'build', 'bpf', `${name}.bpf.o`);
}

let loaded: Addon | undefined;

/** Once per environment: a worker has its own instance. `SONDE_ADDON` names another build (the sanitizer's). */
export function loadAddon(): Addon {
  loaded ??= createRequire(import.meta.url)(process.env['SONDE_ADDON'] ?? addonPath()) as Addon;
  return loaded;
}
