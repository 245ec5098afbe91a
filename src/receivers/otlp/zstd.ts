import { Decompress } from 'fzstd';
import { TooLong } from './too_long.ts';

/** Every decoder must have this much, and encoders up to level 19 need no more: RFC 8878, 3.1.1.1.2. */
const MAX_WINDOW = 8 * 1024 * 1024;
/** Output is looked at after each piece of input, so that a small body cannot become a large one. */
const PIECE = 4 * 1024;
const MAGIC = 0xfd2fb528;

/** All frames of a body. Throws TooLong when the result is longer than `limit`, Error when it is no zstd. */
export function decompressZstd(body: Uint8Array, limit: number): Uint8Array {
  checkHeader(body, limit);
  const parts: Uint8Array[] = [];
  let length = 0;
  let ended = false;
  const stream = new Decompress((part, final) => {
    length += part.length;
    if (length > limit) throw new TooLong(`more than ${limit} bytes`);
    // The stream uses its buffer again.
    if (part.length > 0) parts.push(part.slice());
    ended = final === true;
  });
  for (let at = 0; at < body.length; at += PIECE) {
    stream.push(body.subarray(at, at + PIECE), at + PIECE >= body.length);
  }
  if (!ended) throw new Error('zstd: unexpected end of data');
  return Buffer.concat(parts, length);
}

/** The library takes what the first frame's header says for granted: window and content size. RFC 8878, 3.1.1.1. */
function checkHeader(body: Uint8Array, limit: number): void {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (body.length < 6 || view.getUint32(0, true) !== MAGIC) throw new Error('zstd: magic number mismatch');
  const descriptor = view.getUint8(4);
  const single = (descriptor & 0x20) !== 0;
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  let at = 5;
  if (!single) {
    const window = view.getUint8(at++);
    const base = 2 ** (10 + (window >> 3));
    if (base + (base / 8) * (window & 7) > MAX_WINDOW) throw new Error('zstd: window size exceeded');
  }
  at += dictionaryBytes;
  if (at + sizeBytes > body.length) throw new Error('zstd: unexpected end of data');
  if (sizeBytes === 0) return;
  const size =
    sizeBytes === 1
      ? view.getUint8(at)
      : sizeBytes === 2
        ? view.getUint16(at, true) + 256
        : sizeBytes === 4
          ? view.getUint32(at, true)
          : Number(view.getBigUint64(at, true));
  if (size > limit) throw new TooLong(`more than ${limit} bytes`);
}
