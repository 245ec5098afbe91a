import { gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { describe, expect, jest, test } from '@jest/globals';
import { Batch } from '../../src/pdata/pdata.ts';
import { compressChunks } from '../../src/transport/chunked_compression.ts';
import { compress } from '../../src/transport/compression.ts';

function chunks(...lengths: number[]): Uint8Array[] {
  return lengths.map((length, chunk) => Uint8Array.from({ length }, (_, at) => (at * at + chunk) & 63));
}

const cases: readonly (readonly [name: string, lengths: number[]])[] = [
  ['nothing', []],
  ['one chunk', [300_000]],
  ['a few that are small together', [1000, 2000]],
  ['large ones', [200_000, 150_000, 180_000]],
  ['small ones, joined', Array.from({ length: 50 }, () => 9_001)],
  ['large, small, empty, and a rest', [200_000, 10, 0, 140_000, 7]],
];

describe.each(cases)('%s', (_name, lengths) => {
  const batch = new Batch('traces', chunks(...lengths), 1);

  test.each([0, -2, 6])('gzip, level %i', async (level) => {
    expect(Buffer.compare(gunzipSync(await compressChunks('gzip', batch, level)), batch.bytes())).toBe(0);
  });

  test.each(['zlib', 'deflate'] as const)('%s', async (name) => {
    expect(Buffer.compare(inflateSync(await compressChunks(name, batch, 0)), batch.bytes())).toBe(0);
  });

  test('another format is made of the whole', async () => {
    const whole = await compress('zstd', batch.bytes(), 0);
    expect(Buffer.compare(await compressChunks('zstd', batch, 0), whole)).toBe(0);
  });
});

test('a large batch is not copied into one piece', async () => {
  const batch = new Batch('traces', chunks(200_000, 200_000), 1);
  const bytes = jest.spyOn(batch, 'bytes');
  await compressChunks('gzip', batch, 0);
  expect(bytes).not.toHaveBeenCalled();
});

test('the chunks of a batch that has to decompress them are asked for once', async () => {
  const bytes = Buffer.alloc(300_000, 7);
  const packed = new Batch('traces', [bytes], 1, gzipSync(bytes)).packed();
  const chunks = jest.spyOn(packed, 'chunks', 'get');
  expect(gunzipSync(await compressChunks('gzip', packed, 0)).equals(bytes)).toBe(true);
  expect(chunks).toHaveBeenCalledTimes(1);
});
