import { expect, test } from '@jest/globals';
import { fuzzCapture } from './capture.ts';

/** However slow the machine is. */
const LEAST = 50;

test('captures with everything wrong in them are read without a throw', () => {
  const until = performance.now() + 3000;
  let seed = 0;
  for (; seed < 3000 && (seed < LEAST || performance.now() < until); seed++) {
    try {
      fuzzCapture(seed);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  expect(seed).toBeGreaterThanOrEqual(LEAST);
});
