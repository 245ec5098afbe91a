import { expect, test } from '@jest/globals';
import { SpanCredits } from '../../src/tap/span_credits.ts';

test('as many bytes as the limit are on their way, whatever the number of buffers', () => {
  const credits = new SpanCredits();
  credits.limit = 1000;
  expect([400, 400, 201, 200, 1].map((bytes) => credits.take(bytes))).toEqual([true, true, false, true, false]);
  credits.give(400);
  expect([401, 400].map((bytes) => credits.take(bytes))).toEqual([false, true]);
});

test('a limit that shrinks or is too small stops nothing for ever', () => {
  const credits = new SpanCredits();
  credits.limit = 1000;
  credits.take(900);
  credits.limit = 10;
  expect(credits.take(1)).toBe(false);
  credits.give(900);
  expect(credits.take(900)).toBe(true);
});
