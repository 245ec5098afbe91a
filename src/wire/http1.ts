/**
 * HTTP/1.0 and HTTP/1.1 (RFC 9110, RFC 9112), seen from outside.
 *
 *   HTTP-message = start-line CRLF *( field-line CRLF ) CRLF [ message-body ]
 *
 * The body of a response is, in this order: none (HEAD, 1xx, 204, 304; after 2xx to CONNECT and after 101 the connection is
 * a tunnel), chunked, of Content-Length bytes, or all until the connection ends. Of a request: chunked, of Content-Length
 * bytes, or none (RFC 9112 section 6.3).
 *
 * What is not known is not invented:
 * - A body size is exact also when bytes were not copied, as long as the framing tells it; else it is "at least" and named in
 *   `sonde.partial`. `sonde.partial` with `http.request` or `http.response`: the rest of that message was not seen.
 * - A request whose response was lost is told without a status (`sonde.partial`: `http.response`), and feeds no duration.
 * - After a lost request whose answer was not seen, answers are passed over (`orphan_response`) until the server was quiet,
 *   or the client seems to wait for each; the requests are told as above.
 * - A request without an answer is told with `error.type`: `client_closed` when the client ended the connection first,
 *   `server_closed` or `connection_reset` when the server did, `timeout` when the kernel gave up.
 * - What the tap no longer looks at is counted as `unfinished`, not told.
 */
import type { ConnectionContext, Decoder, Session, Sink, Successor } from './decoder.ts';
import { HttpMapping, type HttpOptions } from './http_mapping.ts';
import { detectHttp1 } from './http1_detect.ts';
import { ExchangePool, Http1Exchanges } from './http1_exchanges.ts';
import { Http1Fields } from './http1_fields.ts';
import { MAX_LINE } from './http1_head.ts';
import { Http1Requests } from './http1_requests.ts';
import { Http1Responses } from './http1_responses.ts';
import { StringTable } from './strings.ts';
import { TwoWaySession } from './two_way_session.ts';

export const HTTP1_REJECTS = [
  /** A request or status line was expected, and this is none. */
  'malformed_start_line',
  /** Content-Length, Transfer-Encoding or a chunk size that cannot be followed. */
  'invalid_framing',
  /** A response to a request that was not seen. */
  'orphan_response',
  /** A connection ended within a request line, or within a status line. */
  'incomplete_head',
  /** The missing bytes took so much of a head that nothing can be told of it. */
  'head_lost',
  /** A run of bytes was passed over until a message began. */
  'unsynchronised',
  /** More requests without answers than are remembered. */
  'pipeline_overflow',
  /** The tap stopped looking before the answer came. */
  'unfinished',
] as const;

export function createHttp1(options: HttpOptions): Decoder {
  const mapping = new HttpMapping('http1', options);
  const pool = new ExchangePool();
  const strings = new StringTable();
  const requestFields = Http1Fields.request(options.headers.request);
  const responseFields = Http1Fields.response(options.headers.response);
  return {
    name: 'http1',
    rejects: HTTP1_REJECTS,
    maxPending: MAX_LINE,
    detect: detectHttp1,
    open(context: ConnectionContext, sink: Sink): Session {
      const exchanges = new Http1Exchanges(mapping, pool, context, sink);
      const responses = new Http1Responses(exchanges, strings, responseFields);
      const requests = new Http1Requests(exchanges, strings, requestFields, responses);
      return new Http1Session(context, exchanges, requests, responses);
    },
  };
}

class Http1Session extends TwoWaySession<Http1Requests, Http1Responses> {
  readonly #exchanges: Http1Exchanges;

  constructor(
    context: ConnectionContext,
    exchanges: Http1Exchanges,
    requests: Http1Requests,
    responses: Http1Responses,
  ) {
    super(requests, responses);
    this.#exchanges = exchanges;
    if (context.joined) {
      requests.lose();
      responses.lose();
    }
  }

  get successor(): Successor | undefined {
    const { upgraded, tunnel } = this.responses;
    if (tunnel) return { decoder: undefined };
    return upgraded === undefined ? undefined : { decoder: 'http2', carried: upgraded };
  }

  /** Answers that went with missing bytes are told as lost, not as never given. */
  protected fail(errorType: string, time: number): void {
    const { responses } = this;
    const { exchange } = responses;
    if (exchange !== undefined && !responses.lost) {
      exchange.errorType = errorType;
      exchange.response.last = time;
    }
    responses.finish();
    if (responses.hole) this.#exchanges.loseAnswers(time, true);
    responses.close();
    this.requests.abandonUpload();
    this.#exchanges.fail(errorType, time);
  }

  protected abandon(): void {
    const { responses } = this;
    const { exchange, lost } = responses;
    if (exchange !== undefined && !lost) {
      if (!exchange.ignored) this.#exchanges.reject('unfinished');
      exchange.ignored = true;
    }
    responses.finish();
    this.#exchanges.abandon();
    this.requests.abandonUpload();
    this.requests.close();
    responses.close();
  }
}
