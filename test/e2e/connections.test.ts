import { expect, test } from '@jest/globals';
import type { Span } from '../support/otlp.ts';
import { program } from '../support/paths.ts';
import { withScene } from '../support/scene.ts';
import { nginx, type StartServer } from '../support/servers.ts';

const COUNT = 11;

/** Runs raw.py against the server; answers the spans by kind, in the order of their paths' numbers. */
async function raw(start: StartServer, mode: string, path: string, requests: number) {
  return withScene(start, async ({ netns, server, sonde }) => {
    const args = [program('raw.py'), mode, '127.0.0.1', String(server.port), path, String(COUNT)];
    const { code, stderr } = await netns.run('/usr/bin/python3', args);
    expect([code, stderr]).toEqual([0, '']);
    await sonde.waitForSpans(2 * requests).catch(() => undefined);
    await sonde.stop();
    const spans = sonde.spans();
    const number = ({ attributes }: Span): number => Number(/\d+$/.exec(String(attributes['url.path']))?.[0]);
    const of = (kind: Span['kind']): Span[] =>
      spans.filter((span) => span.kind === kind).sort((a, b) => number(a) - number(b));
    return { spans, server: of('server'), client: of('client') };
  });
}

const outcome = ({ attributes }: Span): unknown[] => [
  attributes['url.path'],
  attributes['http.response.status_code'],
  attributes['error.type'],
];

test.each([
  { what: 'five requests in one write', mode: 'pipeline', requests: 5 * COUNT },
  { what: 'two requests in two writes without waiting', mode: 'two', requests: 2 * COUNT },
  { what: 'a head in three parts', mode: 'split', requests: COUNT },
])('$what: a span each', async ({ mode, requests }) => {
  const { server, client } = await raw(nginx, mode, '/raw/', requests);
  const expected = Array.from({ length: requests }, (_, index) => [`/raw/${index + 1}`, 200, undefined]);
  expect(server.map(outcome)).toEqual(expected);
  expect(client.map(outcome)).toEqual(expected);
});

test.each(['leave', 'reset'])('the client goes away early (%s): no status is invented', async (mode) => {
  const { spans, server, client } = await raw(nginx, mode, '/slow/', COUNT);
  expect(spans).toHaveLength(2 * COUNT);
  for (const [index, span] of [...client.entries()]) {
    expect(outcome(span)).toEqual([`/slow/${index + 1}`, undefined, expect.stringMatching(/./)]);
  }
  for (const span of server) {
    // nginx may still write its answer to a client that only closed its own end.
    const [, status, error] = outcome(span);
    expect(status === 200 ? [status] : [status, error]).toEqual(
      status === 200 ? [200] : [undefined, expect.stringMatching(/./)],
    );
    // A server is not at fault when its client leaves; a reset is told as the error that it saw.
    if (mode === 'leave') expect(span.status.code ?? 0).not.toBe(2);
  }
});

test('the server closes without an answer: no status is invented', async () => {
  const { spans, server, client } = await raw(nginx, 'read', '/closed/', COUNT);
  expect(spans).toHaveLength(2 * COUNT);
  for (const side of [server, client]) {
    expect(side.map(outcome)).toEqual(
      Array.from({ length: COUNT }, (_, index) => [`/closed/${index + 1}`, undefined, 'server_closed']),
    );
    expect(side.every(({ status }) => status.code === 2)).toBe(true);
  }
});
