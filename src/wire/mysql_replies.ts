import { asciiText, byteAt, indexOf } from './bytes.ts';
import type { DbCall } from './db_call.ts';
import type { DbCalls } from './db_calls.ts';
import { DbFraming, type DbGrammar, NEED_MORE } from './db_framing.ts';
import { type Detection, HOLD, MORE, NO, RESPONSE } from './decoder.ts';
import { FIELDS, PREPARES, RESULT, ROWS, TEXT } from './mysql_commands.ts';
import { detectMysql, HEADER, int16, MAX_PACKET, packetLength } from './mysql_detect.ts';
import type { MysqlRequests } from './mysql_requests.ts';

/** What the next packet is. */
const FIRST = 0;
const COLUMNS = 1;
/** Rows, or the EOF packet between columns and rows that newer clients do without. */
const ROW = 2;

const OK = 0x00;
const EOF = 0xfe;
const ERR = 0xff;
const LOCAL_INFILE = 0xfb;
/** The only length of an EOF packet; an OK packet in its place has at least 7. */
const EOF_LENGTH = 5;
/** MariaDB reports progress as an error of this number, anywhere in an answer. */
const PROGRESS = 0xffff;
const MORE_RESULTS = 0x0008;
const NO_BACKSLASH_ESCAPES = 0x0200;
const CURSOR = 0x0040;
/** Bytes of a packet that are looked at. */
const WANTED = 32;
const MAX_GREETING = 128;
/** Of the first packet of an answer that is no result set. */
const MAX_FIRST = 4096;
/** Status, number, columns, parameters, a zero, warnings. */
const PREPARED_LENGTH = 12;

/** What the server sends: a greeting, then answers of one packet or of result sets. */
export class MysqlReplies implements DbGrammar {
  readonly framing: DbFraming;
  readonly #calls: DbCalls;
  readonly #requests: MysqlRequests;
  #part = FIRST;
  /** The packet was full: the next one goes on with it. */
  #continuing = false;
  #columns = 0;
  /** An EOF packet may come between the columns and the rows. */
  #divided = false;
  /** The columns and parameters are those of a preparation: no rows follow. */
  #definitions = false;
  /** Results of the current answer, and whether its call is not known. */
  #results = 0;
  #orphan = false;
  /** Number of the last packet. */
  #sequence = 0;

  constructor(calls: DbCalls, requests: MysqlRequests, joined: boolean) {
    this.framing = new DbFraming(this, RESPONSE, calls, joined);
    this.#calls = calls;
    this.#requests = requests;
  }

  /** Every answer begins with the packet number 1, the greeting with 0. */
  begins(bytes: Uint8Array, at: number, end: number): Detection {
    if (end - at < HEADER) return MORE;
    if (byteAt(bytes, at + 3) === 0) {
      // Joined as it begins.
      const detection = detectMysql(bytes, at, end);
      if (detection === RESPONSE) this.#requests.starts();
      return detection;
    }
    const length = packetLength(bytes, at);
    if (byteAt(bytes, at + 3) !== 1 || length === 0) return NO;
    const wanted = HEADER + Math.min(length, WANTED);
    if (end - at < wanted) return length < MAX_FIRST ? MORE : NO;
    return isFirst(bytes, at + HEADER, at + wanted, length) ? RESPONSE : NO;
  }

  message(bytes: Uint8Array, at: number, end: number, time: number, mayHold: boolean): number {
    if (end - at < HEADER) return NEED_MORE;
    const length = packetLength(bytes, at);
    const sequence = byteAt(bytes, at + 3);
    const greeting = sequence === 0 && this.#requests.starting;
    const wanted = Math.min(length, greeting ? MAX_GREETING : WANTED);
    if (end - at < HEADER + wanted) return NEED_MORE;
    const from = at + HEADER;
    if (this.#requests.starting) {
      // A client may be read before the greeting that it answers was.
      if (!greeting) {
        this.framing.opaque = true;
        return this.framing.malformed('malformed_packet', end);
      }
      this.#greeting(bytes, from, from + wanted);
    } else if (this.#requests.authenticating) {
      this.#authentication(bytes, from, length);
    } else if (!this.#continuing && length > 0) {
      if (this.#part === FIRST && this.#mustHold(bytes, from, length, sequence, mayHold)) return HOLD;
      this.#take(bytes, from, from + wanted, length, sequence, time);
    }
    this.#sequence = sequence;
    this.#continuing = length === MAX_PACKET;
    this.framing.messageDone();
    this.framing.passOver(length - wanted);
    return from + wanted;
  }

  #greeting(bytes: Uint8Array, start: number, end: number): void {
    this.#requests.greeted();
    const stop = indexOf(bytes, 0, start, end);
    if (byteAt(bytes, start) !== 10 || stop < 0) return;
    if (asciiText(bytes, start + 1, stop).includes('MariaDB')) this.#calls.connection.system = 'mariadb';
  }

  #authentication(bytes: Uint8Array, start: number, length: number): void {
    const first = length > 0 ? byteAt(bytes, start) : OK;
    if (first === OK) this.#settle(okStatus(bytes, start, start + Math.min(length, WANTED)));
    if (first === OK || first === ERR) this.#requests.authenticating = false;
  }

  #mustHold(bytes: Uint8Array, from: number, length: number, sequence: number, mayHold: boolean): boolean {
    if (isTrailer(bytes, from, length, sequence)) return false;
    return mayHold && this.#calls.mustHold();
  }

  #take(bytes: Uint8Array, start: number, end: number, length: number, sequence: number, time: number): void {
    const first = byteAt(bytes, start);
    if (first === ERR && end - start >= 3 && int16(bytes, start + 1) === PROGRESS) return;
    // What began like a result set was none, or something is missing.
    if (this.#part !== FIRST && sequence !== ((this.#sequence + 1) & 0xff)) this.forget();
    if (this.#part === COLUMNS) {
      if (first === EOF && length === EOF_LENGTH) return;
      if (first === ERR) this.#first(bytes, start, end, length, time);
      else if (--this.#columns <= 0) this.#part = this.#definitions ? FIRST : ROW;
    } else if (this.#part === ROW) {
      this.#row(bytes, start, end, length, time);
    } else if (!isTrailer(bytes, start, length, sequence)) {
      this.#first(bytes, start, end, length, time);
    }
  }

  /** The first packet of an answer or of one of its results. */
  #first(bytes: Uint8Array, start: number, end: number, length: number, time: number): void {
    if (this.#results === 0) this.#orphan = this.#calls.match(time) === undefined;
    const call = this.#call;
    const first = byteAt(bytes, start);
    this.#part = FIRST;
    if (first === ERR) {
      this.#error(call, bytes, start, end, time);
    } else if (first === LOCAL_INFILE && length > 1 && call?.kind === RESULT) {
      this.#requests.sendingFile = true;
    } else if (call?.kind === PREPARES && first === OK) {
      this.#prepared(bytes, start, end, time);
    } else if (call?.kind === FIELDS || call?.kind === ROWS) {
      this.#part = ROW;
      this.#divided = false;
      this.#row(bytes, start, end, length, time);
    } else if (first === OK || call?.kind === TEXT || (first === EOF && length < 9)) {
      const status = first === OK ? okStatus(bytes, start, end) : 0;
      if (first === OK && call !== undefined) this.#settle(status);
      this.#result(call, status, time);
    } else {
      this.#resultSet(bytes, start, end, length);
    }
  }

  /** Whose answer it is, if that is known. */
  get #call(): DbCall | undefined {
    return this.#orphan ? undefined : this.#calls.first;
  }

  /** A number of columns. MariaDB may add that their definitions are known already. */
  #resultSet(bytes: Uint8Array, start: number, end: number, length: number): void {
    const first = byteAt(bytes, start);
    const size = first < 0xfb ? 1 : 3;
    this.#columns = first < 0xfb ? first : start + 3 <= end ? int16(bytes, start + 1) : 0;
    const known = length === size + 1 && start + size < end && byteAt(bytes, start + size) === 0;
    this.#divided = !known;
    this.#definitions = false;
    this.#part = known ? ROW : COLUMNS;
  }

  #row(bytes: Uint8Array, start: number, end: number, length: number, time: number): void {
    const first = byteAt(bytes, start);
    const call = this.#call;
    if (first === ERR) {
      this.#part = FIRST;
      this.#error(call, bytes, start, end, time);
      return;
    }
    if (first !== EOF || length === MAX_PACKET) {
      if (call !== undefined && call.kind !== FIELDS && !this.#calls.uncertain) call.rows = Math.max(0, call.rows) + 1;
      return;
    }
    const status = length === EOF_LENGTH ? int16(bytes, start + 3) : okStatus(bytes, start, end);
    this.#settle(status);
    // The first EOF stands between columns and rows; with a cursor no rows follow.
    if (length === EOF_LENGTH && this.#divided) {
      this.#divided = false;
      if ((status & CURSOR) === 0) return;
    }
    this.#columns = 0;
    this.#part = FIRST;
    if (call !== undefined && call.kind === RESULT && !this.#calls.uncertain) call.rows = Math.max(0, call.rows);
    this.#result(call, status, time);
  }

  /** Every answer says how the next statement is read. */
  #settle(status: number): void {
    this.#requests.statements.settle((status & NO_BACKSLASH_ESCAPES) === 0 ? 'yes' : 'no');
  }

  /** One result is whole. */
  #result(call: DbCall | undefined, status: number, time: number): void {
    const results = ++this.#results;
    if ((status & MORE_RESULTS) !== 0) return;
    this.#results = 0;
    if (call === undefined || this.#calls.uncertain) return;
    // A procedure has as many results as it likes.
    if (results > 1 && call.operation !== 'CALL') call.batch = results;
    this.#requests.succeeded(call);
    this.#answered(call, time);
  }

  #answered(call: DbCall, time: number): void {
    if (call === this.#calls.first) this.#calls.answered(time);
  }

  #error(call: DbCall | undefined, bytes: Uint8Array, start: number, end: number, time: number): void {
    const code = end - start >= 3 ? int16(bytes, start + 1) : 0;
    this.#requests.sendingFile = false;
    this.#results = 0;
    if (call === undefined || this.#calls.uncertain) return;
    this.#requests.failed(call);
    call.status = String(code);
    call.failed = true;
    // A preparation is told only if it fails.
    call.ignored = false;
    this.#answered(call, time);
  }

  /** The statement's number, columns, parameters; definitions follow for both. */
  #prepared(bytes: Uint8Array, start: number, end: number, time: number): void {
    const call = this.#calls.first;
    if (end - start >= 9) {
      const id = int16(bytes, start + 1) + int16(bytes, start + 3) * 0x10000;
      if (call?.prepares !== undefined) this.#requests.prepared.set(id, call.prepares);
      this.#columns = int16(bytes, start + 5) + int16(bytes, start + 7);
    }
    if (call !== undefined) this.#answered(call, time);
    this.#part = this.#columns > 0 ? COLUMNS : FIRST;
    this.#definitions = true;
  }

  forget(): void {
    this.#part = FIRST;
    this.#columns = this.#results = 0;
    this.#continuing = false;
    this.#requests.statements.settle('unknown');
    for (let call = this.#calls.first; call !== undefined; call = call.next) this.#requests.failed(call);
    this.#calls.answersLost();
  }
}

/** Packets are counted modulo 256, so a row may have the number 1 too. Is it the first of an answer? */
function isFirst(bytes: Uint8Array, start: number, end: number, length: number): boolean {
  const first = byteAt(bytes, start);
  // A prepared statement. In a transaction or not, with the session's flags; `#` and the SQLSTATE; a file's name.
  if (first === OK && length === PREPARED_LENGTH) return byteAt(bytes, start + 9) === 0;
  if (first === OK) return length >= 7 && length < MAX_FIRST && (okStatus(bytes, start, end) & 3) !== 0;
  if (first === ERR) return length >= 9 && length < MAX_FIRST && byteAt(bytes, start + 3) === 0x23;
  if (first === LOCAL_INFILE) return length > 1 && length < MAX_FIRST;
  if (first === EOF) return length === EOF_LENGTH;
  // A number of columns, perhaps with a flag behind it.
  return length <= (first < 0xfb ? 2 : 4);
}

/** The EOF packet behind the definitions of a preparation: an answer begins with the packet number 1. */
function isTrailer(bytes: Uint8Array, at: number, length: number, sequence: number): boolean {
  return length === EOF_LENGTH && byteAt(bytes, at) === EOF && sequence > 1;
}

/** Status flags of an OK packet, behind two numbers of varying length. */
function okStatus(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1;
  for (let number = 0; number < 2; number++) {
    if (at >= end) return 0;
    const first = byteAt(bytes, at);
    at += first < 0xfb ? 1 : first === 0xfc ? 3 : first === 0xfd ? 4 : 9;
  }
  return at + 2 <= end ? int16(bytes, at) : 0;
}
