import { expect, test } from '@jest/globals';
import { CLIENT, SERVER, type Side } from '../../src/wire/decoder.ts';
import { createHttp1 } from '../../src/wire/http1.ts';
import { fc } from '../support/property.ts';
import { Driver } from './driver.ts';

const decoder = createHttp1({ routes: [], maxRoutes: 10, headers: { request: [], response: [] }, query: 'keep' });

/** Body framing: chunk lengths, a length, or none. */
const body = fc.oneof(
  fc.record({ chunks: fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 4 }) }),
  fc.record({ length: fc.integer({ min: 0, max: 500 }) }),
);
type Body = { chunks: number[] } | { length: number };
const sizeOf = (one: Body): number => ('chunks' in one ? one.chunks.reduce((sum, size) => sum + size, 0) : one.length);

/** Every body reads as requests and responses, so a framing mistake shows as an exchange too many. */
const fill = (length: number): string => 'HTTP/1.1 200 OK\r\n\r\nGET / HTTP/1.1\r\n\r\n'.repeat(20).slice(0, length);

function framed(one: Body): string {
  if ('length' in one) return `Content-Length: ${one.length}\r\n\r\n${fill(one.length)}`;
  const chunks = one.chunks.map((size) => `${size.toString(16)};x=y\r\n${fill(size)}\r\n`);
  return `Transfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\nA: b\r\n\r\n`;
}

const exchange = fc.record({
  method: fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'MKCOL'),
  request: body,
  response: body,
  status: fc.constantFrom(200, 204, 304, 404, 500),
  interim: fc.boolean(),
});
const batches = fc.array(fc.array(exchange, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });

test('batches of pipelined exchanges, cut anywhere, are told one by one with exact sizes', () => {
  fc.assert(
    fc.property(
      batches,
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 30 }),
      (list, pieces) => {
        const driver = new Driver(decoder);
        let time = 0;
        let piece = 0;
        const send = (side: Side, text: string): void => {
          const bytes = Buffer.from(text, 'latin1');
          for (let from = 0; from < bytes.length; ) {
            const to = from + (pieces[piece++ % pieces.length] ?? 1);
            driver.data(side, bytes.subarray(from, to), time++, true);
            from = to;
          }
        };
        const expected: unknown[] = [];
        for (const batch of list) {
          send(CLIENT, batch.map((one, at) => `${one.method} /${at} HTTP/1.1\r\n${framed(one.request)}`).join(''));
          for (const one of batch) {
            const bare = one.method === 'HEAD' || one.status === 204 || one.status === 304;
            const text = framed(one.response);
            const interim = one.interim ? 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n' : '';
            send(
              SERVER,
              `${interim}HTTP/1.1 ${one.status} x\r\n${bare ? text.slice(0, text.indexOf('\r\n\r\n') + 4) : text}`,
            );
            expected.push([one.status, sizeOf(one.request), bare ? 0 : sizeOf(one.response), undefined]);
          }
        }
        expect(
          driver.told.map((one) => [
            one['http.response.status_code'],
            one['http.request.body.size'],
            one['http.response.body.size'],
            one['sonde.partial'],
          ]),
        ).toEqual(expected);
        expect(driver.rejects).toEqual({});
        expect(driver.pendingBytes).toBe(0);
      },
    ),
    { numRuns: 150 },
  );
});

test('lost operations cost only what they carried: no answer is given to another request', () => {
  const operations = fc.array(fc.tuple(fc.boolean(), fc.boolean(), fc.integer({ min: 0, max: 400 })), {
    minLength: 2,
    maxLength: 12,
  });
  fc.assert(
    fc.property(operations, (list) => {
      const driver = new Driver(decoder);
      let time = 0;
      const send = (side: Side, lost: boolean, text: string): void => {
        time += 5e6;
        if (lost) driver.gap(side, text.length, time);
        else driver.data(side, Buffer.from(text, 'latin1'), time, true);
      };
      list.forEach(([requestLost, responseLost, length], at) => {
        send(CLIENT, requestLost, `GET /${at} HTTP/1.1\r\nHost: a\r\n\r\n`);
        // The length names the request that was answered.
        send(SERVER, responseLost, `HTTP/1.1 200 OK\r\nContent-Length: ${length * 100 + at}\r\n\r\n`);
        send(SERVER, true, 'x'.repeat(length * 100 + at));
      });
      driver.end(CLIENT, 'finished', time);
      driver.end(SERVER, 'finished', time);
      for (const one of driver.told) {
        if (one['http.response.status_code'] === undefined) continue;
        const at = Number(String(one['url.path']).slice(1));
        expect(one['http.response.body.size']).toBe((list[at]?.[2] ?? 0) * 100 + at);
      }
      const seen = list.filter(([requestLost]) => !requestLost).length;
      const answered = list.filter(([requestLost, responseLost]) => !requestLost && !responseLost).length;
      expect(driver.told).toHaveLength(seen);
      expect(driver.told.filter((one) => one['http.response.status_code'] === 200)).toHaveLength(answered);
    }),
    { numRuns: 300 },
  );
});

test('a request and its answer lost, and no pause: after one turn the client is believed to wait', () => {
  const driver = new Driver(decoder);
  driver.gap(CLIENT, 40, 1000);
  for (let at = 1; at <= 5; at++) {
    driver.data(CLIENT, Buffer.from(`GET /${at} HTTP/1.1\r\n\r\n`), at * 2000, true);
    driver.data(SERVER, Buffer.from('HTTP/1.1 204 x\r\n\r\n'), at * 2000 + 1000, true);
  }
  expect(driver.told.map((one) => one['http.response.status_code'])).toEqual([undefined, 204, 204, 204, 204]);
  expect(driver.rejects).toEqual({ orphan_response: 1 });
});

test('a lost request is no doubt about the answer to one before it', () => {
  const driver = new Driver(decoder);
  const get = (path: string) => Buffer.from(`GET ${path} HTTP/1.1\r\n\r\n`);
  driver.data(CLIENT, get('/1'), 10e6, true);
  driver.gap(CLIENT, 40, 20e6);
  driver.data(CLIENT, get('/3'), 30e6, true);
  for (const status of [201, 202, 203])
    driver.data(
      SERVER,
      Buffer.from(`HTTP/1.1 ${status} x\r\nContent-Length: 0\r\n\r\n`),
      (status - 100) * 1e6,
      true,
      false,
    );
  expect(driver.told.map((one) => [one['url.path'], one['http.response.status_code']])).toEqual([
    ['/1', 201],
    ['/3', undefined],
  ]);
});

test('a client that pipelines and loses answers is told without them', () => {
  const driver = new Driver(decoder);
  const get = (path: string) => Buffer.from(`GET ${path} HTTP/1.1\r\n\r\n`);
  const answer = (status: number) => Buffer.from(`HTTP/1.1 ${status} x\r\nContent-Length: 0\r\n\r\n`);
  driver.data(CLIENT, Buffer.concat([get('/1'), get('/2'), get('/3')]), 10e6, true);
  driver.data(SERVER, answer(201), 20e6, true);
  driver.gap(SERVER, 40, 30e6);
  driver.data(SERVER, answer(203), 40e6, true, false);
  driver.data(CLIENT, Buffer.concat([get('/4'), get('/5')]), 50e6, true);
  driver.data(SERVER, Buffer.concat([answer(204), answer(205)]), 60e6, true);
  expect(driver.told.map((one) => [one['url.path'], one['http.response.status_code']])).toEqual([
    ['/1', 201],
    ['/2', undefined],
    ['/3', undefined],
    ['/4', 204],
    ['/5', 205],
  ]);
  expect(driver.rejects).toEqual({ orphan_response: 1 });
});
