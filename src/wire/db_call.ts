import type { Statement } from './sql_statements.ts';

/**
 * One database operation and its answer as a decoder saw them, whichever protocol carried them. Pooled: `reset` makes
 * it as new.
 */
export class DbCall {
  /** First and last byte of the request; last byte of the answer. Nanoseconds. */
  start = 0;
  requestLast = 0;
  responseLast = 0;

  /** `GET`, `SELECT`; '' if not known. */
  operation = '';
  /** The one table that the operation is about, if that is certain. */
  collection = '';
  namespace = '';
  /** As configured: without literals, in full, or ''. */
  text = '';
  textCut = false;
  /** There was no room for it. */
  textDropped = false;
  /** Characters of it that are counted as waiting. */
  kept = 0;
  summary = '';
  /** Operations in one request, if more than one. */
  batch = 0;
  /** −1: not told by the server. */
  rows = -1;
  /** SQLSTATE, error code, error prefix. */
  status = '';
  /** `status` says that it failed. */
  failed = false;
  /** Why there is no (whole) answer, or ''. */
  errorType = '';
  traceparent = '';

  /** The answer, or what would tell of it, was not seen. */
  responsePartial = false;
  /** What was asked is not known: bytes of the request are missing, or it was prepared before we joined. */
  requestPartial = false;
  /** No answer is expected: how long it took is not known. */
  oneWay = false;
  /** The first of a socket operation. */
  fresh = false;
  /** Stands in for a request that is not told: authentication, housekeeping of the protocol. */
  ignored = false;

  /** For the decoder: what kind of request it is, how many answers it still waits for, and what it is about. */
  kind = 0;
  expected = 1;
  note = '';
  /** What it prepares. */
  prepares: Statement | undefined = undefined;
  /** The next unanswered one on the connection. */
  next: DbCall | undefined = undefined;

  reset(): void {
    this.start = this.requestLast = this.responseLast = 0;
    this.operation = this.collection = this.namespace = this.text = this.summary = '';
    this.status = this.errorType = this.traceparent = this.note = '';
    this.textCut = this.textDropped = this.failed = this.responsePartial = this.requestPartial = false;
    this.oneWay = this.ignored = this.fresh = false;
    this.batch = this.kind = this.kept = 0;
    this.rows = -1;
    this.expected = 1;
    this.prepares = undefined;
    this.next = undefined;
  }

  /** What is known of an answer is not known to be this call's. */
  unanswered(): void {
    this.responsePartial = true;
    // Counted as far as they were seen.
    this.rows = -1;
    this.batch = 0;
    this.status = this.errorType = '';
    this.failed = false;
    this.responseLast = this.requestLast;
  }
}
