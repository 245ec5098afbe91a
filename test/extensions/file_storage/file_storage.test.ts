import {
  closeSync,
  existsSync,
  openSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { validate } from '../../../src/extensions/file_storage/config.ts';
import { FileStorage } from '../../../src/extensions/file_storage/file_storage.ts';
import { testSettings } from '../../support/settings.ts';
import { storageDefaults, TestStorage } from '../../support/storage.ts';

let storage: TestStorage;
beforeEach(() => {
  storage = new TestStorage();
});
afterEach(async () => storage.clean());

test.each([true, false])('values are there after the next start, in order (fsync: %s)', async (fsync) => {
  const first = await (await storage.start({ fsync })).openStorage('a');
  for (const text of ['x', 'y', 'z']) await first.put(Buffer.from(text)).stored;
  const [, second = 0] = first.keys();
  await first.remove(second);
  await first.close();
  await storage.stop();
  const again = await (await storage.start({ fsync })).openStorage('a');
  const values = [...again.keys()].map((key) => String(again.get(key)));
  expect(values).toEqual(['x', 'z']);
  const { key, stored } = again.put(Buffer.from('w'));
  await stored;
  expect(Math.max(...again.keys())).toBe(key);
});

test('components do not see each other', async () => {
  const extension = await storage.start();
  await (await extension.openStorage('a')).put(Buffer.from('x')).stored;
  expect([...(await extension.openStorage('b')).keys()]).toEqual([]);
});

test('a second handle waits for the first', async () => {
  const extension = await storage.start();
  const first = await extension.openStorage('a');
  const second = await extension.openStorage('a');
  let free = false;
  void second.predecessor.then(() => {
    free = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(free).toBe(false);
  await first.close();
  await second.predecessor;
});

test('one process at a time', async () => {
  await storage.start();
  const other = new FileStorage(testSettings('other'), { ...storageDefaults(storage.directory), timeout: 100 });
  await expect(other.start()).rejects.toThrow(`timeout: another process uses ${storage.directory}`);
});

test('max_size refuses, until something was removed', async () => {
  const handle = await (await storage.start({ max_size: 100 })).openStorage('a');
  const { key, stored } = handle.put(Buffer.alloc(80));
  await stored;
  await expect(handle.put(Buffer.alloc(80)).stored).rejects.toThrow('the storage has reached max_size');
  await handle.remove(key);
  await handle.put(Buffer.alloc(80)).stored;
});

test('a file that is taken away refuses what would be lost with it, until it is there again', async () => {
  const handle = await (await storage.start()).openStorage('a');
  const file = join(storage.directory, 'sonde.mdb');
  const put = (): Promise<void> => handle.put(Buffer.from('x')).stored;
  await put();
  renameSync(file, `${file}.away`);
  await expect(put()).rejects.toThrow('ENOENT');
  renameSync(`${file}.away`, file);
  await put();
  expect([...handle.keys()]).toHaveLength(2);
});

test('compaction at the start shrinks the file and keeps what is there', async () => {
  const handle = await (await storage.start()).openStorage('a');
  const keys: number[] = [];
  for (let i = 0; i < 50; i++) {
    const { key, stored } = handle.put(Buffer.alloc(100_000, i));
    await stored;
    keys.push(key);
  }
  for (const key of keys.slice(1)) await handle.remove(key);
  await handle.close();
  await storage.stop();
  const file = join(storage.directory, 'sonde.mdb');
  const before = statSync(file).size;
  const { compaction } = storageDefaults('');
  const again = await (await storage.start({ compaction: { ...compaction, on_start: true } })).openStorage('a');
  expect(statSync(file).size).toBeLessThan(before / 4);
  expect([...again.keys()].map((key) => again.get(key)?.length)).toEqual([100_000]);
});

test('a file that is no database fails the start, or is moved aside', async () => {
  const file = join(storage.directory, 'sonde.mdb');
  writeFileSync(file, Buffer.alloc(100_000, 'no database'));
  await expect(storage.start()).rejects.toThrow(`cannot open ${file}`);
  const handle = await (await storage.start({ recreate: true })).openStorage('a');
  await handle.put(Buffer.from('x')).stored;
  expect(existsSync(`${file}.backup`)).toBe(true);
});

async function filled(): Promise<string> {
  const handle = await (await storage.start()).openStorage('a');
  for (let i = 0; i < 50; i++) await handle.put(Buffer.alloc(20_000, i)).stored;
  await handle.close();
  await storage.stop();
  return join(storage.directory, 'sonde.mdb');
}

function overwrite(file: string, bytes: Uint8Array, offset: number): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, bytes, 0, bytes.length, offset);
  closeSync(fd);
}

// Opening these would end the process, or fail later, where nothing can be moved aside.
test.each<[string, (file: string) => void, RegExp]>([
  [
    'half of the file',
    (file) => truncateSync(file, statSync(file).size / 2),
    /it is damaged: reading it ended with SIGBUS/,
  ],
  ['a piece of its first page', (file) => truncateSync(file, 100), /it is damaged/],
  ['another format', (file) => overwrite(file, Uint8Array.of(9), 28), /its format is 9, not 2/],
  ['pages of zeros', (file) => overwrite(file, new Uint8Array(statSync(file).size - 8192), 8192), /MDB_|damaged/],
])('%s is an error, or is moved aside', async (_, damage, message) => {
  const file = await filled();
  damage(file);
  await expect(storage.start()).rejects.toThrow(message);
  const handle = await (await storage.start({ recreate: true })).openStorage('a');
  expect([...handle.keys()]).toEqual([]);
  expect(existsSync(`${file}.backup`)).toBe(true);
});

test('what was not closed is read by another process first', async () => {
  const file = await filled();
  writeFileSync(join(storage.directory, 'sonde.mdb.unclean'), '');
  // Of the first page only the database's own tree is changed.
  overwrite(file, new Uint8Array(8).fill(0x7f), 136);
  overwrite(file, new Uint8Array(8).fill(0x7f), 4096 + 136);
  await expect(storage.start()).rejects.toThrow('it is damaged');
  overwrite(file, new Uint8Array(8).fill(0xff), 136);
  overwrite(file, new Uint8Array(8).fill(0xff), 4096 + 136);
  // No tree: nothing is stored.
  expect([...(await (await storage.start()).openStorage('a')).keys()]).toEqual([]);
});

test('nobody else can read what is stored, and links are not followed', async () => {
  const file = await filled();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(existsSync(join(storage.directory, 'sonde.mdb.unclean'))).toBe(false);
  renameSync(file, `${file}.elsewhere`);
  symlinkSync(`${file}.elsewhere`, file);
  await expect(storage.start()).rejects.toThrow('ELOOP');
});

test('create_directory makes it', async () => {
  const directory = join(storage.directory, 'a/b');
  const extension = new FileStorage(testSettings('s'), { ...storageDefaults(directory), create_directory: true });
  await extension.start();
  expect(statSync(directory).mode & 0o777).toBe(0o750);
  await extension.shutdown();
});

test.each([
  [
    { directory: '/nowhere' },
    'directory',
    'directory must exist: stat /nowhere: no such file or directory. You can enable the create_directory option to automatically create it',
  ],
  [{ directory: '/etc/passwd' }, 'directory', '/etc/passwd is not a directory'],
  [{ max_size: -1 }, 'max_size', 'max size cannot be less than 0'],
  [
    { create_directory: true, directory_permissions: '999' },
    'directory_permissions',
    'directory_permissions value must be a valid octal representation of permission bits, such as 0750',
  ],
])('%j is refused', (config, key, message) => {
  expect(validate({ ...storageDefaults('/tmp'), ...config })).toEqual([{ path: [key], message }]);
});
