import type { Batch } from '../../pdata/pdata.ts';
import { compressChunks } from '../../transport/chunked_compression.ts';
import { compress } from '../../transport/compression.ts';
import type { OtlpHttpConfig } from './config.ts';

export interface Body {
  readonly body: Uint8Array;
  readonly contentEncoding: string | undefined;
}

/** What came as gzip is to leave as gzip: it is not compressed again. */
export function passesGzip({ compression, encoding }: OtlpHttpConfig): boolean {
  return compression === 'gzip' && encoding === 'proto';
}

/** The request's bytes. */
export async function encodeBody(batch: Batch, config: OtlpHttpConfig): Promise<Body> {
  const { compression, encoding } = config;
  if (passesGzip(config) && batch.gzip !== undefined) {
    return { body: batch.gzip, contentEncoding: 'gzip' };
  }
  const json = encoding === 'json' ? await toJsonBody(batch) : undefined;
  if (compression === '' || compression === 'none') return { body: json ?? batch.bytes(), contentEncoding: undefined };
  const { level } = config.compression_params;
  const body = await (json === undefined
    ? compressChunks(compression, batch, level)
    : compress(compression, json, level));
  return { body, contentEncoding: compression };
}

/** The codec is loaded only when it is asked for. */
async function toJsonBody(batch: Batch): Promise<Uint8Array> {
  const [{ toJson }, { requestOf }] = await Promise.all([
    import('../../pdata/otlp/to_json.ts'),
    import('../../pdata/otlp/schema.ts'),
  ]);
  return toJson(requestOf[batch.signal], batch.bytes());
}
