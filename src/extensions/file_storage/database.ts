import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RootDatabase } from 'lmdb';
import type { Logger } from '../../service/component.ts';
import { checkDatabase } from './check.ts';
import type { FileStorageConfig } from './config.ts';

const FILE = 'sonde.mdb';
const COMPACTED = 'sonde.mdb.compacted';
/** There while the database is open: found at a start, the process before did not come to its end. */
const UNCLEAN = 'sonde.mdb.unclean';
/** What is stored is nobody else's. */
const OWN_MODE = 0o600;
/** mm_magic of lmdb's first meta page, behind the page's header. */
const MAGIC = 0xbeefc0de;
const MAGIC_OFFSET = 24;
/** Of the format: mm_version, behind it. */
const VERSION = 2;
const PAGE_SIZE_OFFSET = 48;
/** mm_last_pg. */
const LAST_PAGE_OFFSET = 144;
/** Components that store something. */
const MAX_DATABASES = 256;

export async function openDatabase(config: FileStorageConfig, logger: Logger): Promise<RootDatabase<Buffer, number>> {
  const path = join(config.directory, FILE);
  const compacted = join(config.compaction.directory || config.directory, COMPACTED);
  rmSync(compacted, { force: true });
  try {
    const doubtful = isDoubtful(path);
    // It reads all of it, too.
    const checked = begin(config.directory) || doubtful;
    if (checked) await checkDatabase(path);
    const root = await open(path, config.fsync);
    if (!checked) readAll(root);
    if (!config.compaction.on_start) return root;
    await root.backup(compacted, true);
    await root.close();
    await replace(compacted, path);
    chmodSync(path, OWN_MODE);
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
  closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, OWN_MODE));
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

export function diskOf(directory: string): { readonly total: number; readonly free: number; readonly file: number } {
  const { bsize, blocks, bavail } = statfsSync(directory);
  return { total: blocks * bsize, free: bavail * bsize, file: statSync(join(directory, FILE)).size };
}

export function closedCleanly(directory: string): void {
  rmSync(join(directory, UNCLEAN), { force: true });
}

/** True: there is a database, and who had it before did not close it. */
function begin(directory: string): boolean {
  const unclean = join(directory, UNCLEAN);
  if (existsSync(unclean)) return existsSync(join(directory, FILE));
  try {
    writeFileSync(unclean, '', { mode: OWN_MODE });
  } catch {
    // A full disk can still be read.
  }
  return false;
}

/**
 * Throws on a file that is no database: the library does not come back from it. True: it is shorter than its first page says, which may
 * be so (what is behind was freed before it was ever written).
 */
function isDoubtful(path: string): boolean {
  if (!existsSync(path)) return false;
  const file = openSync(path, 'r');
  const head = Buffer.alloc(LAST_PAGE_OFFSET + 8);
  readSync(file, head);
  const { size } = fstatSync(file);
  closeSync(file);
  if (size === 0) return false;
  if (head.readUInt32LE(MAGIC_OFFSET) !== MAGIC) throw new Error('it is no LMDB database');
  const version = head.readUInt16LE(MAGIC_OFFSET + 4);
  if (version !== VERSION) throw new Error(`its format is ${version}, not ${VERSION}`);
  return size < (Number(head.readBigUInt64LE(LAST_PAGE_OFFSET)) + 1) * head.readUInt32LE(PAGE_SIZE_OFFSET);
}

/** Throws on pages that are damaged: here, where it can be moved aside. */
function readAll(root: RootDatabase<Buffer, number>): void {
  for (const name of root.getKeys()) {
    for (const { value } of root.openDB<Buffer, number>({ name: String(name), encoding: 'binary' }).getRange())
      void value;
  }
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
