import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tally } from '../support/databases.ts';
import {
  type Counts,
  h2load,
  type Load,
  mysqlslap,
  pgbench,
  redisBenchmark,
  type StartLoad,
  wrk,
} from '../support/loads.ts';
import { Netns } from '../support/netns.ts';
import type { Point, Span } from '../support/otlp.ts';
import { Sonde } from '../support/sonde.ts';

const MIB = 2 ** 20;
/** For what a loaded machine of two cores may be late with. */
const ROOM = `ring_buffer: {size: ${64 * MIB}, backlog: ${64 * MIB}}, span_buffer: {size: ${256 * MIB}}`;
/** Operations of a few messages are no bodies: they are copied whole. */
const OVER_BUDGET = `${ROOM}, capture: {bytes_per_interval: 1024}`;
const KINDS = ['server', 'client'] as const;

const loads = [
  { name: 'wrk on nginx', start: wrk },
  { name: 'h2load, 100 streams, on nginx', start: h2load(20_011) },
  { name: 'redis-benchmark -P 16', start: redisBenchmark(32_000) },
  { name: 'redis-benchmark -P 16, over the byte budget', start: redisBenchmark(16_000), keys: OVER_BUDGET },
  { name: 'pgbench, simple', start: pgbench('simple', 8_000) },
  { name: 'pgbench, extended', start: pgbench('extended', 8_000) },
  { name: 'pgbench, prepared', start: pgbench('prepared', 8_000) },
  { name: 'mariadb-slap', start: mysqlslap(8_000) },
];

interface Told {
  readonly load: Load;
  readonly counts: Counts;
  readonly spans: readonly Span[];
  readonly points: readonly Point[];
}

async function observe(netns: Netns, start: StartLoad, keys: string): Promise<Told> {
  const load = await start(netns);
  const sonde = await Sonde.start(netns, { receivers: `  ebpf_socket: {${keys}}` });
  try {
    const counts = await load.run();
    await sleep(300);
    // Whatever waits is handed over.
    await sonde.stop();
    return { load, counts, spans: sonde.spans(), points: sonde.points() };
  } finally {
    sonde.clean();
  }
}

/** Of the last collection. */
const sum = (points: readonly Point[], metric: string | RegExp, outcome?: string): number =>
  points
    .filter((point) => (typeof metric === 'string' ? point.metric === metric : metric.test(point.metric)))
    .filter(({ attributes }) => outcome === undefined || attributes['outcome'] === outcome)
    .reduce((total, { value = 0, count }) => total + (count ?? value), 0);

const answered = (spans: readonly Span[]): Span[] =>
  spans.filter(({ attributes }) => attributes['error.type'] !== 'client_closed');

/** Metrics of messages, whatever became of their spans. */
const DURATIONS = /^(?:http|db)\.(?:server|client)\.(?:request|operation)\.duration$/;

describe.each(loads)('$name, with memory for the burst', ({ start, keys = ROOM }) => {
  let netns: Netns;
  let told: Told;

  beforeAll(async () => {
    netns = new Netns();
    told = await observe(netns, start, keys);
  });
  afterAll(async () => {
    await netns.delete();
    told.load.clean();
  });

  test.each(KINDS)('every operation that the client counts is one %s span', (kind) => {
    const { load, counts, spans } = told;
    expect(tally(answered(spans), kind)).toMatchObject({ [load[kind]]: counts[kind] });
  });

  test('nothing is dropped, given up or told in part', () => {
    const { points, spans } = told;
    const messages = points.filter(({ metric, value }) => metric === 'sonde.tap.messages' && value !== 0);
    // A metric of connections needs no span.
    const outcomes = messages.map(({ attributes }) => attributes['outcome']).filter((one) => one !== 'metrics_only');
    expect(outcomes).toEqual(['emitted']);
    expect(sum(points, DURATIONS)).toBe(spans.length);
    expect([sum(points, 'sonde.tap.operations', 'dropped'), sum(points, 'sonde.tap.gaps')]).toEqual([0, 0]);
    expect(points.filter(({ metric }) => metric === 'sonde.tap.rejects')).toEqual([]);
    expect(spans.filter(({ attributes }) => attributes['sonde.partial'] !== undefined)).toEqual([]);
  });
});

describe.each([
  // Of the client's operations, so many are in one operation of a socket.
  { name: 'wrk on nginx', start: wrk, pipelined: 1 },
  { name: 'redis-benchmark -P 16', start: redisBenchmark(100_000), pipelined: 16 },
])('$name, with little memory, at full speed', ({ start, pipelined }) => {
  const small = `ring_buffer: {size: ${MIB / 8}, backlog: ${MIB}}, span_buffer: {size: ${MIB / 4}}`;
  let netns: Netns;
  let told: Told;

  beforeAll(async () => {
    netns = new Netns();
    told = await observe(netns, start, small);
  });
  afterAll(async () => {
    await netns.delete();
    told.load.clean();
  });

  test('what is told is a span or counted as dropped', () => {
    const { spans, points } = told;
    const messages = (outcome?: string): number => sum(points, 'sonde.tap.messages', outcome);
    const dropped = messages('dropped_pipeline_full') + messages('dropped_overload');
    expect(spans.length + dropped).toBe(messages() - messages('metrics_only'));
    expect(dropped).toBeGreaterThan(0);
  });

  test('what is not told was in operations that the ring dropped', () => {
    const { counts, points } = told;
    const untold = counts.server + counts.client - sum(points, 'sonde.tap.messages');
    const lost = sum(points, 'sonde.tap.operations', 'dropped');
    // A message has two operations at each end; of a pipeline that is cut, the rest is not paired.
    expect(untold).toBeLessThanOrEqual(2 * pipelined * lost + pipelined);
  });

  test('nothing is told that was not', () => {
    const { load, counts, spans } = told;
    const those = answered(spans);
    for (const kind of KINDS) expect(tally(those, kind)[load[kind]] ?? 0).toBeLessThanOrEqual(counts[kind]);
    expect(those.filter(({ status }) => status.code === 2).map(({ attributes }) => attributes)).toEqual([]);
  });
});
