import { requestOf } from '../../pdata/otlp/schema.ts';
import { toJson } from '../../pdata/otlp/to_json.ts';
import type { Signal } from '../../pdata/pdata.ts';
import { ConsumeError } from '../../service/component.ts';
import { compress } from '../../transport/compression.ts';
import type { FileConfig } from './config.ts';

const NEWLINE = Uint8Array.of(0x0a);
/** What the Collector's encoder calls its default. */
const ZSTD_LEVEL = 3;

/** One request as it stands in the file: a line of JSON, or behind its length. Throws a permanent ConsumeError on what is no OTLP. */
export async function encodeMessage(config: FileConfig, signal: Signal, bytes: Uint8Array): Promise<Uint8Array[]> {
  const plain = config.format === 'proto' ? bytes : jsonOf(signal, bytes);
  if (config.compression === '') return config.format === 'proto' ? behindLength(plain) : [plain, NEWLINE];
  return behindLength(await compress('zstd', plain, config.compression_params.level || ZSTD_LEVEL));
}

function behindLength(bytes: Uint8Array): Uint8Array[] {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}

function jsonOf(signal: Signal, bytes: Uint8Array): Uint8Array {
  try {
    return toJson(requestOf[signal], bytes);
  } catch (error) {
    throw notOtlp(error);
  }
}

export function notOtlp(cause: unknown): ConsumeError {
  return new ConsumeError('the data is no valid OTLP', { permanent: true, cause });
}
