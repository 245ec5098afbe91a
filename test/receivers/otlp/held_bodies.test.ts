import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { decodeBody, readBody } from '../../../src/receivers/otlp/body.ts';
import { HeldBodies, REQUEST_BYTES } from '../../../src/receivers/otlp/held_bodies.ts';
import { Intake } from '../../../src/receivers/otlp/intake.ts';
import { testSettings } from '../../support/settings.ts';

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

test('the oldest of those that are still being read makes room, once it is slow', () => {
  const told: string[] = [];
  for (const [patience, expected] of [
    [60_000, []],
    [0, ['0 too many requests are under way', '1 too many requests are under way']],
  ] as const) {
    const bodies = new HeldBodies(patience);
    const slow = [0, 1, 2, 3].map((i) => {
      const body = bodies.body();
      const end = body.reading(({ message }) => told.push(`${i} ${message}`));
      body.hold(32 * MIB);
      return { body, end };
    });
    const late = bodies.body();
    late.reading(() => told.push('the late one'));
    const hold = (): void => late.hold(40 * MIB);
    if (expected.length === 0) expect(hold).toThrow('too many requests are under way');
    else hold();
    expect(told).toEqual(expected);
    // What was read whole is not given up, nor is the one that asks.
    for (const { end } of slow) end();
    expect(() => late.hold(40 * MIB)).toThrow('too many requests are under way');
    expect(told).toEqual(expected);
  }
});

test('a body that stalls ends with 503 when another needs the room', async () => {
  const bodies = new HeldBodies(0);
  const outcomes: string[] = [];
  const server = createServer((request, response) => {
    const outcome = readBody(request, 200 * MIB, bodies.body()).then(
      ({ length }) => `${length / MIB} MiB`,
      ({ http }: { readonly http: number }) => String(http),
    );
    void outcome.then((text) => {
      outcomes.push(text);
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const post = (length: number): ReturnType<typeof httpRequest> => {
    const headers = { 'content-length': String(length) };
    const { port } = server.address() as AddressInfo;
    const made = httpRequest({ host: '127.0.0.1', port, method: 'POST', headers, agent: false });
    made.on('error', () => undefined);
    return made;
  };
  const stalled = post(101 * MIB);
  const half = new Promise((resolve) => stalled.write(Buffer.alloc(100 * MIB), resolve));
  await half;
  const honest = post(60 * MIB);
  const answered = once(honest, 'response');
  honest.end(Buffer.alloc(60 * MIB));
  await answered;
  expect(outcomes).toEqual(['503', '60 MiB']);
  stalled.destroy();
  server.closeAllConnections();
  server.close();
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

test('what JSON becomes counts: it may be four times as long', async () => {
  const text = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[{"bucketCounts":[0${',0'.repeat(10_000)}]}]}}]}]}]}`;
  let taken = 0;
  const consume = async ({ byteLength }: { readonly byteLength: number }): Promise<void> => {
    taken = byteLength;
  };
  const intake = new Intake(testSettings('otlp'), { metrics: { consume } }, 'http');
  let held = 0;
  await intake.json('metrics', Buffer.from(text), (bytes) => {
    held += bytes;
  });
  expect(held).toBe(taken);
  expect(taken).toBeGreaterThan(3.9 * text.length);
  const full = intake.json('metrics', Buffer.from(text), () => {
    throw new Error('no room');
  });
  await expect(full).rejects.toThrow('no room');
});
