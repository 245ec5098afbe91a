import { decimal } from './bytes.ts';
import type { HeaderSink } from './hpack.ts';
import { OTLP_TYPE } from './http.ts';
import type { HttpExchange } from './http_exchange.ts';
import type { Http2Field } from './http2_fields.ts';
import * as fields from './http2_fields.ts';
import * as semconv from './semconv.ts';
import { joinTracestate, readTraceparent } from './traceparent.ts';

/** `application/grpc`, also with `+proto` and parameters; `application/grpc-web` frames its trailers otherwise. */
const GRPC_TYPE = /^application\/grpc(?:[+;]|$)/i;
const GRPC_TIMEOUT = /^(\d{1,8})([HMSmun])$/;
/** Digits of grpc-status. */
const MAX_STATUS = 10;
const SECONDS: Readonly<Record<string, number>> = { H: 3600, M: 60, S: 1, m: 1e-3, u: 1e-6, n: 1e-9 };
/** What traceparent and tracestate are read from. */
const scratch = new Uint8Array(8192);

/** What one header block said. One object serves every block of a decoder: it is read before the next one comes. */
export class HeaderBlock implements HeaderSink {
  method = '';
  scheme = '';
  authority = '';
  path = '';
  pathCut = false;
  /** 0: none. */
  status = 0;
  host = '';
  userAgent = '';
  userAgentCut = false;
  contentType = '';
  traceparent = '';
  tracestate = '';
  grpcTimeout = '';
  /** −1: none. */
  grpcStatus = -1;
  /** There was a pseudo-field of a request. */
  request = false;
  #traceparents = 0;
  #badTracestate = false;
  /** Field, value, and whether it was cut. */
  readonly #captured: (Http2Field | string | boolean)[] = [];

  reset(): void {
    this.method = this.scheme = this.authority = this.path = this.host = this.userAgent = this.contentType = '';
    this.traceparent = this.tracestate = this.grpcTimeout = '';
    this.status = this.#traceparents = 0;
    this.grpcStatus = -1;
    this.request = this.pathCut = this.userAgentCut = this.#badTracestate = false;
    if (this.#captured.length > 0) this.#captured.length = 0;
  }

  get grpc(): boolean {
    return this.contentType !== '' && GRPC_TYPE.test(this.contentType);
  }

  /** The deadline that the client asked for, s; NaN if none. */
  get timeout(): number {
    const parts = this.grpcTimeout === '' ? null : GRPC_TIMEOUT.exec(this.grpcTimeout);
    return parts === null ? Number.NaN : Number(parts[1]) * (SECONDS[parts[2] ?? ''] ?? Number.NaN);
  }

  field(field: Http2Field, value: string, cut: boolean): void {
    if (field.request !== undefined || field.response !== undefined) this.#captured.push(field, value, cut);
    switch (field.id) {
      case fields.METHOD:
        this.method = value;
        this.request = true;
        break;
      case fields.SCHEME:
        // Anything else would be a free text in a metric.
        if (value === 'http' || value === 'https') this.scheme = value;
        this.request = true;
        break;
      case fields.AUTHORITY:
        this.authority = value;
        this.request = true;
        break;
      case fields.PATH:
        this.path = value;
        this.pathCut = cut;
        this.request = true;
        break;
      case fields.STATUS:
        this.status = statusOf(value);
        break;
      case fields.HOST:
        this.host = value;
        break;
      case fields.USER_AGENT:
        this.userAgent = value;
        this.userAgentCut = cut;
        break;
      case fields.CONTENT_TYPE:
        this.contentType = value;
        break;
      case fields.GRPC_TIMEOUT:
        this.grpcTimeout = value;
        break;
      case fields.GRPC_STATUS:
        // Long ones are none, and a block may refer to one from each of its bytes.
        this.grpcStatus = value.length > MAX_STATUS ? -1 : decimal(scratch, 0, copy(value));
        break;
      default:
        this.#trace(field.id, value);
    }
  }

  #trace(id: number, value: string): void {
    if (id === fields.TRACEPARENT) {
      // More than one makes the context ambiguous, so there is none.
      this.traceparent = ++this.#traceparents > 1 ? '' : readTraceparent(scratch, 0, copy(value));
    } else if (id === fields.TRACESTATE) {
      const joined = this.#badTracestate ? undefined : joinTracestate(this.tracestate, scratch, 0, copy(value));
      this.#badTracestate = joined === undefined;
      this.tracestate = joined ?? '';
    }
  }

  /** The beginning of an exchange. */
  asRequest(exchange: HttpExchange): void {
    exchange.method = this.method;
    // CONNECT has no path: its target is the authority.
    exchange.target = this.path === '' && this.method === 'CONNECT' ? this.authority : this.path;
    exchange.targetCut = this.pathCut;
    exchange.scheme = this.scheme;
    exchange.host = this.authority === '' ? this.host : this.authority;
    exchange.userAgent = this.userAgent;
    if (this.userAgentCut) exchange.truncate(semconv.USER_AGENT_ORIGINAL.name);
    exchange.otlpType = this.contentType !== '' && OTLP_TYPE.test(this.contentType);
    exchange.traceparent = this.traceparent;
    exchange.tracestate = this.tracestate;
    exchange.version = '2';
    this.#capture(exchange, false);
  }

  asResponse(exchange: HttpExchange): void {
    exchange.status = this.status;
    this.#capture(exchange, true);
  }

  #capture(exchange: HttpExchange, response: boolean): void {
    for (let at = 0; at + 2 < this.#captured.length; at += 3) {
      const field = this.#captured[at] as Http2Field;
      const key = response ? field.response : field.request;
      if (key === undefined) continue;
      exchange.capture(key, this.#captured[at + 1] as string);
      if (this.#captured[at + 2] === true) exchange.truncate(key.name);
    }
  }
}

/** Three digits, or 0. */
function statusOf(value: string): number {
  const status = value.length === 3 ? Number(value) : 0;
  return status >= 100 && status <= 999 ? status : 0;
}

/** Puts text into `scratch`; what is not ASCII becomes what no rule allows. Returns its length. */
function copy(value: string): number {
  const length = Math.min(value.length, scratch.length);
  for (let at = 0; at < length; at++) {
    const code = value.charCodeAt(at);
    scratch[at] = code < 0x80 ? code : 0;
  }
  return length;
}
