import type { Plain } from './decode.ts';
import { MAX_DEPTH, OtlpError } from './reader.ts';
import { type MessageName, type OtlpObject, UNKNOWN } from './schema.ts';
import { type Field, LENGTH, type MessageType, messageType } from './types.ts';
import { ByteWriter } from './writer.ts';

/** Plain objects (see decode.ts) to protobuf: fields in order of number, zero values left out, unknown fields last. */
export function encodeMessage<Name extends MessageName>(name: Name, message: OtlpObject<Name>): Uint8Array {
  const writer = new ByteWriter(1024);
  writeMessage(writer, messageType(name), message as Plain, 1);
  return writer.take();
}

function writeMessage(writer: ByteWriter, type: MessageType, message: Plain, depth: number): void {
  if (depth > MAX_DEPTH) throw new OtlpError('nested too deeply', writer.position);
  for (const field of type.byNumber) {
    const value = field === undefined ? undefined : message[field.name];
    if (field === undefined || value === undefined) continue;
    if (field.repeated) writeRepeated(writer, field, value as readonly unknown[], depth);
    else if (field.presence || field.kind === 'message' || !isZero(value)) writeField(writer, field, value, depth);
  }
  for (const raw of (message[UNKNOWN] ?? []) as readonly Uint8Array[]) {
    writer.reserve(raw.length);
    writer.bytes(raw);
  }
}

function writeRepeated(writer: ByteWriter, field: Field, values: readonly unknown[], depth: number): void {
  if (values.length === 0) return;
  if (field.wireType === LENGTH) {
    for (const value of values) writeField(writer, field, value, depth);
    return;
  }
  const mark = writer.begin(field.number * 8 + LENGTH);
  for (const value of values) writeNumber(writer, field, value);
  writer.end(mark);
}

function writeField(writer: ByteWriter, field: Field, value: unknown, depth: number): void {
  if (field.kind !== 'message') {
    writeScalar(writer, field, value);
    return;
  }
  const mark = writer.begin(field.number * 8 + LENGTH);
  writeMessage(writer, field.message as MessageType, value as Plain, depth + 1);
  writer.end(mark);
}

/** One value with its tag, of any kind but a message. */
export function writeScalar(writer: ByteWriter, field: Field, value: unknown): void {
  const tag = field.number * 8 + field.wireType;
  if (field.kind === 'string') {
    writer.reserve(10 + (value as string).length * 3);
    writer.varint(tag);
    writer.string(value as string);
  } else if (field.wireType === LENGTH) {
    writer.bytesField(tag, value as Uint8Array);
  } else {
    writer.reserve(5);
    writer.varint(tag);
    writeNumber(writer, field, value);
  }
}

/** Without its tag, as in a packed list. */
export function writeNumber(writer: ByteWriter, field: Field, value: unknown): void {
  writer.reserve(10);
  switch (field.kind) {
    case 'double':
      writer.double(value as number);
      break;
    case 'fixed32':
      writer.fixed32(value as number);
      break;
    case 'fixed64':
    case 'sfixed64':
      writer.fixed64(high(value as number | bigint), low(value as number | bigint));
      break;
    case 'int64':
    case 'uint64':
      writer.varint64(high(value as number | bigint), low(value as number | bigint));
      break;
    case 'bool':
      writer.byte(value === true ? 1 : 0);
      break;
    case 'sint32':
      writer.varint((((value as number) << 1) ^ ((value as number) >> 31)) >>> 0);
      break;
    default:
      writer.integer(value as number);
  }
}

/** Numbers have at most 53 bits. */
function high(value: number | bigint): number {
  if (typeof value === 'number') return Math.floor(value / 2 ** 32);
  return Number(BigInt.asUintN(32, value >> 32n));
}

function low(value: number | bigint): number {
  if (typeof value === 'number') return value >>> 0;
  return Number(BigInt.asUintN(32, value));
}

export function isZero(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length === 0;
  return value === 0 || value === 0n || value === '' || value === false;
}
