import { crc32, gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { decodeRecord, encodeRecord } from '../../../src/exporters/helper/record.ts';
import { Batch, signals } from '../../../src/pdata/pdata.ts';
import { fc } from '../../support/property.ts';

const { array, assert, constantFrom, nat, property, uint8Array } = fc;

const bytes = new TextEncoder().encode('abc'.repeat(1000));
const gzip = new Uint8Array(gzipSync(bytes));

test('what is stored is what is read', () => {
  assert(
    property(constantFrom(...signals), array(uint8Array(), { minLength: 1 }), nat(), (signal, chunks, items) => {
      const batch = new Batch(signal, chunks, items);
      const stored = decodeRecord(encodeRecord(batch));
      expect(stored).toMatchObject({ signal, itemCount: items, byteLength: batch.byteLength });
      const read = stored?.read();
      expect(read?.gzip).toBeUndefined();
      expect(Buffer.compare(read?.bytes() ?? new Uint8Array(1), batch.bytes())).toBe(0);
    }),
  );
});

test('a body that came as gzip is stored as it came, and may leave so', () => {
  const record = encodeRecord(new Batch('logs', [bytes], 7, gzip));
  expect(record.length).toBeLessThan(100);
  const stored = decodeRecord(record);
  expect(stored).toMatchObject({ signal: 'logs', itemCount: 7, byteLength: bytes.length });
  const read = stored?.read();
  expect(new Uint8Array(read?.gzip ?? [])).toEqual(gzip);
  expect(new Uint8Array(read?.bytes() ?? [])).toEqual(bytes);
});

test('records of before are read', () => {
  const record = Buffer.alloc(10 + bytes.length);
  record.set(bytes, 10);
  record[0] = 1;
  record[1] = 2;
  record.writeUInt32LE(5, 2);
  record.writeUInt32LE(crc32(bytes), 6);
  const stored = decodeRecord(record);
  expect(stored).toMatchObject({ signal: 'logs', itemCount: 5, byteLength: bytes.length });
  expect(new Uint8Array(stored?.read()?.bytes() ?? [])).toEqual(bytes);
});

test('one changed byte anywhere is noticed, or changes the number of items alone', () => {
  for (const batch of [new Batch('traces', [bytes], 3), new Batch('traces', [bytes], 3, gzip)]) {
    const record = encodeRecord(batch);
    for (let at = 0; at < Math.min(record.length, 200); at++) {
      const changed = Uint8Array.from(record);
      changed[at] = (changed[at] ?? 0) ^ 0x40;
      const read = decodeRecord(changed)?.read();
      if (read !== undefined) expect(at).toBeGreaterThanOrEqual(2);
      if (read !== undefined) expect(at).toBeLessThan(6);
    }
    for (let length = 0; length < Math.min(record.length, 200); length++) {
      expect(decodeRecord(record.subarray(0, length))?.read()).toBeUndefined();
    }
  }
});

test('gzip that unpacks to more than the record says is no batch', () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  const record = Buffer.from(encodeRecord(new Batch('traces', [bytes], 1, bomb)));
  expect(decodeRecord(record)?.read()).toBeUndefined();
});
