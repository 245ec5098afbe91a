import { expect, test } from '@jest/globals';
import { WallClock } from '../../src/tap/wall_clock.ts';
import { fc } from '../support/property.ts';

test('wall time is the exact sum of both halves', () => {
  const word = fc.nat(0xffff_ffff);
  fc.assert(
    fc.property(fc.nat(0x7fff_ffff), word, fc.nat(2 ** 20), word, (high, low, monotonicHigh, monotonicLow) => {
      const [sumHigh, sumLow] = new WallClock([high, low]).at(monotonicHigh * 2 ** 32 + monotonicLow);
      const expected = (BigInt(high + monotonicHigh) << 32n) + BigInt(low) + BigInt(monotonicLow);
      expect((BigInt(sumHigh) << 32n) + BigInt(sumLow)).toBe(expected);
      expect(sumLow).toBeLessThan(2 ** 32);
    }),
  );
});

test.each([
  [[5, 100], [5, 900_000], 0],
  [[5, 0], [4, 2 ** 32 - 500_000], 0],
  [[5, 0], [5, 2_000_000], 2_000_000],
  [[5, 0], [4, 2 ** 32 - 2_000_000], -2_000_000],
] as const)('from offset %j to %j is a step of %d ns', (before, after, step) => {
  const clock = new WallClock(before);
  expect(clock.measure(after)).toBe(step);
  expect(clock.offset).toEqual(after);
  expect(clock.measure(after)).toBe(0);
});
