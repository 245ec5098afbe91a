import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { FileConfig } from './config.ts';

export type Rotation = NonNullable<FileConfig['rotation']>;

const DAY_MS = 24 * 60 * 60 * 1000;
/** Before 0.154 the Collector wrote names without a reason. */
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3})(-[a-z]+)?$/;

/** Names and rules of github.com/DeRuina/timberjack, as the Collector has them: `traces-2026-11-21T11-57-00.000-size.json`. */
export async function rotate(path: string, rotation: Rotation, now = new Date()): Promise<void> {
  const { stem, extension, folder } = partsOf(path);
  const backupAt = (time: Date): string => `${stem}-${stampOf(time, rotation.localtime)}-size${extension}`;
  // Two files that are full within one millisecond are two backups.
  const taken = new Set(await readdir(folder));
  let time = now;
  while (taken.has(backupAt(time))) time = new Date(time.getTime() + 1);
  const backup = join(folder, backupAt(time));
  await rename(path, backup).catch((error: NodeJS.ErrnoException) => {
    // Renamed before, but the new file could not be opened.
    if (error.code !== 'ENOENT') throw error;
  });
  await removeOld(path, rotation, now);
}

/** Backups that are too many or too old. */
export async function removeOld(path: string, rotation: Rotation, now = new Date()): Promise<void> {
  const { max_backups: most, max_days: days, localtime } = rotation;
  if (most === 0 && days === 0) return;
  const { stem, extension, folder } = partsOf(path);
  const backups = (await readdir(folder))
    .filter((name) => name.startsWith(`${stem}-`) && name.endsWith(extension))
    .flatMap((name) => {
      const stamp = STAMP.exec(name.slice(stem.length + 1, name.length - extension.length))?.[1];
      return stamp === undefined ? [] : [{ name, stamp }];
    })
    .sort((a, b) => (a.stamp < b.stamp ? 1 : -1));
  const oldest = stampOf(new Date(now.getTime() - days * DAY_MS), localtime);
  for (const [i, { name, stamp }] of backups.entries()) {
    if ((most > 0 && i >= most) || (days > 0 && stamp < oldest)) await rm(join(folder, name), { force: true });
  }
}

function partsOf(path: string): { readonly stem: string; readonly extension: string; readonly folder: string } {
  const extension = extname(path);
  return { stem: basename(path, extension), extension, folder: dirname(path) };
}

function stampOf(time: Date, local: boolean): string {
  const shifted = local ? new Date(time.getTime() - time.getTimezoneOffset() * 60_000) : time;
  return shifted.toISOString().slice(0, 23).replaceAll(':', '-');
}
