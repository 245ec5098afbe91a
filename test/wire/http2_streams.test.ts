/** Streams in any order, cut anywhere, with bytes missing: what is told is true, and what was not lost is told. */
import { describe, expect, test } from '@jest/globals';
import { CLIENT, SERVER, type Side } from '../../src/wire/decoder.ts';
import { createHttp2 } from '../../src/wire/http2.ts';
import { fc } from '../support/property.ts';
import { Driver, type Told } from './driver.ts';
import { HpackEncoder } from './hpack_encoder.ts';
import { concat, frame, PREFACE, settings } from './http2_bytes.ts';

const make = () =>
  createHttp2({ routes: [], maxRoutes: 500, headers: { request: ['x-test'], response: [] }, query: 'scrub' });

interface Plan {
  /** Bytes of the body in each frame of DATA. */
  readonly upload: readonly number[];
  readonly answer: readonly number[];
  readonly status: 200 | 404 | 503;
  /** The header block is cut into CONTINUATION frames of so many bytes. */
  readonly cut: number;
  readonly padded: boolean;
  readonly trailers: boolean;
  /** The table is made that large before the request; undefined: it stays. */
  readonly table: number | undefined;
}

const plans = fc.array(
  fc.record<Plan>({
    upload: fc.array(fc.nat(300), { maxLength: 3 }),
    answer: fc.array(fc.nat(300), { maxLength: 3 }),
    status: fc.constantFrom(200, 404, 503),
    cut: fc.integer({ min: 1, max: 200 }),
    padded: fc.boolean(),
    trailers: fc.boolean(),
    table: fc.option(fc.constantFrom(0, 64, 300, 4096), { nil: undefined, freq: 5 }),
  }),
  { minLength: 1, maxLength: 12 },
);

/** A frame, or a header block with its CONTINUATIONs, of the stream at `index`. */
interface Part {
  readonly side: Side;
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** HEADERS and CONTINUATION frames. */
function headerFrames(id: number, block: Uint8Array, ends: boolean, { cut, padded }: Plan): Uint8Array {
  const pieces = Array.from({ length: Math.max(1, Math.ceil(block.length / cut)) }, (_, at) =>
    block.subarray(at * cut, (at + 1) * cut),
  );
  const flags = (at: number): number => (at === pieces.length - 1 ? 4 : 0);
  return concat(
    ...pieces.map((piece, at) => {
      if (at > 0) return frame(9, flags(at), id, piece);
      const payload = padded ? concat(Uint8Array.of(3), piece, new Uint8Array(3)) : piece;
      return frame(1, flags(0) | (ends ? 1 : 0) | (padded ? 8 : 0), id, payload);
    }),
  );
}

const idOf = (index: number): number => 2 * index + 1;
const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);

function dataFrames(index: number, sizes: readonly number[], ends: boolean, padded: boolean): Uint8Array[] {
  return sizes.map((size, at) => {
    const body = new Uint8Array(size).fill(0x61);
    const payload = padded ? concat(Uint8Array.of(5), body, new Uint8Array(5)) : body;
    return frame(0, (ends && at === sizes.length - 1 ? 1 : 0) | (padded ? 8 : 0), idOf(index), payload);
  });
}

/** All parts in one of the orders that are possible; `choose(n)` picks one of n. */
function interleave(all: readonly Plan[], choose: (count: number) => number): Part[] {
  const encoders = [new HpackEncoder(), new HpackEncoder()];
  const parts: Part[] = [];
  const waiting: { index: number; steps: (() => Part)[] }[] = [];
  const stepsOf = (index: number, plan: Plan, side: Side): (() => Part)[] => {
    const encoder = encoders[side] ?? new HpackEncoder();
    const sizes = side === CLIENT ? plan.upload : plan.answer;
    const trailers = side === SERVER && plan.trailers;
    const put = (bytes: Uint8Array): Part => ({ side, index, bytes });
    const fields =
      side === CLIENT
        ? {
            ':method': 'GET',
            ':scheme': 'http',
            ':path': `/s/p${index}`,
            ':authority': 'shop',
            'x-test': `v${index % 3}`,
          }
        : { ':status': String(plan.status), server: 'x', 'x-number': `n${index % 4}` };
    return [
      () => {
        const before = side === CLIENT && plan.table !== undefined ? encoder.resize(plan.table) : new Uint8Array();
        const ends = sizes.length === 0 && !trailers;
        return put(headerFrames(idOf(index), concat(before, encoder.block(fields)), ends, plan));
      },
      ...dataFrames(index, sizes, !trailers, plan.padded).map((bytes) => () => put(bytes)),
      ...(trailers ? [() => put(headerFrames(idOf(index), encoder.block({ 'x-trailer': 't' }), true, plan))] : []),
    ];
  };
  // Requests begin in the order of their streams, at any time; an answer begins when its request has.
  let begun = 0;
  const answers = new Map<number, (() => Part)[]>();
  while (begun < all.length || waiting.length > 0) {
    const picked = choose(waiting.length + (begun < all.length ? 1 : 0));
    if (picked === waiting.length) {
      const plan = all[begun] as Plan;
      const [head, ...rest] = stepsOf(begun, plan, CLIENT);
      if (head !== undefined) parts.push(head());
      waiting.push({ index: begun, steps: rest });
      answers.set(begun, stepsOf(begun, plan, SERVER));
      begun++;
    } else {
      const { index, steps } = waiting[picked] as (typeof waiting)[number];
      const next = steps.shift();
      if (next !== undefined) parts.push(next());
      else {
        waiting.splice(picked, 1);
        const answer = answers.get(index);
        if (answer !== undefined) waiting.push({ index, steps: answer });
        answers.delete(index);
      }
    }
  }
  return parts;
}

const indexOf = (told: Told): number => Number(String(told['url.path']).slice('/s/p'.length));

function expectExact(told: Told, plan: Plan, index: number): void {
  expect(told).toMatchObject({
    'url.path': `/s/p${index}`,
    'http.request.header.x-test': [`v${index % 3}`],
    'http.response.status_code': plan.status,
    'http.request.body.size': sum(plan.upload),
    'http.response.body.size': sum(plan.answer),
  });
  expect(told['sonde.partial']).toBeUndefined();
}

function opened(): Driver {
  const driver = new Driver(make());
  driver.data(CLIENT, concat(PREFACE, settings()), 0, true);
  driver.data(SERVER, settings(), 0, true);
  return driver;
}

const choices = fc.infiniteStream(fc.nat(1_000_000));
const picker = (stream: Iterator<number>) => (count: number) => (stream.next().value as number) % count;

test('streams interleaved and cut anywhere are told exactly', () => {
  fc.assert(
    fc.property(plans, choices, (all, stream) => {
      const choose = picker(stream);
      const parts = interleave(all, choose);
      const driver = opened();
      parts.forEach(({ side, bytes }, at) => {
        const cut = choose(bytes.length + 1);
        driver.data(side, bytes.subarray(0, cut), (at + 1) * 1e6, choose(2) === 0);
        driver.data(side, bytes.subarray(cut), (at + 1) * 1e6 + 1, choose(2) === 0);
      });
      expect(driver.rejects).toEqual({});
      expect(driver.told).toHaveLength(all.length);
      for (const one of driver.told) expectExact(one, all[indexOf(one)] as Plan, indexOf(one));
    }),
    { numRuns: 300 },
  );
});

/** Plays the parts with bytes [from, from + length) of one side missing; each part is an operation. */
function playWithHole(parts: readonly Part[], hole: Side, from: number, length: number): Driver {
  const driver = opened();
  let at = 0;
  parts.forEach(({ side, bytes }, time) => {
    const now = (time + 1) * 1e6;
    if (side !== hole) {
      driver.data(side, bytes, now, true);
      return;
    }
    const end = at + bytes.length;
    const [before, after] = [Math.min(Math.max(from - at, 0), bytes.length), Math.max(from + length - at, 0)];
    if (before > 0) driver.data(side, bytes.subarray(0, before), now, true);
    // The gap is told once, when it begins.
    if (from >= at && from < end) driver.gap(side, length, now);
    if (before < bytes.length && after < bytes.length) driver.data(side, bytes.subarray(after), now, after === 0);
    at = end;
  });
  driver.end(CLIENT, 'finished', 1e12);
  driver.end(SERVER, 'finished', 1e12);
  return driver;
}

describe.each([
  ['requests', CLIENT],
  ['responses', SERVER],
] as const)('bytes of %s are missing', (_, hole) => {
  test('nothing untrue is told, and what was not touched is known', () => {
    fc.assert(
      fc.property(plans, choices, (all, stream) => {
        const choose = picker(stream);
        const parts = interleave(all, choose);
        const total = sum(parts.filter(({ side }) => side === hole).map(({ bytes }) => bytes.length));
        const from = choose(total);
        const length = 1 + choose(Math.min(400, total - from));
        const driver = playWithHole(parts, hole, from, length);
        const touched = new Set<number>();
        let at = 0;
        for (const { side, index, bytes } of parts) {
          if (side !== hole) continue;
          if (at < from + length && at + bytes.length > from) touched.add(index);
          at += bytes.length;
        }
        const told = new Map<number, Told>();
        for (const one of driver.told) {
          if (one['url.path'] === undefined) {
            expect(one['sonde.partial']).toContain('http.request');
            continue;
          }
          const index = indexOf(one);
          expect(told.has(index)).toBe(false);
          told.set(index, one);
          const plan = all[index] as Plan;
          const status = one['http.response.status_code'];
          if (status !== undefined) expect(status).toBe(plan.status);
          else if (one['error.type'] === undefined) expect(one['sonde.partial']).toContain('http.response');
          const partial = (one['sonde.partial'] ?? []) as string[];
          for (const [name, sizes] of [
            ['http.request.body.size', plan.upload],
            ['http.response.body.size', plan.answer],
          ] as const) {
            if (one[name] === undefined || one['error.type'] !== undefined) continue;
            if (partial.includes(name)) expect(one[name]).toBeLessThanOrEqual(sum(sizes));
            else expect(one[name]).toBe(sum(sizes));
          }
        }
        const withoutPath = driver.told.length - told.size;
        const untouched = all.filter((__, index) => !touched.has(index)).length;
        const known = [...told.keys()].filter((index) => !touched.has(index)).length;
        expect(known + withoutPath).toBeGreaterThanOrEqual(untouched);
        expect(driver.told.length).toBeLessThanOrEqual(all.length);
      }),
      { numRuns: 500 },
    );
  });
});
