import { type End, RESPONSE, SERVER } from './decoder.ts';
import type { HttpExchange } from './http_exchange.ts';
import { detectHttp1, STATUS_PREFIX } from './http1_detect.ts';
import * as phase from './http1_direction.ts';
import type { Http1Exchanges } from './http1_exchanges.ts';
import type { Http1Fields } from './http1_fields.ts';
import { readStatus, readStatusLine } from './http1_head.ts';
import { HOLD_HERE, Http1Reader } from './http1_reader.ts';
import type { StringTable } from './strings.ts';

/** The server's direction. */
export class Http1Responses extends Http1Reader {
  constructor(exchanges: Http1Exchanges, strings: StringTable, fields: Http1Fields) {
    super(exchanges, strings, fields, SERVER);
  }

  protected startLine(bytes: Uint8Array, start: number, end: number, time: number, mayHold: boolean): number {
    if (mayHold && this.exchanges.empty) return HOLD_HERE;
    const next = readStatusLine(this, bytes, start, end);
    if (next >= 0) this.#begin(time);
    return next;
  }

  protected cutStartLine(bytes: Uint8Array, start: number, end: number, time: number): boolean {
    if (end - start <= STATUS_PREFIX || detectHttp1(bytes, start, end) !== RESPONSE) return false;
    this.status = readStatus(bytes, start);
    this.#begin(time);
    return true;
  }

  /** An interim response (1xx, but for 101) is no answer: the final one follows. */
  #begin(time: number): void {
    const interim = this.status < 200 && this.status !== 101;
    const exchange = interim ? this.exchanges.takeIgnored() : this.exchanges.match(this.startTime, this.hole);
    if (!interim) this.hole = false;
    exchange.status = this.status;
    exchange.response.last = time;
    this.exchange = exchange;
    this.startHead();
  }

  protected headDone(exchange: HttpExchange): void {
    const { status } = this;
    const tunnel = exchange.method === 'CONNECT' && status >= 200 && status < 300;
    if (status === 101 && this.h2c && exchange.request.done && !exchange.ignored) {
      // Not told: the answer comes in HTTP/2.
      this.upgraded = exchange;
      this.nextMessage();
      this.opaque = true;
    } else if ((tunnel || status === 101) && !exchange.ignored) {
      this.finish();
      this.tunnel = tunnel;
      this.opaque = true;
    } else if (status < 200 || status === 204 || status === 304 || exchange.method === 'HEAD') {
      this.finish();
    } else {
      this.beginBody(true);
    }
  }

  /** The exchange stays: what passes until the next message moves its end. */
  protected messageLost(exchange: HttpExchange): void {
    if (exchange.status < 200 && exchange.status !== 101) {
      // What was lost may be the final response.
      this.exchange = undefined;
      this.exchanges.recycle(exchange);
      this.messagesLost(true);
    }
  }

  protected messagesLost(gap: boolean): void {
    this.hole = true;
    if (gap) this.exchanges.answerLost(this.gapTime);
  }

  override end(left: boolean, how: End): void {
    super.end(left, how);
    if (this.phase === phase.BODY && this.body.endless && how === 'finished') this.finish();
  }

  finish(): void {
    const exchange = this.exchange;
    this.nextMessage();
    if (exchange !== undefined) this.exchanges.answered(exchange);
  }

  /** A client that waits for each answer asks again: what was lost before is over. */
  requestBegins(): void {
    if (this.phase !== phase.LOST) return;
    if (this.exchange !== undefined) {
      const exchange = this.exchange;
      this.exchange = undefined;
      this.exchanges.answered(exchange);
    } else if (this.hole) {
      this.hole = false;
      this.exchanges.loseAnswers(Number.POSITIVE_INFINITY, true);
    }
  }
}
