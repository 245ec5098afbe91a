import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Batch, nodeClient } from '../support/clients.ts';
import { timed } from '../support/cpu.ts';
import {
  differences,
  type Expected,
  expectBatch,
  expectSameConnections,
  spansOfBatch,
} from '../support/expect_batch.ts';
import { Netns } from '../support/netns.ts';
import type { Point, Span } from '../support/otlp.ts';
import * as servers from '../support/servers.ts';
import { Sonde } from '../support/sonde.ts';

const HELLO: Expected = { status: 200, responseBytes: 12 };

interface Case extends Expected {
  readonly batch: Batch;
}

/** The batch whose durations are compared. */
const TIMED = 'timed';

/** Counts are primes: nothing adds up to them by accident. */
const cases: readonly Case[] = [
  { ...HELLO, batch: { name: 'keep', count: 97, concurrency: 8 } },
  { ...HELLO, batch: { name: 'close', count: 23, concurrency: 4, keepAlive: false } },
  { ...HELLO, batch: { name: 'v6', count: 23, concurrency: 4, address: 'ipv6' } },
  { ...HELLO, batch: { name: 'unix', count: 23, concurrency: 4, address: 'unix' } },
  { ...HELLO, batch: { name: 'unixclose', count: 11, concurrency: 2, keepAlive: false, address: 'unix' } },
  { ...HELLO, batch: { name: 'post', count: 13, method: 'POST', bodyBytes: 1009 } },
  { ...HELLO, batch: { name: 'large', count: 3, method: 'POST', bodyBytes: 300_007 } },
  { ...HELLO, batch: { name: 'chunked', count: 7, method: 'POST', bodyBytes: 4093, chunked: true } },
  { ...HELLO, batch: { name: 'half', count: 5, method: 'POST', bodyBytes: 4093, bodyDelayMs: 20 } },
  { ...HELLO, batch: { name: 'slow', count: 5, path: '/slow/', concurrency: 5 } },
  { ...HELLO, batch: { name: TIMED, count: 23, path: '/slow/' } },
  { status: 200, responseBytes: 0, batch: { name: 'head', count: 7, method: 'HEAD' } },
];
const missing: Case = { status: 404, responseBytes: 10, batch: { name: 'lost', count: 13, path: '/missing/' } };

interface Subject {
  readonly name: string;
  readonly start: servers.StartServer;
  readonly cases: readonly Case[];
  /** Server and client spans per request: two where a proxy stands in front. */
  readonly hops: number;
}

const subjects: readonly Subject[] = [
  { name: 'nginx', start: servers.nginx, cases: [...cases, missing], hops: 1 },
  { name: 'Node', start: servers.node, cases: [...cases, missing], hops: 1 },
  // It does not read chunked bodies.
  { name: 'Python http.server', start: servers.pythonHttp, cases: without(missing, 'chunked'), hops: 1 },
  { name: 'aiohttp', start: servers.aiohttp, cases: [...cases, missing], hops: 1 },
  // It has no Unix sockets, and its own page for what is missing.
  { name: 'Apache', start: servers.apache, cases: without(undefined, 'unix', 'unixclose'), hops: 1 },
  { name: 'HAProxy', start: servers.haproxy, cases: [...cases, missing], hops: 2 },
];

function without(more: Case | undefined, ...names: string[]): Case[] {
  return [...cases.filter(({ batch }) => !names.includes(batch.name)), ...(more === undefined ? [] : [more])];
}

const sum = (points: readonly Point[], metric: string): number =>
  points.filter((point) => point.metric === metric).reduce((total, point) => total + (point.count ?? 0), 0);

describe.each(subjects)('$name', ({ start, cases: own, hops }) => {
  const total = own.reduce((all, { batch }) => all + batch.count, 0) * hops;
  let netns: Netns;
  let server: servers.Server;
  let sonde: Sonde;
  let spans: Span[] = [];
  let points: Point[] = [];
  let log: servers.LoggedRequest[] = [];
  let waited = 0;

  beforeAll(async () => {
    netns = new Netns();
    const backend = hops === 2 ? await servers.node(netns, { port: 8081 }) : undefined;
    server = await start(netns);
    sonde = await Sonde.start(netns);
    for (const { batch } of own) {
      const sent = await timed(() => nodeClient(netns, server, batch));
      if (batch.name === TIMED) waited = sent.waited;
    }
    await sonde.waitForSpans(2 * total).catch(() => undefined);
    await sonde.stop();
    spans = sonde.spans();
    points = sonde.points();
    log = server.log();
    await server.stop();
    await backend?.stop();
  });

  afterAll(async () => {
    sonde?.clean();
    await netns.delete();
  });

  test.each(own)('$batch.name: $batch.count server spans', ({ batch, ...expected }) => {
    expectBatch(spans, 'server', server, batch, expected);
  });

  test.each(own)('$batch.name: $batch.count client spans', ({ batch, ...expected }) => {
    expectBatch(spans, 'client', server, batch, expected);
  });

  test('both ends name the same connections', () => {
    for (const { batch } of own.filter(({ batch: { address } }) => address !== 'unix')) {
      expectSameConnections(spans, server, batch);
    }
  });

  test('nothing else', () => {
    const count = (kind: Span['kind']): number => spans.filter((span) => span.kind === kind).length;
    expect([count('server'), count('client'), count('other')]).toEqual([total, total, 0]);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(2 * total);
  });

  test('durations are those of the server’s own log', () => {
    // One request at a time: else a program's own queue lies between the system call and its clock.
    const compared = own.filter(({ batch: { name } }) => name === TIMED);
    const ownSpans = compared.flatMap(({ batch }) => spansOfBatch(spans, batch, 'server', server.port));
    const apart = differences(ownSpans, log).sort((a, b) => a - b);
    // HAProxy drops lines of its log rather than wait.
    expect(apart.length).toBeGreaterThan(18);
    for (const [share, limit] of [
      [0.5, 0.0005],
      [0.9, 0.001],
    ] as const) {
      // On a busy machine some process waited for a CPU meanwhile: what is further apart is no more than that.
      const further = apart.slice(0, share * apart.length).filter((seconds) => seconds > limit);
      expect(further.reduce((all, seconds) => all + seconds, 0)).toBeLessThanOrEqual(waited);
    }
  });

  test('metrics count every request once', () => {
    for (const side of ['server', 'client']) {
      expect([side, sum(points, `http.${side}.request.duration`)]).toEqual([side, total]);
    }
  });

  test('the ledgers are closed and nothing was dropped', () => {
    const of = (metric: string, outcome: string): number =>
      points
        .filter((point) => point.metric === metric && point.attributes['outcome'] === outcome)
        .reduce((all, point) => all + (point.value ?? 0), 0);
    expect(of('sonde.tap.operations', 'recorded')).toBeGreaterThan(2 * total);
    expect(of('sonde.tap.operations', 'dropped')).toBe(0);
    expect(of('sonde.tap.messages', 'emitted')).toBe(2 * total);
    expect(of('sonde.tap.spans', 'handed_over')).toBe(2 * total);
  });

  test('service is named after the program', () => {
    const names = new Set(
      spans
        .filter(({ kind, attributes }) => kind === 'server' && attributes['network.local.port'] === server.port)
        .map(({ resource }) => resource['service.name']),
    );
    expect([...names]).toEqual([expect.any(String)]);
    expect([...names][0]).not.toMatch(/^unknown/);
  });
});
