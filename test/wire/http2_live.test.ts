import { once } from 'node:events';
import type { ClientHttp2Session, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { expect, test } from '@jest/globals';
import { createHttp2 } from '../../src/wire/http2.ts';
import { Driver, type Told } from './driver.ts';
import { type Chunk, record } from './http2_recording.ts';

const make = () =>
  createHttp2({ routes: [], maxRoutes: 100, headers: { request: ['X-Test'], response: ['x-answer'] }, query: 'scrub' });

function play(chunks: readonly Chunk[], joined = false): Driver {
  const driver = new Driver(make(), { joined });
  chunks.forEach(({ side, bytes }, at) => {
    driver.data(side, bytes, (at + 1) * 1000, true);
  });
  return driver;
}

async function ask(client: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: Buffer): Promise<void> {
  const stream = client.request(headers, { endStream: body === undefined });
  stream.on('error', () => undefined);
  stream.resume();
  if (body !== undefined) stream.end(body);
  await once(stream, 'close');
}

const pick = (told: readonly Told[], ...names: string[]): unknown[] =>
  told.map((one) => names.map((name) => one[name]));

/** Of `/items/7?token=7`. */
const numberOf = (path: string): number => Number(/^\/items\/(\d+)/.exec(path)?.[1]);

const answer = (stream: ServerHttp2Stream, body: Buffer): void => {
  stream.respond({ ':status': 200, 'x-answer': 'yes', date: new Date().toUTCString() });
  stream.end(body);
};

test.each([1, 2, 10, 100])('%d streams at once: every request is told, with exact sizes', async (concurrency) => {
  const count = 300;
  const chunks = await record(async ({ client, server }) => {
    server.on('stream', (stream, headers) => {
      stream.resume();
      stream.on('end', () => answer(stream, Buffer.alloc(numberOf(String(headers[':path'])) * 7, 'a')));
    });
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let at = next++; at < count; at = next++) {
        const body = at % 3 === 0 ? Buffer.alloc(at * 13, 'b') : undefined;
        const method = body === undefined ? 'GET' : 'POST';
        await ask(client, { ':method': method, ':path': `/items/${at}?token=${at}`, 'x-test': `n${at}` }, body);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
  });
  const driver = play(chunks);
  expect(driver.rejects).toEqual({});
  expect(driver.told).toHaveLength(count);
  const expected = Array.from({ length: count }, (_, at) => [
    `/items/${at}`,
    at % 3 === 0 ? 'POST /items/{id}' : 'GET /items/{id}',
    200,
    at % 3 === 0 ? at * 13 : 0,
    at * 7,
    [`n${at}`],
    ['yes'],
    '2',
    undefined,
  ]);
  const names = ['url.path', 'name', 'http.response.status_code', 'http.request.body.size', 'http.response.body.size'];
  const more = ['http.request.header.x-test', 'http.response.header.x-answer', 'network.protocol.version'];
  const seen = pick(driver.told, ...names, ...more, 'sonde.partial');
  const number = (one: unknown): number => numberOf(String((one as unknown[])[0]));
  expect(seen.sort((a, b) => number(a) - number(b))).toEqual(expected);
});
