import type { AttributeKey } from './attribute.ts';
import { asciiBytes, startsWith } from './bytes.ts';
import type { HeaderNames } from './hpack.ts';
import { STATIC_TABLE } from './hpack_static.ts';
import type { HeaderName } from './hpack_table.ts';
import * as semconv from './semconv.ts';

export const CAPTURED = 0;
export const METHOD = 1;
export const SCHEME = 2;
export const AUTHORITY = 3;
export const PATH = 4;
export const STATUS = 5;
export const HOST = 6;
export const USER_AGENT = 7;
export const CONTENT_TYPE = 8;
export const TRACEPARENT = 9;
export const TRACESTATE = 10;
export const GRPC_TIMEOUT = 11;
export const GRPC_STATUS = 12;

const WANTED: readonly (readonly [name: string, id: number])[] = [
  [':method', METHOD],
  [':scheme', SCHEME],
  [':authority', AUTHORITY],
  [':path', PATH],
  [':status', STATUS],
  ['host', HOST],
  ['user-agent', USER_AGENT],
  ['content-type', CONTENT_TYPE],
  ['traceparent', TRACEPARENT],
  ['tracestate', TRACESTATE],
  ['grpc-timeout', GRPC_TIMEOUT],
  ['grpc-status', GRPC_STATUS],
];

export interface Http2Field extends HeaderName {
  readonly name: Uint8Array;
  /** Captured under these keys. */
  readonly request: AttributeKey | undefined;
  readonly response: AttributeKey | undefined;
}

/** The fields of interest of both directions: a server's PUSH_PROMISE has a request's. Names are in lower case. */
export class Http2Fields implements HeaderNames {
  readonly statics: readonly (Http2Field | undefined)[];
  readonly #byLength: (Http2Field[] | undefined)[] = [];

  constructor(captured: { readonly request: readonly string[]; readonly response: readonly string[] }) {
    const lower = (names: readonly string[]): Set<string> => new Set(names.map((name) => name.toLowerCase()));
    const request = lower(captured.request);
    const response = lower(captured.response);
    const ids = new Map(WANTED);
    const fields = new Map<string, Http2Field>();
    for (const name of new Set([...ids.keys(), ...request, ...response])) {
      const field: Http2Field = {
        id: ids.get(name) ?? CAPTURED,
        name: asciiBytes(name),
        request: request.has(name) ? semconv.requestHeader(name) : undefined,
        response: response.has(name) ? semconv.responseHeader(name) : undefined,
      };
      fields.set(name, field);
      let list = this.#byLength[name.length];
      if (list === undefined) this.#byLength[name.length] = list = [];
      list.push(field);
    }
    this.statics = STATIC_TABLE.map(([name]) => fields.get(name));
  }

  find(bytes: Uint8Array, start: number, end: number): Http2Field | undefined {
    const list = this.#byLength[end - start];
    if (list === undefined) return undefined;
    for (const field of list) if (startsWith(bytes, start, field.name)) return field;
    return undefined;
  }
}
