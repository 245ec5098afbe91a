import { asciiText, byteAt, CR, decodeText, HT, indexOf, LF, SP } from './bytes.ts';
import type { DbCall } from './db_call.ts';
import type { DbCalls } from './db_calls.ts';
import { DbFraming, type DbGrammar, NEED_MORE } from './db_framing.ts';
import { type Detection, MORE, NO, REQUEST } from './decoder.ts';
import * as commands from './redis_commands.ts';
import { ARRAY, BULK, detectRedis, headerNumber, lineEnd, MAX_HEADER } from './redis_detect.ts';

/** Where in a command. */
const START = 0;
const ARGUMENTS = 1;
/** The rest of an inline command that is longer than MAX_INLINE. */
const LINE = 2;

/** Bytes of an argument that are looked at, and of an inline command. */
const MAX_ARGUMENT = 256;
export const MAX_INLINE = 1024;
/** Of the query text with `query: keep`. */
const MAX_TEXT = 2048;
const MAX_ARGS = 256;

const OFF = 1;
const SKIP_ONE = 2;

/**
 * What the client sends:
 *
 *   command = "*" count CRLF *( "$" length CRLF bytes CRLF ) / inline LF
 */
export class RedisRequests implements DbGrammar {
  readonly framing: DbFraming;
  readonly #calls: DbCalls;
  #part = START;
  #call: DbCall | undefined = undefined;
  #command = commands.OTHER_COMMAND;
  /** Arguments of the current command in all, and read. */
  #count = 0;
  #read = 0;
  /** CLIENT REPLY: 0, OFF, SKIP_ONE, or one more: the command that says so. */
  #replies = 0;
  #args: string[] = [];
  #argsCut = false;
  /** `db.namespace` of the commands to come; '' when not known. */
  database = '';

  constructor(calls: DbCalls, joined: boolean) {
    this.framing = new DbFraming(this, REQUEST, calls, joined);
    this.#calls = calls;
    if (!joined) this.database = '0';
  }

  get #keep(): boolean {
    return this.#calls.query === 'keep';
  }

  message(bytes: Uint8Array, at: number, end: number, time: number): number {
    switch (this.#part) {
      case START:
        return this.#start(bytes, at, end, time);
      case ARGUMENTS:
        return this.#argument(bytes, at, end, time);
      default: {
        const lf = indexOf(bytes, LF, at, end);
        if (lf < 0) return end;
        this.#finish(time);
        return lf + 1;
      }
    }
  }

  begins(bytes: Uint8Array, at: number, end: number): Detection {
    const detection = detectRedis(bytes, at, end);
    if (detection === MORE && end - at < MAX_INLINE) return MORE;
    return detection === REQUEST ? REQUEST : NO;
  }

  #start(bytes: Uint8Array, at: number, end: number, time: number): number {
    const first = byteAt(bytes, at);
    // Empty lines are no commands.
    if (first === CR || first === LF) {
      this.framing.messageless();
      return at + 1;
    }
    if (first !== ARRAY) return this.#inline(bytes, at, end, time);
    const lf = lineEnd(bytes, at, end, MAX_HEADER);
    if (lf === -1) return NEED_MORE;
    const count = lf < 0 ? -1 : headerNumber(bytes, at, lf);
    if (count < 0 || count > 1_048_576) return this.framing.malformed('malformed_command', end);
    if (count === 0) {
      this.framing.messageless();
      return lf + 1;
    }
    this.#begin(count);
    this.#part = ARGUMENTS;
    return lf + 1;
  }

  #begin(count: number): void {
    const call = this.#calls.take();
    call.start = this.framing.startTime;
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
    if (length < 0) return this.framing.malformed('malformed_command', end);
    const from = lf + 1;
    if (length > MAX_ARGUMENT || !this.#wanted()) {
      if (this.#read === 0) this.#name(bytes, from, from);
      else this.#argsCut = this.#keep;
      this.framing.passOver(length + 2);
      return from;
    }
    const next = from + length + 2;
    if (next > end) return NEED_MORE;
    if (byteAt(bytes, next - 2) !== CR || byteAt(bytes, next - 1) !== LF)
      return this.framing.malformed('malformed_command', end);
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
      const command = this.#command;
      this.#command = commands.subcommand(command, bytes, from, to);
      if (this.#command !== command) return;
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
    else this.#part = ARGUMENTS;
  }

  passed(time: number): void {
    this.#argumentDone(time);
  }

  #inline(bytes: Uint8Array, at: number, end: number, time: number): number {
    const lf = lineEnd(bytes, at, end, MAX_INLINE);
    if (lf === -1) return NEED_MORE;
    const stop = lf === -2 ? at + MAX_INLINE : byteAt(bytes, lf - 1) === CR ? lf - 1 : lf;
    const words = wordsOf(bytes, at, stop);
    const [name] = words;
    if (name === undefined) {
      this.framing.messageless();
      return lf === -2 ? end : lf + 1;
    }
    if (!commands.isCommand(bytes, name[0], name[1])) return this.framing.malformed('malformed_command', end);
    this.#begin(words.length);
    for (const [from, to] of words) {
      if (this.#wanted() && to - from <= MAX_ARGUMENT) this.#take(bytes, from, to);
      this.#read++;
    }
    if (lf === -2) {
      this.#part = LINE;
      return stop;
    }
    this.#finish(time);
    return lf + 1;
  }

  #finish(time: number): void {
    const call = this.#call;
    const command = this.#command;
    const { fresh } = this.framing;
    this.#call = undefined;
    this.#part = START;
    this.framing.messageDone();
    if (call === undefined) return;
    call.requestLast = time;
    call.kind = command.kind;
    call.operation = command.name;
    call.namespace = this.database;
    const shown = Math.max(0, this.#count - (command.name.includes(' ') ? 2 : 1));
    if (this.#calls.query !== 'drop') this.#describe(call, command, shown);
    // Confirmed for each channel; one that names none is confirmed for each that was subscribed: at least once.
    if (command.kind === commands.SUBSCRIBES || command.kind === commands.UNSUBSCRIBES) call.expected = shown || 1;
    if (command.kind === commands.SELECTS && this.#replies !== 0) this.database = call.note;
    if (command.kind === commands.RESETS) this.#replies = 0;
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

  forget(): void {
    this.#drop();
    this.database = '';
    this.#calls.callsLost(this.framing.late);
  }

  closed(incomplete: boolean): void {
    if (incomplete || this.#part !== START) this.#calls.reject('incomplete_command');
    this.#drop();
  }

  #drop(): void {
    if (this.#call !== undefined) this.#calls.recycle(this.#call);
    this.#call = undefined;
    this.#part = START;
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
