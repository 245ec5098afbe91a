import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

export const repository = join(here, '..', '..');
export const program = (name: string): string => join(here, 'programs', name);
