import { crc32 } from 'node:zlib';
import { Batch, signals } from '../../pdata/pdata.ts';

/** A batch at rest: version, signal, items (4 bytes), CRC-32 of the payload (4 bytes), payload; numbers are little-endian. */
const VERSION = 1;
const HEADER = 10;

export function encodeRecord(batch: Batch): Uint8Array {
  const record = Buffer.allocUnsafeSlow(HEADER + batch.byteLength);
  let at = HEADER;
  for (const chunk of batch.chunks) {
    record.set(chunk, at);
    at += chunk.length;
  }
  record[0] = VERSION;
  record[1] = signals.indexOf(batch.signal);
  record.writeUInt32LE(batch.itemCount, 2);
  record.writeUInt32LE(crc32(record.subarray(HEADER)), 6);
  return record;
}

/** undefined: the record is damaged, or of a later version. */
export function decodeRecord(record: Uint8Array | undefined): Batch | undefined {
  if (record === undefined || record.length < HEADER || record[0] !== VERSION) return undefined;
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const signal = signals[view.getUint8(1)];
  const payload = record.subarray(HEADER);
  if (signal === undefined || crc32(payload) !== view.getUint32(6, true)) return undefined;
  return new Batch(signal, [payload], view.getUint32(2, true));
}
