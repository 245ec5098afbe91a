import { closeSync, openSync, readSync } from 'node:fs';

/** Of one source: a device or a server may have no end. */
export const MAX_SOURCE_BYTES = 16 * 1024 * 1024;
const PIECE_BYTES = 64 * 1024;

/** All of a file, a pipe or a device; undefined: it is longer than a configuration may be. */
export function readBounded(path: string): Buffer | undefined {
  const file = openSync(path, 'r');
  try {
    const pieces: Buffer[] = [];
    for (let length = 0; length <= MAX_SOURCE_BYTES; ) {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      const count = readSync(file, piece);
      if (count === 0) return Buffer.concat(pieces);
      pieces.push(piece.subarray(0, count));
      length += count;
    }
    return undefined;
  } finally {
    closeSync(file);
  }
}
