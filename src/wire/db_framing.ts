import type { DbCalls } from './db_calls.ts';
import { type Detection, HOLD, MORE, RESPONSE } from './decoder.ts';
import type { SideReader } from './two_way_session.ts';

/** Too few bytes for a step. */
export const NEED_MORE = -2;

/** Where one direction stands. */
const MESSAGE = 0;
/** Inside bytes of known length that need no look. */
const SKIP = 1;
/** Where messages begin is not known: passed over until a socket operation begins with what looks like one. */
const LOST = 2;
const ENDED = 3;

/** What is shorter and tells nothing is taken for the end of a message: kept, it would hide where the next one begins. */
const SHORT = 4;
/** Malformed messages, with fewer good ones between them than FORGIVING, until it is something else. */
const MAX_STRIKES = 3;
const FORGIVING = 32;

/** What one direction of one protocol says. */
export interface DbGrammar {
  /** A step of the message at `at`: the position behind it, NEED_MORE or HOLD. */
  message(bytes: Uint8Array, at: number, end: number, time: number, mayHold: boolean): number;
  /** Does a message of this direction begin at `at`? */
  begins(bytes: Uint8Array, at: number, end: number): Detection;
  /** What `passOver` was told of has passed. */
  passed?(time: number): void;
  /** Bytes are missing, or could not be read: what is half told is given up. */
  forget(): void;
  /** This side sends no more. `incomplete`: within a message. */
  closed?(incomplete: boolean): void;
}

/**
 * One direction of a database connection: messages, one behind the other. What is read, passed over, lost and found
 * again is the same for all; what a message is says the grammar.
 */
export class DbFraming implements SideReader {
  opaque = false;
  /** With `opaque`: TLS begins behind what was read. */
  encrypted = false;
  /** When the first byte of the current message passed. */
  startTime = 0;
  /** What passes now may have passed earlier. */
  late = false;
  /** The current message begins a socket operation. */
  fresh = false;
  readonly #calls: DbCalls;
  readonly #grammar: DbGrammar;
  /** The side that `begins` has to tell. */
  readonly #side: Detection;
  #started = false;
  #phase = MESSAGE;
  #remaining = 0;
  #lastTime = Number.NEGATIVE_INFINITY;
  #candidate = false;
  /** LOST in the middle of a message: the next operations may be its rest. */
  #torn = false;
  /** The current run of bytes that is passed over is counted. */
  #counted = false;
  #strikes = 0;
  #good = 0;

  constructor(grammar: DbGrammar, side: Detection, calls: DbCalls, joined: boolean) {
    this.#grammar = grammar;
    this.#side = side;
    this.#calls = calls;
    if (joined) this.#phase = LOST;
  }

  get lost(): boolean {
    return this.#phase === LOST;
  }

  get ended(): boolean {
    return this.#phase === ENDED;
  }

  read(bytes: Uint8Array, start: number, end: number, time: number, boundary: boolean, mayHold: boolean): number {
    if (boundary) {
      if (this.#phase === LOST) this.#candidate = true;
      else if (this.#phase === MESSAGE && !this.#started) this.fresh = true;
    }
    this.#lastTime = time;
    if (this.#side === RESPONSE && !this.late) this.#calls.heard();
    let at = start;
    while (at < end) {
      const next = this.#step(bytes, at, end, time, mayHold);
      if (this.opaque) return (this.encrypted ? next : end) - start;
      if (next < 0) return next === HOLD && at === start ? HOLD : at - start;
      at = next;
    }
    return at - start;
  }

  #step(bytes: Uint8Array, at: number, end: number, time: number, mayHold: boolean): number {
    switch (this.#phase) {
      case MESSAGE:
        if (!this.#started) {
          this.#started = true;
          this.startTime = time;
        }
        return this.#grammar.message(bytes, at, end, time, mayHold);
      case SKIP: {
        const taken = Math.min(this.#remaining, end - at);
        this.#pass(taken, time);
        return at + taken;
      }
      case LOST:
        return this.#resynchronise(bytes, at, end);
      default:
        return end;
    }
  }

  /** The message is read as far as it tells anything; the next bytes begin another. */
  messageDone(): void {
    this.#started = this.fresh = false;
    if (this.#strikes > 0 && ++this.#good >= FORGIVING) this.#strikes = 0;
  }

  /** There was no message in the last bytes. */
  messageless(): void {
    this.#started = false;
  }

  /** The next `length` bytes need no look. */
  passOver(length: number): void {
    if (length <= 0) return;
    this.#remaining = length;
    this.#phase = SKIP;
  }

  #pass(length: number, time: number): void {
    this.#remaining -= length;
    if (this.#remaining > 0) return;
    this.#phase = MESSAGE;
    this.#grammar.passed?.(time);
  }

  /** The bytes that were just looked at are no message. */
  malformed(reason: string, end: number): number {
    this.#calls.reject(reason);
    this.#good = 0;
    if (++this.#strikes >= MAX_STRIKES) this.opaque = true;
    this.#lose();
    this.#counted = true;
    return end;
  }

  /** Both ends have agreed on TLS. */
  encrypt(): void {
    this.encrypted = this.opaque = true;
  }

  /** This side sends nothing more that is for us. */
  finish(): void {
    this.#phase = ENDED;
  }

  #lose(): void {
    if (this.#phase !== LOST) this.#counted = false;
    this.#phase = LOST;
    this.#torn = true;
    this.#started = this.fresh = this.#candidate = false;
    this.#grammar.forget();
  }

  #resynchronise(bytes: Uint8Array, at: number, end: number): number {
    if (this.#candidate) {
      const detection = this.#grammar.begins(bytes, at, end);
      if (detection === MORE && !(this.#torn && end - at < SHORT)) return NEED_MORE;
      if (detection === this.#side) {
        this.#phase = MESSAGE;
        this.fresh = true;
        this.#counted = false;
        return at;
      }
      this.#candidate = false;
    }
    if (!this.#counted) {
      this.#counted = true;
      this.#calls.reject('unsynchronised');
    }
    if (this.#side === RESPONSE) this.#calls.passedOver();
    return end;
  }

  gap(bytes: Uint8Array, start: number, end: number, length: number, time: number): void {
    // A record that is missing shows when the next one comes; what was not copied of one has the time of the rest.
    this.late = time > this.#lastTime;
    // What was held is not held any longer.
    this.read(bytes, start, end, time, false, false);
    if (!this.opaque && this.#phase !== ENDED) {
      if (this.#phase === SKIP && length <= this.#remaining) this.#pass(length, time);
      else this.#lose();
    }
    this.late = false;
  }

  end(left: boolean): void {
    this.#grammar.closed?.(left || this.#phase === SKIP);
    this.#phase = ENDED;
  }
}
