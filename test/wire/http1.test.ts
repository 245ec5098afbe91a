import { describe, expect, test } from '@jest/globals';
import { CLIENT, SERVER } from '../../src/wire/decoder.ts';
import { createHttp1, HTTP1_REJECTS } from '../../src/wire/http1.ts';
import { Driver } from './driver.ts';
import { runWireCases } from './harness.ts';
import { failures, framing, losses } from './http1.cases.ts';

const make = () =>
  createHttp1({ routes: [], maxRoutes: 100, headers: { request: ['X-Test'], response: ['x-answer'] }, query: 'scrub' });

describe('framing', () => runWireCases(make, framing));
describe('failures', () => runWireCases(make, failures));
describe('losses', () => runWireCases(make, losses));

const latin1 = (text: string) => Buffer.from(text, 'latin1');

test('a response that comes a little before its request waits for it, and the duration is not negative', () => {
  const driver = new Driver(make());
  driver.data(SERVER, latin1('HTTP/1.1 204 x\r\n\r\n'), 1000, true);
  expect(driver.told).toEqual([]);
  driver.data(CLIENT, latin1('GET /a HTTP/1.1\r\n\r\n'), 5000, true);
  expect(driver.told).toEqual([expect.objectContaining({ 'http.response.status_code': 204, start: 5000, end: 5000 })]);
  expect(driver.rejects).toEqual({});
});

test('more unanswered requests than are remembered are counted, and their answers match nobody', () => {
  const driver = new Driver(make());
  for (let at = 0; at < 1030; at++) driver.data(CLIENT, latin1(`GET /${at} HTTP/1.1\r\n\r\n`), at, true);
  for (let at = 0; at < 1030; at++)
    driver.data(SERVER, latin1(`HTTP/1.1 ${200 + (at % 4)} x\r\nContent-Length: 0\r\n\r\n`), 5000 + at, true);
  driver.data(CLIENT, latin1('GET /last HTTP/1.1\r\n\r\n'), 9000, true);
  driver.data(SERVER, latin1('HTTP/1.1 418 x\r\nContent-Length: 0\r\n\r\n'), 9001, true);
  expect(driver.told).toHaveLength(1025);
  expect(driver.told.at(-1)).toMatchObject({ 'url.path': '/last', 'http.response.status_code': 418 });
  expect(driver.rejects).toEqual({ pipeline_overflow: 6 });
});

test('of a head without end so much is kept, and the rest is marked', () => {
  const driver = new Driver(make());
  driver.data(CLIENT, latin1('GET /a HTTP/1.1\r\n'), 1, true);
  const lines = latin1(`X-Test: ${'v'.repeat(1000)}\r\nUser-Agent: ${'u'.repeat(9000)}\r\n`.repeat(50));
  for (let at = 0; at < lines.length; at += 4096) driver.data(CLIENT, lines.subarray(at, at + 4096), 2, true);
  driver.data(CLIENT, latin1('\r\n'), 3, true);
  driver.data(SERVER, latin1('HTTP/1.1 431 x\r\nContent-Length: 0\r\n\r\n'), 4, true);
  const [span] = driver.told;
  expect(span).toMatchObject({ 'http.response.status_code': 431 });
  expect(span?.['http.request.header.x-test']).toHaveLength(31);
  expect(span?.['sonde.truncated']).toEqual(['user_agent.original', 'http.request.header.x-test']);
});

test('every reject is reached', () => {
  const reached = new Set([...framing, ...failures, ...losses].flatMap((wire) => Object.keys(wire.rejects ?? {})));
  expect(new Set([...reached, 'pipeline_overflow'])).toEqual(new Set(HTTP1_REJECTS));
});
