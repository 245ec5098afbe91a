import { expect, test } from '@jest/globals';
import { HeldBodies, REQUEST_BYTES } from '../../../src/receivers/otlp/held_bodies.ts';

const MIB = 1024 * 1024;

test('requests of which nothing has come are bounded, too', () => {
  const bodies = new HeldBodies();
  const all = Array.from({ length: 16_384 }, () => bodies.body());
  for (const body of all) body.hold(REQUEST_BYTES);
  const late = bodies.body();
  expect(() => late.hold(REQUEST_BYTES)).toThrow('too many requests are under way');
  all[0]?.release();
  late.hold(REQUEST_BYTES);
});

test('one alone is taken, however large and in however many pieces; a second is not beside it', () => {
  const bodies = new HeldBodies();
  const large = bodies.body();
  for (let i = 0; i < 200; i++) large.hold(MIB);
  const other = bodies.body();
  expect(() => other.hold(1)).toThrow();
  large.release();
  other.hold(1);
  expect(() => bodies.body().hold(128 * MIB)).toThrow();
});
