import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from '../../package_root.ts';
import { TooLong } from './too_long.ts';

/** native/zstd.cc. Undefined: longer than `limit`. Throws on what is no zstd. */
type Decompress = (bytes: Uint8Array, limit: number) => Uint8Array | undefined;

let decompress: Decompress | undefined;

/** All frames of a body. Throws TooLong when the result is longer than `limit`, Error when it is no zstd. */
export function decompressZstd(body: Uint8Array, limit: number): Uint8Array {
  decompress ??= (
    createRequire(import.meta.url)(join(packageRoot(), 'build', 'Release', 'zstd.node')) as { decompress: Decompress }
  ).decompress;
  const content = decompress(body, limit);
  if (content === undefined) throw new TooLong(`more than ${limit} bytes`);
  return content;
}
