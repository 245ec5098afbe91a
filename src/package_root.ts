import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The directory that has package.json: found by walking up, because this module runs from src/ in tests and from
 * dist/ or dist/chunks/ when bundled.
 */
export function packageRoot(): string {
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
