import type { AttributeKey } from './attribute.ts';

/** Characters of captured header fields that are kept of an exchange, each value counted as FIELD_COST more: a head may be endless. */
const MAX_CAPTURED = 32_768;
const FIELD_COST = 32;

/**
 * One request and its response as a decoder saw them, whichever HTTP version carried them. Pooled: `reset` makes it
 * as new and leaves the arrays in place.
 */
export class HttpExchange {
  /** First byte of the request; last byte of the request seen; last byte of the response seen. Nanoseconds. */
  start = 0;
  requestLast = 0;
  responseLast = 0;

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

  /** Bytes of the message body as framed, without chunk headers; −1: not known at all. */
  requestSize = 0;
  responseSize = 0;
  /** Bytes are missing whose number is not known: the size is "at least". */
  requestAtLeast = false;
  responseAtLeast = false;
  /** A part of the message other than its body was not seen. */
  requestPartial = false;
  responsePartial = false;

  /** Key and value of captured header fields: flat pairs. */
  readonly headers: (AttributeKey | string[])[] = [];
  /** Names of attributes whose value was cut. */
  readonly truncated: string[] = [];

  #captured = 0;

  requestDone = false;
  responseDone = false;
  /** Stands in for a message that is not told: an orphan, an interim response. */
  ignored = false;
  /** The next unanswered one on the connection. */
  next: HttpExchange | undefined = undefined;

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
    this.start = this.requestLast = this.responseLast = 0;
    this.method = this.target = this.version = this.scheme = this.host = this.userAgent = '';
    this.traceparent = this.tracestate = this.errorType = '';
    this.status = this.requestSize = this.responseSize = 0;
    this.targetCut = this.otlpType = this.leftByClient = false;
    this.requestAtLeast = this.responseAtLeast = this.requestPartial = this.responsePartial = false;
    this.requestDone = this.responseDone = this.ignored = false;
    if (this.headers.length > 0) this.headers.length = 0;
    if (this.truncated.length > 0) this.truncated.length = 0;
    this.next = undefined;
  }
}
