import { describe, expect, test } from '@jest/globals';
import { CLIENT, type Decoder, SERVER } from '../../src/wire/decoder.ts';
import { createMysql } from '../../src/wire/mysql.ts';
import { createPostgresql } from '../../src/wire/postgresql.ts';
import { createRedis } from '../../src/wire/redis.ts';
import { fc } from '../support/property.ts';
import { Driver } from './driver.ts';
import * as mysql from './mysql.cases.ts';
import * as postgresql from './postgresql.cases.ts';
import { command } from './redis.cases.ts';

interface Subject {
  readonly make: () => Decoder;
  readonly open: readonly (readonly [typeof CLIENT | typeof SERVER, string])[];
  /** The answer tells which request it belongs to: every third is an error with its number. */
  request(number: number): string;
  answer(number: number): string;
}

const options = { query: 'keep' } as const;
const failed = (number: number): boolean => number % 3 === 0;
const code = (number: number): string => String(1000 + (number % 1000));

const subjects: Readonly<Record<string, Subject>> = {
  redis: {
    make: () => createRedis(options),
    open: [],
    request: (number) => command('GET', `n${number}`),
    answer: (number) => (failed(number) ? `-E${code(number)} x\r\n` : '$1\r\nv\r\n'),
  },
  postgresql: {
    make: () => createPostgresql(options),
    open: [
      [CLIENT, postgresql.startup],
      [SERVER, postgresql.hello],
    ],
    request: (number) => postgresql.query(`SELECT n${number}`),
    answer: (number) =>
      (failed(number) ? postgresql.failure(`E${code(number)}`) : postgresql.columns + postgresql.complete('SELECT 1')) +
      postgresql.ready,
  },
  mysql: {
    make: () => createMysql(options),
    open: [
      [SERVER, mysql.greeting],
      [CLIENT, mysql.login()],
      [SERVER, mysql.ok(2)],
    ],
    request: (number) => mysql.query(`SELECT n${number}`),
    answer: (number) => (failed(number) ? mysql.error(Number(code(number)), '42000') : mysql.ok()),
  },
};

test.each(Object.entries(subjects))('%s: other options reach a session that is open', (name, subject) => {
  const make = { redis: createRedis, postgresql: createPostgresql, mysql: createMysql }[name] ?? createRedis;
  const driver = new Driver(make({ query: 'obfuscate' }));
  let time = 0;
  for (const [side, text] of subject.open) driver.data(side, Buffer.from(text, 'latin1'), ++time, true);
  for (const query of ['obfuscate', 'keep', 'drop', 'keep'] as const) {
    make({ query }).renew?.(driver.session);
    driver.data(CLIENT, Buffer.from(subject.request(7), 'latin1'), ++time, true);
    driver.data(SERVER, Buffer.from(subject.answer(7), 'latin1'), ++time, true);
  }
  const texts = driver.told.map((told) => told['db.query.text']);
  const kept = name === 'redis' ? 'GET n7' : 'SELECT n7';
  expect(texts).toEqual([name === 'redis' ? 'GET ?' : kept, kept, undefined, kept]);
  expect(driver.session.opaque).toBe(false);
});

/** Which request a span is of, by its text. */
const numberOf = (told: Readonly<Record<string, unknown>>): number =>
  Number(/n(\d+)$/.exec(String(told['db.query.text']))?.[1]);

describe.each(Object.entries(subjects))('%s with lost records', (_, { make, open, request, answer }) => {
  const run = (lost: readonly boolean[], stride: number): { driver: Driver; whole: number } => {
    const driver = new Driver(make());
    let time = 0;
    for (const [side, text] of open) driver.data(side, Buffer.from(text, 'latin1'), ++time, true);
    let whole = 0;
    let gaps: [number, number] = [0, 0];
    lost.forEach((missing, at) => {
      const number = at >> 1;
      const side = at % 2 === 0 ? CLIENT : SERVER;
      const bytes = Buffer.from(side === CLIENT ? request(number) : answer(number), 'latin1');
      time += stride;
      if (missing) {
        gaps = side === CLIENT ? [gaps[0] + bytes.length, gaps[1]] : [gaps[0], gaps[1] + bytes.length];
        return;
      }
      // A gap is told when the next record of its direction comes.
      if (gaps[side] > 0) driver.gap(side, gaps[side], time);
      gaps = side === CLIENT ? [0, gaps[1]] : [gaps[0], 0];
      driver.data(side, bytes, time, true);
      if (side === SERVER && lost[at - 1] === false) whole++;
    });
    return { driver, whole };
  };

  test('an answer is never given to another request', () => {
    // Records that are lost here and there; where several in a row are, of both directions, nobody can tell.
    const distances = fc.array(fc.integer({ min: 7, max: 30 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(distances, fc.constantFrom(20_000, 1_000_000, 50_000_000), (apart, stride) => {
        let last = 0;
        const at = new Set(
          apart.map((distance) => {
            last += distance;
            return last;
          }),
        );
        const lost = Array.from({ length: last + 10 }, (_unused, index) => at.has(index));
        for (const told of run(lost, stride).driver.told) {
          if (told['sonde.partial'] !== undefined || told['db.query.text'] === undefined) continue;
          const number = numberOf(told);
          const status = told['db.response.status_code'];
          expect(status === undefined ? 'none' : String(status).replace('E', '')).toBe(
            failed(number) ? code(number) : 'none',
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  test('one lost record costs no more than its own exchange and the next one', () => {
    for (let at = 0; at < 40; at++) {
      const lost = Array.from({ length: 60 }, (_, index) => index === at);
      const { driver, whole } = run(lost, 100_000);
      const complete = driver.told.filter((told) => told['sonde.partial'] === undefined).length;
      expect([at, complete >= whole - 1]).toEqual([at, true]);
    }
  });
});
