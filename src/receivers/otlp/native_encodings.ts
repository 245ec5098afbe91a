import { type NativeEncoding, nativeCompression } from '../../transport/native_compression.ts';
import { TooLong } from './too_long.ts';

/** All frames of a body. Throws TooLong when the result is longer than `limit`, Error when it is not of this encoding. */
export function decompressNative(encoding: NativeEncoding, body: Uint8Array, limit: number): Uint8Array {
  const content = nativeCompression().decompress(encoding, body, limit);
  if (content === undefined) throw new TooLong(`more than ${limit} bytes`);
  return content;
}
