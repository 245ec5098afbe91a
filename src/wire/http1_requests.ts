import { byteAt } from './bytes.ts';
import { CLIENT, type End } from './decoder.ts';
import type { HttpExchange } from './http_exchange.ts';
import type { Http1Exchanges } from './http1_exchanges.ts';
import type { Http1Fields } from './http1_fields.ts';
import { readCutRequestLine, readRequestLine } from './http1_head.ts';
import { HOLD_HERE, Http1Reader } from './http1_reader.ts';
import type { Http1Responses } from './http1_responses.ts';
import { matchesPreface, PREFACE } from './http2_frames.ts';
import type { StringTable } from './strings.ts';

/** The client's direction. A request waits for its answer from its request line on: servers may answer early. */
export class Http1Requests extends Http1Reader {
  readonly #responses: Http1Responses;
  /** For the next request line. */
  #spare: HttpExchange;
  /** LOST: in a message that is known, so that what else is missing is probably more of it. */
  #within = false;

  constructor(exchanges: Http1Exchanges, strings: StringTable, fields: Http1Fields, responses: Http1Responses) {
    super(exchanges, strings, fields, CLIENT);
    this.#responses = responses;
    this.#spare = exchanges.take();
  }

  protected startLine(bytes: Uint8Array, start: number, end: number, time: number, mayHold: boolean): number {
    // The answer that agrees to HTTP/2 was not seen yet.
    if (mayHold && end - start > 4 && byteAt(bytes, start) === PREFACE[0] && matchesPreface(bytes, start, end)) {
      return HOLD_HERE;
    }
    const next = readRequestLine(this, bytes, start, end, this.#spare, this.strings);
    if (next >= 0) this.#begin(time);
    return next;
  }

  protected cutStartLine(bytes: Uint8Array, start: number, end: number, time: number): boolean {
    if (!readCutRequestLine(bytes, start, end, this.#spare, this.strings)) return false;
    this.#begin(time);
    return true;
  }

  #begin(time: number): void {
    const exchange = this.#spare;
    this.#spare = this.exchanges.take();
    this.#within = false;
    exchange.start = this.startTime;
    exchange.request.last = time;
    if (this.began > 0) this.exchanges.pipelining = true;
    if (!this.exchanges.pipelining) this.#responses.requestBegins();
    this.exchanges.add(exchange);
    this.exchange = exchange;
    this.startHead();
  }

  protected headDone(exchange: HttpExchange): void {
    if (exchange.method === 'CONNECT') this.finish();
    else this.beginBody(false);
  }

  protected messageLost(exchange: HttpExchange): void {
    this.#within = true;
    this.exchange = undefined;
    this.exchanges.requested(exchange);
  }

  protected messagesLost(gap: boolean): void {
    this.exchanges.requestLost(this.gapTime, gap && !this.#within);
  }

  /** The connection is over for a request that is still sent: what was counted of its body is not all. */
  abandonUpload(): void {
    const exchange = this.exchange;
    if (exchange === undefined) return;
    this.lose();
    this.counted = true;
    this.exchange = undefined;
    if (exchange.response.done) exchange.request.atLeast = true;
    this.exchanges.requested(exchange);
  }

  override end(left: boolean, how: End): void {
    super.end(left, how);
    if (how === 'unknown') return;
    const { exchange } = this;
    this.close();
    if (exchange !== undefined) this.exchanges.requested(exchange);
  }

  finish(): void {
    const exchange = this.exchange;
    this.nextMessage();
    if (exchange !== undefined) this.exchanges.requested(exchange);
  }
}
