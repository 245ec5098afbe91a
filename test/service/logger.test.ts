import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { LineLogger } from '../../src/service/logger.ts';
import { OwnOutputs } from '../../src/service/own_outputs.ts';
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

test('with stacks, warnings and errors tell where their error came from', () => {
  const lines: string[] = [];
  const options = { level: 'info', stacks: true, write: (line: string) => lines.push(line), now } as const;
  const error = new Error('bad');
  new LineLogger({ ...options, encoding: 'console' }, 'main').warn('Oh.', { error });
  new LineLogger({ ...options, encoding: 'console' }, 'main').info('Fine.', { error });
  new LineLogger({ ...options, encoding: 'json' }, 'main').error('Oh.', { error });
  expect(lines[0]).toBe(`2026-11-21T11:00:00.000Z\twarn\tmain\tOh.\t{"error": "bad"}\n${error.stack}\n`);
  expect(lines[1]).not.toContain('at ');
  expect(JSON.parse(lines[2] ?? '')).toMatchObject({ error: 'bad', stacktrace: error.stack });
});

test('above error nothing is written', () => {
  const lines: string[] = [];
  new LineLogger({ level: 'none', encoding: 'json', write: (line) => lines.push(line) }, 'main').error('Oh.');
  expect(lines).toEqual([]);
});

test('a line that cannot be written is told once, and nothing throws', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-log-'));
  const [good, errors] = [join(folder, 'good'), join(folder, 'errors')];
  const outputs = new OwnOutputs([`file://${good}`, '/dev/full'], [errors]);
  outputs.write('a\n');
  outputs.write('b\n');
  outputs.close();
  expect(readFileSync(good, 'utf8')).toBe('a\nb\n');
  expect(readFileSync(errors, 'utf8').match(/write error: .*ENOSPC/g)).toHaveLength(1);
  rmSync(folder, { recursive: true });
});
