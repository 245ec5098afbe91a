/**
 * Every case, with some of its bytes missing or changed. What is told then is counted, for each protocol and damage: a
 * change of these numbers is one of what users see (or another case). `partial` are told with a reserve; of those
 * without, `exact` ones are as with all bytes, and `different` ones are not: another time, or other bytes. Look at the
 * difference, then record it: SONDE_RECORD=1.
 */
import { describe, expect, test } from '@jest/globals';
import { CLIENT, type Decoder, type End, SERVER, type Side } from '../../src/wire/decoder.ts';
import { createHttp1 } from '../../src/wire/http1.ts';
import { createHttp2 } from '../../src/wire/http2.ts';
import { createMysql } from '../../src/wire/mysql.ts';
import { createPostgresql } from '../../src/wire/postgresql.ts';
import { createRedis } from '../../src/wire/redis.ts';
import { createTls } from '../../src/wire/tls.ts';
import { Count, type Counts, recordedCounts } from './count.ts';
import { bytesOf, Driver, lengthOf, STEP_NS, type Step, type WireCase } from './driver.ts';
import * as http1 from './http1.cases.ts';
import * as http2 from './http2.cases.ts';
import * as mysql from './mysql.cases.ts';
import * as postgresql from './postgresql.cases.ts';
import * as redis from './redis.cases.ts';
import * as tls from './tls.cases.ts';

const http = {
  routes: [],
  maxRoutes: 100,
  headers: { request: ['X-Test'], response: ['x-answer'] },
  query: 'scrub',
} as const;
const database = { query: 'obfuscate' } as const;

const subjects: readonly (readonly [string, () => Decoder, readonly WireCase[]])[] = [
  ['http1', () => createHttp1(http), [...http1.framing, ...http1.failures, ...http1.losses]],
  ['http2', () => createHttp2(http), [...http2.framing, ...http2.failures, ...http2.grpc, ...http2.losses]],
  ['redis', () => createRedis(database), [...redis.recordings, ...redis.protocol, ...redis.losses]],
  [
    'postgresql',
    () => createPostgresql(database),
    [...postgresql.recordings, ...postgresql.protocol, ...postgresql.losses],
  ],
  ['mysql', () => createMysql(database), [...mysql.recordings, ...mysql.protocol, ...mysql.losses]],
  ['tls', createTls, [...tls.recordings, ...tls.hellos, ...tls.hostile, ...tls.losses]],
];

interface Damaged {
  readonly driver: Driver;
  readonly side: Side;
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly time: number;
}

/** What becomes of an operation at byte `at`; true: nothing follows. */
const damages: Readonly<Record<string, (damaged: Damaged) => boolean>> = {
  'some bytes are lost': ({ driver, side, bytes, at, time }) => {
    const to = Math.min(bytes.length, at + 1 + (at % 40));
    driver.data(side, bytes.subarray(0, at), time, true);
    driver.gap(side, to - at, time);
    driver.data(side, bytes.subarray(to), time, false);
    return false;
  },
  'the rest is lost': ({ driver, side, bytes, at, time }) => {
    driver.data(side, bytes.subarray(0, at), time, true);
    driver.gap(side, bytes.length - at, time);
    return false;
  },
  'the rest is lost, and more': ({ driver, side, bytes, at, time }) => {
    driver.data(side, bytes.subarray(0, at), time, true);
    driver.gap(side, bytes.length - at + 700, time);
    return false;
  },
  'the beginning is lost': ({ driver, side, bytes, at, time }) => {
    driver.gap(side, at + 1, time);
    driver.data(side, bytes.subarray(at + 1), time, at % 2 === 0);
    return false;
  },
  'a byte is another': ({ driver, side, bytes, at, time }) => {
    const changed = Uint8Array.from(bytes);
    changed[at] = (bytes[at] ?? 0) ^ (at % 2 === 0 ? 0x01 : 0x82);
    driver.data(side, changed, time, true);
    return false;
  },
  'the connection ends': ({ driver, side, bytes, at, time }) => {
    driver.data(side, bytes.subarray(0, at), time, true);
    const how: End = at % 3 === 0 ? 'unknown' : 'finished';
    driver.end(side, how, time + 1e6);
    driver.end(side === CLIENT ? SERVER : CLIENT, how, time + 2e6);
    return true;
  },
};

/** Places in an operation that are tried: all of short ones. */
const PLACES = 24;
/** Longer connections take too long. */
const MAX_BYTES = 20_000;

function play(decoder: Decoder, wire: WireCase, damaged?: { step: number; at: number; damage: string }): Driver {
  const driver = new Driver(decoder, { kind: wire.kind ?? 'server', joined: wire.joined ?? false });
  for (const [index, step] of wire.steps.entries()) {
    if (damaged?.step === index) {
      const side = step[0] === 'client' ? CLIENT : SERVER;
      const bytes = bytesOf(step[1] as string);
      const ends = damages[damaged.damage]?.({ driver, side, bytes, at: damaged.at, time: (index + 1) * STEP_NS });
      if (ends === true) break;
    } else driver.step(step, index + 1);
  }
  return driver;
}

function* placesOf(steps: readonly Step[]): Generator<{ step: number; at: number }> {
  for (const [step, one] of steps.entries()) {
    const length = lengthOf(one);
    const stride = Math.max(1, length / PLACES);
    for (let at = 0; at < length; at += stride) yield { step, at: Math.floor(at) };
  }
}

function count(make: () => Decoder, cases: readonly WireCase[], damage: string): Counts {
  const count = new Count();
  const decoder = make();
  for (const wire of cases) {
    if (wire.steps.reduce((sum, step) => sum + lengthOf(step), 0) > MAX_BYTES) continue;
    const whole = new Set(play(decoder, wire).told.map((one) => JSON.stringify(one)));
    for (const place of placesOf(wire.steps)) {
      const driver = play(decoder, wire, { ...place, damage });
      for (const one of driver.told) count.operation(one, whole);
      count.session(driver);
    }
  }
  return count.counts;
}

describe.each(subjects)('%s', (name, make, cases) => {
  test.each(Object.keys(damages))('%s', (damage) => {
    const counts = count(make, cases, damage);
    expect(counts).toEqual(recordedCounts(name, damage, counts));
  });
});
