import type { AttributeKey } from './attribute.ts';
import { asciiBytes, startsWithIgnoringCase } from './bytes.ts';
import * as semconv from './semconv.ts';

export interface Field {
  readonly name: Uint8Array;
  readonly id: number;
  /** Captured under this key. */
  key: AttributeKey | undefined;
}

const CAPTURED = 0;
export const HOST = 1;
export const USER_AGENT = 2;
export const CONTENT_LENGTH = 3;
export const TRANSFER_ENCODING = 4;
export const CONTENT_TYPE = 5;
export const TRACEPARENT = 6;
export const TRACESTATE = 7;

const FRAMING: readonly [string, number][] = [
  ['content-length', CONTENT_LENGTH],
  ['transfer-encoding', TRANSFER_ENCODING],
];
const REQUEST_FIELDS: readonly [string, number][] = [
  ...FRAMING,
  ['host', HOST],
  ['user-agent', USER_AGENT],
  ['content-type', CONTENT_TYPE],
  ['traceparent', TRACEPARENT],
  ['tracestate', TRACESTATE],
];

/** The fields of interest of one direction, by the length of their names. */
export class Fields {
  readonly #byLength: (Field[] | undefined)[] = [];

  private constructor(known: readonly [string, number][], captured: ReadonlyMap<string, AttributeKey>) {
    const ids = new Map(known);
    for (const name of new Set([...ids.keys(), ...captured.keys()])) {
      let list = this.#byLength[name.length];
      if (list === undefined) this.#byLength[name.length] = list = [];
      list.push({ name: asciiBytes(name), id: ids.get(name) ?? CAPTURED, key: captured.get(name) });
    }
  }

  static request(names: readonly string[]): Fields {
    return new Fields(REQUEST_FIELDS, keys(names, semconv.requestHeader));
  }

  static response(names: readonly string[]): Fields {
    return new Fields(FRAMING, keys(names, semconv.responseHeader));
  }

  find(bytes: Uint8Array, start: number, end: number): Field | undefined {
    const list = this.#byLength[end - start];
    if (list === undefined) return undefined;
    for (const field of list) if (startsWithIgnoringCase(bytes, start, field.name)) return field;
    return undefined;
  }
}

function keys(names: readonly string[], make: (name: string) => AttributeKey): ReadonlyMap<string, AttributeKey> {
  return new Map(names.map((name) => [name.toLowerCase(), make(name.toLowerCase())]));
}
