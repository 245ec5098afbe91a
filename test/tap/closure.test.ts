import { expect, test } from '@jest/globals';
import { fc } from '../support/property.ts';
import { Bench, config, RECV, receiver, SEND } from './kit.ts';

/** What may befall a record on its way. */
const fate = fc.record({
  lost: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  swapped: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  twice: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  cut: fc.nat(8),
});
const exchange = fc.record({ cookie: fc.integer({ min: 1, max: 3 }), fates: fc.tuple(fate, fate), wait: fc.nat(60) });

test('whatever is lost, swapped or doubled, every message has one fate and no memory stays', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(exchange, { maxLength: 60 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
      async (list, ratio, spans) => {
        const bench = new Bench(
          config({
            receivers: [receiver({ sampling: { ratio, parentBased: true }, connections: { metrics: true, spans } })],
            maxConnections: 2,
          }),
        );
        const ends = new Map<string, number>();
        for (let cookie = 1; cookie <= 3; cookie++) bench.conn(cookie);
        list.forEach(({ cookie, fates, wait }, index) => {
          const parts: [number, string, number][] = [];
          [`?${index}\n`, '!\n'].forEach((text, direction) => {
            const key = `${cookie} ${direction}`;
            const offset = ends.get(key) ?? 0;
            ends.set(key, offset + text.length);
            const { lost, twice, cut, swapped } = fates[direction === 0 ? 0 : 1];
            if (lost) return;
            const at = Math.min(cut, text.length - 1);
            const pieces: [number, string, number][] = [[direction, text.slice(at), offset + at]];
            if (at > 0) pieces.unshift([direction, text.slice(0, at), offset]);
            if (swapped) pieces.reverse();
            parts.push(...pieces, ...(twice ? pieces : []));
          });
          if (fates[0].swapped) parts.reverse();
          for (const [direction, text, offset] of parts) {
            bench.data(cookie, direction === 0 ? SEND : RECV, text, { offset });
          }
          if (wait > 40) bench.later(wait);
          else bench.drain();
        });
        // One that spoke, one that nobody understood, and one that did both may have been forgotten before.
        bench.conn(4);
        bench.send(4, '#nothing known\n');
        for (let cookie = 1; cookie <= 4; cookie++) bench.end(cookie, 1, 7);
        bench.later(6000);
        const reply = await bench.stop();
        if (reply?.type !== 'stopped') throw new Error('not stopped');
        const { ledger } = reply;
        const told = bench.aggregators[0]?.recorded;
        expect(ledger['messages']).toBe(told);
        const fates = ['emitted', 'sampled_out', 'metrics_only'].map((fate) => ledger[`messages.${fate}`] ?? 0);
        expect(told).toBe(fates.reduce((sum, count) => sum + count));
        if (spans) expect(ledger['messages.metrics_only']).toBe(0);
        expect(ledger['detection.verdict.unknown']).toBeGreaterThan(0);
        expect(ledger['spans']).toBe(bench.spans.length);
        expect(ledger['spans']).toBe((ledger['spans.handed_over'] ?? 0) + (ledger['spans.abandoned'] ?? 0));
        expect(ledger['held.bytes']).toBe(0);
        // Nothing is told twice, and nothing that was not asked.
        const exchanges = bench.names.filter((name) => name !== 'TCP');
        expect(new Set(exchanges).size).toBe(exchanges.length);
        if (spans && ratio === 1) expect(bench.names).toContain('TCP');
        for (const { start, end } of bench.spans) expect(end).toBeGreaterThanOrEqual(start);
      },
    ),
    { numRuns: 200 },
  );
});
