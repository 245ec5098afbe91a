import type { Signal } from '../pdata.ts';
import { ByteReader, MAX_DEPTH, OtlpError } from './reader.ts';
import { requestOf } from './schema.ts';
import { FIXED32, FIXED64, type Field, LENGTH, type MessageType, messageType, VARINT } from './types.ts';

/**
 * Refuses what decodeMessage would refuse, without making anything of it: every known field has its wire type, every
 * length stays inside its message, ids have their size. Unknown fields need only be well-formed.
 */
export function validateRequest(signal: Signal, bytes: Uint8Array): void {
  walk(new ByteReader(bytes), messageType(requestOf[signal]), bytes.length, 1);
}

function walk(reader: ByteReader, type: MessageType, end: number, depth: number): void {
  if (depth > MAX_DEPTH) throw new OtlpError('nested too deeply', reader.position);
  const { bytes } = reader;
  const { byNumber } = type;
  while (reader.position < end) {
    const start = reader.position;
    // Field numbers of OTLP are below 17: nearly every tag is one byte.
    const first = bytes[start] as number;
    let tag: number;
    if (first > 7 && first < 128) {
      tag = first;
      reader.position = start + 1;
    } else tag = reader.tag(end);
    const field = byNumber[tag >>> 3];
    if (field === undefined) reader.skip(tag, end);
    else if ((tag & 7) === field.wireType) passOver(reader, field, end, depth);
    else if (field.repeated && (tag & 7) === LENGTH) packed(reader, field, lengthEnd(reader, end));
    else throw new OtlpError(`wrong wire type for ${field.name}`, start);
  }
}

function passOver(reader: ByteReader, field: Field, end: number, depth: number): void {
  switch (field.wireType) {
    case LENGTH: {
      const valueEnd = lengthEnd(reader, end);
      if (field.message !== undefined) {
        walk(reader, field.message, valueEnd, depth + 1);
        return;
      }
      const length = valueEnd - reader.position;
      if (field.idLength !== 0 && length !== field.idLength && length !== 0) {
        throw new OtlpError(`${field.name} is ${length} bytes long`, reader.position);
      }
      reader.position = valueEnd;
      return;
    }
    case VARINT:
      if ((reader.bytes[reader.position] as number) < 128 && reader.position < end) reader.position++;
      else reader.varint(end);
      return;
    default:
      fixed(reader, field.wireType === FIXED64 ? 8 : 4, end);
  }
}

/** A repeated number may come as one run of values. */
function packed(reader: ByteReader, field: Field, end: number): void {
  if (field.wireType === VARINT) {
    while (reader.position < end) reader.varint(end);
    return;
  }
  const width = field.wireType === FIXED32 ? 4 : 8;
  while (reader.position < end) fixed(reader, width, end);
}

function fixed(reader: ByteReader, width: number, end: number): void {
  if (width > end - reader.position) throw new OtlpError('value beyond the message', reader.position);
  reader.position += width;
}

/** The short form of ByteReader.lengthEnd for lengths of one byte, which most are. */
function lengthEnd(reader: ByteReader, end: number): number {
  const at = reader.position;
  const first = reader.bytes[at] as number;
  if (first < 128 && at + 1 + first <= end) {
    reader.position = at + 1;
    return at + 1 + first;
  }
  return reader.lengthEnd(end);
}
