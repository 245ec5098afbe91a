import { decodeText } from './bytes.ts';
import type { DbCall } from './db_call.ts';
import type { DbCalls } from './db_calls.ts';
import { analyseSql, type Escapes, type SqlDialect, type SqlStatement } from './sql.ts';

/** Bytes of a statement that are looked at. */
export const MAX_SQL = 8192;
/** Statements remembered with what they came to, and how long they may be: some MiB at most. */
const CACHE = 1024;
const MAX_CACHED = 1024;

const NAMES = new Set(['PREPARE', 'EXECUTE', 'DEALLOCATE', 'DISCARD']);
const DROP = /^DROP\s+PREPARE\b/i;
const NAMING = /\b(?:prepare|execute|deallocate|discard)\b/i;

/** A statement as one connection knows it. */
export interface Statement extends SqlStatement {
  /** As it was sent, if configuration wants that. */
  readonly raw: string;
  /** Several statements in one text. */
  readonly list: boolean;
  /** It is about names of prepared statements, or may be. */
  readonly naming: boolean;
}

/** Statements of all connections of one decoder: programs repeat themselves. */
export class Statements {
  readonly dialect: SqlDialect;
  #cache = new Map<string, Statement>();

  constructor(dialect: SqlDialect) {
    this.dialect = dialect;
  }

  get(text: string, cut: boolean, escapes: Escapes, raw: boolean): Statement {
    const known = cut ? undefined : this.#cache.get(text);
    if (known !== undefined && (!raw || known.raw === text)) return known;
    const analysed = analyseSql(text, cut, this.dialect, escapes);
    const semicolon = analysed.text.indexOf(';');
    const list = semicolon >= 0 && /\S/.test(analysed.text.slice(semicolon + 1));
    const naming = list ? NAMING.test(analysed.text) : NAMES.has(analysed.operation) || DROP.test(analysed.text);
    // Not spread: that allocates a kilobyte.
    const statement = {
      text: analysed.text,
      cut: analysed.cut,
      summary: analysed.summary,
      operation: analysed.operation,
      collection: analysed.collection,
      traceparent: analysed.traceparent,
      dependent: analysed.dependent,
      unsettles: analysed.unsettles,
      raw: raw ? text : '',
      list,
      naming,
    };
    if (text.length <= MAX_CACHED && !cut && !statement.dependent) {
      if (this.#cache.size >= CACHE) this.#cache = new Map();
      this.#cache.set(text, statement);
    }
    return statement;
  }
}

/** Statements as one connection sends them. */
export class ConnectionStatements {
  readonly #statements: Statements;
  readonly #calls: DbCalls;
  #escapes: Escapes;
  #unsettled = false;

  constructor(statements: Statements, calls: DbCalls, joined: boolean) {
    this.#statements = statements;
    this.#calls = calls;
    this.#escapes = joined ? 'unknown' : statements.dialect === 'mysql' ? 'yes' : 'no';
  }

  get escapes(): Escapes {
    return this.#unsettled ? 'unknown' : this.#escapes;
  }

  /** What runs now may change how strings are read. */
  unsettle(): void {
    this.#unsettled = true;
  }

  /** The server has told how strings are read. */
  settle(escapes: Escapes): void {
    this.#escapes = escapes;
    this.#unsettled = false;
  }

  /** The server has answered all, and would have told of a change. */
  settled(): void {
    this.#unsettled = false;
  }

  /** `cut`: the statement goes on after `end`. */
  get(bytes: Uint8Array, start: number, end: number, cut: boolean): Statement {
    const statement = this.of(decodeText(bytes, start, end), cut);
    if (statement.unsettles) this.#unsettled = true;
    return statement;
  }

  /** A part of a statement. */
  of(text: string, cut: boolean): Statement {
    return this.#statements.get(text, cut, this.escapes, this.#calls.query === 'keep');
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
    const { query } = this.#calls;
    // What was prepared before `keep` was configured is known without its literals only.
    if (query === 'keep') call.text = statement.raw || statement.text;
    else if (query === 'obfuscate') call.text = statement.text;
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
