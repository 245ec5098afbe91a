import type { AttributeKey } from './attribute.ts';
import { asciiBytes, byteAt, startsWithIgnoringCase } from './bytes.ts';
import * as semconv from './semconv.ts';

export interface Http1Field {
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
export const UPGRADE = 8;

const FRAMING: readonly [string, number][] = [
  ['content-length', CONTENT_LENGTH],
  ['transfer-encoding', TRANSFER_ENCODING],
];
const RESPONSE_FIELDS: readonly [string, number][] = [...FRAMING, ['upgrade', UPGRADE]];
const REQUEST_FIELDS: readonly [string, number][] = [
  ...FRAMING,
  ['host', HOST],
  ['user-agent', USER_AGENT],
  ['content-type', CONTENT_TYPE],
  ['traceparent', TRACEPARENT],
  ['tracestate', TRACESTATE],
];

const COLON = 0x3a;

/** The fields of interest of one direction, by the first byte of their names: most lines are told from them by it. */
export class Http1Fields {
  readonly #byFirst: (Http1Field[] | undefined)[] = new Array<Http1Field[] | undefined>(256).fill(undefined);

  private constructor(known: readonly [string, number][], captured: ReadonlyMap<string, AttributeKey>) {
    const ids = new Map(known);
    for (const name of new Set([...ids.keys(), ...captured.keys()])) {
      const field = { name: asciiBytes(name), id: ids.get(name) ?? CAPTURED, key: captured.get(name) };
      for (const first of new Set([name.charCodeAt(0), name.toUpperCase().charCodeAt(0)])) {
        const list = this.#byFirst[first];
        if (list === undefined) this.#byFirst[first] = [field];
        else list.push(field);
      }
    }
  }

  static request(names: readonly string[]): Http1Fields {
    return new Http1Fields(REQUEST_FIELDS, keys(names, semconv.requestHeader));
  }

  static response(names: readonly string[]): Http1Fields {
    return new Http1Fields(RESPONSE_FIELDS, keys(names, semconv.responseHeader));
  }

  /** The field whose name and a colon stand at `start`, before `end`. */
  find(bytes: Uint8Array, start: number, end: number): Http1Field | undefined {
    const list = this.#byFirst[byteAt(bytes, start)];
    if (list === undefined) return undefined;
    for (let at = 0; at < list.length; at++) {
      const field = list[at] as Http1Field;
      const colon = start + field.name.length;
      if (colon < end && byteAt(bytes, colon) === COLON && startsWithIgnoringCase(bytes, start, field.name)) {
        return field;
      }
    }
    return undefined;
  }
}

function keys(names: readonly string[], make: (name: string) => AttributeKey): ReadonlyMap<string, AttributeKey> {
  return new Map(names.map((name) => [name.toLowerCase(), make(name.toLowerCase())]));
}
