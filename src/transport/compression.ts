import { promisify } from 'node:util';
import { constants, deflate, deflateSync, gzip, gzipSync, type ZlibOptions } from 'node:zlib';
import { nativeCompression } from './native_compression.ts';

/** Names of the Collector's config/configcompression; '' is none. */
export const compressions = [
  '',
  'none',
  'gzip',
  'zlib',
  'deflate',
  'zstd',
  'snappy',
  'x-snappy-framed',
  'lz4',
] as const;

/** What `Content-Encoding` is then called as well. */
export type Compression = Exclude<(typeof compressions)[number], '' | 'none'>;

const gzipAsync = promisify<Uint8Array, ZlibOptions, Buffer>(gzip);
const deflateAsync = promisify<Uint8Array, ZlibOptions, Buffer>(deflate);

/**
 * Up to this size bytes are compressed at once: libuv's threads cost three times as much for 100 spans (160 µs against
 * 50 µs). Larger ones go to the threads, so that the main loop goes on.
 */
export const MAX_SYNC_BYTES = 128 * 1024;
/** Of zlib's formats and of zstd, unless a level is set: a twelfth larger than zlib's level 6 at less than half of the work. */
const FAST = 1;
/** Above it readers need windows of more than the 8 MiB that every one has (RFC 8878, 3.1.1.1.2). */
const MAX_ZSTD_LEVEL = 19;
const HUFFMAN_ONLY = -2;
/** zlib's threads come back to the main loop for each piece of output, by its own default of 16 KiB. */
const OUTPUT_BYTES = 64 * 1024;

/** Rules and text of configcompression's ValidateParams; undefined: the level is one of this compression. */
export function levelProblem(compression: '' | 'none' | Compression, level: number): string | undefined {
  switch (compression) {
    case '':
    case 'none':
    case 'zstd':
      return undefined;
    case 'gzip':
    case 'zlib':
    case 'deflate':
      if (level >= HUFFMAN_ONLY && level <= 9) return undefined;
      break;
    default:
      if (level === 0) return undefined;
  }
  return `unsupported parameters {Level:${level}} for compression type "${compression}"`;
}

/** `level` 0 is the default of each. */
export async function compress(compression: Compression, bytes: Uint8Array, level: number): Promise<Uint8Array> {
  const inThread = bytes.length > MAX_SYNC_BYTES;
  switch (compression) {
    case 'gzip':
      return inThread ? gzipAsync(bytes, zlibOptions(level)) : gzipSync(bytes, zlibOptions(level));
    case 'zlib':
    case 'deflate':
      return inThread ? deflateAsync(bytes, zlibOptions(level)) : deflateSync(bytes, zlibOptions(level));
    default: {
      const each = compression === 'zstd' ? Math.min(Math.max(level, FAST), MAX_ZSTD_LEVEL) : 0;
      const native = nativeCompression();
      return inThread
        ? native.compress(compression, bytes, each, true)
        : native.compress(compression, bytes, each, false);
    }
  }
}

export function zlibOptions(level: number): ZlibOptions {
  const chunkSize = OUTPUT_BYTES;
  if (level === HUFFMAN_ONLY) return { chunkSize, strategy: constants.Z_HUFFMAN_ONLY };
  return { chunkSize, level: level === 0 ? FAST : level };
}
