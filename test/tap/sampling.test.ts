import { describe, expect, test } from '@jest/globals';
import { IdSource } from '../../src/tap/ids.ts';
import { Sampler } from '../../src/tap/sampling.ts';
import type { Operation } from '../../src/wire/operation.ts';

const operation = (traceparent = '', tracestate = ''): Operation => ({
  definition: { protocol: 'p', scope: 's', kind: 'server', metrics: [], metricKeys: [] },
  name: 'n',
  start: 0,
  end: 1,
  attributes: [],
  metricValues: [],
  measurements: [],
  error: false,
  traceparent,
  tracestate,
});

const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex');
const trace = '0af7651916cd43dd8448eb211c80319c';
const parent = 'b7ad6b7169203331';

/** Gives the given trace id, then anything. */
class FixedIds extends IdSource {
  private readonly id: string;
  constructor(id: string) {
    super();
    this.id = id;
  }
  override fill(id: Uint8Array): void {
    if (id.length === 16) id.set(Buffer.from(this.id, 'hex'));
    else super.fill(id);
  }
}

describe('parent-based', () => {
  const sampler = new Sampler();
  sampler.configure(0, true);

  test('a sampled traceparent is the parent, whatever the ratio', () => {
    expect(sampler.decide(operation(`00-${trace}-${parent}-01`, 'vendor=1'))).toBe(true);
    expect(hex(sampler.traceId)).toBe(trace);
    expect(hex(sampler.parentSpanId)).toBe(parent);
    expect(sampler).toMatchObject({ traceState: 'vendor=1', flags: 1 });
    expect(hex(sampler.spanId)).not.toBe(parent);
  });

  test('an unsampled traceparent is none', () => {
    expect(sampler.decide(operation(`00-${trace}-${parent}-00`))).toBe(false);
    expect(sampler.decide(operation(`00-${trace}-${parent}-02`))).toBe(false);
  });

  test('the random flag of the parent is kept', () => {
    expect(sampler.decide(operation(`00-${trace}-${parent}-03`))).toBe(true);
    expect(sampler.flags).toBe(3);
  });

  test('a root keeps nothing of the span before it', () => {
    const roots = new Sampler();
    roots.configure(1, true);
    roots.decide(operation(`00-${trace}-${parent}-01`, 'vendor=1'));
    expect(roots.decide(operation())).toBe(true);
    expect(hex(roots.traceId)).not.toBe(trace);
    expect(roots).toMatchObject({ parentSpanId: undefined, traceState: '', flags: 3 });
  });
});

describe('ratio', () => {
  // The threshold is (1 - ratio) × 2^56, compared with the right-most 7 bytes.
  test.each([
    [0.5, '80000000000000', true],
    [0.5, '7fffffffffffff', false],
    [0.25, 'c0000000000000', true],
    [0.25, 'bfffffffffff00', false],
    [1, '00000000000000', true],
    [0, 'ffffffffffffff', false],
  ])('%d of trace id …%s: %s', (ratio, end, sampled) => {
    const sampler = new Sampler(new FixedIds(`ffffffffffffffffff${end}`));
    sampler.configure(ratio, true);
    expect(sampler.decide(operation())).toBe(sampled);
  });

  test('not parent-based: the trace id decides, so that every service decides the same', () => {
    const sampler = new Sampler();
    sampler.configure(0.5, false);
    expect(sampler.decide(operation(`00-${'a'.repeat(18)}80000000000000-${parent}-00`))).toBe(true);
    expect(sampler.flags).toBe(1);
    expect(sampler.decide(operation(`00-${'a'.repeat(18)}7fffffffffffff-${parent}-01`))).toBe(false);
  });

  test('a tenth is a tenth', () => {
    const sampler = new Sampler();
    sampler.configure(0.1, true);
    let sampled = 0;
    for (let index = 0; index < 20_000; index++) if (sampler.decide(operation())) sampled++;
    // Six standard deviations.
    expect(Math.abs(sampled - 2000)).toBeLessThan(6 * Math.sqrt(20_000 * 0.1 * 0.9));
  });
});

test('ids do not repeat over the edge of a block', () => {
  const ids = new IdSource();
  const seen = new Set<string>();
  for (let index = 0; index < 3000; index++) {
    const id = new Uint8Array(index % 2 === 0 ? 16 : 8);
    ids.fill(id);
    seen.add(hex(id));
  }
  expect(seen.size).toBe(3000);
});
