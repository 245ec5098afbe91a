/**
 * Start lines and header fields of HTTP/1 (RFC 9112 sections 3 to 5).
 *
 *   request-line = method SP request-target SP "HTTP/1." DIGIT CRLF
 *   status-line  = "HTTP/1." DIGIT SP 3DIGIT [ SP reason-phrase ] CRLF
 *   field-line   = field-name ":" OWS field-value OWS CRLF
 *
 * A line may end in LF alone. Spaces inside the target are taken as part of it: servers answer such requests too.
 */
import { byteAt, CR, decimal, decodeText, HT, indexOf, isToken, LF, SP } from './bytes.ts';
import { MORE, RESPONSE } from './decoder.ts';
import { OTLP_TYPE } from './http.ts';
import type { HttpExchange } from './http_exchange.ts';
import { detectHttp1, endsInVersion, MAX_METHOD } from './http1_detect.ts';
import { BAD_LENGTH, CHUNKED, type Http1Direction, IDENTITY, NO_LENGTH, UNFRAMED } from './http1_direction.ts';
import {
  CONTENT_LENGTH,
  CONTENT_TYPE,
  HOST,
  type Http1Field,
  type Http1Fields,
  TRACEPARENT,
  TRACESTATE,
  TRANSFER_ENCODING,
  UPGRADE,
  USER_AGENT,
} from './http1_fields.ts';
import * as semconv from './semconv.ts';
import type { StringTable } from './strings.ts';
import { joinTracestate, readTraceparent } from './traceparent.ts';

/** A longer line is cut here and marked. */
export const MAX_LINE = 8192;

/** Results beside a position. */
export const NEED_MORE = -1;
export const MALFORMED = -2;

/** Index of the line's LF, or NEED_MORE. What was searched before is not searched again. */
function lineEnd(direction: Http1Direction, bytes: Uint8Array, start: number, from: number, end: number): number {
  const lf = indexOf(bytes, LF, Math.max(from, start + direction.scanned), end);
  direction.scanned = lf < 0 ? end - start : 0;
  return lf;
}

/** Reads a request line into `exchange`. Returns the position behind it, NEED_MORE or MALFORMED. */
export function readRequestLine(
  direction: Http1Direction,
  bytes: Uint8Array,
  start: number,
  end: number,
  exchange: HttpExchange,
  strings: StringTable,
): number {
  let at = start;
  while (at < end && at - start <= MAX_METHOD && isToken(byteAt(bytes, at))) at++;
  if (at === end && at - start <= MAX_METHOD) return NEED_MORE;
  if (at === start || at - start > MAX_METHOD || byteAt(bytes, at) !== SP) return MALFORMED;
  const methodEnd = at;
  const lf = lineEnd(direction, bytes, start, at + 1, end);
  if (lf < 0) return NEED_MORE;
  if (!endsInVersion(bytes, methodEnd + 1, lf)) return MALFORMED;
  const lineStop = byteAt(bytes, lf - 1) === CR ? lf - 1 : lf;
  exchange.method = strings.get(bytes, start, methodEnd);
  exchange.target = strings.get(bytes, methodEnd + 1, lineStop - 9);
  exchange.version = byteAt(bytes, lineStop - 1) === 0x30 ? '1.0' : '1.1';
  return lf + 1;
}

/** What can be told of a request line whose end is missing. False: nothing. */
export function readCutRequestLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  exchange: HttpExchange,
  strings: StringTable,
): boolean {
  const space = indexOf(bytes, SP, start, Math.min(end, start + MAX_METHOD + 1));
  if (space <= start || space + 1 >= end) return false;
  for (let at = start; at < space; at++) if (!isToken(byteAt(bytes, at))) return false;
  exchange.method = strings.get(bytes, start, space);
  const stop = indexOf(bytes, SP, space + 1, end);
  exchange.target = decodeText(bytes, space + 1, stop < 0 ? end : stop);
  exchange.targetCut = stop < 0;
  return true;
}

/** Reads a status line into `direction.status`. Returns the position behind it, NEED_MORE or MALFORMED. */
export function readStatusLine(direction: Http1Direction, bytes: Uint8Array, start: number, end: number): number {
  // The rest of a long reason phrase need not be looked at again.
  if (direction.scanned === 0) {
    const detection = detectHttp1(bytes, start, Math.min(end, start + 13));
    if (detection !== RESPONSE) return end - start < 13 && detection === MORE ? NEED_MORE : MALFORMED;
  }
  direction.status = readStatus(bytes, start);
  const lf = lineEnd(direction, bytes, start, start + 12, end);
  if (lf >= 0) return lf + 1;
  return NEED_MORE;
}

/** The status of a status line of which at least STATUS_PREFIX bytes are there and of the right shape. */
export function readStatus(bytes: Uint8Array, start: number): number {
  return decimal(bytes, start + 9, start + 12);
}

/** Reads one field line. Returns the position behind it or NEED_MORE. Lines that are no field are passed over. */
export function readField(
  direction: Http1Direction,
  bytes: Uint8Array,
  start: number,
  end: number,
  exchange: HttpExchange,
  fields: Http1Fields,
  strings: StringTable,
): number {
  const lf = lineEnd(direction, bytes, start, start, end);
  if (lf < 0) return NEED_MORE;
  const first = byteAt(bytes, start);
  if (first === SP || first === HT) {
    if (direction.field !== undefined) folded(direction, exchange, direction.field);
    return lf + 1;
  }
  const field = fields.find(bytes, start, lf);
  if (field !== undefined) takeField(direction, bytes, start, lf, exchange, field, strings);
  direction.field = field;
  return lf + 1;
}

/**
 * A line that continues the one before (obs-fold, RFC 9112 section 5.2: to be refused, or joined): values are told as
 * cut, framing is not believed.
 */
function folded(direction: Http1Direction, exchange: HttpExchange, field: Http1Field): void {
  if (field.id === CONTENT_LENGTH || field.id === TRANSFER_ENCODING) direction.contentLength = BAD_LENGTH;
  if (field.id === TRANSFER_ENCODING) direction.coding = IDENTITY;
  if (field.id === TRACEPARENT) exchange.traceparent = '';
  if (field.id === TRACESTATE) {
    direction.badTracestate = true;
    exchange.tracestate = '';
  }
  markCut(exchange, field);
}

/** The beginning of a field line longer than MAX_LINE: what is captured of it is marked. */
export function readCutField(
  direction: Http1Direction,
  bytes: Uint8Array,
  start: number,
  end: number,
  exchange: HttpExchange,
  fields: Http1Fields,
  strings: StringTable,
): void {
  const field = fields.find(bytes, start, end);
  if (field === undefined) return;
  takeField(direction, bytes, start, end, exchange, field, strings);
  markCut(exchange, field);
}

function markCut(exchange: HttpExchange, field: Http1Field): void {
  if (field.id === USER_AGENT) exchange.truncate(semconv.USER_AGENT_ORIGINAL.name);
  if (field.key !== undefined) exchange.truncate(field.key.name);
}

/** `bytes[from, to)`: the line, with the field's name in front. */
function takeField(
  direction: Http1Direction,
  bytes: Uint8Array,
  from: number,
  to: number,
  exchange: HttpExchange,
  field: Http1Field,
  strings: StringTable,
): void {
  let start = from + field.name.length + 1;
  let end = to;
  while (start < end && isSpace(byteAt(bytes, start))) start++;
  while (end > start && isSpace(byteAt(bytes, end - 1))) end--;
  if (field.key !== undefined) exchange.capture(field.key, strings.get(bytes, start, end));
  switch (field.id) {
    case HOST:
      if (exchange.host === '') exchange.host = strings.get(bytes, start, end);
      break;
    case USER_AGENT:
      exchange.userAgent = strings.get(bytes, start, end);
      break;
    case CONTENT_LENGTH:
      takeLength(direction, bytes, start, end);
      break;
    case TRANSFER_ENCODING:
      direction.coding = lastCoding(strings.get(bytes, start, end), direction.coding);
      break;
    case UPGRADE:
      direction.h2c = strings.get(bytes, start, end).toLowerCase() === 'h2c';
      break;
    case CONTENT_TYPE:
      exchange.otlpType = OTLP_TYPE.test(strings.get(bytes, start, end));
      break;
    case TRACEPARENT:
      // More than one makes the context ambiguous, so there is none.
      exchange.traceparent = ++direction.traceparents > 1 ? '' : readTraceparent(bytes, start, end);
      break;
    case TRACESTATE: {
      const joined = direction.badTracestate ? undefined : joinTracestate(exchange.tracestate, bytes, start, end);
      direction.badTracestate = joined === undefined;
      exchange.tracestate = joined ?? '';
      break;
    }
  }
}

const isSpace = (byte: number): boolean => byte === SP || byte === HT || byte === CR;

/** Equal repetitions, as a list or as fields, are one length (RFC 9112 section 6.3). */
function takeLength(direction: Http1Direction, bytes: Uint8Array, start: number, end: number): void {
  let from = start;
  while (from <= end) {
    const comma = indexOf(bytes, 0x2c, from, end);
    let stop = comma < 0 ? end : comma;
    const next = stop + 1;
    while (from < stop && isSpace(byteAt(bytes, from))) from++;
    while (stop > from && isSpace(byteAt(bytes, stop - 1))) stop--;
    const length = decimal(bytes, from, stop);
    if (length < 0 || (direction.contentLength !== NO_LENGTH && direction.contentLength !== length)) {
      direction.contentLength = BAD_LENGTH;
      return;
    }
    direction.contentLength = length;
    from = next;
  }
}

function lastCoding(value: string, before: number): number {
  const last = value
    .slice(value.lastIndexOf(',') + 1)
    .trim()
    .toLowerCase();
  if (last === 'chunked') return CHUNKED;
  return last === 'identity' || last === '' ? before : UNFRAMED;
}
