import type { AttributeValue } from '../../wire/attribute.ts';
import { ByteWriter, varintLength } from './writer.ts';

/**
 * KeyValue and AnyValue of opentelemetry/proto/common/v1/common.proto, from plain values. Whole numbers become
 * int_value, all others double_value, as the OpenTelemetry JavaScript SDK does.
 */
const INT64_LIMIT = 2 ** 63;

/** Bytes around key and value: tags and lengths of KeyValue, AnyValue and the value itself. */
const OVERHEAD = 32;

/** At least the bytes that `writeAttribute` writes. `key` is `AttributeKey.encoded`. */
export function attributeBound(key: Uint8Array, value: AttributeValue): number {
  if (typeof value === 'string') return OVERHEAD + key.length + value.length * 3;
  if (typeof value !== 'object') return OVERHEAD + key.length;
  let bound = OVERHEAD + key.length;
  for (const item of value) bound += 16 + item.length * 3;
  return bound;
}

/** Unchecked (see ByteWriter). `tag`: of the KeyValue field in its message; `key`: `AttributeKey.encoded`. */
export function writeAttribute(writer: ByteWriter, tag: number, key: Uint8Array, value: AttributeValue): void {
  if (typeof value === 'string') writeText(writer, tag, key, value);
  else if (typeof value === 'number') writeNumber(writer, tag, key, value);
  else if (typeof value === 'boolean') {
    writeHead(writer, tag, key, 2);
    writer.byte(0x10);
    writer.byte(value ? 1 : 0);
  } else writeTexts(writer, tag, key, value);
}

/** KeyValue up to and with the length of its AnyValue. */
function writeHead(writer: ByteWriter, tag: number, key: Uint8Array, valueLength: number): void {
  writer.byte(tag);
  writer.varint(key.length + 1 + varintLength(valueLength) + valueLength);
  writer.bytes(key);
  writer.byte(0x12);
  writer.varint(valueLength);
}

function writeText(writer: ByteWriter, tag: number, key: Uint8Array, value: string): void {
  const { length } = value;
  const start = writer.position;
  // The usual case needs no length computed: short ASCII, every length in one byte.
  if (length + key.length < 120) {
    writer.byte(tag);
    writer.byte(key.length + 4 + length);
    writer.bytes(key);
    writer.byte(0x12);
    writer.byte(length + 2);
    writer.byte(0x0a);
    writer.byte(length);
    if (writer.ascii(value)) return;
    writer.position = start;
  }
  const bytes = Buffer.byteLength(value);
  writeHead(writer, tag, key, 1 + varintLength(bytes) + bytes);
  writer.byte(0x0a);
  writer.string(value);
}

function writeNumber(writer: ByteWriter, tag: number, key: Uint8Array, value: number): void {
  if (Number.isInteger(value) && value < INT64_LIMIT && value >= -INT64_LIMIT) {
    const start = writer.position;
    // Key and a varint of at most 10 bytes: the lengths are patched, both stay below 128 unless the key is long.
    if (key.length > 110) {
      writeHead(writer, tag, key, 1 + integerLength(value));
      writer.byte(0x18);
      writer.integer(value);
      return;
    }
    writer.byte(tag);
    writer.byte(0);
    writer.bytes(key);
    writer.byte(0x12);
    const at = writer.position;
    writer.byte(0);
    writer.byte(0x18);
    writer.integer(value);
    writer.buffer[at] = writer.position - at - 1;
    writer.buffer[start + 1] = writer.position - start - 2;
    return;
  }
  writeHead(writer, tag, key, 9);
  writer.byte(0x21);
  writer.double(value);
}

function integerLength(value: number): number {
  if (value < 0) return 10;
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
  return length;
}

function writeTexts(writer: ByteWriter, tag: number, key: Uint8Array, values: readonly string[]): void {
  let arrayLength = 0;
  for (const value of values) {
    const length = stringValueLength(value);
    arrayLength += 1 + varintLength(length) + length;
  }
  writeHead(writer, tag, key, 1 + varintLength(arrayLength) + arrayLength);
  writer.byte(0x2a);
  writer.varint(arrayLength);
  for (const value of values) {
    writer.byte(0x0a);
    writer.varint(stringValueLength(value));
    writer.byte(0x0a);
    writer.string(value);
  }
}

/** AnyValue with string_value. */
function stringValueLength(value: string): number {
  const bytes = Buffer.byteLength(value);
  return 1 + varintLength(bytes) + bytes;
}

/** `KeyValue.key` for a name that is not fixed in code (AttributeKey keeps its names for ever). */
function encodeKey(name: string): Uint8Array {
  const writer = new ByteWriter(10 + name.length * 3);
  writer.byte(0x0a);
  writer.string(name);
  return writer.take();
}

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** KeyValue fields under `tag` for every attribute. */
export function writeAttributes(writer: ByteWriter, tag: number, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    const key = encodeKey(name);
    writer.reserve(attributeBound(key, value));
    writeAttribute(writer, tag, key, value);
  }
}

/** Body of opentelemetry.proto.resource.v1.Resource. */
export function encodeResource(attributes: Attributes): Uint8Array {
  const writer = new ByteWriter();
  writeAttributes(writer, 0x0a, attributes);
  return writer.take();
}

/** Body of opentelemetry.proto.common.v1.InstrumentationScope. */
export function encodeScope(name: string, version: string): Uint8Array {
  const writer = new ByteWriter(64);
  writer.stringField(0x0a, name);
  writer.stringField(0x12, version);
  return writer.take();
}
