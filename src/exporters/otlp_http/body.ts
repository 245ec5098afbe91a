import { promisify } from 'node:util';
import { deflate, deflateSync, gzip, gzipSync } from 'node:zlib';
import type { Batch } from '../../pdata/pdata.ts';
import type { OtlpHttpConfig } from './config.ts';

const gzipAsync = promisify(gzip);
const deflateAsync = promisify(deflate);

/**
 * Up to this size a body is compressed at once: libuv's threads cost three times as much for 100 spans (160 µs against
 * 50 µs). Larger ones go to the threads, so that the main loop goes on.
 */
const MAX_SYNC_BYTES = 128 * 1024;

export interface Body {
  readonly body: Uint8Array;
  readonly contentEncoding: string | undefined;
}

/** The request's bytes. What came as gzip and is to leave as gzip is not compressed again. */
export async function encodeBody(batch: Batch, config: OtlpHttpConfig): Promise<Body> {
  const { compression, encoding } = config;
  if (compression === 'gzip' && encoding === 'proto' && batch.gzip !== undefined) {
    return { body: batch.gzip, contentEncoding: 'gzip' };
  }
  const bytes = encoding === 'json' ? await toJsonBody(batch) : batch.bytes();
  if (compression !== 'gzip' && compression !== 'zlib' && compression !== 'deflate') {
    return { body: bytes, contentEncoding: undefined };
  }
  const { level } = config.compression_params;
  const atOnce = bytes.length <= MAX_SYNC_BYTES;
  if (compression === 'gzip') {
    return { body: atOnce ? gzipSync(bytes, { level }) : await gzipAsync(bytes, { level }), contentEncoding: 'gzip' };
  }
  return {
    body: atOnce ? deflateSync(bytes, { level }) : await deflateAsync(bytes, { level }),
    contentEncoding: compression,
  };
}

/** The codec is loaded only when it is asked for. */
async function toJsonBody(batch: Batch): Promise<Uint8Array> {
  const [{ toJson }, { requestOf }] = await Promise.all([
    import('../../pdata/otlp/to_json.ts'),
    import('../../pdata/otlp/schema.ts'),
  ]);
  return toJson(requestOf[batch.signal], batch.bytes());
}
