import { expect, test } from '@jest/globals';
import { fuzzOnce } from './decoder.ts';
import { targets } from './targets.ts';

test.each(Object.entries(targets))('%s keeps its contract on mutated connections', (_, { make, corpus }) => {
  const decoder = make();
  const until = performance.now() + 2000;
  let seed = 0;
  // Bounded by time and by number: the same seeds on a fast machine, fewer of them on a slow one.
  for (; seed < 5000 && performance.now() < until; seed++) {
    try {
      fuzzOnce(decoder, corpus, seed);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  expect(seed).toBeGreaterThan(50);
});
