import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { load } from '../../src/config/load.ts';
import { ConfigWatcher } from '../../src/config/watch.ts';
import { until } from '../support/until.ts';

let folder: string;
let watcher: ConfigWatcher;
let changes = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sonde-watch-'));
  changes = 0;
});
afterEach(() => {
  watcher.close();
  rmSync(folder, { recursive: true });
});

const follow = (paths: readonly string[], pollMs = 60_000, settleMs = 20): void => {
  watcher = new ConfigWatcher({ changed: () => changes++, settleMs, pollMs });
  watcher.follow(new Map(paths.map((path) => [path, readFileSync(path, 'utf8')])));
};
const changed = (count: number): Promise<void> => until(() => changes === count, `change ${count}`);

test('written, replaced, and back again', async () => {
  const file = join(folder, 'a.yaml');
  writeFileSync(file, 'a');
  follow([file]);
  writeFileSync(file, 'b');
  await changed(1);
  writeFileSync(join(folder, 'new'), 'c');
  renameSync(join(folder, 'new'), file);
  await changed(2);
});

test('several writes in a row are one change', async () => {
  const file = join(folder, 'a.yaml');
  writeFileSync(file, 'a');
  // A busy machine may sleep for a hundred milliseconds instead of two.
  follow([file], 60_000, 300);
  for (let i = 0; i < 5; i++) {
    writeFileSync(file, `b${i}`);
    await sleep(2);
  }
  await changed(1);
  await sleep(400);
  expect(changes).toBe(1);
});

test('a file that is touched, absent for a moment, or a neighbour is no change', async () => {
  const file = join(folder, 'a.yaml');
  writeFileSync(file, 'a');
  follow([file]);
  utimesSync(file, 1, 1);
  writeFileSync(join(folder, 'other'), 'x');
  renameSync(file, `${file}~`);
  await sleep(60);
  renameSync(`${file}~`, file);
  await sleep(60);
  expect(changes).toBe(0);
});

test('a ConfigMap: ..data is swapped', async () => {
  // As kubelet writes it: https://github.com/kubernetes/kubernetes/blob/master/pkg/volume/util/atomic_writer.go
  for (const version of ['..1', '..2']) {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, 'relay.yaml'), `version: ${version}`);
  }
  symlinkSync('..1', join(folder, '..data'));
  symlinkSync('..data/relay.yaml', join(folder, 'relay.yaml'));
  follow([join(folder, 'relay.yaml')]);
  symlinkSync('..2', join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  await changed(1);
});

test('a file system that tells nothing is asked', async () => {
  const file = join(folder, 'a.yaml');
  writeFileSync(file, 'a');
  watcher = new ConfigWatcher({ changed: () => changes++, settleMs: 1e6, pollMs: 30 });
  watcher.follow(new Map([[file, 'a']]));
  writeFileSync(file, 'b');
  await changed(1);
});

test('what changed between reading and following is seen', async () => {
  const file = join(folder, 'a.yaml');
  writeFileSync(file, 'newer');
  watcher = new ConfigWatcher({ changed: () => changes++, settleMs: 20, pollMs: 60_000 });
  watcher.follow(new Map([[file, 'older']]));
  await changed(1);
});

/** What a reload that reads the file has to follow, whether it can be read or not. */
function filesOf(file: string): Map<string, string> {
  const files = new Map<string, string>();
  try {
    load({ uris: [file], sets: [], env: {}, warn: () => undefined, onFile: (path, text) => files.set(path, text) });
  } catch {
    // Told elsewhere.
  }
  return files;
}

test.each([
  ['a byte order mark', Buffer.from('\ufeffa: b')],
  ['UTF-16', Buffer.from('\ufeffa: b', 'utf16le')],
  ['no text', Buffer.from([0x61, 0xff, 0x62])],
])('a file with %s is no change for ever', async (_, bytes) => {
  const file = join(folder, 'a.yaml');
  writeFileSync(file, bytes);
  watcher = new ConfigWatcher({ changed: () => changes++, settleMs: 5, pollMs: 10 });
  watcher.follow(filesOf(file));
  await sleep(60);
  expect(changes).toBe(0);
  writeFileSync(file, 'a: c');
  await changed(1);
});

test('a file that was missing when it was to be read is seen when it comes', async () => {
  const file = join(folder, 'a.yaml');
  watcher = new ConfigWatcher({ changed: () => changes++, settleMs: 5, pollMs: 60_000 });
  watcher.follow(filesOf(file));
  await sleep(30);
  expect(changes).toBe(0);
  writeFileSync(file, 'a: b');
  await changed(1);
});
