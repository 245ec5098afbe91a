import type { Plain } from './decode.ts';
import { JsonCursor } from './json_cursor.ts';
import { MAX_DEPTH, OtlpError } from './reader.ts';
import type { MessageName, OtlpObject } from './schema.ts';
import { type Field, type MessageType, messageType } from './types.ts';

/**
 * OTLP/JSON to plain objects: ids in hex, 64-bit integers as decimal strings or numbers, enums as numbers or names, keys in
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

const WIDE = new Set(['int64', 'uint64', 'fixed64', 'sfixed64']);

/** Throws only OtlpError. */
export function fromJson<Name extends MessageName>(name: Name, text: string | Uint8Array): OtlpObject<Name> {
  const cursor = new JsonCursor(typeof text === 'string' ? text : new TextDecoder().decode(text));
  const message: Plain = {};
  readObject(cursor, messageType(name), 1, message);
  cursor.end();
  return message as OtlpObject<Name>;
}

function readObject(cursor: JsonCursor, type: MessageType, depth: number, into: Plain): void {
  if (depth > MAX_DEPTH) throw new OtlpError('nested too deeply', cursor.position);
  cursor.object((key) => {
    const field = type.byName.get(key);
    if (field === undefined) cursor.skip(depth);
    else if (!cursor.null()) readField(cursor, type, field, depth, into);
  });
}

function readField(cursor: JsonCursor, type: MessageType, field: Field, depth: number, into: Plain): void {
  if (field.repeated) {
    const list = (into[field.name] ?? []) as unknown[];
    into[field.name] = list;
    cursor.array(() => {
      list.push(readValue(cursor, field, depth, undefined));
    });
    return;
  }
  if (field.oneof) for (const other of type.fields) if (other.oneof && other !== field) delete into[other.name];
  into[field.name] = readValue(cursor, field, depth, field.oneof ? undefined : into[field.name]);
}

function readValue(cursor: JsonCursor, field: Field, depth: number, previous: unknown): unknown {
  const start = cursor.position;
  switch (field.kind) {
    case 'message': {
      const message = (previous ?? {}) as Plain;
      readObject(cursor, field.message as MessageType, depth + 1, message);
      return message;
    }
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

/** Also `1e3` and `2.0`, as protobuf's JSON mapping allows. */
function exactInteger(text: string): bigint | undefined {
  if (/^-?\d+$/.test(text)) return text.length > MAX_DIGITS + 1 ? undefined : BigInt(text);
  if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? BigInt(value) : undefined;
}
