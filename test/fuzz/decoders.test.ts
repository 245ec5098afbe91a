import { expect, test } from '@jest/globals';
import { DecoderFuzz } from './decoder.ts';
import { targets } from './targets.ts';

/** However slow the machine is. */
const LEAST = 50;
const entries = Object.entries(targets).map(
  ([name, { make, corpus }]) => [name, new DecoderFuzz(make(), corpus)] as const,
);

test.each(entries)('%s keeps its contract on mutated connections', (_, fuzz) => {
  const until = performance.now() + 2000;
  let seed = 0;
  // Bounded by time and by number: the same seeds on a fast machine, fewer of them on a slow one.
  for (; seed < 5000 && (seed < LEAST || performance.now() < until); seed++) {
    try {
      fuzz.once(seed);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  expect(seed).toBeGreaterThanOrEqual(LEAST);
});

test.each(entries)('%s keeps it on a long connection', (_, fuzz) => {
  const kept: number[] = [];
  for (let seed = 0; seed < 20; seed++) fuzz.long(seed, 200, () => kept.push(seed));
  expect(kept).toHaveLength(20);
});
