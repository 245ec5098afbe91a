import { byteAt, decodeText, indexOf } from './bytes.ts';
import type { DbCall } from './db_call.ts';
import type { DbCalls } from './db_calls.ts';
import { DbFraming, type DbGrammar, NEED_MORE } from './db_framing.ts';
import { type Detection, HOLD, REQUEST } from './decoder.ts';
import {
  CANCEL,
  detectPostgresql,
  GSS,
  HEADER,
  int32,
  isVersion,
  MAX_STARTUP,
  messageLength,
  SSL,
} from './postgresql_detect.ts';
import { PreparedStatements } from './postgresql_prepared.ts';
import { Bounded, ConnectionStatements, MAX_SQL, type Statement, type Statements } from './sql_statements.ts';

/** Kinds of calls. */
export const QUERY = 1;
export const EXECUTE = 2;
/** Parse and Describe without Execute: told only when it fails. */
export const PREPARE = 3;
/** Ends a group of the extended protocol; answered by ReadyForQuery. */
export const SYNC = 4;

/** Of Bind, Execute, Close: two names. */
const MAX_NAMES = 512;
const MAX_PORTALS = 256;
/** Which one is a number of the server's catalogue. */
const FUNCTION_CALL: Statement = {
  ...{ operation: 'FUNCTION_CALL', collection: '', summary: '', text: '', raw: '', traceparent: '' },
  ...{ cut: false, dependent: false, unsettles: false, list: false, naming: false },
};

/** What the client sends: a startup packet, then messages with a type and a length. */
export class PostgresqlRequests implements DbGrammar {
  readonly framing: DbFraming;
  readonly #calls: DbCalls;
  /** No startup packet has come. */
  starting: boolean;
  /** The server has been asked for encryption and answers with one byte. */
  encryptionAsked = false;
  /** Messages that belong to a call that is not added yet. */
  pending = false;
  database = '';
  readonly statements: ConnectionStatements;
  readonly #prepared: PreparedStatements;
  readonly #portals = new Bounded<string, Statement | undefined>(MAX_PORTALS);
  /** First message since the last Execute or Sync. */
  #groupTime = -1;
  #groupFresh = false;
  /** What was prepared since, and not executed, and the names of it. */
  #parsed: Statement | undefined = undefined;
  #names = '';
  #executed = false;
  /** The Query has several statements. */
  #list = false;
  /** The copy whose end was sent had its Sync already. */
  #copied = false;

  constructor(calls: DbCalls, statements: Statements, joined: boolean) {
    this.framing = new DbFraming(this, REQUEST, calls, joined);
    this.#calls = calls;
    this.statements = new ConnectionStatements(statements, calls, joined);
    this.#prepared = new PreparedStatements(this.statements);
    this.starting = !joined;
  }

  begins(bytes: Uint8Array, at: number, end: number): Detection {
    const detection = detectPostgresql(bytes, at, end);
    if (detection === REQUEST) this.starting = byteAt(bytes, at) === 0;
    return detection;
  }

  #startup(bytes: Uint8Array, at: number, end: number, mayHold: boolean): number {
    // Nothing comes from a client that waits for this answer.
    if (this.encryptionAsked && mayHold) return HOLD;
    if (end - at < 8) return NEED_MORE;
    const length = int32(bytes, at);
    const code = int32(bytes, at + 4);
    if ((code === SSL || code === GSS) && length === 8) {
      this.encryptionAsked = true;
      this.framing.messageDone();
      return at + 8;
    }
    if (code === CANCEL && length === 16) {
      // Another connection's key. Nothing is answered.
      this.framing.finish();
      return end;
    }
    if (!isVersion(code) || length < 9 || length > MAX_STARTUP) {
      this.#calls.reject('malformed_startup');
      this.framing.opaque = true;
      return end;
    }
    if (end - at < length) return NEED_MORE;
    this.#parameters(bytes, at + 8, at + length);
    this.starting = false;
    this.framing.messageDone();
    return at + length;
  }

  /** Pairs of strings. The database has the user's name unless told. */
  #parameters(bytes: Uint8Array, start: number, end: number): void {
    let user = '';
    for (let at = start; at < end && byteAt(bytes, at) !== 0; ) {
      const middle = indexOf(bytes, 0, at, end);
      const stop = middle < 0 ? -1 : indexOf(bytes, 0, middle + 1, end);
      if (stop < 0) break;
      const key = decodeText(bytes, at, Math.min(middle, at + 32));
      const value = decodeText(bytes, middle + 1, Math.min(stop, middle + 129));
      if (key === 'database') this.database = value;
      else if (key === 'user') user = value;
      else if (key === 'replication' && !/^(?:false|off|no|0)$/i.test(value)) this.framing.opaque = true;
      at = stop + 1;
    }
    this.database ||= user;
  }

  message(bytes: Uint8Array, at: number, end: number, time: number, mayHold: boolean): number {
    if (this.starting) return this.#startup(bytes, at, end, mayHold);
    if (end - at < HEADER) return NEED_MORE;
    const length = messageLength(bytes, at, true);
    if (length === 0) return this.framing.malformed('malformed_message', end);
    const type = byteAt(bytes, at);
    const wanted = HEADER + Math.min(length - HEADER, wantedOf(type));
    if (end - at < wanted) return NEED_MORE;
    this.#take(type, bytes, at + HEADER, at + wanted, wanted < length, time);
    this.framing.messageDone();
    this.framing.passOver(length - wanted);
    return at + wanted;
  }

  #take(type: number, bytes: Uint8Array, start: number, end: number, cut: boolean, time: number): void {
    switch (type) {
      case 0x51: // Q
        this.#query(bytes, start, cut ? end : Math.max(start, end - 1), cut, time);
        break;
      case 0x50: // P
        this.#group();
        this.#parse(bytes, start, end, cut);
        break;
      case 0x42: // B
        this.#group();
        this.#bind(bytes, start, end);
        break;
      case 0x44: // D
        this.#group();
        break;
      case 0x43: // C
        this.#group();
        this.#close(bytes, start, end);
        break;
      case 0x45: // E
        this.#group();
        this.#execute(bytes, start, end, time);
        break;
      case 0x53: // S
        this.#sync(time);
        break;
      case 0x46: // F: the fast path, a function by its number
        this.#add(QUERY, this.framing.startTime, this.framing.fresh, time, FUNCTION_CALL);
        break;
      case 0x63: // c
      case 0x66: // f
        // A Sync that came before the data was read among them, and ignored: the one that follows stands in for it.
        this.#copied = this.#calls.last?.kind === SYNC;
        break;
      default: // Flush, Terminate, passwords, COPY
        break;
    }
  }

  #group(): void {
    this.pending = true;
    if (this.#groupTime >= 0) return;
    this.#groupTime = this.framing.startTime;
    this.#groupFresh = this.framing.fresh;
  }

  #add(kind: number, start: number, fresh: boolean, time: number, statement: Statement | undefined): void {
    const call = this.#calls.take();
    call.kind = kind;
    call.start = start;
    call.requestLast = time;
    call.namespace = this.database;
    call.ignored = kind === PREPARE || kind === SYNC;
    if (!call.ignored || statement !== undefined) this.statements.describe(call, statement);
    call.note = this.#names;
    if (this.#list) call.expected = 0;
    this.#list = this.#copied = false;
    this.#names = '';
    this.#calls.add(call, fresh);
  }

  #query(bytes: Uint8Array, start: number, end: number, cut: boolean, time: number): void {
    const statement = this.statements.get(bytes, start, end, cut);
    const resolved = this.#prepared.resolve(statement);
    this.#list = statement.list;
    this.#names = this.#prepared.run(statement);
    this.#add(QUERY, this.framing.startTime, this.framing.fresh, time, resolved);
  }

  #parse(bytes: Uint8Array, start: number, end: number, cut: boolean): void {
    const name = indexOf(bytes, 0, start, end);
    if (name < 0) return;
    const stop = indexOf(bytes, 0, name + 1, end);
    const statement = this.statements.get(bytes, name + 1, stop < 0 ? end : stop, stop < 0 && cut);
    this.#names += this.#prepared.prepare(decodeText(bytes, start, name), statement);
    this.#parsed = statement;
  }

  #bind(bytes: Uint8Array, start: number, end: number): void {
    const portal = indexOf(bytes, 0, start, end);
    const stop = portal < 0 ? -1 : indexOf(bytes, 0, portal + 1, end);
    if (stop < 0) return;
    this.#portals.set(decodeText(bytes, start, portal), this.#prepared.get(decodeText(bytes, portal + 1, stop)));
  }

  #close(bytes: Uint8Array, start: number, end: number): void {
    const stop = indexOf(bytes, 0, start + 1, end);
    if (stop < 0) return;
    const name = decodeText(bytes, start + 1, stop);
    if (byteAt(bytes, start) === 0x53) this.#prepared.close(name);
    else this.#portals.delete(name);
  }

  #execute(bytes: Uint8Array, start: number, end: number, time: number): void {
    const stop = indexOf(bytes, 0, start, end);
    const bound = stop < 0 ? undefined : this.#portals.get(decodeText(bytes, start, stop));
    const resolved = bound === undefined ? undefined : this.#prepared.resolve(bound);
    if (bound !== undefined) this.#names += this.#prepared.run(bound);
    this.#add(EXECUTE, this.#groupTime, this.#groupFresh, time, resolved);
    this.#groupTime = -1;
    this.#parsed = undefined;
    this.#executed = true;
  }

  #sync(time: number): void {
    if (this.#copied) {
      this.#copied = false;
      return;
    }
    const begun = this.#groupTime >= 0;
    if (begun && !this.#executed) {
      this.#add(PREPARE, this.#groupTime, this.#groupFresh, time, this.#parsed);
    }
    this.#add(SYNC, this.framing.startTime, this.framing.fresh && !begun, time, undefined);
    this.#groupTime = -1;
    this.#parsed = undefined;
    this.#executed = false;
    this.pending = false;
  }

  /** The server has not prepared what this call was to prepare. */
  revoke(call: DbCall): void {
    this.#prepared.revoke(call.note);
  }

  /** What the lost bytes prepared is not known; names that were used before may mean something else now. */
  forget(): void {
    this.#prepared.clear();
    this.#portals.clear();
    this.statements.settle('unknown');
    this.#groupTime = -1;
    this.#parsed = undefined;
    this.#names = '';
    this.#executed = this.#copied = this.pending = false;
    this.#calls.callsLost(this.framing.late);
  }

  closed(incomplete: boolean): void {
    if (incomplete) this.#calls.reject('incomplete_message');
  }
}

/** Bytes of a message's body that have to be there. */
function wantedOf(type: number): number {
  switch (type) {
    case 0x51: // Q
    case 0x50: // P
      return MAX_SQL;
    case 0x42: // B
    case 0x43: // C
    case 0x45: // E
      return MAX_NAMES;
    default:
      return 0;
  }
}
