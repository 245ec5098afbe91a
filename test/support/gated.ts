import { describe, test } from '@jest/globals';

const skipped = (name: string, missing: string): string => `${name} (skipped: ${missing})`;

/** A test that this machine may be unable to run: a counted skip that says why, never a silent pass. */
export function gated(missing: string | undefined): (name: string, run: () => void | Promise<void>) => void {
  if (missing === undefined) return test;
  return (name, run) => test.skip(skipped(name, missing), run);
}

/** A group of such tests. */
export function gatedGroup(missing: string | undefined): (name: string, tests: () => void) => void {
  if (missing === undefined) return describe;
  return (name, tests) => describe.skip(skipped(name, missing), tests);
}
