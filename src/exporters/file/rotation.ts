import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { FileConfig } from './config.ts';

export type Rotation = NonNullable<FileConfig['rotation']>;

const DAY_MS = 24 * 60 * 60 * 1000;
const STAMP = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}$/;

/** Names and rules of gopkg.in/natefinch/lumberjack.v2: `traces-2026-11-21T11-57-00.000.json`. */
export async function rotate(path: string, rotation: Rotation, now = new Date()): Promise<void> {
  const extension = extname(path);
  const stem = basename(path, extension);
  const folder = dirname(path);
  const backup = join(folder, `${stem}-${stampOf(now, rotation.localtime)}${extension}`);
  await rename(path, backup).catch((error: NodeJS.ErrnoException) => {
    // Renamed before, but the new file could not be opened.
    if (error.code !== 'ENOENT') throw error;
  });
  const backups = (await readdir(folder))
    .filter((name) => name.startsWith(`${stem}-`) && name.endsWith(extension))
    .filter((name) => STAMP.test(name.slice(stem.length + 1, name.length - extension.length)))
    .sort()
    .reverse();
  const { max_backups: most, max_days: days } = rotation;
  const oldest = `${stem}-${stampOf(new Date(now.getTime() - days * DAY_MS), rotation.localtime)}${extension}`;
  for (const [i, name] of backups.entries()) {
    if ((most > 0 && i >= most) || (days > 0 && name < oldest)) await rm(join(folder, name), { force: true });
  }
}

function stampOf(time: Date, local: boolean): string {
  const shifted = local ? new Date(time.getTime() - time.getTimezoneOffset() * 60_000) : time;
  return shifted.toISOString().slice(0, 23).replaceAll(':', '-');
}
