import { gunzipSync, inflateSync } from 'node:zlib';
import { type Chunked, compressChunks } from '../chunked_compression.ts';
import type { Compression } from '../compression.ts';
import { nativeCompression } from '../native_compression.ts';

/** Compressed-Flag, then Message-Length: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
const PREFIX_BYTES = 5;

/** A request; a pdata Batch is one. */
export interface Payload extends Chunked {
  /** The same as one gzip member. */
  readonly gzip: Uint8Array | undefined;
}

/** The framed request, compressed as configured. What came as gzip and is to leave as gzip is not compressed again. */
export async function encodeMessage(payload: Payload, compression: Compression | undefined): Promise<Uint8Array[]> {
  if (compression === undefined) return framed(0, payload.bytes());
  if (compression === 'gzip' && payload.gzip !== undefined) return framed(1, payload.gzip);
  // What gRPC calls snappy is the framed form, in the Collector and elsewhere.
  const form = compression === 'snappy' ? 'x-snappy-framed' : compression;
  return framed(1, await compressChunks(form, payload, 0));
}

function framed(flag: number, payload: Uint8Array): Uint8Array[] {
  const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
  prefix[0] = flag;
  prefix.writeUInt32BE(payload.length, 1);
  return [prefix, payload];
}

/** The message of a response; empty when it cannot be read: the server has said OK, and what it adds is only a remark. */
export function decodeMessage(frame: Buffer, encoding: string, limit: number): Uint8Array {
  const payload = frame.subarray(
    PREFIX_BYTES,
    PREFIX_BYTES + (frame.length < PREFIX_BYTES ? 0 : frame.readUInt32BE(1)),
  );
  if (payload.length === 0 || frame[0] === 0) return payload;
  try {
    if (encoding === 'gzip') return gunzipSync(payload, { maxOutputLength: limit });
    if (encoding === 'deflate') return inflateSync(payload, { maxOutputLength: limit });
    if (encoding === 'zstd' || encoding === 'snappy') {
      return nativeCompression().decompress(encoding, payload, limit) ?? new Uint8Array(0);
    }
  } catch {
    // As below.
  }
  return new Uint8Array(0);
}
