import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from '../package_root.ts';

/** native/compression.cc. */
interface NativeCompression {
  /** All frames. Undefined: longer than `limit`. Throws on what is none. */
  decompress(name: NativeEncoding, bytes: Uint8Array, limit: number): Uint8Array | undefined;
  compress(name: NativeEncoding, bytes: Uint8Array, level: number, inThread: false): Uint8Array;
  /** In another thread: the bytes may not change meanwhile. */
  compress(name: NativeEncoding, bytes: Uint8Array, level: number, inThread: true): Promise<Uint8Array>;
}

export type NativeEncoding = 'zstd' | 'lz4' | 'snappy' | 'x-snappy-framed';

let loaded: NativeCompression | undefined;

/** Loaded only when a body needs it. */
export function nativeCompression(): NativeCompression {
  loaded ??= createRequire(import.meta.url)(
    join(packageRoot(), 'build', 'Release', 'compression.node'),
  ) as NativeCompression;
  return loaded;
}
