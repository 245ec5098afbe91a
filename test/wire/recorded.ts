import { readFileSync } from 'node:fs';
import type { Step } from './driver.ts';

export interface Recording {
  /** Name and version of the server, and what was run against it through a proxy that wrote down what passed. */
  readonly server: string;
  readonly command: string;
  /** Latin-1, as it came. */
  readonly connections: readonly (readonly Step[])[];
}

export function recording(name: string): Recording {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8')) as Recording;
}

/** One of its connections. */
export const recorded = (name: string, index: number): readonly Step[] => recording(name).connections[index] ?? [];
