import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

const CHUNK_BYTES = 1024 * 1024;
/** RFC 1952. */
const GZIP_MAGIC = 0x1f8b;

/** The bytes of a capture, piece by piece; what is gzip'd is unpacked. `-` is standard input. */
export function openCapture(file: string, stdin: Readable): AsyncIterable<Buffer> {
  return unpacked(file === '-' ? stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES }));
}

async function* unpacked(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]();
  let first = Buffer.alloc(0);
  while (first.length < 2) {
    const { value, done } = await chunks.next();
    if (done === true) break;
    first = Buffer.concat([first, value]);
  }
  const all = withFirst(first, chunks);
  if (first.length < 2 || first.readUInt16BE(0) !== GZIP_MAGIC) {
    yield* all;
    return;
  }
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // What goes wrong on the way reaches the reader of the last stream.
  pipeline(Readable.from(all), gunzip, () => undefined);
  yield* gunzip;
}

async function* withFirst(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}
