import { enums, type MessageName, messages } from './schema.ts';

/** The table of schema.ts in the form that readers and writers use. */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
export const START_GROUP = 3;
export const END_GROUP = 4;
export const FIXED32 = 5;

const WIRE_TYPES: Readonly<Record<string, number>> = {
  double: FIXED64,
  fixed64: FIXED64,
  sfixed64: FIXED64,
  fixed32: FIXED32,
  string: LENGTH,
  bytes: LENGTH,
  traceId: LENGTH,
  spanId: LENGTH,
  profileId: LENGTH,
};

const ID_LENGTHS: Readonly<Record<string, number>> = { traceId: 16, spanId: 8, profileId: 16 };

export type Kind =
  | 'message'
  | 'string'
  | 'bytes'
  | 'id'
  | 'bool'
  | 'int32'
  | 'sint32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'double';

export interface Field {
  readonly number: number;
  readonly name: string;
  readonly kind: Kind;
  /** Of one value; a packed repeated field is LENGTH on the wire. */
  readonly wireType: number;
  readonly repeated: boolean;
  readonly oneof: boolean;
  /** A zero value is written: members of a oneof and `optional` fields. */
  readonly presence: boolean;
  /** Position in `MessageType.fields`. */
  readonly slot: number;
  /** Bytes of an id. */
  readonly idLength: number;
  readonly enumValues: ReadonlyMap<string, number> | undefined;
  /** For kind `message`. */
  readonly message: MessageType | undefined;
  /** `"name":` */
  readonly jsonKey: Uint8Array;
}

export interface MessageType {
  readonly name: MessageName;
  /** In JSON order. */
  readonly fields: readonly Field[];
  readonly byNumber: readonly (Field | undefined)[];
  /** lowerCamelCase and snake_case. */
  readonly byName: ReadonlyMap<string, Field>;
}

type Definition = Readonly<Record<string, readonly [number, string, ('repeated' | 'optional' | 'oneof')?]>>;

const compiled = new Map<string, MessageType>();

export function messageType(name: MessageName): MessageType {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const fields: Field[] = [];
  const byNumber: (Field | undefined)[] = [];
  const byName = new Map<string, Field>();
  const type: MessageType = { name, fields, byNumber, byName };
  // Registered before its fields: AnyValue contains itself.
  compiled.set(name, type);
  for (const [fieldName, [number, kind, rule]] of Object.entries(messages[name] as Definition)) {
    const field = fieldOf(fieldName, number, kind, rule, fields.length);
    fields.push(field);
    byNumber[number] = field;
    byName.set(fieldName, field);
    byName.set(
      fieldName.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      field,
    );
  }
  return type;
}

function fieldOf(name: string, number: number, kind: string, rule: string | undefined, slot: number): Field {
  const isMessage = kind in messages;
  const enumValues = kind in enums ? enums[kind as keyof typeof enums] : undefined;
  const idLength = ID_LENGTHS[kind] ?? 0;
  return {
    number,
    name,
    kind: isMessage ? 'message' : enumValues !== undefined ? 'int32' : idLength > 0 ? 'id' : (kind as Kind),
    wireType: isMessage ? LENGTH : (WIRE_TYPES[kind] ?? VARINT),
    repeated: rule === 'repeated',
    oneof: rule === 'oneof',
    presence: rule === 'oneof' || rule === 'optional',
    slot,
    idLength,
    enumValues,
    message: isMessage ? messageType(kind as MessageName) : undefined,
    jsonKey: new TextEncoder().encode(`${JSON.stringify(name)}:`),
  };
}
