import { expect, test } from '@jest/globals';
import { ReplayCounters } from '../../src/replay/counters.ts';
import { EarlyMemory } from '../../src/replay/early.ts';
import { Flows } from '../../src/replay/flows.ts';
import { EARLY_BYTES, EARLY_PIECES, EARLY_TOTAL_BYTES, MAX_SERVERS } from '../../src/replay/limits.ts';
import { Reassembly } from '../../src/replay/reassembly.ts';
import { Segment } from '../../src/replay/segment.ts';
import { Servers } from '../../src/replay/servers.ts';
import { HOLD_NS } from '../../src/tap/environment.ts';
import { TapCounters } from '../../src/tap/ledger.ts';
import { HeldMemory } from '../../src/tap/memory.ts';
import { links, tcp } from '../support/packets.ts';

const ETHERNET = 1;
/** Connections of the table in these tests. */
const LIMIT = 300;
const frame = links['ethernet']!.frame;
const address = (number: number): string => `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;

function table() {
  const counters = new ReplayCounters();
  const memory = new EarlyMemory();
  const env = {
    memory: new HeldMemory(1 << 20),
    counters: new TapCounters(),
    waiting: new Set<never>(),
    now: 1,
    holdNs: HOLD_NS,
    setPolicy: () => undefined,
    failed: (error: unknown) => {
      throw error;
    },
  };
  const flows = new Flows([], { env, servers: new Servers(), memory, counters }, LIMIT);
  const segment = new Segment();
  return {
    flows,
    counters,
    memory,
    env,
    feed(spec: Parameters<typeof tcp>[0], time: number): void {
      const bytes = frame(tcp(spec));
      env.now = time;
      expect(segment.read(ETHERNET, bytes, 0, bytes.length, bytes.length)).toBeUndefined();
      flows.segment(segment, bytes, time);
    },
  };
}

/** A connection with a hole and bytes behind it. */
function holed(number: number): [Parameters<typeof tcp>[0], Parameters<typeof tcp>[0]] {
  const ends = { from: `${address(number)}:1000`, to: '10.255.0.1:80' };
  return [
    { ...ends, seq: 1, flags: 'S' },
    { ...ends, seq: 100, ack: 1, payload: 'x'.repeat(100) },
  ];
}

test('connections without end: the table is bounded, and what waited is given back', () => {
  const { flows, memory, env, feed } = table();
  for (let number = 0; number < LIMIT + 200; number++) for (const one of holed(number)) feed(one, 1 + number);
  expect(flows.connections.size).toBe(LIMIT);
  expect(env.counters.evicted).toBe(200);
  expect(memory.used).toBe(LIMIT * 100);
  expect(env.waiting.size).toBe(LIMIT);
  expect(flows.finish(1e9)).toBe(LIMIT);
  expect({ used: memory.used, waiting: env.waiting.size, size: flows.connections.size }).toEqual({
    used: 0,
    waiting: 0,
    size: 0,
  });
});

test.each([
  { name: 'a reset', end: { flags: 'R' } },
  { name: 'the same addresses again', end: { flags: 'S', seq: 70_000 } },
])('$name gives back what waited', ({ end }) => {
  const { memory, counters, feed } = table();
  const [syn, data] = holed(1);
  feed(syn, 1);
  feed(data, 2);
  expect(memory.used).toBe(100);
  feed({ ...data, payload: '', ...end }, 3);
  expect(memory.used).toBe(0);
  expect(counters.undeliveredBytes).toBe(100);
});

test.each([
  { name: 'bytes', size: 60_000, most: EARLY_BYTES },
  { name: 'pieces', size: 1, most: EARLY_PIECES },
])('one direction holds a bounded number of $name', ({ size, most }) => {
  const memory = new EarlyMemory();
  let told = 0;
  const stream = new Reassembly(
    { data: (_, length) => (told += length), end: () => undefined },
    memory,
    new ReplayCounters(),
  );
  stream.begin(0);
  const bytes = Buffer.alloc(size);
  const count = Math.ceil(most / size) * 3;
  // Every second byte or segment is missing.
  for (let i = 0; i < count; i++) {
    stream.segment(1 + i * size * 2, size, size, bytes, 0, false, 1);
    expect(memory.used).toBeLessThanOrEqual(most);
  }
  expect(told).toBeGreaterThan(most);
});

test('all directions together too', () => {
  const memory = new EarlyMemory();
  const counters = new ReplayCounters();
  const bytes = Buffer.alloc(1 << 20);
  for (let i = 0; i < 40; i++) {
    const stream = new Reassembly({ data: () => undefined, end: () => undefined }, memory, counters);
    stream.begin(0);
    for (let at = 1; at < EARLY_BYTES; at += bytes.length)
      stream.segment(at, bytes.length, bytes.length, bytes, 0, false, 1);
  }
  expect(memory.used).toBeGreaterThan(EARLY_TOTAL_BYTES / 2);
  expect(memory.used).toBeLessThanOrEqual(EARLY_TOTAL_BYTES);
});

test('servers beyond the limit share an instance without an address', () => {
  const servers = new Servers();
  const ids = new Set<number>();
  for (let port = 1; port <= MAX_SERVERS + 50; port++) ids.add(servers.at({ address: '::1', port }).instance.id);
  expect(ids.size).toBe(MAX_SERVERS + 1);
  expect(servers.at({ address: '::1', port: 1 }).key).toBe('[::1]:1');
  expect(servers.at({ address: '::1', port: MAX_SERVERS + 9 }).key).toBe('');
});
