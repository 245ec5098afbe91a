import { asciiText, byteAt, CR, decodeText, HT, LF, SP } from './bytes.ts';
import type { DbOptions } from './db.ts';
import type { DbCall } from './db_call.ts';
import type { DbCalls } from './db_calls.ts';
import type { DbReader } from './db_session.ts';
import { MORE, REQUEST } from './decoder.ts';
import * as commands from './redis_commands.ts';
import { ARRAY, BULK, detectRedis, headerNumber, lineEnd, MAX_HEADER } from './redis_detect.ts';

const START = 0;
const ARGS = 1;
/** Inside an argument that is passed over, its CRLF included. */
const SKIP = 2;
/** The rest of an inline command that is longer than MAX_INLINE. */
const SKIP_LINE = 3;
const LOST = 4;
const ENDED = 5;

/** Bytes of an argument that are looked at, and of an inline command. */
export const MAX_ARGUMENT = 256;
export const MAX_INLINE = 1024;
/** Of the query text with `query: keep`. */
const MAX_TEXT = 2048;
const MAX_ARGS = 256;
const NEED_MORE = -1;
/** So many that are malformed, with fewer good ones between them than FORGIVING, and it is something else. */
const MAX_STRIKES = 3;
const FORGIVING = 32;

const OFF = 1;
const SKIP_ONE = 2;

/**
 * What the client sends:
 *
 *   command = "*" count CRLF *( "$" length CRLF bytes CRLF ) / inline LF
 */
export class RedisRequests implements DbReader {
  opaque = false;
  readonly #calls: DbCalls;
  readonly #keep: boolean;
  readonly #text: boolean;
  #phase = START;
  #call: DbCall | undefined = undefined;
  #command = commands.OTHER_COMMAND;
  /** Arguments of the current command in all, and read. */
  #count = 0;
  #read = 0;
  #remaining = 0;
  #started = false;
  #startTime = 0;
  #fresh = false;
  #candidate = false;
  #counted = false;
  #strikes = 0;
  /** Whole ones since. */
  #good = 0;
  /** CLIENT REPLY: 0, OFF, SKIP_ONE, or one more: the command that says so. */
  #replies = 0;
  #args: string[] = [];
  #argsCut = false;
  /** `db.namespace` of the commands to come; '' when not known. */
  database = '';

  constructor(calls: DbCalls, query: DbOptions['query'], joined: boolean) {
    this.#calls = calls;
    this.#keep = query === 'keep';
    this.#text = query !== 'drop';
    if (joined) this.#phase = LOST;
    else this.database = '0';
  }

  read(bytes: Uint8Array, start: number, end: number, time: number, boundary: boolean): number {
    if (boundary && this.#phase === LOST) this.#candidate = true;
    if (boundary && this.#phase === START && !this.#started) this.#fresh = true;
    let at = start;
    while (at < end) {
      const next = this.#step(bytes, at, end, time);
      if (this.opaque) return end - start;
      if (next === NEED_MORE) break;
      at = next;
    }
    return at - start;
  }

  #step(bytes: Uint8Array, at: number, end: number, time: number): number {
    switch (this.#phase) {
      case START:
        return this.#start(bytes, at, end, time);
      case ARGS:
        return this.#argument(bytes, at, end, time);
      case SKIP: {
        const taken = Math.min(this.#remaining, end - at);
        this.#remaining -= taken;
        if (this.#remaining === 0) this.#argumentDone(time);
        return at + taken;
      }
      case SKIP_LINE: {
        let lf = at;
        while (lf < end && byteAt(bytes, lf) !== LF) lf++;
        if (lf === end) return end;
        this.#finish(time);
        return lf + 1;
      }
      case LOST:
        return this.#resynchronise(bytes, at, end);
      default:
        return end;
    }
  }

  #start(bytes: Uint8Array, at: number, end: number, time: number): number {
    const first = byteAt(bytes, at);
    // Empty lines are no commands.
    if (!this.#started && (first === CR || first === LF)) return at + 1;
    if (!this.#started) {
      this.#started = true;
      this.#startTime = time;
    }
    if (first !== ARRAY) return this.#inline(bytes, at, end, time);
    const lf = lineEnd(bytes, at, end, MAX_HEADER);
    if (lf === -1) return NEED_MORE;
    const count = lf < 0 ? -1 : headerNumber(bytes, at, lf);
    if (count < 0 || count > 1_048_576) return this.#malformed(end);
    if (count === 0) {
      this.#started = this.#fresh = false;
      return lf + 1;
    }
    this.#begin(count);
    this.#phase = ARGS;
    return lf + 1;
  }

  #begin(count: number): void {
    const call = this.#calls.take();
    call.start = this.#startTime;
    this.#call = call;
    this.#command = commands.OTHER_COMMAND;
    this.#count = count;
    this.#read = 0;
    if (this.#args.length > 0) this.#args = [];
    this.#argsCut = false;
  }

  #argument(bytes: Uint8Array, at: number, end: number, time: number): number {
    const lf = lineEnd(bytes, at, end, MAX_HEADER);
    if (lf === -1) return NEED_MORE;
    const length = lf < 0 || byteAt(bytes, at) !== BULK ? -1 : headerNumber(bytes, at, lf);
    if (length < 0) return this.#malformed(end);
    const from = lf + 1;
    if (length > MAX_ARGUMENT || !this.#wanted()) {
      if (this.#read === 0) this.#name(bytes, from, from);
      else this.#argsCut = this.#keep;
      this.#phase = SKIP;
      this.#remaining = length + 2;
      return from;
    }
    const next = from + length + 2;
    if (next > end) return NEED_MORE;
    if (byteAt(bytes, next - 2) !== CR || byteAt(bytes, next - 1) !== LF) return this.#malformed(end);
    this.#take(bytes, from, from + length);
    this.#argumentDone(time);
    return next;
  }

  /** Names are needed whole; of the rest, what changes the connection. */
  #wanted(): boolean {
    const { kind, container } = this.#command;
    if (this.#read === 0 || this.#keep) return true;
    if (this.#read === 1) return container || kind === commands.SELECTS;
    return this.#read === 2 && kind === commands.CLIENTS;
  }

  #take(bytes: Uint8Array, from: number, to: number): void {
    if (this.#read === 0) {
      this.#name(bytes, from, to);
      return;
    }
    const { kind, container } = this.#command;
    if (this.#read === 1 && container) {
      this.#command = commands.subcommand(this.#command, bytes, from, to);
      return;
    }
    if (kind === commands.SELECTS && to - from < 8 && this.#call !== undefined) {
      this.#call.note = asciiText(bytes, from, to);
    } else if (kind === commands.CLIENTS && this.#command.name === 'CLIENT REPLY' && to - from < 8) {
      const mode = asciiText(bytes, from, to).toUpperCase();
      if (mode === 'OFF') this.#replies = OFF;
      else if (mode === 'SKIP' && this.#replies !== OFF) this.#replies = SKIP_ONE + 1;
      else if (mode === 'ON') this.#replies = 0;
    }
    if (!this.#keep) return;
    if (this.#args.length < MAX_ARGS) this.#args.push(decodeText(bytes, from, to));
    else this.#argsCut = true;
  }

  #name(bytes: Uint8Array, from: number, to: number): void {
    this.#command = commands.findCommand(bytes, from, to);
  }

  #argumentDone(time: number): void {
    this.#read++;
    if (this.#read >= this.#count) this.#finish(time);
    else this.#phase = ARGS;
  }

  #inline(bytes: Uint8Array, at: number, end: number, time: number): number {
    const lf = lineEnd(bytes, at, end, MAX_INLINE);
    if (lf === -1) return NEED_MORE;
    const stop = lf === -2 ? at + MAX_INLINE : byteAt(bytes, lf - 1) === CR ? lf - 1 : lf;
    const words = wordsOf(bytes, at, stop);
    const [name] = words;
    if (name === undefined) {
      this.#started = this.#fresh = false;
      return lf === -2 ? end : lf + 1;
    }
    if (!commands.isCommand(bytes, name[0], name[1])) return this.#malformed(end);
    this.#begin(words.length);
    for (const [from, to] of words) {
      if (this.#wanted() && to - from <= MAX_ARGUMENT) this.#take(bytes, from, to);
      this.#read++;
    }
    if (lf === -2) {
      this.#phase = SKIP_LINE;
      return stop;
    }
    this.#finish(time);
    return lf + 1;
  }

  #finish(time: number): void {
    const call = this.#call;
    const command = this.#command;
    const fresh = this.#fresh;
    this.#call = undefined;
    this.#started = this.#fresh = false;
    this.#phase = START;
    if (this.#strikes > 0 && ++this.#good >= FORGIVING) this.#strikes = 0;
    if (call === undefined) return;
    call.requestLast = time;
    call.kind = command.kind;
    call.operation = command.name;
    call.namespace = this.database;
    const shown = Math.max(0, this.#count - (command.name.includes(' ') ? 2 : 1));
    if (this.#text) this.#describe(call, command, shown);
    // Confirmed for each channel; one that names none is confirmed for each that was subscribed: at least once.
    if (command.kind === commands.SUBSCRIBES || command.kind === commands.UNSUBSCRIBES) call.expected = shown || 1;
    if (command.kind === commands.SELECTS && this.#replies !== 0) this.database = call.note;
    if (this.#replies === OFF) {
      this.#calls.oneWay(call);
    } else if (this.#replies >= SKIP_ONE) {
      // CLIENT REPLY SKIP itself, then the command after it.
      this.#replies = this.#replies > SKIP_ONE ? SKIP_ONE : 0;
      this.#calls.oneWay(call);
    } else {
      this.#calls.add(call, fresh);
    }
  }

  #describe(call: DbCall, command: commands.RedisCommand, shown: number): void {
    if (!this.#keep || command.secret) {
      call.text = commands.obfuscatedText(command, shown);
      return;
    }
    const text = [command.name, ...this.#args].join(' ');
    call.textCut = this.#argsCut || text.length > MAX_TEXT;
    call.text = text.slice(0, MAX_TEXT);
  }

  #malformed(end: number): number {
    this.#calls.reject('malformed_command');
    this.#good = 0;
    if (++this.#strikes >= MAX_STRIKES) this.opaque = true;
    this.#lose();
    this.#counted = true;
    return end;
  }

  #lose(): void {
    if (this.#call !== undefined) this.#calls.recycle(this.#call);
    this.#call = undefined;
    this.#phase = LOST;
    this.#started = this.#fresh = this.#candidate = this.#counted = false;
    this.database = '';
    this.#calls.callsLost();
  }

  #resynchronise(bytes: Uint8Array, at: number, end: number): number {
    if (this.#candidate) {
      const detection = detectRedis(bytes, at, end);
      if (detection === REQUEST) {
        this.#phase = START;
        this.#fresh = true;
        this.#counted = false;
        return at;
      }
      if (detection === MORE) return end - at < MAX_INLINE ? NEED_MORE : end;
      this.#candidate = false;
    }
    if (!this.#counted) {
      this.#counted = true;
      this.#calls.reject('unsynchronised');
    }
    return end;
  }

  /** `length` bytes are missing. What was untaken before them is gone with them. */
  skip(length: number, time: number): void {
    if (this.#phase === ENDED) return;
    if (this.#phase === SKIP && length <= this.#remaining) {
      this.#remaining -= length;
      if (this.#remaining === 0) this.#argumentDone(time);
    } else {
      this.#lose();
    }
  }

  /** `left`: bytes of a command that will never be whole. */
  close(left: boolean): void {
    if (left || this.#phase === ARGS || this.#phase === SKIP || this.#phase === SKIP_LINE)
      this.#calls.reject('incomplete_command');
    if (this.#call !== undefined) this.#calls.recycle(this.#call);
    this.#call = undefined;
    this.#phase = ENDED;
  }

  get ended(): boolean {
    return this.#phase === ENDED;
  }
}

type Range = readonly [number, number];

function wordsOf(bytes: Uint8Array, start: number, end: number): Range[] {
  const words: Range[] = [];
  for (let at = start; at < end; ) {
    const byte = byteAt(bytes, at);
    if (byte === SP || byte === HT) {
      at++;
      continue;
    }
    let to = at;
    while (to < end && byteAt(bytes, to) !== SP && byteAt(bytes, to) !== HT) to++;
    words.push([at, to]);
    at = to;
  }
  return words;
}
