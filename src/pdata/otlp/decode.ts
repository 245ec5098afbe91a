import { ByteReader, MAX_DEPTH, OtlpError } from './reader.ts';
import { type MessageName, type OtlpObject, UNKNOWN } from './schema.ts';
import { type Field, LENGTH, type MessageType, messageType } from './types.ts';

/**
 * Protobuf to plain objects, for what is not the hot path. Strings and bytes are copied, so the object may outlive
 * the input; unknown fields are kept for encodeMessage.
 */
export type Plain = Record<string | symbol, unknown>;

/** Throws only OtlpError. */
export function decodeMessage<Name extends MessageName>(name: Name, bytes: Uint8Array): OtlpObject<Name> {
  const message: Plain = {};
  readMessage(new ByteReader(bytes), messageType(name), bytes.length, 1, message);
  return message as OtlpObject<Name>;
}

function readMessage(reader: ByteReader, type: MessageType, end: number, depth: number, into: Plain): void {
  if (depth > MAX_DEPTH) throw new OtlpError('nested too deeply', reader.position);
  while (reader.position < end) {
    const start = reader.position;
    const tag = reader.tag(end);
    const field = type.byNumber[tag >>> 3];
    if (field === undefined) {
      reader.skip(tag, end);
      keepUnknown(into, reader.bytes.slice(start, reader.position));
    } else if (field.repeated) {
      readRepeated(reader, field, tag, end, depth, into);
    } else {
      if ((tag & 7) !== field.wireType) throw wrongType(field, start);
      if (field.oneof) clearOneof(type, field, into);
      // A message that comes twice is merged, as protobuf asks.
      const previous = field.oneof ? undefined : into[field.name];
      into[field.name] = readValue(reader, field, end, depth, previous);
    }
  }
}

function readRepeated(reader: ByteReader, field: Field, tag: number, end: number, depth: number, into: Plain): void {
  const start = reader.position;
  const list = (into[field.name] ?? []) as unknown[];
  into[field.name] = list;
  const wireType = tag & 7;
  if (wireType === field.wireType) {
    list.push(readValue(reader, field, end, depth, undefined));
  } else if (wireType === LENGTH) {
    const listEnd = reader.lengthEnd(end);
    while (reader.position < listEnd) list.push(readValue(reader, field, listEnd, depth, undefined));
  } else {
    throw wrongType(field, start);
  }
}

function readValue(reader: ByteReader, field: Field, end: number, depth: number, previous: unknown): unknown {
  switch (field.kind) {
    case 'message': {
      const message = (previous ?? {}) as Plain;
      const valueEnd = reader.lengthEnd(end);
      readMessage(reader, field.message as MessageType, valueEnd, depth + 1, message);
      return message;
    }
    case 'string':
    case 'bytes':
    case 'id':
      return readBytes(reader, field, end);
    case 'double':
      return reader.double(end);
    case 'fixed32':
      return reader.fixed32(end);
    case 'fixed64':
      return unsigned(reader.fixed64(end), reader);
    case 'sfixed64':
      return BigInt.asIntN(64, unsigned(reader.fixed64(end), reader));
    case 'uint64':
      return unsigned(reader.varint(end), reader);
    case 'int64':
      return BigInt.asIntN(64, unsigned(reader.varint(end), reader));
    case 'uint32':
      return reader.varint(end);
    case 'int32':
      return reader.varint(end) | 0;
    case 'sint32':
      return zigzag(reader.varint(end));
    case 'bool':
      return reader.varint(end) !== 0 || reader.high !== 0;
  }
}

function readBytes(reader: ByteReader, field: Field, end: number): string | Uint8Array {
  const valueEnd = reader.lengthEnd(end);
  const start = reader.position;
  reader.position = valueEnd;
  if (field.kind === 'string') return reader.text(start, valueEnd);
  if (field.kind === 'id' && valueEnd - start !== field.idLength && valueEnd !== start) {
    throw new OtlpError(`${field.name} is ${valueEnd - start} bytes long`, start);
  }
  return Uint8Array.prototype.slice.call(reader.bytes, start, valueEnd);
}

function unsigned(low: number, reader: ByteReader): bigint {
  return (BigInt(reader.high) << 32n) | BigInt(low);
}

export function zigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}

function clearOneof(type: MessageType, field: Field, into: Plain): void {
  for (const other of type.fields) {
    if (other.oneof && other !== field && into[other.name] !== undefined) delete into[other.name];
  }
}

function keepUnknown(into: Plain, raw: Uint8Array): void {
  const kept = (into[UNKNOWN] ?? []) as Uint8Array[];
  kept.push(raw);
  into[UNKNOWN] = kept;
}

export function wrongType(field: Field, offset: number): OtlpError {
  return new OtlpError(`wrong wire type for ${field.name}`, offset);
}
