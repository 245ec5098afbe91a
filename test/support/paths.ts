import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Upwards from here: the benchmark uses these files from a bundle. */
function findRepository(directory: string): string {
  return existsSync(join(directory, 'package.json')) ? directory : findRepository(dirname(directory));
}

export const repository = findRepository(dirname(fileURLToPath(import.meta.url)));
export const program = (name: string): string => join(repository, 'test', 'support', 'programs', name);
