import { readFileSync } from 'node:fs';
import { afterEach, expect, jest, test } from '@jest/globals';
import { DebugExporter } from '../../../src/exporters/debug/debug.ts';
import { fromJson } from '../../../src/pdata/otlp/from_json.ts';
import { requestOf } from '../../../src/pdata/otlp/schema.ts';
import { Batch, type Signal, signals } from '../../../src/pdata/pdata.ts';
import { testSettings } from '../../support/settings.ts';

const defaults = {
  verbosity: 'basic',
  sampling_initial: 2,
  sampling_thereafter: 1,
  use_internal_logger: true,
  output_paths: ['stdout'],
} as const;

function batchOf(signal: Signal): Batch {
  const name = requestOf[signal];
  const bytes = fromJson(name, readFileSync(`test/fixtures/debug/${signal}.json`));
  return new Batch(signal, [bytes], 1);
}

afterEach(() => {
  jest.restoreAllMocks();
});

// The texts were written by the Collector's debug exporter 0.159 for the same data.
test.each(signals.flatMap((signal) => (['normal', 'detailed'] as const).map((verbosity) => ({ signal, verbosity }))))(
  '$signal, $verbosity: as the Collector prints it',
  async ({ signal, verbosity }) => {
    let printed = '';
    jest.spyOn(process.stdout, 'write').mockImplementation(((text: string, done: () => void) => {
      printed += text;
      done();
      return true;
    }) as typeof process.stdout.write);
    const exporter = new DebugExporter(
      testSettings('debug'),
      { ...defaults, verbosity, use_internal_logger: false, output_paths: ['stdout'] },
      signal,
    );
    await exporter.consume(batchOf(signal));
    jest.restoreAllMocks();
    expect(printed).toBe(readFileSync(`test/fixtures/debug/${signal}.${verbosity}.txt`, 'utf8'));
  },
);

test('basic: counts alone, through the log', async () => {
  const settings = testSettings('debug');
  const exporter = new DebugExporter(settings, { ...defaults, output_paths: ['stdout'] }, 'metrics');
  await exporter.consume(batchOf('metrics'));
  expect(settings.lines).toEqual([
    { level: 'info', message: 'Metrics', fields: { 'resource metrics': 1, metrics: 5, 'data points': 6 } },
  ]);
});

test.each([
  { initial: 2, thereafter: 0, printed: 2 },
  { initial: 2, thereafter: 3, printed: 4 },
  { initial: 0, thereafter: 1, printed: 10 },
])('sampling $initial, then every $thereafter', async ({ initial, thereafter, printed }) => {
  const settings = testSettings('debug');
  jest.spyOn(performance, 'now').mockReturnValue(5000);
  const config = {
    ...defaults,
    sampling_initial: initial,
    sampling_thereafter: thereafter,
    output_paths: ['stdout' as const],
  };
  const exporter = new DebugExporter(settings, config, 'traces');
  for (let i = 0; i < 10; i++) await exporter.consume(batchOf('traces'));
  expect(settings.lines.length).toBe(printed);
});

test('what is no OTLP is refused for good', async () => {
  const exporter = new DebugExporter(testSettings('debug'), { ...defaults, output_paths: ['stdout'] }, 'traces');
  await expect(exporter.consume(new Batch('traces', [Uint8Array.of(0x0a, 0xff)], 1))).rejects.toMatchObject({
    permanent: true,
  });
});
