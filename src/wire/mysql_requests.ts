import { byteAt, decodeText, indexOf } from './bytes.ts';
import type { DbCall } from './db_call.ts';
import type { DbCalls } from './db_calls.ts';
import { DbFraming, type DbGrammar, NEED_MORE } from './db_framing.ts';
import { type Detection, REQUEST } from './decoder.ts';
import { skipAttributes } from './mysql_attributes.ts';
import {
  COM_BINLOG_DUMP,
  COM_BINLOG_DUMP_GTID,
  COM_BULK_EXECUTE,
  COM_CHANGE_USER,
  COM_CLOSE,
  COM_EXECUTE,
  COM_INIT_DB,
  COM_LONG_DATA,
  COM_PREPARE,
  COM_QUERY,
  COM_QUIT,
  COM_RESET_CONNECTION,
  NAMES,
  PREPARES,
  RESULT,
  SIMPLE,
} from './mysql_commands.ts';
import { detectMysql, HEADER, int16, MAX_PACKET, packetLength } from './mysql_detect.ts';
import { NamedStatements } from './mysql_named.ts';
import { Bounded, ConnectionStatements, MAX_SQL, type Statement, type Statements } from './sql_statements.ts';

/** Capabilities: https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html */
const CONNECT_WITH_DB = 0x8;
const COMPRESS = 0x20;
const SSL = 0x800;
const PLUGIN_AUTH_LENENC = 0x200000;
const SECURE_CONNECTION = 0x8000;
const ZSTD = 0x4000000;

/** What the next packet of the client is. */
const GREETING = 0;
const LOGIN = 1;
const COMMAND = 2;

/** MariaDB: the statement that was prepared last, perhaps in the same packet. */
const LAST_PREPARED = 0xffffffff;
const MAX_STATEMENTS = 1024;
const MAX_LOGIN = 1024;

/** What the client sends: packets, of which the first of a command has the sequence number 0. */
export class MysqlRequests implements DbGrammar {
  readonly framing: DbFraming;
  readonly #calls: DbCalls;
  database = '';
  /** The file of LOAD DATA LOCAL: its packets' numbers pass zero. */
  sendingFile = false;
  /** The login is under way: packets of both sides are authentication. */
  authenticating = false;
  readonly prepared = new Bounded<number, Statement>(MAX_STATEMENTS);
  /** The text that was sent last to be prepared. */
  #preparing: Statement | undefined = undefined;
  readonly statements: ConnectionStatements;
  readonly #named: NamedStatements;
  #part: typeof GREETING | typeof LOGIN | typeof COMMAND;
  /** The packet was full: the next one goes on with it. */
  #continuing = false;

  constructor(calls: DbCalls, statements: Statements, joined: boolean) {
    this.framing = new DbFraming(this, REQUEST, calls, joined);
    this.#calls = calls;
    this.statements = new ConnectionStatements(statements, calls, joined);
    this.#named = new NamedStatements(this.statements);
    this.#part = joined ? COMMAND : GREETING;
  }

  get starting(): boolean {
    return this.#part === GREETING;
  }

  /** The server's first packet comes. */
  starts(): void {
    this.#part = GREETING;
  }

  /** The server has greeted. */
  greeted(): void {
    if (this.#part === GREETING) this.#part = LOGIN;
  }

  begins(bytes: Uint8Array, at: number, end: number): Detection {
    const detection = detectMysql(bytes, at, end);
    if (detection === REQUEST) this.#part = byteAt(bytes, at + 3) === 0 ? COMMAND : LOGIN;
    return detection;
  }

  message(bytes: Uint8Array, at: number, end: number, time: number): number {
    if (end - at < HEADER) return NEED_MORE;
    const length = packetLength(bytes, at);
    const sequence = byteAt(bytes, at + 3);
    const login = this.#part !== COMMAND;
    const command = !login && sequence === 0 && !this.#continuing && !this.sendingFile;
    if (length === 0) this.sendingFile = false;
    const wanted = Math.min(length, login ? MAX_LOGIN : command ? MAX_SQL : 0);
    if (end - at < HEADER + wanted) return NEED_MORE;
    const from = at + HEADER;
    if (login) this.#login(bytes, from, from + wanted);
    else if (command && length > 0) this.#command(bytes, from, from + wanted, wanted < length, time);
    // What the client sends in between: authentication, the file of LOAD DATA LOCAL.
    this.#continuing = length === MAX_PACKET;
    this.#part = COMMAND;
    this.framing.messageDone();
    this.framing.passOver(length - wanted);
    // A login of which the beginning was lost is over when a command comes.
    if (command) this.authenticating = length > 0 && byteAt(bytes, from) === COM_CHANGE_USER;
    return from + wanted;
  }

  /** Capabilities, largest packet, character set, 23 bytes, then user, password, database. */
  #login(bytes: Uint8Array, start: number, end: number): void {
    this.authenticating = true;
    if (end - start < 32) {
      this.#malformed();
      return;
    }
    const capabilities = int16(bytes, start) + int16(bytes, start + 2) * 0x10000;
    const has = (flag: number): boolean => (capabilities & flag) !== 0;
    if (end - start === 32) {
      if (has(SSL)) this.framing.encrypt();
      return;
    }
    // After the login all is compressed.
    if (has(COMPRESS) || has(ZSTD)) {
      this.framing.opaque = true;
      return;
    }
    const user = indexOf(bytes, 0, start + 32, end);
    if (user < 0 || !has(CONNECT_WITH_DB)) return;
    this.#database(bytes, user + 1, end, has(PLUGIN_AUTH_LENENC) || has(SECURE_CONNECTION));
  }

  /** Behind the password's hash, which has its length before it or a zero behind it. */
  #database(bytes: Uint8Array, start: number, end: number, counted: boolean): void {
    let at = start;
    if (counted) at += at < end ? byteAt(bytes, at) + 1 : 0;
    else at = indexOf(bytes, 0, at, end) + 1;
    const stop = at < end ? indexOf(bytes, 0, at, end) : -1;
    if (stop >= 0) this.database = decodeText(bytes, at, Math.min(stop, at + 128));
  }

  #malformed(): void {
    this.#calls.reject('malformed_login');
    this.framing.opaque = true;
  }

  #command(bytes: Uint8Array, start: number, end: number, cut: boolean, time: number): void {
    const command = byteAt(bytes, start);
    switch (command) {
      case COM_QUERY: {
        this.#query(bytes, skipAttributes(bytes, start + 1, end), end, cut, time);
        return;
      }
      case COM_PREPARE:
        this.#preparing = this.statements.get(bytes, start + 1, end, cut);
        this.#add(PREPARES, '', time, true);
        return;
      case COM_EXECUTE:
      case COM_BULK_EXECUTE:
        this.#text(RESULT, end - start < 5 ? undefined : this.#statement(identifier(bytes, start + 1)), time);
        return;
      case COM_CLOSE:
        if (end - start >= 5) this.prepared.delete(identifier(bytes, start + 1));
        return;
      case COM_QUIT:
      case COM_LONG_DATA:
        return;
      case COM_CHANGE_USER:
        this.authenticating = true;
        this.#reset();
        this.database = '';
        this.#database(bytes, indexOf(bytes, 0, start, end) + 1 || end, end, true);
        return;
      case COM_BINLOG_DUMP:
      case COM_BINLOG_DUMP_GTID:
        // A replica: events without end.
        this.framing.opaque = true;
        return;
      default:
        this.#other(command, bytes, start, end, time);
    }
  }

  #statement(id: number): Statement | undefined {
    return id === LAST_PREPARED ? this.#preparing : this.prepared.get(id);
  }

  #reset(): void {
    this.prepared.clear();
    this.#named.clear();
  }

  #other(command: number, bytes: Uint8Array, start: number, end: number, time: number): void {
    if (command === COM_RESET_CONNECTION) this.#reset();
    const known = NAMES[command];
    if (known === undefined) {
      this.#calls.reject('unknown_command');
      this.#add(SIMPLE, '', time, true);
      return;
    }
    this.#add(
      known[1],
      known[0],
      time,
      false,
      command === COM_INIT_DB ? decodeText(bytes, start + 1, Math.min(end, start + 129)) : '',
    );
  }

  #query(bytes: Uint8Array, start: number, end: number, cut: boolean, time: number): void {
    const statement = this.statements.get(bytes, start, end, cut);
    if (!statement.naming && statement.operation !== 'CALL') {
      this.#text(RESULT, statement, time);
      return;
    }
    const sql = decodeText(bytes, start, end);
    const resolved = this.#named.resolve(statement, sql);
    this.#text(RESULT, resolved, time, this.#named.run(statement, sql));
  }

  /** `name`: what the statement prepares. */
  #text(kind: number, statement: Statement | undefined, time: number, name = ''): void {
    const call = this.#calls.take();
    this.statements.describe(call, statement);
    call.note = name;
    if (call.operation === 'USE') {
      call.note = call.collection;
      call.collection = '';
    }
    this.#begin(call, kind, time);
  }

  #add(kind: number, operation: string, time: number, ignored: boolean, note = ''): void {
    const call = this.#calls.take();
    call.operation = operation;
    call.ignored = ignored;
    call.note = note;
    if (kind === PREPARES && this.#preparing !== undefined) {
      call.prepares = this.#preparing;
      this.statements.describe(call, this.#preparing);
    }
    this.#begin(call, kind, time);
  }

  #begin(call: ReturnType<DbCalls['take']>, kind: number, time: number): void {
    call.kind = kind;
    call.start = this.framing.startTime;
    call.requestLast = time;
    call.namespace = this.database;
    this.#calls.add(call, this.framing.fresh);
  }

  succeeded(call: DbCall): void {
    if (call.note !== '' && call.operation !== 'PREPARE') this.database = call.note;
  }

  /** It failed, or nobody knows. */
  failed(call: DbCall): void {
    if (call.note !== '' && call.operation === 'PREPARE') this.#named.revoke(call.note);
  }

  forget(): void {
    this.#continuing = false;
    this.#named.clear();
    this.statements.settle('unknown');
    this.#calls.callsLost(this.framing.late);
  }

  closed(incomplete: boolean): void {
    if (incomplete) this.#calls.reject('incomplete_packet');
  }
}

const identifier = (bytes: Uint8Array, at: number): number => int16(bytes, at) + int16(bytes, at + 2) * 0x10000;
