import { expect, test } from '@jest/globals';
import { fuzzCapture } from './capture.ts';

test('captures with everything wrong in them are read without a throw', () => {
  const until = performance.now() + 3000;
  let seed = 0;
  for (; seed < 3000 && performance.now() < until; seed++) {
    try {
      fuzzCapture(seed);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  expect(seed).toBeGreaterThan(50);
});
