import { describe, expect, test } from '@jest/globals';
import { CLIENT, MORE, NO, REQUEST, RESPONSE, SERVER } from '../../src/wire/decoder.ts';
import { createPostgresql, POSTGRESQL_REJECTS } from '../../src/wire/postgresql.ts';
import { Driver } from './driver.ts';
import { runWireCases } from './harness.ts';
import * as cases from './postgresql.cases.ts';

const make = () => createPostgresql({ query: 'obfuscate' });
const latin1 = (text: string) => Buffer.from(text, 'latin1');

describe('recordings', () => runWireCases(make, cases.recordings));
describe('protocol', () => runWireCases(make, cases.protocol));
describe('replication', () => runWireCases(make, cases.replication));
describe('names', () => runWireCases(make, cases.names));
describe('quoting', () => runWireCases(make, cases.quoting));
describe('losses', () => runWireCases(make, cases.losses));

test('no literal, parameter, row or password leaves', () => {
  for (const wire of [...cases.recordings, ...cases.protocol, ...cases.quoting, ...cases.names]) {
    const driver = new Driver(make());
    wire.steps.forEach((step, at) => {
      driver.step(step, at + 1);
    });
    expect(JSON.stringify(driver.told)).not.toMatch(/hunter|hun'ter/i);
  }
});

test.each([
  ['drop', undefined],
  ['keep', "SELECT 'x'"],
] as const)('query: %s', (query, text) => {
  const driver = new Driver(createPostgresql({ query }));
  driver.data(CLIENT, latin1(cases.startup), 1, true);
  driver.data(SERVER, latin1(cases.hello), 2, true);
  driver.data(CLIENT, latin1(cases.query("SELECT 'x'")), 3, true);
  driver.data(SERVER, latin1(cases.complete('SELECT 1') + cases.ready), 4, true);
  expect(driver.told[0]!['db.query.text']).toBe(text);
  expect(driver.told[0]!['name']).toBe('SELECT');
});

test('every reject is reached', () => {
  const all = [...cases.protocol, ...cases.losses];
  const reached = new Set(all.flatMap((wire) => Object.keys(wire.rejects ?? {})));
  // Tested with Redis: it is the same code.
  expect(new Set([...reached, 'pipeline_overflow'])).toEqual(new Set(POSTGRESQL_REJECTS));
});

test.each([
  ['', MORE],
  ['\0', MORE],
  [cases.startup, REQUEST],
  [cases.sslRequest, REQUEST],
  [cases.query('SELECT 1'), REQUEST],
  [cases.query('SELECT 1').slice(0, 9), REQUEST],
  ['Q\0\0', MORE],
  [cases.ready, RESPONSE],
  [cases.hello, RESPONSE],
  [cases.failure('42601'), RESPONSE],
  [cases.complete('SELECT 1') + cases.ready, RESPONSE],
  ['GET / HTTP/1.1\r\n', NO],
  ['POST / HTTP/1.1\r\n', NO],
  ['DELETE / HTTP/1.1\r\n', NO],
  ['HTTP/1.1 200 OK\r\n', NO],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', NO],
  ['\x16\x03\x01\x02\x00', NO],
  ['*1\r\n$4\r\nPING\r\n', NO],
  ['SSH-2.0-x\r\n', NO],
  ['\0\0\0\x0c\0\0\0\0\0\0\0\0', NO],
] as const)('detection of %j', (text, expected) => {
  const bytes = latin1(`\n${text}\n`);
  expect(make().detect(bytes, 1, bytes.length - 1)).toBe(expected);
});

test('of a pipeline without answers so much text is kept, and the rest is marked', () => {
  const driver = new Driver(createPostgresql({ query: 'keep' }));
  driver.data(CLIENT, latin1(cases.startup), 1, true);
  driver.data(SERVER, latin1(cases.hello), 2, true);
  const answer = latin1(cases.columns + cases.complete('SELECT 1') + cases.ready);
  const long = 'x'.repeat(4000);
  for (let at = 0; at < 100; at++) driver.data(CLIENT, latin1(cases.query(`SELECT ${at} AS ${long}`)), 10 + at, true);
  for (let at = 0; at < 100; at++) {
    driver.data(SERVER, answer, 1000 + at, true);
  }
  expect(driver.told).toHaveLength(100);
  const texts = driver.told.filter((call) => call['db.query.text'] !== undefined);
  expect(texts).toHaveLength(65);
  expect(driver.told.at(-1)).toMatchObject({ name: 'SELECT', 'sonde.truncated': ['db.query.text'] });
  // Answered, they make room again.
  driver.data(CLIENT, latin1(cases.query('SELECT 1')), 2000, true);
  driver.data(SERVER, answer, 2001, true);
  expect(driver.told.at(-1)).toMatchObject({ 'db.query.text': 'SELECT 1' });
});
