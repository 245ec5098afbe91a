import { test } from '@jest/globals';

/** A test that this machine may be unable to run: a counted skip that says why, never a silent pass. */
export function gated(missing: string | undefined): (name: string, run: () => Promise<void>) => void {
  if (missing === undefined) return test;
  return (name, run) => test.skip(`${name} (skipped: ${missing})`, run);
}
