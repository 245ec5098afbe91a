import type { Signal } from '../pdata.ts';
import { decodeMessage } from './decode.ts';
import { encodeMessage } from './encode.ts';
import { ByteReader } from './reader.ts';
import type { OtlpObject } from './schema.ts';
import { LENGTH } from './types.ts';
import { allFields } from './view.ts';
import { ByteWriter } from './writer.ts';

/** Attributes of a request changed where they stand; what is beside them is copied, not read. Everything thrown is OtlpError. */
const FIRST = 1 * 8 + LENGTH;
const SECOND = 2 * 8 + LENGTH;

export type AnyValue = OtlpObject<'AnyValue'>;

interface Entry {
  readonly key: string;
  /** Body of the KeyValue; undefined: `value` is new. */
  readonly raw: Uint8Array | undefined;
  value: AnyValue | undefined;
}

/** The attributes of one message: keys are read, a value only when it is asked for. */
export class AttributeList {
  changed = false;
  readonly #entries: Entry[];

  constructor(entries: Entry[] = []) {
    this.#entries = entries;
  }

  /** `field`: number of the repeated KeyValue in the message. */
  static read(message: Uint8Array, field: number): AttributeList {
    const entries: Entry[] = [];
    for (const { tag, body } of allFields(message, { start: 0, end: message.length })) {
      if (tag !== field * 8 + LENGTH) continue;
      const raw = message.subarray(body.start, body.end);
      entries.push({ key: keyOf(raw), raw, value: undefined });
    }
    return new AttributeList(entries);
  }

  get length(): number {
    return this.#entries.length;
  }

  keys(): string[] {
    return this.#entries.map(({ key }) => key);
  }

  /** undefined: no such key. A KeyValue without a value is an empty AnyValue. */
  get(key: string): AnyValue | undefined {
    const entry = this.#entries.find((each) => each.key === key);
    if (entry === undefined) return undefined;
    entry.value ??= entry.raw === undefined ? {} : (decodeMessage('KeyValue', entry.raw).value ?? {});
    return entry.value;
  }

  set(key: string, value: AnyValue): void {
    this.changed = true;
    const at = this.#entries.findIndex((each) => each.key === key);
    const entry: Entry = { key, raw: undefined, value };
    if (at === -1) this.#entries.push(entry);
    else this.#entries[at] = entry;
  }

  remove(key: string): void {
    const at = this.#entries.findIndex((each) => each.key === key);
    if (at === -1) return;
    this.changed = true;
    this.#entries.splice(at, 1);
  }

  /** The message with these attributes in place of its own. */
  write(message: Uint8Array, field: number): Uint8Array {
    const writer = new ByteWriter(message.length + 256);
    const tag = field * 8 + LENGTH;
    let written = false;
    const writeAll = (): void => {
      for (const { key, raw, value } of this.#entries) {
        writer.bytesField(tag, raw ?? encodeMessage('KeyValue', { key, value: value ?? {} }));
      }
      written = true;
    };
    for (const each of allFields(message, { start: 0, end: message.length })) {
      if (each.tag !== tag) copy(writer, message, each.start, each.body.end);
      else if (!written) writeAll();
    }
    if (!written) writeAll();
    return writer.buffer.subarray(0, writer.position);
  }
}

function keyOf(keyValue: Uint8Array): string {
  let key = '';
  const reader = new ByteReader(keyValue);
  while (reader.position < keyValue.length) {
    const tag = reader.tag(keyValue.length);
    if (tag === FIRST) {
      const end = reader.lengthEnd(keyValue.length);
      key = reader.text(reader.position, end);
      reader.position = end;
    } else reader.skip(tag, keyValue.length);
  }
  return key;
}

/** Sees the messages of a request from the outside in; `item` returns a new body, or undefined to leave it. */
export interface ItemVisitor {
  resource(body: Uint8Array): void;
  scope(body: Uint8Array): void;
  item(body: Uint8Array): Uint8Array | undefined;
}

/** The request with other items (spans, metrics, log records); `bytes` itself if nothing changed. */
export function amendItems(bytes: Uint8Array, visitor: ItemVisitor): Uint8Array {
  return (
    replaceFields(bytes, isField(FIRST), (entry) => {
      visitor.resource(fieldOf(entry, FIRST));
      return replaceFields(entry, isField(SECOND), (scope) => {
        visitor.scope(fieldOf(scope, FIRST));
        return replaceFields(scope, isField(SECOND), (item) => visitor.item(item));
      });
    }) ?? bytes
  );
}

/** Field of the attributes by the field of the metric's data. */
const POINT_ATTRIBUTES: Readonly<Record<number, number>> = { 5: 7, 7: 7, 9: 9, 10: 1, 11: 7 };

/** The span, log record or metric with attributes changed by `change`: of a metric those of its points. */
export function amendAttributes(
  signal: Signal,
  item: Uint8Array,
  change: (attributes: AttributeList) => void,
): Uint8Array | undefined {
  if (signal !== 'metrics') return amendList(item, signal === 'traces' ? 9 : 6, change);
  const isData = (tag: number): boolean => (tag & 7) === LENGTH && POINT_ATTRIBUTES[tag >>> 3] !== undefined;
  return replaceFields(item, isData, (data, tag) =>
    replaceFields(data, isField(FIRST), (point) => amendList(point, POINT_ATTRIBUTES[tag >>> 3] ?? 7, change)),
  );
}

function amendList(
  message: Uint8Array,
  field: number,
  change: (attributes: AttributeList) => void,
): Uint8Array | undefined {
  const attributes = AttributeList.read(message, field);
  change(attributes);
  return attributes.changed ? attributes.write(message, field) : undefined;
}

function isField(wanted: number): (tag: number) => boolean {
  return (tag) => tag === wanted;
}

/** Pieces of one message, one behind the other, are that message. */
export function fieldOf(message: Uint8Array, wanted: number): Uint8Array {
  const found: Uint8Array[] = [];
  for (const { tag, body } of allFields(message, { start: 0, end: message.length })) {
    if (tag === wanted) found.push(message.subarray(body.start, body.end));
  }
  const [only] = found;
  return only !== undefined && found.length === 1 ? only : Buffer.concat(found);
}

/** undefined: nothing changed. */
function replaceFields(
  message: Uint8Array,
  wanted: (tag: number) => boolean,
  replace: (body: Uint8Array, tag: number) => Uint8Array | undefined,
): Uint8Array | undefined {
  let writer: ByteWriter | undefined;
  let copied = 0;
  for (const { tag, start, body } of allFields(message, { start: 0, end: message.length })) {
    if (!wanted(tag)) continue;
    const replacement = replace(message.subarray(body.start, body.end), tag);
    if (replacement === undefined) continue;
    writer ??= new ByteWriter(message.length + 1024);
    copy(writer, message, copied, start);
    writer.bytesField(tag, replacement);
    copied = body.end;
  }
  if (writer === undefined) return undefined;
  copy(writer, message, copied, message.length);
  return writer.buffer.subarray(0, writer.position);
}

function copy(writer: ByteWriter, bytes: Uint8Array, start: number, end: number): void {
  writer.reserve(end - start);
  writer.bytes(bytes.subarray(start, end));
}
