import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { decodeBody } from '../../../src/receivers/otlp/body.ts';
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

test('large results are made two at a time, in the order in which they were asked for', async () => {
  const bodies = new HeldBodies();
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const works = [0, 1, 2, 3].map((i) =>
    bodies.body().decompress(async () => {
      begun.push(i);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (i === 0) throw new Error('broken');
    }),
  );
  const first = expect(works[0]).rejects.toThrow('broken');
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual([0, 1]);
  ends[0]?.();
  await first;
  ends[1]?.();
  await works[1];
  expect(begun).toEqual([0, 1, 2, 3]);
  for (const end of ends) end();
  await Promise.all(works.slice(1));
});

test('a decompressed body counts, and what is beyond all is refused', async () => {
  const bodies = new HeldBodies();
  const zipped = gzipSync(Buffer.alloc(20 * MIB));
  const held = Array.from({ length: 6 }, () => bodies.body());
  for (const each of held) expect(await decodeBody('gzip', zipped, 20 * MIB, each)).toHaveLength(20 * MIB);
  await expect(decodeBody('gzip', zipped, 20 * MIB, bodies.body())).rejects.toMatchObject({ http: 503 });
  held[0]?.release(REQUEST_BYTES);
  await decodeBody('gzip', zipped, 20 * MIB, bodies.body());
});
