import { asciiText, byteAt, indexOf } from './bytes.ts';
import type { DbCall } from './db_call.ts';
import type { DbCalls } from './db_calls.ts';
import type { DbReader } from './db_session.ts';
import { HOLD } from './decoder.ts';
import { HEADER, int16, MAX_PACKET, packetLength } from './mysql_detect.ts';
import { FIELDS, type MysqlRequests, PREPARES, RESULT, ROWS, TEXT } from './mysql_requests.ts';

const PACKET = 0;
const SKIP = 1;
const LOST = 2;
const ENDED = 3;

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
/** MariaDB reports progress as an error of this number. */
const PROGRESS = 0xffff;
const MORE_RESULTS = 0x0008;
const CURSOR = 0x0040;
/** Bytes of a packet that are looked at. */
const WANTED = 32;
const MAX_GREETING = 128;
const NEED_MORE = -2;

/** What the server sends: a greeting, then answers of one packet or of result sets. */
export class MysqlReplies implements DbReader {
  opaque = false;
  readonly #calls: DbCalls;
  readonly #requests: MysqlRequests;
  #phase = PACKET;
  #part = FIRST;
  #remaining = 0;
  /** The packet was full: the next one goes on with it. */
  #continuing = false;
  #columns = 0;
  /** The columns and parameters are those of a preparation: no rows follow. */
  #definitions = false;
  #results = 0;
  #candidate = false;
  #counted = false;

  constructor(calls: DbCalls, requests: MysqlRequests, joined: boolean) {
    this.#calls = calls;
    this.#requests = requests;
    if (joined) this.#phase = LOST;
  }

  get ended(): boolean {
    return this.#phase === ENDED;
  }

  read(bytes: Uint8Array, start: number, end: number, time: number, boundary: boolean, mayHold: boolean): number {
    if (boundary && this.#phase === LOST) this.#candidate = true;
    let at = start;
    while (at < end) {
      const next = this.#step(bytes, at, end, time, mayHold);
      if (this.opaque) return end - start;
      if (next === HOLD) return at === start ? HOLD : at - start;
      if (next === NEED_MORE) break;
      at = next;
    }
    return at - start;
  }

  #step(bytes: Uint8Array, at: number, end: number, time: number, mayHold: boolean): number {
    switch (this.#phase) {
      case PACKET:
        return this.#packet(bytes, at, end, time, mayHold);
      case SKIP: {
        const taken = Math.min(this.#remaining, end - at);
        this.#remaining -= taken;
        if (this.#remaining === 0) this.#phase = PACKET;
        return at + taken;
      }
      case LOST:
        return this.#resynchronise(bytes, at, end);
      default:
        return end;
    }
  }

  #packet(bytes: Uint8Array, at: number, end: number, time: number, mayHold: boolean): number {
    if (end - at < HEADER) return NEED_MORE;
    const length = packetLength(bytes, at);
    const sequence = byteAt(bytes, at + 3);
    const greeting = sequence === 0 && this.#requests.starting;
    const wanted = Math.min(length, greeting ? MAX_GREETING : WANTED);
    if (end - at < HEADER + wanted) return NEED_MORE;
    const from = at + HEADER;
    if (this.#requests.starting) {
      // A client may be read before the greeting that it answers was.
      if (!greeting) return this.#malformed(end);
      this.#greeting(bytes, from, from + wanted);
    } else if (this.#requests.authenticating) {
      this.#authentication(bytes, from, length);
    } else if (!this.#continuing && length > 0) {
      if (this.#part === FIRST && this.#mustHold(bytes, from, length, sequence, mayHold)) return HOLD;
      this.#take(bytes, from, from + wanted, length, sequence, time);
    }
    this.#continuing = length === MAX_PACKET;
    if (this.#phase !== PACKET) return end;
    this.#remaining = length - wanted;
    if (this.#remaining > 0) this.#phase = SKIP;
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
    if (first === OK || first === ERR) this.#requests.authenticating = false;
  }

  #mustHold(bytes: Uint8Array, from: number, length: number, sequence: number, mayHold: boolean): boolean {
    if (isTrailer(bytes, from, length, sequence)) return false;
    return mayHold && this.#calls.empty && !this.#calls.uncertain;
  }

  #take(bytes: Uint8Array, start: number, end: number, length: number, sequence: number, time: number): void {
    const first = byteAt(bytes, start);
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
    const call = this.#results > 0 ? this.#calls.first : this.#calls.match(time);
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
      this.#row(bytes, start, end, length, time);
    } else if (first === OK || call?.kind === TEXT || (first === EOF && length < 9)) {
      this.#result(call, first === OK ? okStatus(bytes, start, end) : 0, time);
    } else {
      this.#resultSet(bytes, start, end, length);
    }
  }

  /** A number of columns. MariaDB may add that their definitions are known already. */
  #resultSet(bytes: Uint8Array, start: number, end: number, length: number): void {
    const first = byteAt(bytes, start);
    const size = first < 0xfb ? 1 : 3;
    this.#columns = first < 0xfb ? first : start + 3 <= end ? int16(bytes, start + 1) : 0;
    const known = length === size + 1 && start + size < end && byteAt(bytes, start + size) === 0;
    this.#definitions = false;
    this.#part = known ? ROW : COLUMNS;
  }

  #row(bytes: Uint8Array, start: number, end: number, length: number, time: number): void {
    const first = byteAt(bytes, start);
    const call = this.#calls.first;
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
    // The first EOF stands between columns and rows; with a cursor no rows follow.
    if (length === EOF_LENGTH && this.#columns === 0 && call?.kind === RESULT) {
      this.#columns = -1;
      if ((status & CURSOR) === 0) return;
    }
    this.#columns = 0;
    this.#part = FIRST;
    if (call !== undefined && call.kind === RESULT && !this.#calls.uncertain) call.rows = Math.max(0, call.rows);
    this.#result(call, status, time);
  }

  /** One result is whole. */
  #result(call: DbCall | undefined, status: number, time: number): void {
    if (call === undefined || this.#calls.uncertain) return;
    this.#results++;
    if ((status & MORE_RESULTS) !== 0) return;
    // A procedure has as many results as it likes.
    if (this.#results > 1 && call.operation !== 'CALL') call.batch = this.#results;
    if (call.note !== '') this.#requests.database = call.note;
    this.#answered(call, time);
  }

  #answered(call: DbCall, time: number): void {
    this.#results = 0;
    if (call === this.#calls.first) this.#calls.answered(time);
  }

  #error(call: DbCall | undefined, bytes: Uint8Array, start: number, end: number, time: number): void {
    const code = end - start >= 3 ? int16(bytes, start + 1) : 0;
    if (code === PROGRESS) return;
    this.#requests.sendingFile = false;
    if (call === undefined || this.#calls.uncertain) return;
    call.status = String(code);
    call.failed = true;
    // A preparation is told only if it fails.
    call.ignored = false;
    this.#answered(call, time);
  }

  /** The statement's number, columns, parameters; definitions follow for both. */
  #prepared(bytes: Uint8Array, start: number, end: number, time: number): void {
    const { preparing, prepared } = this.#requests;
    const call = this.#calls.first;
    if (end - start >= 9) {
      const id = int16(bytes, start + 1) + int16(bytes, start + 3) * 0x10000;
      if (preparing !== undefined) prepared.set(id, preparing);
      this.#columns = int16(bytes, start + 5) + int16(bytes, start + 7);
    }
    if (call !== undefined) this.#answered(call, time);
    this.#part = this.#columns > 0 ? COLUMNS : FIRST;
    this.#definitions = true;
  }

  #malformed(end: number): number {
    this.#calls.reject('malformed_packet');
    this.opaque = true;
    return end;
  }

  #lose(): void {
    this.#phase = LOST;
    this.#part = FIRST;
    this.#columns = this.#results = 0;
    this.#continuing = this.#candidate = this.#counted = false;
    this.#calls.answersLost();
  }

  /** Every answer begins with the packet number 1. */
  #resynchronise(bytes: Uint8Array, at: number, end: number): number {
    if (this.#candidate) {
      if (end - at < HEADER) return NEED_MORE;
      const length = packetLength(bytes, at);
      if (byteAt(bytes, at + 3) === 1 && length > 0 && byteAt(bytes, at + 2) === 0) {
        this.#phase = PACKET;
        this.#counted = false;
        return at;
      }
      this.#candidate = false;
    }
    if (!this.#counted) {
      this.#counted = true;
      this.#calls.reject('unsynchronised');
    }
    return end;
  }

  skip(length: number): void {
    if (this.#phase === ENDED) return;
    if (this.#phase === SKIP && length <= this.#remaining) {
      this.#remaining -= length;
      if (this.#remaining === 0) this.#phase = PACKET;
    } else {
      this.#lose();
    }
  }

  close(): void {
    this.#phase = ENDED;
  }
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
