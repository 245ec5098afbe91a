import { ByteReader } from '../../pdata/otlp/reader.ts';
import { LENGTH } from '../../pdata/otlp/types.ts';
import { allFields, type Range } from '../../pdata/otlp/view.ts';

const FIRST = 1 * 8 + LENGTH;
const SECOND = 2 * 8 + LENGTH;

/**
 * A request cut into requests by a string attribute of the resource; what is not a resource (the dictionary of profiles) is in each.
 * Resources without the attribute are left out and counted. Bytes are copied, not decoded. Throws OtlpError.
 */
export function groupByAttribute(
  bytes: Uint8Array,
  attribute: string,
): { readonly groups: ReadonlyMap<string, Uint8Array>; readonly left: number } {
  const found = new Map<string, Uint8Array[]>();
  const common: Uint8Array[] = [];
  let left = 0;
  for (const { tag, start, body } of allFields(bytes, { start: 0, end: bytes.length })) {
    const field = bytes.subarray(start, body.end);
    if (tag !== FIRST) {
      common.push(field);
      continue;
    }
    const value = attributeOf(bytes, body, attribute);
    if (value === undefined) {
      left++;
      continue;
    }
    const fields = found.get(value);
    if (fields === undefined) found.set(value, [field]);
    else fields.push(field);
  }
  const groups = new Map([...found].map(([value, fields]) => [value, Buffer.concat([...fields, ...common])]));
  return { groups, left };
}

/** Of a Resource{Spans,Metrics,Logs,Profiles}; undefined: there is none of this name, or it is no string. */
function attributeOf(bytes: Uint8Array, entry: Range, attribute: string): string | undefined {
  const reader = new ByteReader(bytes);
  for (const resource of allFields(bytes, entry)) {
    if (resource.tag !== FIRST) continue;
    for (const pair of allFields(bytes, resource.body)) {
      if (pair.tag !== FIRST) continue;
      let key = '';
      let value: string | undefined;
      for (const { tag, body } of allFields(bytes, pair.body)) {
        if (tag === FIRST) key = reader.text(body.start, body.end);
        else if (tag === SECOND) value = stringOf(bytes, body, reader);
      }
      // Of several the first counts, as in a pcommon.Map.
      if (key === attribute) return value;
    }
  }
  return undefined;
}

/** AnyValue {string_value = 1}; of a oneof the last field counts. */
function stringOf(bytes: Uint8Array, value: Range, reader: ByteReader): string | undefined {
  let text: string | undefined;
  for (const { tag, body } of allFields(bytes, value)) {
    text = tag === FIRST ? reader.text(body.start, body.end) : undefined;
  }
  return text;
}
