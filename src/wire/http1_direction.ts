import type { HttpExchange } from './http_exchange.ts';
import { Http1Body } from './http1_body.ts';
import type { Http1Field } from './http1_fields.ts';

/** Where one direction stands. */
export const START = 0;
export const HEADERS = 1;
/** The rest of a line longer than MAX_LINE. */
export const LONG_START = 2;
export const LONG_HEADER = 3;
export const BODY = 4;
/** Where messages begin is not known: skip until an operation begins with what looks like one. */
export const LOST = 5;
export const ENDED = 6;

/** Transfer codings as far as framing needs them. */
export const IDENTITY = 0;
export const CHUNKED = 1;
/** The last coding is not `chunked`: a response then ends with the connection. */
export const UNFRAMED = 2;

/** No Content-Length; one that is no number, or two that differ. */
export const NO_LENGTH = -1;
export const BAD_LENGTH = -2;

/** State of one direction. Nothing here refers to the caller's bytes. */
export class Http1Direction {
  phase = START;
  /** The message whose bytes these are. */
  exchange: HttpExchange | undefined = undefined;
  /** The first byte of the next message was seen, at this time. */
  started = false;
  startTime = 0;
  /** Bytes of the untaken line that have been searched for its end. */
  scanned = 0;

  contentLength = NO_LENGTH;
  coding = IDENTITY;
  /** The field of interest that the last line was, for lines that continue it. */
  field: Http1Field | undefined = undefined;
  traceparents = 0;
  badTracestate = false;
  /** `Upgrade: h2c` (RFC 7540 section 3.2). */
  h2c = false;
  /** Status of the message whose head is read (server only). */
  status = 0;

  readonly body = new Http1Body();

  /** LOST: whole messages may be missing. */
  hole = false;
  /** LOST: a reject was counted for this run of bytes. */
  counted = false;
  /** LOST: the untaken bytes begin where an operation began. */
  candidate = false;

  nextMessage(): void {
    this.phase = START;
    this.exchange = undefined;
    this.started = false;
    this.scanned = 0;
    this.counted = false;
    this.candidate = false;
  }

  lose(): void {
    this.phase = LOST;
    this.started = false;
    this.scanned = 0;
    this.counted = false;
    this.candidate = false;
  }

  startHead(): void {
    this.phase = HEADERS;
    this.scanned = 0;
    this.contentLength = NO_LENGTH;
    this.coding = IDENTITY;
    this.field = undefined;
    this.traceparents = 0;
    this.badTracestate = false;
    this.h2c = false;
  }

  close(): void {
    this.nextMessage();
    this.phase = ENDED;
  }
}
