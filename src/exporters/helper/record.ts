import { crc32, gunzipSync } from 'node:zlib';
import { Batch, type Signal, signals } from '../../pdata/pdata.ts';

/**
 * A batch at rest: version, signal, items (4 bytes), CRC-32 of the payload (4 bytes), length of the request (4 bytes), payload;
 * numbers are little-endian. The payload is the request, or the gzip member that it came as: that is a tenth of the bytes for the
 * disk, and may leave as it is. Version 1 had no length and no gzip.
 */
const PLAIN_1 = 1;
const PLAIN = 2;
const GZIP = 3;
const HEADER_1 = 10;
const HEADER = 14;

interface StoredBatch {
  readonly signal: Signal;
  readonly itemCount: number;
  /** Of the request, not of the record. */
  readonly byteLength: number;
  /** Undefined: the payload is no gzip of that length after all. */
  read(): Batch | undefined;
}

export function encodeRecord(batch: Batch): Uint8Array {
  const { gzip, byteLength, itemCount, signal } = batch;
  const payload = gzip === undefined ? batch.chunks : [gzip];
  const record = Buffer.allocUnsafeSlow(HEADER + (gzip === undefined ? byteLength : gzip.length));
  let at = HEADER;
  for (const chunk of payload) {
    record.set(chunk, at);
    at += chunk.length;
  }
  record[0] = gzip === undefined ? PLAIN : GZIP;
  record[1] = signals.indexOf(signal);
  record.writeUInt32LE(itemCount, 2);
  record.writeUInt32LE(crc32(record.subarray(HEADER)), 6);
  record.writeUInt32LE(byteLength, 10);
  return record;
}

/** undefined: the record is damaged, or of a later version. */
export function decodeRecord(record: Uint8Array | undefined): StoredBatch | undefined {
  const version = record?.[0];
  const header = version === PLAIN_1 ? HEADER_1 : HEADER;
  if (record === undefined || version === undefined || version < PLAIN_1 || version > GZIP) return undefined;
  if (record.length < header) return undefined;
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const signal = signals[view.getUint8(1)];
  const itemCount = view.getUint32(2, true);
  const payload = record.subarray(header);
  if (signal === undefined || crc32(payload) !== view.getUint32(6, true)) return undefined;
  const byteLength = version === PLAIN_1 ? payload.length : view.getUint32(10, true);
  if (version !== GZIP) {
    if (payload.length !== byteLength) return undefined;
    return { signal, itemCount, byteLength, read: () => new Batch(signal, [payload], itemCount) };
  }
  return { signal, itemCount, byteLength, read: () => unpacked(signal, payload, itemCount, byteLength) };
}

function unpacked(signal: Signal, gzip: Uint8Array, itemCount: number, byteLength: number): Batch | undefined {
  try {
    // A size of zlib's own would be zero for nothing, which it refuses.
    const chunk = gunzipSync(gzip, { maxOutputLength: Math.max(1, byteLength) });
    return chunk.length === byteLength ? new Batch(signal, [chunk], itemCount, gzip) : undefined;
  } catch {
    return undefined;
  }
}
