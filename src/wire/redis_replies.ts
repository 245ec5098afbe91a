import { byteAt, CR, indexOf, isDigit, LF } from './bytes.ts';
import type { DbCall } from './db_call.ts';
import type { DbCalls } from './db_calls.ts';
import { DbFraming, type DbGrammar, NEED_MORE } from './db_framing.ts';
import { type Detection, HOLD, MORE, NO, RESPONSE } from './decoder.ts';
import { EXECUTES, MONITORS, REPLICATES, RESETS, SELECTS, SUBSCRIBES, UNSUBSCRIBES } from './redis_commands.ts';
import { ARRAY, BULK, headerNumber, isReplyLine, isReplyType, lineEnd } from './redis_detect.ts';
import type { RedisRequests } from './redis_requests.ts';
import { errorPrefix, firstWord, isNull, MAX_PREFIX } from './redis_values.ts';

/** Where in an answer. */
const START = 0;
const ELEMENTS = 1;
/** The rest of a line that needs no look. */
const LINE = 2;

/** Of a line: errors are sentences. */
const MAX_LINE = 256;

const ERROR = 0x2d;
const BULK_ERROR = 0x21;
const PUSH = 0x3e;
const ATTRIBUTE = 0x7c;
const SIMPLE = 0x2b;
/** Of `+QUEUED`. */
const QUEUED = 0x51;
const INTEGER = 0x3a;

/** What is subscribed to is counted apart. */
const CHANNELS = 1;
const SHARDS = 2;

/** First words of what comes unasked (RESP2 has no type of its own for it), and of confirmations. */
const MESSAGES = new Set(['message', 'pmessage', 'smessage', 'invalidate']);
const SHARD_CONFIRMATIONS = new Set(['ssubscribe', 'sunsubscribe']);
const CONFIRMATIONS = new Set(['subscribe', 'unsubscribe', 'psubscribe', 'punsubscribe', ...SHARD_CONFIRMATIONS]);

/**
 * What the server sends: RESP2 and RESP3 (https://redis.io/docs/latest/develop/reference/protocol-spec/). An answer is
 * one value with all that is in it; pushes and attributes are no answers.
 */
export class RedisReplies implements DbGrammar {
  readonly framing: DbFraming;
  readonly #calls: DbCalls;
  readonly #requests: RedisRequests;
  #part = START;
  /** Values that the current answer still has to have. */
  #open = 0;
  /** They are those inside it. */
  #inside = false;
  /** Whose answer it is; undefined: of nobody that is known. */
  #call: DbCall | undefined = undefined;
  /** It is a message that nobody asked for; its first word if it is a confirmation. */
  #pushed = false;
  #confirmation = '';
  /** In RESP2. */
  #array = false;
  /** CHANNELS or SHARDS or both, in RESP2. */
  #subscribed = 0;
  #monitored = false;
  /** The database that a transaction selects when it is executed. */
  #queued = '';

  constructor(calls: DbCalls, requests: RedisRequests, joined: boolean) {
    this.framing = new DbFraming(this, RESPONSE, calls, joined);
    this.#calls = calls;
    this.#requests = requests;
  }

  message(bytes: Uint8Array, at: number, end: number, time: number, mayHold: boolean): number {
    switch (this.#part) {
      case START:
        return this.#start(bytes, at, end, time, mayHold);
      case ELEMENTS:
        return this.#value(bytes, at, end, time);
      default: {
        const lf = indexOf(bytes, LF, at, end);
        if (lf < 0) return end;
        this.#valueDone(time);
        return lf + 1;
      }
    }
  }

  begins(bytes: Uint8Array, at: number, end: number): Detection {
    // The elements of an answer look like answers.
    if (this.#calls.torn) return NO;
    const lf = isReplyType(byteAt(bytes, at)) ? lineEnd(bytes, at, end, MAX_LINE) : -2;
    if (lf === -1) return MORE;
    return lf >= 0 && isReplyLine(bytes, at, lf) ? RESPONSE : NO;
  }

  #start(bytes: Uint8Array, at: number, end: number, time: number, mayHold: boolean): number {
    const type = byteAt(bytes, at);
    // A server that prepares what a replica gets says so with empty lines.
    const waits = type === LF && this.#calls.first?.kind === REPLICATES;
    if (!isReplyType(type) && !waits) return this.framing.malformed('malformed_reply', end);
    if (type === PUSH || (type === ARRAY && this.#mayBePush(mayHold))) {
      const word = firstWord(bytes, at, end);
      if (word === undefined) return NEED_MORE;
      const confirmed = CONFIRMATIONS.has(word);
      if (confirmed || MESSAGES.has(word) || type === PUSH) {
        this.#confirmation = confirmed ? word : '';
        this.#array = type === ARRAY;
        return this.#begin(at, true);
      }
    }
    if (type === SIMPLE && this.#monitored) {
      if (at + 1 >= end) return NEED_MORE;
      if (isDigit(byteAt(bytes, at + 1))) return this.#begin(at, true);
    }
    if (mayHold && this.#calls.mustHold()) return HOLD;
    this.#call = this.#calls.match(time);
    if (this.#call?.kind === REPLICATES && type !== ERROR) {
      // The answer itself belongs to the other protocol.
      this.#calls.answered(time);
      this.framing.opaque = true;
      return end;
    }
    return this.#begin(at, false);
  }

  /** In RESP2 what comes unasked looks like an answer: it can only come after a subscription. */
  #mayBePush(mayHold: boolean): boolean {
    const { empty, first, uncertain } = this.#calls;
    // The call that it answers may still come.
    if (this.#subscribed > 0 || (empty && (uncertain || !mayHold))) return true;
    return first?.kind === SUBSCRIBES || first?.kind === UNSUBSCRIBES;
  }

  #begin(at: number, pushed: boolean): number {
    this.#pushed = pushed;
    this.#open = 1;
    this.#inside = false;
    this.#part = ELEMENTS;
    return at;
  }

  #value(bytes: Uint8Array, at: number, end: number, time: number): number {
    const type = byteAt(bytes, at);
    if (!isReplyType(type)) return this.framing.malformed('malformed_reply', end);
    if (type === ERROR || type === BULK_ERROR) return this.#error(bytes, at, end, time, type);
    const lf = lineEnd(bytes, at, end, MAX_LINE);
    if (lf === -1) return NEED_MORE;
    if (type === BULK || type === 0x3d) return this.#string(bytes, at, lf, end, time);
    if (type === ARRAY || type === PUSH || type === 0x7e) return this.#aggregate(bytes, at, lf, end, time, 1);
    if (type === 0x25 || type === ATTRIBUTE) return this.#aggregate(bytes, at, lf, end, time, 2);
    if (lf === -2) {
      this.#part = LINE;
      return Math.min(end, at + MAX_LINE);
    }
    if (byteAt(bytes, lf - 1) !== CR) return this.framing.malformed('malformed_reply', end);
    if (type === INTEGER && this.#pushed && this.#array) this.#count(headerNumber(bytes, at, lf));
    else if (type === SIMPLE && this.#call?.kind === SELECTS && byteAt(bytes, at + 1) === QUEUED)
      this.#queue(this.#call);
    this.#valueDone(time);
    return lf + 1;
  }

  /** A confirmation says how many there are now. */
  #count(subscriptions: number): void {
    const which = SHARD_CONFIRMATIONS.has(this.#confirmation) ? SHARDS : CHANNELS;
    this.#subscribed = subscriptions > 0 ? this.#subscribed | which : this.#subscribed & ~which;
  }

  /** Selected when the transaction is executed. */
  #queue(call: DbCall): void {
    this.#queued = call.note;
    call.note = this.#requests.database;
  }

  /** The next value is the answer itself. */
  get #whole(): boolean {
    return this.#open === 1 && !this.#inside && !this.#pushed;
  }

  #string(bytes: Uint8Array, at: number, lf: number, end: number, time: number): number {
    const length = lf < 0 ? -1 : headerNumber(bytes, at, lf);
    if (length >= 0) {
      this.framing.passOver(length + 2);
      return lf + 1;
    }
    if (!isNull(bytes, at, lf)) return this.framing.malformed('malformed_reply', end);
    this.#valueDone(time);
    return lf + 1;
  }

  #aggregate(bytes: Uint8Array, at: number, lf: number, end: number, time: number, per: number): number {
    const count = lf < 0 ? -1 : headerNumber(bytes, at, lf);
    if (count < 0 && !isNull(bytes, at, lf)) return this.framing.malformed('malformed_reply', end);
    const values = Math.max(0, count) * per;
    // An attribute stands before the value that it tells about.
    const attribute = byteAt(bytes, at) === ATTRIBUTE;
    if (this.#whole && !attribute && this.#call?.kind === EXECUTES) this.#call.batch = values;
    if (!attribute) this.#inside = true;
    this.#open += values + (attribute ? 1 : 0);
    this.#valueDone(time);
    return lf + 1;
  }

  /** `-WRONGTYPE Operation…`: the first word is the code. */
  #error(bytes: Uint8Array, at: number, end: number, time: number, type: number): number {
    const lf = lineEnd(bytes, at, end, MAX_LINE);
    if (lf === -1) return NEED_MORE;
    let from = at + 1;
    let next = lf + 1;
    let length = 0;
    if (type === BULK_ERROR) {
      length = lf < 0 ? -1 : headerNumber(bytes, at, lf);
      if (length < 0) return this.framing.malformed('malformed_reply', end);
      from = lf + 1;
      if (Math.min(length, MAX_PREFIX) > end - from) return NEED_MORE;
      next = from;
    }
    const limit = type === BULK_ERROR ? from + length : lf < 0 ? at + MAX_LINE : lf;
    const call = this.#call;
    // An error inside an answer is one of a transaction's commands, or of a script's values.
    if (call !== undefined && !this.#pushed && call.status === '' && (this.#whole || call.kind === EXECUTES)) {
      call.status = errorPrefix(bytes, from, Math.min(end, limit));
      call.failed = true;
    }
    if (type === BULK_ERROR) {
      this.framing.passOver(length + 2);
    } else if (lf < 0) {
      this.#part = LINE;
      next = Math.min(end, at + MAX_LINE);
    } else {
      this.#valueDone(time);
    }
    return next;
  }

  passed(time: number): void {
    this.#valueDone(time);
  }

  #valueDone(time: number): void {
    this.#open--;
    this.#part = ELEMENTS;
    if (this.#open > 0) return;
    this.#part = START;
    this.framing.messageDone();
    const call = this.#call;
    this.#call = undefined;
    if (this.#pushed) {
      this.#pushed = false;
      if (this.#confirmation !== '') this.#confirmed(time);
      return;
    }
    if (call === undefined || call !== this.#calls.first) return;
    if (call.kind === SELECTS && !call.failed) this.#requests.database = call.note;
    if (call.kind === MONITORS && !call.failed) this.#monitored = true;
    if (call.kind === EXECUTES) {
      if (call.batch > 0 && this.#queued !== '') this.#requests.database = this.#queued;
      this.#queued = '';
    }
    if (call.kind === RESETS && !call.failed) {
      this.#requests.database = '0';
      this.#queued = '';
      this.#monitored = false;
      this.#subscribed = 0;
    }
    // What ends it is missing: when that passed is not known.
    if (this.framing.late) this.#calls.answeredBefore(time);
    else this.#calls.answered(time);
  }

  #confirmed(time: number): void {
    const { first } = this.#calls;
    if (first === undefined) {
      this.#confirmation = '';
      return;
    }
    const asked = first.operation.toLowerCase() === this.#confirmation;
    this.#confirmation = '';
    if (!asked || --first.expected > 0) return;
    if (this.#calls.match(time) !== undefined) this.#calls.answered(time);
  }

  forget(): void {
    this.#part = START;
    this.#call = undefined;
    this.#pushed = false;
    this.#confirmation = '';
    this.#calls.answersLost();
  }

  closed(): void {
    this.#call = undefined;
  }
}
