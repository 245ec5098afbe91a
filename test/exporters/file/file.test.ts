import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { FileExporter } from '../../../src/exporters/file/file.ts';
import { encodeMessage } from '../../../src/pdata/otlp/encode.ts';
import { Batch } from '../../../src/pdata/pdata.ts';
import { testSettings, until } from '../../support/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'sonde-file-'));
afterAll(() => rmSync(folder, { recursive: true }));
const config = { path: '', format: 'json', append: false, flush_interval: 10 } as const;

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
