import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { timed } from '../support/cpu.ts';
import { gated } from '../support/gated.ts';
import { grpcPrograms } from '../support/grpc_programs.ts';
import { Netns } from '../support/netns.ts';
import type { Point, Span } from '../support/otlp.ts';
import { Sonde } from '../support/sonde.ts';

const PORT = 50051;
const LONG_SECONDS = 1.2;

interface Kind {
  readonly method: string;
  readonly count: number;
  /** What the client library says, and what the client's span has to. */
  readonly status: string;
  /** Messages. A library that does not know the method may refuse it before the client has sent one. */
  readonly requests: number;
  readonly responses: number;
  /** For a server, only some statuses are errors. */
  readonly serverError: boolean;
  /** Every call has a deadline of so many seconds. */
  readonly timeout?: number;
  /** Both ends watch the deadline: who hears of the other's cancellation before its own has passed tells that. */
  readonly orCancelled?: true;
}

const fine = { status: 'OK', serverError: false };
const failed = { requests: 1, responses: 0, timeout: 10 };
/** The four kinds of calls, what goes wrong, and who gives up. Counts are primes. */
const kinds: readonly Kind[] = [
  { ...fine, method: 'Unary', count: 503, requests: 1, responses: 1, timeout: 10 },
  { ...fine, method: 'ServerStream', count: 53, requests: 1, responses: 3 },
  { ...fine, method: 'ClientStream', count: 47, requests: 4, responses: 1 },
  { ...fine, method: 'Both', count: 43, requests: 4, responses: 4 },
  { ...fine, method: 'Long', count: 3, requests: 1, responses: 3 },
  { ...failed, method: 'Fail', count: 23, status: 'NOT_FOUND', serverError: false },
  { ...failed, method: 'Broken', count: 19, status: 'INTERNAL', serverError: true },
  { ...failed, method: 'Late', count: 13, status: 'DEADLINE_EXCEEDED', serverError: true },
  { ...failed, method: 'Nothing', count: 17, status: 'UNIMPLEMENTED', serverError: true },
  {
    ...failed,
    method: 'Slow',
    count: 3,
    status: 'DEADLINE_EXCEEDED',
    serverError: true,
    timeout: 1,
    orCancelled: true,
  },
  { method: 'Cancel', count: 11, status: 'CANCELLED', serverError: false, requests: 1, responses: 1 },
];
const total = kinds.reduce((sum, { count }) => sum + count, 0);

const { programs, missing } = grpcPrograms();
const cases = programs.flatMap((program) => [1, 10, 100].map((concurrency) => ({ ...program, concurrency })));
if (missing !== undefined) gated(missing)('grpc-go', () => undefined);

describe.each(cases)('$name, $concurrency calls at once', ({ command: [file, ...args], concurrency }) => {
  let netns: Netns;
  let sonde: Sonde;
  let spans: Span[] = [];
  let points: Point[] = [];
  /** For a CPU, seconds. */
  let waited = 0;

  beforeAll(async () => {
    netns = new Netns();
    const server = netns.spawn(file, [...args, 'server', String(PORT)]);
    await netns.listening(server.pid ?? 0, [PORT]);
    sonde = await Sonde.start(netns);
    const counts = JSON.stringify(Object.fromEntries(kinds.map(({ method, count }) => [method, count])));
    const run = await timed(() => netns.run(file, [...args, 'client', String(PORT), counts, String(concurrency)]));
    const client = run.result;
    waited = run.waited;
    if (client.code !== 0) throw new Error(client.stderr);
    const statuses = JSON.parse(client.stdout) as Record<string, Record<string, number>>;
    for (const { method, status, count, orCancelled } of kinds) {
      const { [status]: told = 0, CANCELLED: cancelled = 0 } = statuses[method] ?? {};
      if (orCancelled) expect(told + cancelled).toBe(count);
      else expect(statuses[method]).toEqual({ [status]: count });
    }
    await sonde.waitForSpans(2 * total).catch(() => undefined);
    await sonde.stop();
    spans = sonde.spans();
    points = sonde.points();
    const gone = once(server, 'exit');
    if (server.kill('SIGKILL')) await gone;
  });

  afterAll(async () => {
    await netns.delete();
    sonde?.clean();
  });

  describe.each(['server', 'client'] as const)('%s', (side) => {
    const of = (method: string): Span[] =>
      spans.filter(({ name, kind }) => kind === side && name === `shop.Cart/${method}`);
    const errorOf = ({ status, serverError }: Kind): string | undefined =>
      (side === 'server' ? serverError : status !== 'OK') ? status : undefined;

    const cancelledError = side === 'server' ? [null, 0, null] : ['CANCELLED', 2, null];

    test.each(kinds)('$count spans of $method', (kind) => {
      const seen = of(kind.method);
      expect(seen).toHaveLength(kind.count);
      const said = seen.map(({ attributes: all, status }) =>
        JSON.stringify([
          all['rpc.system.name'],
          all['rpc.method'],
          all['rpc.status_code'],
          all['sonde.rpc.request.messages'],
          all['sonde.rpc.response.messages'] ?? 0,
          all['error.type'] ?? null,
          status.code ?? 0,
          all['sonde.partial'] ?? null,
        ]),
      );
      const error = errorOf(kind) ?? null;
      const method = `shop.Cart/${kind.method}`;
      const { status, requests, responses } = kind;
      const expected = ['grpc', method, status, requests, responses, error, error === null ? 0 : 2, null];
      const cancelled = ['grpc', method, 'CANCELLED', requests, responses, ...cancelledError];
      const unsent = ['grpc', method, status, 0, responses, ...expected.slice(5)];
      const allowed = [expected, ...(kind.orCancelled ? [cancelled] : kind.method === 'Nothing' ? [unsent] : [])];
      expect(said.filter((one) => !allowed.some((each) => JSON.stringify(each) === one))).toEqual([]);
      for (const { attributes } of seen) {
        const timeout = attributes['sonde.rpc.timeout'];
        // What was left of it when the request was sent.
        if (kind.timeout === undefined) expect(timeout).toBeUndefined();
        else {
          expect(Number(timeout)).toBeLessThanOrEqual(kind.timeout * 1.01);
          expect(Number(timeout)).toBeGreaterThan(Math.max(0, kind.timeout / 2 - waited));
        }
      }
    });

    test('a long stream is a span that ends with it', () => {
      for (const { seconds } of of('Long')) {
        expect(seconds).toBeGreaterThan(LONG_SECONDS - 0.05);
        expect(seconds).toBeLessThan(LONG_SECONDS + 2 + waited);
      }
    });

    test('nothing else', () => {
      expect(spans.filter(({ kind }) => kind === side)).toHaveLength(total);
    });

    test.each(kinds)('the metric counts $count of $method', (kind) => {
      const own = points.filter(
        ({ metric, attributes }) =>
          metric === `rpc.${side}.call.duration` && attributes['rpc.method'] === `shop.Cart/${kind.method}`,
      );
      const expected = [kind.status, errorOf(kind)];
      const cancelled = ['CANCELLED', side === 'server' ? undefined : 'CANCELLED'];
      const allowed = kind.orCancelled ? [expected, cancelled] : [expected];
      for (const { attributes: all } of own)
        expect(allowed).toContainEqual([all['rpc.status_code'], all['error.type']]);
      expect(own.reduce((sum, { count }) => sum + (count ?? 0), 0)).toBe(kind.count);
      expect(own.length).toBeLessThanOrEqual(allowed.length);
    });
  });

  test('no message of the application leaves', () => {
    const text = JSON.stringify(spans, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    expect(text).not.toContain('secret');
    expect(text).not.toContain('twotwo');
  });
});
