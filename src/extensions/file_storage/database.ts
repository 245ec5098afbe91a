import { closeSync, existsSync, openSync, readSync, renameSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RootDatabase } from 'lmdb';
import type { Logger } from '../../service/component.ts';
import type { FileStorageConfig } from './config.ts';

const FILE = 'sonde.mdb';
const COMPACTED = 'sonde.mdb.compacted';
/** mm_magic of lmdb's first meta page, behind the page's header. */
const MAGIC = 0xbeefc0de;
const MAGIC_OFFSET = 24;
/** Components that store something. */
const MAX_DATABASES = 256;

export async function openDatabase(config: FileStorageConfig, logger: Logger): Promise<RootDatabase<Buffer, number>> {
  const path = join(config.directory, FILE);
  const compacted = join(config.compaction.directory || config.directory, COMPACTED);
  rmSync(compacted, { force: true });
  try {
    const root = await open(path, config.fsync);
    if (!config.compaction.on_start) return root;
    await root.backup(compacted, true);
    await root.close();
    await replace(compacted, path);
    logger.info('the storage was compacted', { path });
  } catch (error) {
    if (!config.recreate || !existsSync(path))
      throw new Error(`cannot open ${path}: ${String(error)}`, { cause: error });
    renameSync(path, `${path}.backup`);
    rmSync(`${path}-lock`, { force: true });
    logger.error('the storage cannot be opened and was moved aside; data in it is not sent', {
      backup: `${path}.backup`,
      error: String(error),
    });
  }
  return open(path, config.fsync);
}

/** The library is loaded only here: its memory is paid by those who store. */
async function open(path: string, fsync: boolean): Promise<RootDatabase<Buffer, number>> {
  checkMagic(path);
  const { open: openLmdb } = await import('lmdb');
  return openLmdb<Buffer, number>({
    path,
    noSubdir: true,
    encoding: 'binary',
    maxDbs: MAX_DATABASES,
    noReadAhead: true,
    // With fsync a commit is told when it is on the disk. Without, it is told when the kernel has it, and the disk follows; the
    // root that a power loss leaves is always one that was written completely.
    overlappingSync: !fsync,
    separateFlushed: !fsync,
    noMemInit: false,
  } as Parameters<typeof openLmdb>[0]) as RootDatabase<Buffer, number>;
}

/** The library does not come back from opening a file that is no database. */
function checkMagic(path: string): void {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r');
  const head = Buffer.alloc(MAGIC_OFFSET + 4);
  const length = readSync(file, head);
  closeSync(file);
  if (length > 0 && head.readUInt32LE(MAGIC_OFFSET) !== MAGIC) throw new Error('it is no LMDB database');
}

/** The two may be on different file systems. */
async function replace(from: string, to: string): Promise<void> {
  try {
    renameSync(from, to);
  } catch {
    await copyFile(from, `${to}.new`);
    renameSync(`${to}.new`, to);
    rmSync(from);
  }
}
