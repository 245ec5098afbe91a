import { promisify } from 'node:util';
import { deflate, gzip } from 'node:zlib';
import type { Batch } from '../../pdata/pdata.ts';
import type { OtlpHttpConfig } from './config.ts';

const gzipAsync = promisify(gzip);
const deflateAsync = promisify(deflate);

/** The request's bytes; compressed in libuv's threads, so that the main loop goes on. */
export async function encodeBody(
  batch: Batch,
  config: OtlpHttpConfig,
): Promise<{ readonly body: Uint8Array; readonly contentEncoding: string | undefined }> {
  const bytes = config.encoding === 'json' ? await toJsonBody(batch) : batch.bytes();
  const { level } = config.compression_params;
  switch (config.compression) {
    case 'gzip':
      return { body: await gzipAsync(bytes, { level }), contentEncoding: 'gzip' };
    case 'zlib':
    case 'deflate':
      return { body: await deflateAsync(bytes, { level }), contentEncoding: config.compression };
    default:
      return { body: bytes, contentEncoding: undefined };
  }
}

/** The codec is loaded only when it is asked for. */
async function toJsonBody(batch: Batch): Promise<Uint8Array> {
  const [{ toJson }, { requestOf }] = await Promise.all([
    import('../../pdata/otlp/to_json.ts'),
    import('../../pdata/otlp/schema.ts'),
  ]);
  return toJson(requestOf[batch.signal], batch.bytes());
}
