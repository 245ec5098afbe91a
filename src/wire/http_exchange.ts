import type { AttributeKey } from './attribute.ts';
import { CLIENT, type Side } from './decoder.ts';

/** Characters of captured header fields that are kept of an exchange, each value counted as FIELD_COST more: a head may be endless. */
const MAX_CAPTURED = 32_768;
const FIELD_COST = 32;

/** What is counted of a request or of a response. */
export class HttpMessage {
  /** Its last byte seen, ns. */
  last = 0;
  /** Bytes of the body as framed, without chunk headers; −1: not known at all. */
  size = 0;
  /** Bytes are missing whose number is not known: the size is "at least". */
  atLeast = false;
  /** A part of it other than its body was not seen. */
  partial = false;
  /** It is known as far as it will ever be. */
  done = false;
  /** When bytes that may have been its were lost, and none of it came after; −1: never. For HTTP/2. */
  lostAt = -1;

  reset(): void {
    this.last = this.size = 0;
    this.atLeast = this.partial = this.done = false;
    this.lostAt = -1;
  }
}

/**
 * One request and its response as a decoder saw them, whichever HTTP version carried them. Pooled: `reset` makes it
 * as new and leaves the arrays in place.
 */
export class HttpExchange {
  readonly request = new HttpMessage();
  readonly response = new HttpMessage();
  /** First byte of the request, ns. */
  start = 0;

  method = '';
  /** Request target as sent: origin, absolute, authority or asterisk form. */
  target = '';
  targetCut = false;
  /** `1.0`, `1.1`, `2`; '' when that part was not seen. */
  version = '';
  /** As the request says it; '' where it does not. */
  scheme = '';
  host = '';
  userAgent = '';
  /** The content type is one that OTLP uses. */
  otlpType = false;
  traceparent = '';
  tracestate = '';
  /** 0: no final response seen. */
  status = 0;
  /** Why there is no (whole) response, or ''. */
  errorType = '';
  /** It was the client who gave up. */
  leftByClient = false;

  /** Key and value of captured header fields: flat pairs. */
  readonly headers: (AttributeKey | string[])[] = [];
  /** Names of attributes whose value was cut. */
  readonly truncated: string[] = [];

  #captured = 0;

  /** Stands in for a message that is not told: an orphan, an interim response. */
  ignored = false;
  /** The next unanswered one on the connection. */
  next: HttpExchange | undefined = undefined;

  /** What this side says. */
  of(side: Side): HttpMessage {
    return side === CLIENT ? this.request : this.response;
  }

  /** A value of a captured header field; one more than fits is told as missing. */
  capture(key: AttributeKey, value: string): void {
    this.#captured += value.length + FIELD_COST;
    if (this.#captured > MAX_CAPTURED) {
      this.truncate(key.name);
      return;
    }
    const at = this.headers.indexOf(key);
    if (at < 0) this.headers.push(key, [value]);
    else (this.headers[at + 1] as string[]).push(value);
  }

  /** The attribute's value is not whole. */
  truncate(name: string): void {
    if (!this.truncated.includes(name)) this.truncated.push(name);
  }

  reset(): void {
    this.#captured = 0;
    this.request.reset();
    this.response.reset();
    this.method = this.target = this.version = this.scheme = this.host = this.userAgent = '';
    this.traceparent = this.tracestate = this.errorType = '';
    this.start = this.status = 0;
    this.targetCut = this.otlpType = this.leftByClient = this.ignored = false;
    if (this.headers.length > 0) this.headers.length = 0;
    if (this.truncated.length > 0) this.truncated.length = 0;
    this.next = undefined;
  }
}
