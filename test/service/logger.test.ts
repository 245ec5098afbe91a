import { expect, test } from '@jest/globals';
import { LineLogger } from '../../src/service/logger.ts';
import { TelemetryRegistry } from '../../src/service/telemetry.ts';

const now = (): Date => new Date('2026-11-21T11:00:00.000Z');

test.each([
  ['console', '2026-11-21T11:00:00.000Z\tinfo\tx/y.ts\tReady.\t{"a": 1, "b": "c", "error": "bad"}\n'],
  [
    'json',
    '{"level":"info","ts":"2026-11-21T11:00:00.000Z","caller":"x/y.ts","msg":"Ready.","a":1,"b":"c","error":"bad"}\n',
  ],
] as const)('%s lines', (encoding, expected) => {
  const lines: string[] = [];
  const logger = new LineLogger({ level: 'info', encoding, write: (line) => lines.push(line), now }, 'main').with(
    'x/y.ts',
    { a: 1 },
  );
  logger.debug('not shown');
  logger.info('Ready.', { b: 'c', error: new Error('bad') });
  expect(lines).toEqual([expected]);
});

test('counters add up per attribute set and are bounded', () => {
  const registry = new TelemetryRegistry();
  const add = registry.component({ exporter: 'e' }).counter('n', { description: '', unit: '1' });
  for (let i = 0; i < 3000; i++) add(1, { id: String(i) });
  add(5, { id: '0' });
  const values = registry.snapshot();
  expect(values.length).toBe(2001);
  expect(values[0]).toMatchObject({ name: 'n', value: 6, attributes: { exporter: 'e', id: '0' }, monotonic: true });
  expect(values.reduce((sum, { value }) => sum + value, 0)).toBe(3005);
});
