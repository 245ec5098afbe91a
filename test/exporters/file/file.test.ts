import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { type FileConfig, validate } from '../../../src/exporters/file/config.ts';
import { FileExporter } from '../../../src/exporters/file/file.ts';
import { encodeMessage } from '../../../src/pdata/otlp/encode.ts';
import { Batch } from '../../../src/pdata/pdata.ts';
import { testSettings, until } from '../../support/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'sonde-file-'));
afterAll(() => rmSync(folder, { recursive: true }));
const config: FileConfig = {
  path: '',
  format: 'json',
  append: false,
  flush_interval: 10,
  compression: '',
  group_by: { enabled: false, resource_attribute: '', max_open_files: 100 },
};

function batch(name: string): Batch {
  const bytes = encodeMessage('ExportTraceServiceRequest', {
    resourceSpans: [{ scopeSpans: [{ spans: [{ name, kind: 2 }] }] }],
  });
  return new Batch('traces', [bytes], 1);
}

function names(path: string): string[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line).resourceSpans[0].scopeSpans[0].spans[0].name as string);
}

test('a line per batch; flushed by time; the file is emptied at start', async () => {
  const path = join(folder, 'a.json');
  writeFileSync(path, 'old\n');
  const exporter = new FileExporter(testSettings('file'), { ...config, path });
  await exporter.start();
  await exporter.consume(batch('one'));
  await exporter.consume(batch('two\nlines'));
  await until(() => readFileSync(path, 'utf8').split('\n').length === 3);
  await exporter.shutdown();
  expect(names(path)).toEqual(['one', 'two\nlines']);
});

test('append keeps what is there', async () => {
  const path = join(folder, 'b.json');
  for (const name of ['one', 'two']) {
    const exporter = new FileExporter(testSettings('file'), { ...config, path, append: true });
    await exporter.start();
    await exporter.consume(batch(name));
    await exporter.shutdown();
  }
  expect(names(path)).toEqual(['one', 'two']);
});

test('exporters of one path write whole lines into one file', async () => {
  const path = join(folder, 'c.json');
  const exporters = [1, 2, 3].map(() => new FileExporter(testSettings('file'), { ...config, path, flush_interval: 1 }));
  await Promise.all(exporters.map((exporter) => exporter.start()));
  for (let i = 0; i < 300; i++) await exporters[i % 3]?.consume(batch(`span ${i}`));
  for (const exporter of exporters) await exporter.shutdown();
  expect(names(path).sort()).toEqual(Array.from({ length: 300 }, (_, i) => `span ${i}`).sort());
});

test('proto: messages after their length', async () => {
  const path = join(folder, 'd.bin');
  const exporter = new FileExporter(testSettings('file'), { ...config, path, format: 'proto' });
  await exporter.start();
  await exporter.consume(batch('x'));
  await exporter.shutdown();
  const written = readFileSync(path);
  expect(written.readUInt32BE(0)).toBe(written.length - 4);
  expect(new Uint8Array(written.subarray(4))).toEqual(batch('x').bytes());
});

test.each([
  ['/nonexistent/x.json', 'cannot open /nonexistent/x.json: ENOENT; create its directory'],
  [tmpdir(), 'EISDIR; choose another path'],
])('%s fails the start with a remedy', async (path, message) => {
  await expect(new FileExporter(testSettings('file'), { ...config, path }).start()).rejects.toThrow(message);
});

test('a full disk makes the pipeline wait, and is told once', async () => {
  const settings = testSettings('file');
  const exporter = new FileExporter(settings, { ...config, path: '/dev/full', append: true });
  await exporter.start();
  const large = batch('x'.repeat(3 * 1024 * 1024));
  await exporter.consume(large);
  await exporter.consume(large);
  await expect(exporter.consume(large)).rejects.toMatchObject({ permanent: false });
  await exporter.shutdown();
  const messages = settings.lines.map(({ message }) => message);
  expect(messages.filter((message) => message === 'the file cannot be written')).toHaveLength(1);
  expect(messages).toContain('data was not written');
});

/** Between two files there is none. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

test('rotation: whole lines in every file, no more backups than asked for', async () => {
  const inner = join(folder, 'rotated');
  mkdirSync(inner);
  const path = join(inner, 'r.json');
  const rotation = { max_megabytes: 1, max_days: 1, max_backups: 2, localtime: false };
  writeFileSync(join(inner, 'r-2001-01-01T00-00-00.000.json'), 'old');
  writeFileSync(join(inner, 'r-other.json'), 'not ours');
  const exporter = new FileExporter(testSettings('file'), { ...config, path, rotation });
  await exporter.start();
  for (let i = 0; i < 10; i++) {
    await exporter.consume(batch(`${i}${'x'.repeat(400_000)}`));
    await until(() => textOf(path).includes(`"${i}x`));
  }
  await exporter.shutdown();
  const files = readdirSync(inner).filter((name) => name !== 'r-other.json');
  expect(files.length).toBe(3);
  expect(files.filter((name) => /^r-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.json$/.test(name)).length).toBe(2);
  const kept = files.flatMap((name) => names(join(inner, name))).map((name) => Number.parseInt(name, 10));
  expect(kept.sort((a, b) => a - b)).toEqual([4, 5, 6, 7, 8, 9]);
});

test.each([
  [
    { append: true, rotation: { max_megabytes: 1, max_days: 0, max_backups: 0, localtime: false } },
    'append and rotation enabled at the same time is not supported',
  ],
  [{ compression: 'zstd' }, 'compression is not supported'],
  [{ group_by: { enabled: true, resource_attribute: 'a', max_open_files: 1 } }, 'group_by is not supported'],
])('%j is refused', (keys, message) => {
  expect(validate({ ...config, path: 'x', ...keys })).toMatchObject([{ message }]);
});
