import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { Batch } from '../../src/pdata/pdata.ts';

test('a packed batch keeps the gzip alone and tells the same', () => {
  const bytes = Buffer.alloc(10_000, 'span');
  const gzip = gzipSync(bytes);
  const batch = new Batch('traces', [bytes], 7, gzip);
  const packed = batch.packed();
  expect([batch.memoryBytes, packed.memoryBytes]).toEqual([10_000 + gzip.length, gzip.length]);
  expect([packed.signal, packed.itemCount, packed.byteLength, packed.gzip]).toEqual(['traces', 7, 10_000, gzip]);
  expect(Buffer.from(packed.bytes()).equals(bytes)).toBe(true);
  expect(packed.chunks.map(({ length }) => length)).toEqual([10_000]);
  const joined = Batch.join([packed, batch]);
  expect([joined.byteLength, joined.itemCount, joined.gzip]).toEqual([20_000, 14, undefined]);
});

test('what did not come as gzip cannot be packed', () => {
  const batch = new Batch('logs', [Buffer.from('a'), Buffer.from('b')], 2);
  expect(batch.packed()).toBe(batch);
  expect(batch.memoryBytes).toBe(2);
});
