import { isZero, writeNumber, writeScalar } from './encode.ts';
import { JsonCursor } from './json_cursor.ts';
import { MAX_DEPTH, OtlpError } from './reader.ts';
import type { MessageName } from './schema.ts';
import { type Field, LENGTH, type MessageType, messageType } from './types.ts';
import { ByteWriter } from './writer.ts';

/**
 * OTLP/JSON to protobuf: ids in hex, 64-bit integers as decimal strings or numbers, enums as numbers or names, keys in
 * lowerCamelCase or snake_case, unknown keys passed over, null the same as absent.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
const RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
};

/** Digits beyond which no value is in range: no time is spent on long ones. */
const MAX_DIGITS = 20;
/** Fewer are below 2^53. */
const SAFE_DIGITS = 15;

const WIDE = new Set(['int64', 'uint64', 'fixed64', 'sfixed64']);

/**
 * Protobuf, fields in the order of the text. Nothing is made of the values in between: 20 MiB of `{},` would be a gigabyte of objects.
 * Throws only OtlpError.
 */
export function fromJson(name: MessageName, text: string | Uint8Array): Uint8Array {
  const cursor = new JsonCursor(typeof text === 'string' ? text : new TextDecoder().decode(text));
  const writer = new ByteWriter(Math.max(64, text.length >>> 1));
  writeObject(cursor, writer, messageType(name), 1);
  cursor.end();
  return writer.take();
}

function writeObject(cursor: JsonCursor, writer: ByteWriter, type: MessageType, depth: number): void {
  if (depth > MAX_DEPTH) throw new OtlpError('nested too deeply', cursor.position);
  /** A bit for each field that was written: of a key that comes twice the last one counts, zero or not. */
  let written = 0;
  cursor.object((key) => {
    const field = type.byName.get(key);
    if (field === undefined) {
      cursor.skip(depth);
      return;
    }
    if (cursor.null()) return;
    if (field.repeated) writeList(cursor, writer, field, depth);
    else if (field.kind === 'message') writeNested(cursor, writer, field, depth);
    else {
      const value = readValue(cursor, field);
      const bit = 1 << field.slot;
      if (!field.presence && (written & bit) === 0 && isZero(value)) return;
      written |= bit;
      writeScalar(writer, field, value);
    }
  });
}

function writeNested(cursor: JsonCursor, writer: ByteWriter, field: Field, depth: number): void {
  const mark = writer.begin(field.number * 8 + LENGTH);
  writeObject(cursor, writer, field.message as MessageType, depth + 1);
  writer.end(mark);
}

function writeList(cursor: JsonCursor, writer: ByteWriter, field: Field, depth: number): void {
  if (field.kind === 'message') cursor.array(() => writeNested(cursor, writer, field, depth));
  else if (field.wireType === LENGTH) cursor.array(() => writeScalar(writer, field, readValue(cursor, field)));
  else {
    const start = writer.position;
    const mark = writer.begin(field.number * 8 + LENGTH);
    cursor.array(() => writeNumber(writer, field, readValue(cursor, field)));
    if (writer.position > mark) writer.end(mark);
    else writer.position = start;
  }
}

/** Of any kind but a message. */
function readValue(cursor: JsonCursor, field: Field): unknown {
  const start = cursor.position;
  switch (field.kind) {
    case 'string':
      return cursor.string();
    case 'bool':
      return cursor.boolean();
    case 'bytes':
      return base64(cursor.string(), start);
    case 'id':
      return hex(cursor.string(), field, start);
    case 'double':
      return double(cursor, start);
    default:
      return integer(cursor, field, start);
  }
}

function base64(text: string, offset: number): Uint8Array {
  if (!/^[\w+/-]*={0,2}$/.test(text)) throw new OtlpError('invalid base64', offset);
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function hex(text: string, field: Field, offset: number): Uint8Array {
  const valid = text === '' || (text.length === field.idLength * 2 && /^[\da-f]*$/i.test(text));
  if (!valid) throw new OtlpError(`${field.name} is not ${field.idLength * 2} hex digits`, offset);
  return new Uint8Array(Buffer.from(text, 'hex'));
}

function double(cursor: JsonCursor, offset: number): number {
  const text = cursor.isString() ? cursor.string() : cursor.number();
  if (text === 'NaN') return Number.NaN;
  if (text === 'Infinity') return Number.POSITIVE_INFINITY;
  if (text === '-Infinity') return Number.NEGATIVE_INFINITY;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw new OtlpError('invalid number', offset);
  const value = Number(text);
  if (!Number.isFinite(value)) throw new OtlpError('number out of range', offset);
  return value;
}

function integer(cursor: JsonCursor, field: Field, offset: number): number | bigint {
  const quoted = cursor.isString();
  const text = quoted ? cursor.string() : cursor.number();
  const named = quoted ? field.enumValues?.get(text) : undefined;
  if (named !== undefined) return named;
  if (field.enumValues !== undefined && quoted) throw new OtlpError(`unknown value of ${field.name}`, offset);
  const [min, max] = RANGES[field.kind] as readonly [bigint, bigint];
  const value = exactInteger(text);
  if (value === undefined || value < min || value > max) {
    throw new OtlpError(`${field.name} is no ${field.kind}`, offset);
  }
  return WIDE.has(field.kind) ? value : Number(value);
}

/** Also `1e3` and `2.0`, as protobuf's JSON mapping allows. A number where that is exact: a bigint costs ten times as much. */
function exactInteger(text: string): number | bigint | undefined {
  if (text.length <= SAFE_DIGITS && /^\d+$/.test(text)) return Number(text);
  if (/^-?\d+$/.test(text)) return text.length > MAX_DIGITS + 1 ? undefined : BigInt(text);
  if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? BigInt(value) : undefined;
}
