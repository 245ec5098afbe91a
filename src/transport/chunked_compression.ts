import type { Transform } from 'node:stream';
import { createDeflate, createGzip, type ZlibOptions } from 'node:zlib';
import { type Compression, compress, MAX_SYNC_BYTES, zlibOptions } from './compression.ts';

/** Bytes in pieces, one behind the other; `bytes` makes one of them. A pdata Batch is one. */
export interface Chunked {
  readonly chunks: readonly Uint8Array[];
  readonly byteLength: number;
  bytes(): Uint8Array;
}

/** zlib's thread takes so much at a time: below, going there costs more than the copy. */
const PIECE_BYTES = 128 * 1024;

/** `compress`, for zlib's formats without a copy of the whole: batches of megabytes, ten under way at a time. */
export async function compressChunks(compression: Compression, body: Chunked, level: number): Promise<Uint8Array> {
  // Asked for once: a batch may have to decompress them.
  const { chunks } = body;
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return compress(compression, only, level);
  const stream = streams[compression];
  if (stream === undefined || body.byteLength <= MAX_SYNC_BYTES) return compress(compression, body.bytes(), level);
  return through(stream(zlibOptions(level)), pieces(chunks));
}

const streams: { readonly [name in Compression]?: (options: ZlibOptions) => Transform } = {
  gzip: createGzip,
  zlib: createDeflate,
  deflate: createDeflate,
};

/** Small chunks together. */
function* pieces(chunks: readonly Uint8Array[]): Generator<Uint8Array, undefined> {
  let few: Uint8Array[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    few.push(chunk);
    bytes += chunk.length;
    if (bytes < PIECE_BYTES) continue;
    yield few.length === 1 ? chunk : Buffer.concat(few, bytes);
    few = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(few, bytes);
  return undefined;
}

/** One piece after the other, so that only one is there as a copy. */
function through(stream: Transform, source: Generator<Uint8Array, undefined>): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const packed: Uint8Array[] = [];
    stream.on('data', (piece: Uint8Array) => packed.push(piece));
    stream.on('end', () => resolve(Buffer.concat(packed)));
    stream.on('error', reject);
    const next = (): void => {
      const { value } = source.next();
      if (value === undefined) stream.end();
      else stream.write(value, next);
    };
    next();
  });
}
