import { type MessageName, messages, type OtlpObject } from '../../src/pdata/otlp/schema.ts';
import { type Field, type MessageType, messageType } from '../../src/pdata/otlp/types.ts';
import { fc } from './property.ts';

/** Any object that the schema allows, a few levels deep. `without`: fields that are left out everywhere. */
export function arbitraryMessage<Name extends MessageName>(
  name: Name,
  without: ReadonlySet<string> = new Set(),
): fc.Arbitrary<OtlpObject<Name>> {
  return ofType(messageType(name), 9, without) as fc.Arbitrary<OtlpObject<Name>>;
}

export const messageNames = Object.keys(messages) as MessageName[];

function ofType(type: MessageType, depth: number, without: ReadonlySet<string>): fc.Arbitrary<object> {
  const fields = type.fields.filter((field) => !without.has(field.name));
  const members = fields.filter((field) => field.oneof);
  return fc.nat(members.length).chain((chosen) => {
    const shape: Record<string, fc.Arbitrary<unknown>> = {};
    for (const field of fields) {
      if (field.oneof && field !== members[chosen]) continue;
      if (field.message !== undefined && depth === 0) continue;
      shape[field.name] = field.repeated
        ? fc.array(arbitraryValue(field, depth, without), { minLength: 1, maxLength: 2 })
        : arbitraryValue(field, depth, without);
    }
    return fc.record(shape, { requiredKeys: [] });
  });
}

function arbitraryValue(field: Field, depth: number, without: ReadonlySet<string>): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'message':
      return ofType(field.message as MessageType, depth - 1, without);
    case 'string':
      return fc.string({ unit: 'binary', maxLength: 20 });
    case 'bytes':
      return fc.uint8Array({ maxLength: 20 });
    case 'id':
      return fc.uint8Array({ minLength: field.idLength, maxLength: field.idLength });
    case 'bool':
      return fc.boolean();
    case 'double':
      return fc.double();
    case 'uint32':
    case 'fixed32':
      return fc.integer({ min: 0, max: 2 ** 32 - 1 });
    case 'int32':
    case 'sint32':
      return field.enumValues === undefined ? fc.integer() : fc.nat(5);
    case 'int64':
    case 'sfixed64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    default:
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  }
}

/** Without what the encoding leaves out: zero values without presence, and the sign of zero there. */
export function normalized(name: MessageName, message: object): object {
  return normalizedType(messageType(name), message as Record<string, unknown>);
}

function normalizedType(type: MessageType, message: Record<string, unknown>): object {
  const out: Record<string, unknown> = {};
  for (const field of type.fields) {
    const value = message[field.name];
    if (value === undefined) continue;
    const inner = (one: unknown): unknown =>
      field.message === undefined ? one : normalizedType(field.message, one as Record<string, unknown>);
    if (field.repeated) out[field.name] = (value as unknown[]).map(inner);
    else if (field.presence || field.message !== undefined || !isZero(value)) out[field.name] = inner(value);
  }
  return out;
}

function isZero(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length === 0;
  return value === '' || value === 0 || value === 0n || value === false;
}
