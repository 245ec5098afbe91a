import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { FileConfig } from '../../../src/exporters/file/config.ts';
import { FileExporter } from '../../../src/exporters/file/file.ts';
import { parsePattern, pathOf } from '../../../src/exporters/file/group_path.ts';
import { GroupingFileExporter } from '../../../src/exporters/file/grouping.ts';
import { encodeMessage } from '../../../src/pdata/otlp/encode.ts';
import { Batch } from '../../../src/pdata/pdata.ts';
import { fileConfig } from '../../support/file_exporter.ts';
import { testSettings, until } from '../../support/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'sonde-file-'));
afterAll(() => rmSync(folder, { recursive: true }));
const config: FileConfig = fileConfig('flush_interval: 10ms').config;

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

test('a reload: the new instance keeps the file, and its interval and rotation hold', async () => {
  const path = join(folder, 'reload', 'r.json');
  const before = { ...config, path, create_directory: true, flush_interval: 60_000 };
  const old = new FileExporter(testSettings('file'), before);
  await old.start();
  await old.consume(batch('old'));
  const rotation = { max_megabytes: 1, max_days: 0, max_backups: 5, localtime: false };
  const fresh = new FileExporter(testSettings('file'), { ...before, flush_interval: 10, rotation });
  await fresh.start();
  await fresh.consume(batch('new'));
  await until(() => readFileSync(path, 'utf8').includes('new'));
  await old.shutdown();
  expect(names(path)).toEqual(['old', 'new']);
  for (let i = 0; i < 3; i++) await fresh.consume(batch(String(i).padEnd(600_000, '.')));
  await fresh.shutdown();
  expect(readdirSync(join(folder, 'reload')).length).toBeGreaterThan(1);
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
  ['/nonexistent/x.json', 'cannot open /nonexistent/x.json: ENOENT; create its directory, or set create_directory'],
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
  expect(files.filter((name) => /^r-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}-size\.json$/.test(name)).length).toBe(2);
  const kept = files.flatMap((name) => names(join(inner, name))).map((name) => Number.parseInt(name, 10));
  expect(kept.sort((a, b) => a - b)).toEqual([4, 5, 6, 7, 8, 9]);
});

test('rotation keeps what the file has, and no message is in two files', async () => {
  const inner = join(folder, 'kept');
  mkdirSync(inner);
  const path = join(inner, 'r.json');
  const rotated = fileConfig('{flush_interval: 1h, rotation: {max_megabytes: 1}}').config;
  for (const run of [0, 1]) {
    const exporter = new FileExporter(testSettings('file'), { ...rotated, path });
    await exporter.start();
    // All are written at once: 7 of 300 kB, 3 in a file.
    for (let i = 0; i < 7; i++) await exporter.consume(batch(`${run}-${i}-${'x'.repeat(300_000)}`));
    await exporter.shutdown();
  }
  const files = readdirSync(inner).sort((a, b) => (a === 'r.json' ? 1 : b === 'r.json' ? -1 : a < b ? -1 : 1));
  const written = files.map((name) => names(join(inner, name)).map((each) => each.slice(0, 3)));
  expect(written).toEqual([
    ['0-0', '0-1', '0-2'],
    ['0-3', '0-4', '0-5'],
    ['0-6', '1-0', '1-1'],
    ['1-2', '1-3', '1-4'],
    ['1-5', '1-6'],
  ]);
});

test('create_directory makes the directories, with their permissions', async () => {
  const path = join(folder, 'new', 'inner', 'x.json');
  const { config: made } = fileConfig('{create_directory: true, directory_permissions: "0700"}');
  const exporter = new FileExporter(testSettings('file'), { ...made, path });
  await exporter.start();
  await exporter.shutdown();
  expect(statSync(join(folder, 'new')).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'new', 'inner')).mode & 0o777).toBe(0o700);
});

describe('group_by', () => {
  function grouped(...values: (string | undefined)[]): Batch {
    const resourceSpans = values.map((value, i) => ({
      resource: { attributes: value === undefined ? [] : [{ key: 'to', value: { stringValue: value } }] },
      scopeSpans: [{ spans: [{ name: `${i}` }] }],
    }));
    return new Batch('traces', [encodeMessage('ExportTraceServiceRequest', { resourceSpans })], values.length);
  }
  const keys = 'group_by: {enabled: true, resource_attribute: to, max_open_files: 2}';

  test('a file that was closed for another is not emptied when it is opened again', async () => {
    const inner = join(folder, 'groups');
    const { config: pattern } = fileConfig(`{path: "${inner}/*.json", ${keys}}`);
    mkdirSync(inner);
    writeFileSync(join(inner, 'a.json'), 'old');
    const exporter = new GroupingFileExporter(testSettings('file'), pattern);
    for (let i = 0; i < 3; i++)
      await Promise.all(['a', 'b', 'c'].map(async (value) => exporter.consume(grouped(value))));
    await exporter.shutdown();
    expect(readdirSync(inner)).toEqual(['a.json', 'b.json', 'c.json']);
    for (const name of readdirSync(inner)) expect(names(join(inner, name))).toEqual(['0', '0', '0']);
  });

  test('resources go to their files; those without the attribute are dropped', async () => {
    const inner = join(folder, 'resources');
    const { config: pattern } = fileConfig(`{path: "${inner}/*.json", ${keys}}`);
    const exporter = new GroupingFileExporter(testSettings('file'), pattern);
    await exporter.consume(grouped('a', undefined, 'sub/b', 'a', ''));
    await exporter.shutdown();
    expect(readFileSync(join(inner, 'a.json'), 'utf8').trim().split('\n')).toHaveLength(1);
    expect(readFileSync(join(inner, 'a.json'), 'utf8')).toMatch(/"name":"0".*"name":"3"/);
    expect(names(join(inner, 'sub', 'b.json'))).toEqual(['2']);
    expect(names(join(inner, '.json'))).toEqual(['4']);
  });

  test('profiles keep their dictionary', async () => {
    const inner = join(folder, 'profiles');
    const { config: pattern } = fileConfig(`{path: "${inner}/*.json", ${keys}}`);
    const exporter = new GroupingFileExporter(testSettings('file'), pattern);
    const bytes = encodeMessage('ExportProfilesServiceRequest', {
      resourceProfiles: ['a', 'b'].map((value) => ({
        resource: { attributes: [{ key: 'to', value: { stringValue: value } }] },
      })),
      dictionary: { stringTable: ['', 'cpu'] },
    });
    await exporter.consume(new Batch('profiles', [bytes], 2));
    await exporter.shutdown();
    for (const name of ['a', 'b']) {
      expect(readFileSync(join(inner, `${name}.json`), 'utf8')).toContain('"stringTable":["","cpu"]');
    }
  });

  test('one file that cannot be written does not keep the others from it', async () => {
    const inner = join(folder, 'some');
    const { config: pattern } = fileConfig(`{path: "${inner}/*.json", ${keys}}`);
    const exporter = new GroupingFileExporter(testSettings('file'), pattern);
    const hostile = ['\0', 'x'.repeat(5000), 'fine'];
    await expect(exporter.consume(grouped(...hostile))).rejects.toMatchObject({
      permanent: true,
      message: expect.stringMatching(/and 1 more/),
    });
    await expect(exporter.consume(new Batch('traces', [Uint8Array.of(0x0a, 9)], 1))).rejects.toMatchObject({
      permanent: true,
    });
    await exporter.shutdown();
    expect(readdirSync(inner)).toEqual(['fine.json']);
  });

  test('a full disk: may be sent again as long as nothing of the batch was written', async () => {
    const inner = join(folder, 'full');
    mkdirSync(inner);
    symlinkSync('/dev/full', join(inner, 'a.json'));
    const { config: pattern } = fileConfig(`{path: "${inner}/*.json", append: true, flush_interval: 1h, ${keys}}`);
    const exporter = new GroupingFileExporter(testSettings('file'), pattern);
    const value = 'a';
    const huge = new Batch(
      'traces',
      [
        encodeMessage('ExportTraceServiceRequest', {
          resourceSpans: [
            {
              resource: { attributes: [{ key: 'to', value: { stringValue: value } }] },
              scopeSpans: [{ spans: [{ name: 'x'.repeat(5 * 1024 * 1024) }] }],
            },
          ],
        }),
      ],
      1,
    );
    await exporter.consume(huge);
    await expect(exporter.consume(huge)).rejects.toMatchObject({ permanent: false });
    await expect(exporter.consume(grouped('a', 'b'))).rejects.toMatchObject({ permanent: true });
    await exporter.shutdown();
    expect(names(join(inner, 'b.json'))).toEqual(['1']);
  });

  // grouping_file_exporter_test.go of the Collector.
  test.each([
    ['/a/*', 'b', '/a/b'],
    ['/a/*', '../b', '/a/b'],
    ['/a/*', '../../b', '/a/b'],
    ['/a/*', './b', '/a/b'],
    ['/a/*', 'b/../../../c', '/a/c'],
    ['/a/*', '/etc/passwd', '/a/etc/passwd'],
    ['/a/*', '', '/a'],
    ['/a/x-*.json', '1', '/a/x-1.json'],
    ['/a/x-*.json', '../1', '/a/x-/1.json'],
    ['/a/x-*.json', '/../../1', '/a/x-/1.json'],
    ['./a/*', 'b', 'a/b'],
    ['/a//*.json', 'b//c', '/a/b/c.json'],
    ['/tmp/*.log', '..', '/tmp/...log'],
    ['/a/*/x', '..', '/a/x'],
  ])('%s with %j is %s', (pattern, value, path) => {
    expect(pathOf(parsePattern(pattern), value)).toBe(path);
  });
});

test.each([
  ['{append: true, rotation: {}}', ': append and rotation enabled at the same time is not supported'],
  ['compression: gzip', 'compression: compression is not supported'],
  ['flush_interval: -1s', 'flush_interval: flush_interval must be larger than zero'],
  [
    'encoding: otlp_encoding',
    'encoding: unknown encoding "otlp_encoding": Sonde has no encoding extensions; use format',
  ],
  ['group_by: {enabled: true}', 'path: path must contain exactly one * when group_by is enabled'],
  ['{path: "a*b*", group_by: {enabled: true}}', 'path: path must contain exactly one * when group_by is enabled'],
  ['{path: "*.json", group_by: {enabled: true}}', 'path: path must not start with * when group_by is enabled'],
  [
    '{path: "a*", group_by: {enabled: true, resource_attribute: ""}}',
    'group_by::resource_attribute: resource_attribute must not be empty when group_by is enabled',
  ],
  [
    '{path: "a*", group_by: {enabled: true, max_open_files: 0}}',
    'group_by::max_open_files: must provide a positive size',
  ],
  [
    'directory_permissions: "0755"',
    'directory_permissions: directory_permissions requires create_directory to be true',
  ],
  [
    '{create_directory: true, directory_permissions: "0789"}',
    'directory_permissions: directory_permissions value must be a valid octal representation',
  ],
  [
    '{create_directory: true, directory_permissions: "7777"}',
    'directory_permissions: directory_permissions contain invalid bits for file access',
  ],
  [
    '{create_directory: true, directory_permissions: "-1"}',
    'directory_permissions: directory_permissions contain invalid bits for file access',
  ],
])('%s is refused', (yaml, message) => {
  expect(fileConfig(yaml).messages).toEqual([message]);
});
