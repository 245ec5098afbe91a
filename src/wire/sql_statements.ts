import { decodeText } from './bytes.ts';
import type { DbOptions } from './db.ts';
import type { DbCall } from './db_call.ts';
import { analyseSql, type SqlDialect, type SqlStatement } from './sql.ts';

/** Bytes of a statement that are looked at. */
export const MAX_SQL = 8192;
/** Statements remembered with what they came to, and how long they may be: some MiB at most. */
const CACHE = 1024;
const MAX_CACHED = 1024;

/** A statement as one connection knows it. */
export interface Statement extends SqlStatement {
  /** As it was sent, if configuration wants that. */
  readonly raw: string;
}

/** Statements of all connections of one decoder: programs repeat themselves. */
export class Statements {
  readonly #dialect: SqlDialect;
  readonly #query: DbOptions['query'];
  #cache = new Map<string, Statement>();

  constructor(dialect: SqlDialect, options: DbOptions) {
    this.#dialect = dialect;
    this.#query = options.query;
  }

  /** `cut`: the statement goes on after `end`. */
  get(bytes: Uint8Array, start: number, end: number, cut: boolean): Statement {
    const text = decodeText(bytes, start, end);
    const known = cut ? undefined : this.#cache.get(text);
    if (known !== undefined) return known;
    const statement = { ...analyseSql(text, cut, this.#dialect), raw: this.#query === 'keep' ? text : '' };
    if (text.length <= MAX_CACHED && !cut) {
      if (this.#cache.size >= CACHE) this.#cache = new Map();
      this.#cache.set(text, statement);
    }
    return statement;
  }

  describe(call: DbCall, statement: Statement | undefined): void {
    if (statement === undefined) {
      call.requestPartial = true;
      return;
    }
    call.operation = statement.operation;
    call.collection = statement.collection;
    call.summary = statement.summary;
    call.traceparent = statement.traceparent;
    call.textCut = statement.cut;
    if (this.#query === 'keep') call.text = statement.raw;
    else if (this.#query === 'obfuscate') call.text = statement.text;
  }
}

/** Names or numbers of one connection, the oldest forgotten first. */
export class Bounded<Key, Value> {
  readonly #limit: number;
  readonly #map = new Map<Key, Value>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: Key): Value | undefined {
    const value = this.#map.get(key);
    if (value !== undefined && this.#map.size >= this.#limit / 2) {
      this.#map.delete(key);
      this.#map.set(key, value);
    }
    return value;
  }

  set(key: Key, value: Value): void {
    this.#map.delete(key);
    if (this.#map.size >= this.#limit) {
      const oldest = this.#map.keys().next();
      if (oldest.done !== true) this.#map.delete(oldest.value);
    }
    this.#map.set(key, value);
  }

  delete(key: Key): void {
    this.#map.delete(key);
  }

  clear(): void {
    this.#map.clear();
  }
}
