import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from '../package_root.ts';
import type { Addon } from './addon.ts';

function addonPath(): string {
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
