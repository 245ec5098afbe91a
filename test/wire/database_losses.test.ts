import { describe, expect, test } from '@jest/globals';
import { CLIENT, type Decoder, SERVER, type Side } from '../../src/wire/decoder.ts';
import { createMysql } from '../../src/wire/mysql.ts';
import { createPostgresql } from '../../src/wire/postgresql.ts';
import { createRedis } from '../../src/wire/redis.ts';
import { fc } from '../support/property.ts';
import { Count, recordedCounts } from './count.ts';
import { Driver, type Told } from './driver.ts';
import * as mysql from './mysql.cases.ts';
import * as postgresql from './postgresql.cases.ts';
import { command } from './redis.cases.ts';

interface Subject {
  readonly make: () => Decoder;
  readonly open: readonly (readonly [Side, string])[];
  /** Of some size, and with its number in the text. */
  request(number: number, size: number): string;
  /** Of some size; every third is an error with the number of its request. */
  answer(number: number, size: number): string;
}

const options = { query: 'keep' } as const;
const failed = (number: number): boolean => number % 3 === 0;
const code = (number: number): string => String(1000 + (number % 1000));
const rows = (size: number): number => size >> 4;

const subjects: Readonly<Record<string, Subject>> = {
  redis: {
    make: () => createRedis(options),
    open: [],
    request: (number, size) => command('SET', `n${number}`, 'v'.repeat(size)),
    answer: (number, size) =>
      failed(number) ? `-E${code(number)} x\r\n` : `*${rows(size)}\r\n${`$12\r\nrow of the s\r\n`.repeat(rows(size))}`,
  },
  postgresql: {
    make: () => createPostgresql(options),
    open: [
      [CLIENT, postgresql.startup],
      [SERVER, postgresql.hello],
    ],
    request: (number, size) => postgresql.query(`SELECT '${'v'.repeat(size)}', n${number}`),
    answer: (number, size) =>
      (failed(number)
        ? postgresql.failure(`E${code(number)}`)
        : postgresql.columns +
          postgresql.message('D', `\0\x01\0\0\0\x05value`).repeat(rows(size)) +
          postgresql.complete(`SELECT ${rows(size)}`)) + postgresql.ready,
  },
  mysql: {
    make: () => createMysql(options),
    open: [
      [SERVER, mysql.greeting],
      [CLIENT, mysql.login()],
      [SERVER, mysql.ok(2)],
    ],
    request: (number, size) => mysql.query(`SELECT '${'v'.repeat(size)}', n${number}`),
    answer: (number, size) => (failed(number) ? mysql.error(Number(code(number)), '42000') : mysql.set(rows(size))),
  },
};

/** One turn: requests that go out together in one operation, and their answers in some. */
interface Turn {
  readonly sizes: readonly number[];
  /** Bytes of the answers per operation. */
  readonly chunk: number;
  readonly pause: number;
}

interface Phase {
  readonly turns: readonly Turn[];
  readonly steps: readonly { readonly sends: boolean; readonly sizes: readonly number[]; readonly chunk: number }[];
  readonly pause: number;
}

interface Operation {
  readonly side: Side;
  readonly bytes: Buffer;
  readonly time: number;
}

function operationsOf(subject: Subject, turns: readonly Turn[]): Operation[] {
  const operations: Operation[] = [];
  let time = 1000;
  const tick = (by: number): number => {
    time += by;
    return time;
  };
  let number = 0;
  for (const { sizes, chunk, pause } of turns) {
    const first = number;
    const requests = sizes.map((size) => Buffer.from(subject.request(++number, size), 'latin1'));
    operations.push({ side: CLIENT, bytes: Buffer.concat(requests), time: tick(1000) });
    const answers = Buffer.from(sizes.map((size, at) => subject.answer(first + at + 1, size)).join(''), 'latin1');
    for (let at = 0; at < answers.length; at += chunk)
      operations.push({ side: SERVER, bytes: answers.subarray(at, at + chunk), time: tick(1000) });
    tick(pause);
  }
  return operations;
}

/** Which bytes of an operation are copied: all, the first so many, or none. */
function play(subject: Subject, operations: readonly Operation[], copied: readonly number[]): Driver {
  const driver = new Driver(subject.make());
  let time = 0;
  for (const [side, text] of subject.open) driver.data(side, Buffer.from(text, 'latin1'), ++time, true);
  const gaps: [number, number] = [0, 0];
  operations.forEach(({ side, bytes, time: at }, index) => {
    const length = Math.min(bytes.length, copied[index] ?? bytes.length);
    if (length > 0) {
      // That an operation is missing shows when the next bytes of its direction come; what was not copied is told at once.
      if (gaps[side] > 0) driver.gap(side, gaps[side], at);
      gaps[side] = 0;
      driver.data(side, bytes.subarray(0, length), at, true);
      if (length < bytes.length) driver.gap(side, bytes.length - length, at);
    } else {
      gaps[side] += bytes.length;
    }
  });
  return driver;
}

const numberOf = (told: Told): number => Number(/n(\d+)/.exec(String(told['db.query.text']))?.[1]);
const isPartial = (told: Told): boolean => told['sonde.partial'] !== undefined;

/** What is told of an operation without a reserve, as far as it does not depend on the bytes that are there. */
const essence = ({ name, start, end, error, ...told }: Told): string =>
  JSON.stringify([
    name,
    start,
    end,
    error,
    told['db.response.status_code'],
    told['db.response.returned_rows'],
    told['error.type'],
    told['db.operation.name'],
  ]);

const turn = (most: number): fc.Arbitrary<Turn> =>
  fc.record({
    sizes: fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: most }),
    chunk: fc.constantFrom(7, 64, 4096),
    pause: fc.constantFrom(1000, 20_000_000),
  });
/** Operations that are lost or cut: far from each other, near, and several in a row, of both directions. */
const apart = fc.oneof(fc.integer({ min: 30, max: 60 }), fc.nat(12), fc.nat(2));
const losses = fc.array(fc.tuple(apart, fc.oneof(fc.constant(0), fc.nat(60))), { maxLength: 12 }).map(copiedOf);

/** So many operations that are whole, then one of which so many bytes are. */
function copiedOf(list: readonly (readonly [number, number])[]): number[] {
  return list.flatMap(([distance, length]) => [...Array.from({ length: distance }, () => 1e9), length]);
}

/** Returns how many operations are told without bytes missing. */
function expectSame(subject: Subject, operations: readonly Operation[], copied: readonly number[]): number {
  const whole = play(subject, operations, []);
  expect(whole.told.filter(isPartial)).toEqual([]);
  const told = new Map(whole.told.map((one) => [numberOf(one), essence(one)]));
  for (const one of play(subject, operations, copied).told)
    if (!isPartial(one)) expect([numberOf(one), essence(one)]).toEqual([numberOf(one), told.get(numberOf(one))]);
  return told.size;
}

/** MySQL's clients wait for each answer. */
const clients = Object.entries(subjects).flatMap(([name, subject]) =>
  [1, 5].filter((most) => most === 1 || name !== 'mysql').map((most) => ({ name, subject, most })),
);

describe.each(clients)('$name, up to $most in one go', ({ subject, most }) => {
  test('what is told with bytes missing anywhere is what is told without', () => {
    fc.assert(
      fc.property(fc.array(turn(most), { minLength: 1, maxLength: 25 }), losses, (list, copied) => {
        const count = expectSame(subject, operationsOf(subject, list), copied);
        expect(count).toBe(list.reduce((sum, { sizes }) => sum + sizes.length, 0));
      }),
      { numRuns: 150 },
    );
  });
});

/** Of a client that does not wait: what it sends in one operation, or a piece of the answers to what it has sent. */
const step = fc.record({
  sends: fc.boolean(),
  sizes: fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 3 }),
  chunk: fc.integer({ min: 1, max: 600 }),
});
/** It waits for a while, then it does not, and now and then it has all its answers and pauses. */
const phase = fc.record({
  turns: fc.array(turn(3), { maxLength: 12 }),
  steps: fc.array(step, { maxLength: 40 }),
  pause: fc.constantFrom(1000, 20_000_000),
});
const distant = fc
  .array(fc.tuple(fc.integer({ min: 30, max: 60 }), fc.oneof(fc.constant(0), fc.nat(60))), { maxLength: 12 })
  .map(copiedOf);

function overlapping(subject: Subject, phases: readonly Phase[]): Operation[] {
  const operations: Operation[] = [];
  let time = 1000;
  let number = 0;
  let answers = Buffer.alloc(0);
  const add = (side: Side, bytes: Buffer): void => {
    time += 1000;
    operations.push({ side, bytes, time });
  };
  const send = (sizes: readonly number[]): void => {
    const first = number;
    add(CLIENT, Buffer.concat(sizes.map((size) => Buffer.from(subject.request(++number, size), 'latin1'))));
    const text = sizes.map((size, at) => subject.answer(first + at + 1, size)).join('');
    answers = Buffer.concat([answers, Buffer.from(text, 'latin1')]);
  };
  const answer = (most: number): void => {
    if (answers.length > 0) add(SERVER, answers.subarray(0, most));
    answers = answers.subarray(most);
  };
  for (const { turns, steps, pause } of phases) {
    for (const one of turns) {
      send(one.sizes);
      while (answers.length > 0) answer(one.chunk);
      time += one.pause;
    }
    for (const { sends, sizes, chunk } of steps) {
      if (sends) send(sizes);
      else answer(chunk);
    }
    while (answers.length > 0) answer(4096);
    time += pause;
  }
  return operations;
}

describe.each(clients.filter(({ most }) => most > 1))('$name, while answers are under way', ({ subject }) => {
  test('what is told with bytes missing is what is told without', () => {
    fc.assert(
      fc.property(fc.array(phase, { minLength: 1, maxLength: 6 }), distant, (phases, copied) => {
        expectSame(subject, overlapping(subject, phases), copied);
      }),
      { numRuns: 300 },
    );
  });
});

/** Some that wait for each answer, then some that do not, and pauses between them. */
const talk: readonly Turn[] = [1, 1, 2, 1, 3, 1, 1, 1, 2, 2, 1, 1].map((most, at) => ({
  sizes: Array.from({ length: most }, (_, size) => 10 + size * 7),
  chunk: at % 4 === 3 ? 64 : 4096,
  pause: at % 3 === 2 ? 20_000_000 : 1000,
}));
/** Bytes that are copied of operations in a row. */
const together = {
  'an operation is lost': [0],
  'of an operation the beginning is left': [9],
  'an operation is lost, and the next': [0, 0],
  'every other is lost': [0, 1e9, 0],
  'of two the beginning is left': [17, 9],
} as const;

describe.each(Object.entries(subjects))('%s: what is told is counted', (name, subject) => {
  test.each(Object.entries(together))('%s', (damage, lost) => {
    const count = new Count();
    const operations = operationsOf(subject, talk);
    const whole = new Set(play(subject, operations, []).told.map((one) => JSON.stringify(one)));
    for (let at = 0; at < operations.length; at++) {
      const driver = play(subject, operations, [...Array.from({ length: at }, () => 1e9), ...lost]);
      for (const side of [CLIENT, SERVER] as const) driver.end(side, at % 2 === 0 ? 'finished' : 'unknown', 1e12);
      for (const one of driver.told) count.operation(one, whole);
      count.session(driver);
    }
    expect(count.counts).toEqual(recordedCounts(name, damage, count.counts));
  });
});
