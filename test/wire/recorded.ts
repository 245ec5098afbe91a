import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Step } from './driver.ts';

export interface Recording {
  /** Name and version of the server, and what was run against it through a proxy that wrote down what passed. */
  readonly server: string;
  readonly command: string;
  /** Latin-1, as it came. */
  readonly connections: readonly (readonly Step[])[];
}

/** The fuzzer's bundle lies elsewhere and is run from the repository. */
const beside = fileURLToPath(new URL('../fixtures', import.meta.url));
const fixtures = existsSync(beside) ? beside : join(process.cwd(), 'test', 'fixtures');

export const pathOf = (name: string): string => join(fixtures, `${name}.json`);
export const fixture = (name: string): unknown => JSON.parse(readFileSync(pathOf(name), 'utf8'));
const recording = (name: string): Recording => fixture(name) as Recording;

/** One of its connections. */
export const recorded = (name: string, index: number): readonly Step[] => recording(name).connections[index] ?? [];
