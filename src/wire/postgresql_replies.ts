import { asciiBytes, asciiText, byteAt, decimal, decodeText, indexOf, SP, startsWith } from './bytes.ts';
import type { DbCall } from './db_call.ts';
import type { DbCalls } from './db_calls.ts';
import { DbFraming, type DbGrammar, NEED_MORE } from './db_framing.ts';
import { type Detection, HOLD, NO, RESPONSE } from './decoder.ts';
import { detectPostgresql, HEADER, messageLength } from './postgresql_detect.ts';
import { EXECUTE, type PostgresqlRequests, PREPARE, QUERY, SYNC } from './postgresql_requests.ts';

/** Of an error's fields: S, V and C come first. */
const MAX_ERROR = 256;
const MAX_TAG = 64;
const STRINGS = asciiBytes('standard_conforming_strings\0');
/** RowDescription, ParseComplete, BindComplete, EmptyQueryResponse, ErrorResponse, CopyIn, CopyOut. */
const FIRST_TYPES: ReadonlySet<number> = new Set([0x54, 0x31, 0x32, 0x49, 0x45, 0x47, 0x48]);
/** The server skips what comes after an error until Sync. */
const PIPELINE_ABORTED = 'pipeline_aborted';

/** What the server sends. Notices, parameters and notifications come at any time and answer nothing. */
export class PostgresqlReplies implements DbGrammar {
  readonly framing: DbFraming;
  readonly #calls: DbCalls;
  readonly #requests: PostgresqlRequests;
  /** Messages since the last ReadyForQuery belong to calls that are known. */
  #inside = false;
  #known = false;
  /** They are the rest of the answer that the client waits for. */
  #rest = false;
  /** An error has ended the current group. */
  #failed = false;
  /** DataRows of the current statement. */
  #rows = 0;
  /** CommandCompletes of the current Query. */
  #completed = 0;
  #ready = false;
  /** Something is missing before the current group. */
  #resumed = false;

  constructor(calls: DbCalls, requests: PostgresqlRequests, joined: boolean) {
    this.framing = new DbFraming(this, RESPONSE, calls, joined);
    this.#calls = calls;
    this.#requests = requests;
    this.#ready = this.#resumed = joined;
  }

  begins(bytes: Uint8Array, at: number, end: number): Detection {
    // A startup packet is none of a server.
    return byteAt(bytes, at) === 0 ? NO : detectPostgresql(bytes, at, end);
  }

  message(bytes: Uint8Array, at: number, end: number, time: number, mayHold: boolean): number {
    const requests = this.#requests;
    if (requests.encryptionAsked) return this.#encryption(bytes, at, end);
    if (requests.starting && mayHold) return HOLD;
    if (end - at < HEADER) return NEED_MORE;
    const length = messageLength(bytes, at, false);
    if (length === 0) {
      if (requests.starting) this.framing.opaque = true;
      return this.framing.malformed('malformed_message', end);
    }
    const type = byteAt(bytes, at);
    const wanted = HEADER + Math.min(length - HEADER, wantedOf(type));
    if (end - at < wanted) return NEED_MORE;
    // Joined while it begins.
    if (type === 0x52) this.#ready = false;
    if (this.#ready && !this.#inside && !isAsynchronous(type)) {
      const { empty } = this.#calls;
      // Parse and Describe are answered before the call that they belong to is known.
      if (empty && requests.pending) return this.#done(at, length, wanted);
      if (mayHold && this.#calls.mustHold()) return HOLD;
      // A connection that asks nothing is ended: by a timeout, by an administrator.
      if (empty && type === 0x45 && isFatal(bytes, at + HEADER, at + wanted)) return this.#done(at, length, wanted);
      this.#inside = true;
      this.#rest = !this.#isWhole(type, bytes, at, at + wanted);
      this.#known = !this.#rest && this.#calls.match(time) !== undefined;
    }
    this.#take(type, bytes, at + HEADER, at + wanted, time);
    return this.#done(at, length, wanted);
  }

  /** After lost bytes: is it the first message of the only answer in its group? The rest of one tells too little. */
  #isWhole(type: number, bytes: Uint8Array, at: number, end: number): boolean {
    if (!this.#resumed) return true;
    const { anchor } = this.#calls;
    if (anchor === undefined) return true;
    const alone = anchor.kind === QUERY ? anchor.expected === 1 : anchor.next?.kind !== EXECUTE;
    if (!alone) return false;
    // CommandComplete without rows before it.
    if (type === 0x43) return returnedRows(bytes, at + HEADER, end) < 0;
    return FIRST_TYPES.has(type);
  }

  #done(at: number, length: number, wanted: number): number {
    this.framing.messageDone();
    this.framing.passOver(length - wanted);
    return at + wanted;
  }

  /** One byte: S (or G) and what follows is encrypted, N and it is not. Old servers answer with an error. */
  #encryption(bytes: Uint8Array, at: number, end: number): number {
    const answer = byteAt(bytes, at);
    this.#requests.encryptionAsked = false;
    if (answer === 0x53) {
      this.framing.encrypt();
      return at + 1;
    }
    if (answer === 0x47) {
      this.framing.opaque = true;
      return end;
    }
    return answer === 0x4e ? at + 1 : at;
  }

  #take(type: number, bytes: Uint8Array, start: number, end: number, time: number): void {
    if (type === 0x5a) {
      this.#readyForQuery(time);
      this.#requests.statements.settled();
      return;
    }
    if (type === 0x53) {
      const value = parameter(bytes, start, end, STRINGS);
      if (value !== '') this.#requests.statements.settle(value === 'off' ? 'yes' : 'no');
      return;
    }
    if (!this.#ready || !this.#inside || !this.#known) return;
    const { first } = this.#calls;
    if (first === undefined) return;
    switch (type) {
      case 0x43: // CommandComplete
        this.#complete(first, bytes, start, end, time);
        break;
      case 0x49: // EmptyQueryResponse
        if (first.kind === EXECUTE) this.#calls.answered(time);
        break;
      case 0x44: // DataRow
        this.#rows++;
        break;
      case 0x73: // PortalSuspended: the only end without a number of rows
        if (first.kind !== EXECUTE) break;
        first.rows = this.#rows;
        this.#rows = 0;
        this.#calls.answered(time);
        break;
      case 0x45: // ErrorResponse
        this.#error(first, bytes, start, end, time);
        break;
      default:
        break;
    }
  }

  #complete(first: DbCall, bytes: Uint8Array, start: number, end: number, time: number): void {
    if (first.kind !== QUERY && first.kind !== EXECUTE) return;
    // CREATE TABLE AS has the tag of a SELECT, and INSERT RETURNING returns rows.
    const rows = this.#rows > 0 || returnedRows(bytes, start, end) === 0 ? this.#rows : -1;
    this.#rows = 0;
    if (rows >= 0) first.rows = Math.max(0, first.rows) + rows;
    if (first.kind === EXECUTE) this.#calls.answered(time);
    else if (++this.#completed > 1) first.batch = this.#completed;
  }

  #error(first: DbCall, bytes: Uint8Array, start: number, end: number, time: number): void {
    if (this.#failed || first.kind === SYNC) return;
    this.#requests.revoke(first);
    first.status = sqlState(bytes, start, end);
    first.failed = true;
    first.ignored = false;
    if (first.kind === QUERY) return;
    this.#failed = true;
    this.#calls.answered(time);
  }

  /** Everything up to the Query or the Sync is over. */
  #readyForQuery(time: number): void {
    const calls = this.#calls;
    // Of an answer whose beginning is missing the end is seen: what comes next is another call's.
    const ended = this.#known || (this.#rest && calls.anchor !== undefined && calls.match(time) !== undefined);
    if (this.#ready && this.#inside && ended) {
      for (let first = calls.first; first !== undefined; first = calls.first) {
        const { kind } = first;
        if (this.#failed) this.#requests.revoke(first);
        if (kind === EXECUTE) first.errorType = this.#failed ? PIPELINE_ABORTED : '';
        if (kind === EXECUTE && !this.#failed) first.responsePartial = true;
        if (kind === PREPARE && !first.failed) first.ignored = true;
        if (this.#rest) first.responsePartial = true;
        calls.answered(time);
        if (kind === QUERY || kind === SYNC) break;
      }
    }
    this.#ready = true;
    this.#inside = this.#known = this.#rest = this.#failed = this.#resumed = false;
    this.#completed = this.#rows = 0;
  }

  forget(): void {
    this.#resumed = true;
    this.#inside = this.#known = this.#rest = this.#failed = false;
    this.#ready = true;
    this.#completed = this.#rows = 0;
    this.#requests.statements.settle('unknown');
    // Whether they were prepared may have been said in what is missing.
    for (let call = this.#calls.first; call !== undefined; call = call.next) this.#requests.revoke(call);
    this.#calls.answersLost();
  }
}

const isAsynchronous = (type: number): boolean => type === 0x4e || type === 0x53 || type === 0x41;

function wantedOf(type: number): number {
  if (type === 0x45) return MAX_ERROR;
  return type === 0x43 || type === 0x53 ? MAX_TAG : 0;
}

/** `SELECT 5`, `FETCH 5`: rows that were returned. `INSERT 0 5` tells rows that were not. */
function returnedRows(bytes: Uint8Array, start: number, end: number): number {
  const stop = indexOf(bytes, 0, start, end);
  const space = indexOf(bytes, SP, start, stop);
  if (space < 0) return -1;
  const tag = asciiText(bytes, start, space);
  return tag === 'SELECT' || tag === 'FETCH' ? decimal(bytes, space + 1, stop) : -1;
}

/** The value of a ParameterStatus of this name, or ''. */
function parameter(bytes: Uint8Array, start: number, end: number, name: Uint8Array): string {
  if (end - start <= name.length || !startsWith(bytes, start, name)) return '';
  const stop = indexOf(bytes, 0, start + name.length, end);
  return stop < 0 ? '' : asciiText(bytes, start + name.length, stop);
}

const FATAL = asciiBytes('VFATAL\0');
const PANIC = asciiBytes('VPANIC\0');

/** Field V, the second one: the first is the same in the server's language. */
function isFatal(bytes: Uint8Array, start: number, end: number): boolean {
  const at = indexOf(bytes, 0, start, end) + 1;
  return end - at >= FATAL.length && (startsWith(bytes, at, FATAL) || startsWith(bytes, at, PANIC));
}

/** Field C: https://www.postgresql.org/docs/current/protocol-error-fields.html */
function sqlState(bytes: Uint8Array, start: number, end: number): string {
  for (let at = start; at < end && byteAt(bytes, at) !== 0; ) {
    const stop = indexOf(bytes, 0, at + 1, end);
    if (stop < 0) break;
    if (byteAt(bytes, at) === 0x43) {
      const code = decodeText(bytes, at + 1, stop);
      return /^[0-9A-Z]{5}$/.test(code) ? code : '_OTHER';
    }
    at = stop + 1;
  }
  return '_OTHER';
}
