import { byteAt, CR, indexOf, LF } from './bytes.ts';
import { CLIENT, type Detection, type End, HOLD, MORE, NO, REQUEST, RESPONSE, type Side } from './decoder.ts';
import type { HttpExchange } from './http_exchange.ts';
import { BEHIND, BROKEN, endsInLastChunk, SOMEWHERE } from './http1_body.ts';
import { begins, detectHttp1 } from './http1_detect.ts';
import * as phase from './http1_direction.ts';
import { Http1Direction } from './http1_direction.ts';
import type { Http1Exchanges } from './http1_exchanges.ts';
import type { Http1Fields } from './http1_fields.ts';
import { MALFORMED, MAX_LINE, NEED_MORE, readCutField, readField } from './http1_head.ts';
import type { StringTable } from './strings.ts';
import type { SideReader } from './two_way_session.ts';

/** A response stands before its request. */
export const HOLD_HERE = -3;
/** Start lines in a row that were none, until the connection is taken for something else. */
const MAX_STRIKES = 3;

/**
 * Reads the messages of one direction: what requests and responses have in common. Only lines of a head are ever
 * left untaken, and at most MAX_LINE bytes of one.
 */
export abstract class Http1Reader extends Http1Direction implements SideReader {
  /** The protocol was left: a tunnel, an upgrade, or a wrong guess. */
  opaque = false;
  /** With `opaque`: what follows may be any protocol. */
  tunnel = false;
  /** With `opaque`: the request that HTTP/2 answers. */
  upgraded: HttpExchange | undefined = undefined;
  /** Messages that began in this call. */
  protected began = 0;
  /** When bytes were last missing. */
  protected gapTime = 0;
  protected readonly exchanges: Http1Exchanges;
  protected readonly strings: StringTable;
  readonly #fields: Http1Fields;
  readonly #side: Side;
  readonly #expected: Detection;
  #strikes = 0;

  constructor(exchanges: Http1Exchanges, strings: StringTable, fields: Http1Fields, side: Side) {
    super();
    this.exchanges = exchanges;
    this.strings = strings;
    this.#fields = fields;
    this.#side = side;
    this.#expected = side === CLIENT ? REQUEST : RESPONSE;
  }

  /** Reads a start line; sets `exchange` and the phase. Position behind it, NEED_MORE, MALFORMED or HOLD_HERE. */
  protected abstract startLine(bytes: Uint8Array, start: number, end: number, time: number, mayHold: boolean): number;
  /** As much as can be told of a start line whose end is missing. False: it is given up. */
  protected abstract cutStartLine(bytes: Uint8Array, start: number, end: number, time: number): boolean;
  /** The head is over: a body follows, or the message is over, too. */
  protected abstract headDone(exchange: HttpExchange): void;
  /** Where the current message ends is not known. */
  protected abstract messageLost(exchange: HttpExchange): void;
  /** Whole messages may be missing. `gap`: with bytes that were not seen, not in some that do not fit. */
  protected abstract messagesLost(gap: boolean): void;
  /** The current message is over. */
  abstract finish(): void;

  read(bytes: Uint8Array, start: number, end: number, time: number, boundary: boolean, mayHold: boolean): number {
    if (boundary) {
      if (this.phase === phase.LOST) this.candidate = true;
      else if (this.exchange?.ignored === true && this.phase === phase.BODY) this.#distrust(bytes, start, end);
    }
    this.began = 0;
    let at = start;
    while (at < end) {
      const next = this.#step(bytes, at, end, time, mayHold);
      if (this.opaque) return (this.tunnel || this.upgraded !== undefined ? next : end) - start;
      if (next === HOLD_HERE) return at === start ? HOLD : at - start;
      if (next === NEED_MORE) break;
      at = next;
    }
    return at - start;
  }

  #step(bytes: Uint8Array, at: number, end: number, time: number, mayHold: boolean): number {
    switch (this.phase) {
      case phase.START:
        return this.#start(bytes, at, end, time, mayHold);
      case phase.HEADERS:
        return this.#header(bytes, at, end, time);
      case phase.LONG_START:
      case phase.LONG_HEADER: {
        const lf = indexOf(bytes, LF, at, end);
        if (lf < 0) return end;
        if (this.phase === phase.LONG_START) this.startHead();
        else this.phase = phase.HEADERS;
        return lf + 1;
      }
      case phase.LOST:
        return this.#resynchronise(bytes, at, end, time);
      case phase.ENDED:
        return end;
      default:
        return this.#body(bytes, at, end, time);
    }
  }

  #start(bytes: Uint8Array, start: number, end: number, time: number, mayHold: boolean): number {
    let at = start;
    // RFC 9112 section 2.2: empty lines before a message are not part of it.
    while (at < end && (byteAt(bytes, at) === LF || byteAt(bytes, at) === CR)) at++;
    if (at > start) return at;
    const startTime = this.started ? this.startTime : time;
    this.startTime = startTime;
    const next = this.startLine(bytes, start, end, time, mayHold);
    if (next === HOLD_HERE) return next;
    this.started = true;
    if (next === NEED_MORE) {
      if (end - start < MAX_LINE) return NEED_MORE;
      if (!this.cutStartLine(bytes, start, end, time)) return this.#malformed(end);
      this.phase = phase.LONG_START;
      this.scanned = 0;
      return end;
    }
    if (next === MALFORMED) return this.#malformed(end);
    this.#strikes = 0;
    this.began++;
    return next;
  }

  #malformed(end: number): number {
    this.exchanges.reject('malformed_start_line');
    if (++this.#strikes >= MAX_STRIKES) this.opaque = true;
    this.lose();
    this.counted = true;
    this.messagesLost(false);
    return end;
  }

  /** As many lines of the head as there are. */
  #header(bytes: Uint8Array, start: number, end: number, time: number): number {
    const exchange = this.exchange;
    if (exchange === undefined) return end;
    let at = start;
    while (at < end) {
      const first = byteAt(bytes, at);
      if (first === LF || (first === CR && at + 1 < end && byteAt(bytes, at + 1) === LF)) {
        exchange.of(this.#side).last = time;
        this.headDone(exchange);
        return first === LF ? at + 1 : at + 2;
      }
      const next = readField(this, bytes, at, end, exchange, this.#fields, this.strings);
      if (next === NEED_MORE) return this.#cutHeader(bytes, start, at, end, exchange);
      at = next;
    }
    return at;
  }

  /** `bytes[at, end)` is a line whose end is missing. */
  #cutHeader(bytes: Uint8Array, start: number, at: number, end: number, exchange: HttpExchange): number {
    if (end - at < MAX_LINE) return at > start ? at : NEED_MORE;
    readCutField(this, bytes, at, end, exchange, this.#fields, this.strings);
    this.phase = phase.LONG_HEADER;
    this.scanned = 0;
    return end;
  }

  /** RFC 9112 section 6.3. `endless`: without a length it goes on until the connection ends. */
  protected beginBody(endless: boolean): void {
    const { body, coding, contentLength } = this;
    this.phase = phase.BODY;
    if (coding === phase.CHUNKED) body.chunked();
    else if (endless && (coding === phase.UNFRAMED || contentLength === phase.NO_LENGTH)) body.untilClose();
    else if (coding === phase.UNFRAMED || contentLength === phase.BAD_LENGTH) this.#badFraming();
    else if (contentLength > 0) body.fixed(contentLength);
    else this.finish();
  }

  #body(bytes: Uint8Array, at: number, end: number, time: number): number {
    const exchange = this.exchange;
    if (exchange === undefined) return end;
    const next = this.body.take(bytes, at, end, exchange.of(this.#side), time);
    if (next !== BROKEN) {
      if (this.body.done) this.finish();
      return next;
    }
    this.#badFraming();
    return end;
  }

  #badFraming(): void {
    this.exchanges.reject('invalid_framing');
    this.loseMessage(true);
    this.counted = true;
  }

  /** The current message goes on to where nobody knows. `known`: its body is known to be at least what was counted. */
  protected loseMessage(known: boolean): void {
    const exchange = this.exchange;
    this.lose();
    if (exchange === undefined) {
      this.messagesLost(true);
      return;
    }
    const message = exchange.of(this.#side);
    if (known) {
      message.atLeast = true;
    } else {
      message.partial = true;
      message.size = -1;
    }
    this.messageLost(exchange);
  }

  #resynchronise(bytes: Uint8Array, at: number, end: number, time: number): number {
    const exchange = this.exchange;
    if (this.candidate) {
      const first = byteAt(bytes, at);
      if (first === CR || first === LF) return at + 1;
      const detection = this.#detect(bytes, at, end);
      if (detection === MORE) {
        if (!this.started) this.startTime = time;
        this.started = true;
        return NEED_MORE;
      }
      this.candidate = false;
      if (detection === this.#expected) {
        const { started, startTime } = this;
        if (exchange !== undefined) this.finish();
        this.nextMessage();
        this.started = started;
        this.startTime = startTime;
        return at;
      }
      this.started = false;
    }
    if (exchange !== undefined) {
      exchange.of(this.#side).last = time;
      if (this.coding === phase.CHUNKED && endsInLastChunk(bytes, at, end)) this.finish();
    } else if (!this.counted) {
      this.counted = true;
      this.exchanges.reject('unsynchronised');
    }
    return end;
  }

  /** The first part of a line may be the end of a body: only what is usual is waited for, and then believed. */
  #detect(bytes: Uint8Array, at: number, end: number): Detection {
    const detection = detectHttp1(bytes, at, end);
    if (detection !== MORE && !this.started) return detection;
    return begins(this.#expected, bytes, at, end) ? detection : NO;
  }

  /** An orphan's length rests on a guess (it may answer HEAD): believe a new message more. */
  #distrust(bytes: Uint8Array, start: number, end: number): void {
    if (detectHttp1(bytes, start, end) === this.#expected) this.finish();
  }

  get lost(): boolean {
    return this.phase === phase.LOST;
  }

  get ended(): boolean {
    return this.phase === phase.ENDED;
  }

  /** A message whose start line was read is told all the same. */
  end(left: boolean, _how: End): void {
    if (!left) return;
    if (this.phase === phase.START) this.exchanges.reject('incomplete_head');
    else if (this.phase === phase.LOST && !this.counted) this.exchanges.reject('unsynchronised');
  }

  gap(bytes: Uint8Array, start: number, end: number, length: number, time: number): void {
    // What was held is not held any longer; what is left is the beginning of a line.
    const line = start + this.read(bytes, start, end, time, false, false);
    const exchange = this.exchange;
    this.gapTime = time;
    switch (this.phase) {
      case phase.ENDED:
        return;
      case phase.START:
        if (line < end && !this.cutStartLine(bytes, line, end, time)) this.exchanges.reject('head_lost');
        this.loseMessage(false);
        return;
      case phase.HEADERS:
      case phase.LONG_START:
      case phase.LONG_HEADER:
        this.loseMessage(false);
        return;
      case phase.LOST:
        if (line < end) this.exchanges.reject('head_lost');
        if (exchange === undefined) this.messagesLost(true);
        this.started = this.candidate = false;
        return;
      default:
        if (exchange !== undefined) this.#skipBody(exchange, length, time);
    }
  }

  #skipBody(exchange: HttpExchange, length: number, time: number): void {
    const where = this.body.skip(length, exchange.of(this.#side), time);
    if (where === SOMEWHERE) {
      this.loseMessage(true);
      return;
    }
    if (where === BEHIND || this.body.done) this.finish();
    // The body is whole; the rest of the gap is anything.
    if (where === BEHIND) this.loseMessage(false);
  }
}
