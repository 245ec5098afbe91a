import { expect, test } from '@jest/globals';
import { Batch } from '../../../src/pdata/pdata.ts';
import { type MemoryLimiterConfig, validate } from '../../../src/processors/memory_limiter/config.ts';
import { MemoryLimiter, processMeter } from '../../../src/processors/memory_limiter/limiter.ts';
import { MemoryLimiterProcessor } from '../../../src/processors/memory_limiter/memory_limiter.ts';
import { counted, testSettings } from '../../support/settings.ts';

const MIB = 2 ** 20;
const defaults: MemoryLimiterConfig = {
  check_interval: 1000,
  limit_mib: 100,
  spike_limit_mib: 0,
  limit_percentage: 0,
  spike_limit_percentage: 0,
  min_gc_interval_when_soft_limited: 0,
  min_gc_interval_when_hard_limited: 0,
  max_gc_interval_when_soft_limited: 30_000,
  max_gc_interval_when_hard_limited: 30_000,
};

function limiter(config: Partial<MemoryLimiterConfig> = {}, freed = 0) {
  const settings = testSettings('memory_limiter');
  const state = { used: 10 * MIB, collections: 0 };
  const meter = {
    used: () => state.used,
    total: () => 1000 * MIB,
    collect: () => {
      state.collections++;
      state.used -= freed;
    },
  };
  return { settings, state, limiter: new MemoryLimiter({ ...defaults, ...config }, settings.logger, meter) };
}

test.each([
  [{}, 100, 80],
  [{ spike_limit_mib: 5 }, 100, 95],
  [{ limit_mib: 0, limit_percentage: 50, spike_limit_percentage: 10 }, 500, 400],
  [{ limit_mib: 0, limit_percentage: 50 }, 500, 400],
  [{ limit_percentage: 50 }, 100, 80],
])('%j: hard limit %d MiB, soft limit %d MiB', (config, hard, soft) => {
  const made = limiter(config).limiter;
  expect([made.hardLimit / MIB, made.softLimit / MIB]).toEqual([hard, soft]);
});

test('refuses above the soft limit and takes again below it', async () => {
  const { limiter: made, state, settings } = limiter();
  const got: Batch[] = [];
  const processor = new MemoryLimiterProcessor(settings, made, 'spans', {
    consume: async (batch) => void got.push(batch),
  });
  const batch = new Batch('traces', [new Uint8Array(3)], 1);
  await processor.consume(batch);
  state.used = 80 * MIB;
  made.check();
  await expect(processor.consume(batch)).rejects.toMatchObject({
    message: 'data refused due to high memory usage',
    permanent: false,
  });
  state.used = 79 * MIB;
  made.check();
  await processor.consume(batch);
  expect(got.length).toBe(2);
  expect(counted(settings, 'otelcol_processor_memory_limiter_accepted_spans')).toBe(2);
  expect(counted(settings, 'otelcol_processor_memory_limiter_refused_spans')).toBe(1);
  const texts = settings.lines.map(({ message }) => message);
  expect(texts).toContain('Memory usage is above soft limit. Refusing data.');
  expect(texts.at(-1)).toBe('Memory usage back within limits. Resuming normal operation.');
});

test('a collection that helps keeps data flowing', () => {
  const { limiter: made, state } = limiter({}, 50 * MIB);
  state.used = 120 * MIB;
  made.check();
  expect([state.collections, made.refusing]).toEqual([1, false]);
});

test('collections that free nothing become rarer', () => {
  const { limiter: made, state } = limiter();
  state.used = 120 * MIB;
  for (let i = 0; i < 10; i++) made.check();
  expect([state.collections, made.refusing]).toEqual([1, true]);
});

test('the process is measured, and can be collected', () => {
  processMeter.collect();
  expect(processMeter.used()).toBeGreaterThan(10 * MIB);
  expect(processMeter.total()).toBeGreaterThan(100 * MIB);
});

test.each([
  [{ check_interval: 0 }, "'check_interval' must be greater than zero"],
  [{ limit_mib: 0 }, "'limit_mib' or 'limit_percentage' must be greater than zero"],
  [{ spike_limit_mib: 100 }, "'spike_limit_mib' must be smaller than 'limit_mib'"],
  [
    { limit_percentage: 10, spike_limit_percentage: 10 },
    "'spike_limit_percentage' must be smaller than 'limit_percentage'",
  ],
  [
    { min_gc_interval_when_hard_limited: 1 },
    "'min_gc_interval_when_soft_limited' should be larger than 'min_gc_interval_when_hard_limited'",
  ],
])('%j is refused', (config, message) => {
  expect(validate({ ...defaults, ...config })).toEqual([{ path: [], message }]);
});
