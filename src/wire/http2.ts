/**
 * HTTP/2 (RFC 9113) with HPACK (RFC 7541), seen from outside; gRPC calls are told as such (grpc.ts).
 *
 *   connection = preface (client), then frames in both directions; a stream is one exchange:
 *   HEADERS CONTINUATION* DATA* [ HEADERS CONTINUATION* ] in each direction, the last one with END_STREAM, or RST_STREAM
 *
 * What is not known is not invented:
 * - After lost bytes within DATA everything goes on: the frame's length is known. Elsewhere frames are looked for, and of the
 *   dynamic table only entries from then on are used; a request or response that refers to older ones, or whose header
 *   block was cut, is named in `sonde.partial`.
 * - A stream that was reset has an `error.type` by the code: `cancelled`, `refused_stream`, `internal_error`; one that the other
 *   end will not look at any more `goaway`; one whose connection ended `client_closed`, `server_closed`, `connection_reset`
 *   or `timeout`.
 * - What the tap no longer looks at is counted as `unfinished`, not told.
 */
import { Closing } from './closing.ts';
import {
  CLIENT,
  type ConnectionContext,
  type Decoder,
  type End,
  SERVER,
  type Session,
  type Side,
  type Sink,
} from './decoder.ts';
import { GrpcMapping } from './grpc.ts';
import { HttpExchange } from './http_exchange.ts';
import { HttpMapping, type HttpOptions } from './http_mapping.ts';
import { Http2Blocks } from './http2_blocks.ts';
import { detectHttp2 } from './http2_detect.ts';
import { Http2Fields } from './http2_fields.ts';
import { MAX_BLOCK } from './http2_fragments.ts';
import { HeaderBlock } from './http2_headers.ts';
import { Http2Reader } from './http2_reader.ts';
import { StreamPool } from './http2_stream.ts';
import { Http2Streams } from './http2_streams.ts';
import { StringTable } from './strings.ts';

export const HTTP2 = 'http2';

export const HTTP2_REJECTS = [
  /** A frame that must not be there, or the client's preface was not there. */
  'invalid_frame',
  /** A header block that cannot be decoded: what its table has is unknown from then on. */
  'invalid_header_block',
  /** A header block longer than MAX_BLOCK: its beginning is told. */
  'header_block_too_large',
  /** A response to a request that was not seen. */
  'orphan_response',
  /** More open streams than are remembered. */
  'too_many_streams',
  /** A run of bytes was passed over until frames were found again. */
  'unsynchronised',
  /** A direction ended within a frame that was not taken. */
  'incomplete_frame',
  /** The tap stopped looking before the stream ended. */
  'unfinished',
] as const;

export function createHttp2(options: HttpOptions): Decoder {
  const fields = new Http2Fields(options.headers);
  const strings = new StringTable();
  const shared = {
    http: new HttpMapping(HTTP2, options),
    grpc: new GrpcMapping(options.maxRoutes),
    pool: new StreamPool(),
    block: new HeaderBlock(),
  };
  return {
    name: HTTP2,
    rejects: HTTP2_REJECTS,
    maxPending: MAX_BLOCK,
    detect: detectHttp2,
    open(context: ConnectionContext, sink: Sink, carried?: unknown): Session {
      const streams = new Http2Streams(shared, context, sink);
      if (carried instanceof HttpExchange) streams.adopt(carried);
      const reader = (side: Side): Http2Reader =>
        new Http2Reader(side, streams, new Http2Blocks(side, streams, shared.block, fields, strings));
      return new Http2Session(context, streams, reader(CLIENT), reader(SERVER));
    },
  };
}

class Http2Session implements Session {
  readonly #streams: Http2Streams;
  readonly #requests: Http2Reader;
  readonly #responses: Http2Reader;
  readonly #closing = new Closing();

  constructor(context: ConnectionContext, streams: Http2Streams, requests: Http2Reader, responses: Http2Reader) {
    this.#streams = streams;
    this.#requests = requests;
    this.#responses = responses;
    if (context.joined) {
      requests.join();
      responses.join();
    }
  }

  get opaque(): boolean {
    return this.#requests.opaque || this.#responses.opaque;
  }

  lost(side: Side): boolean {
    return (side === CLIENT ? this.#requests : this.#responses).lost;
  }

  data(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    boundary: boolean,
    mayHold: boolean,
  ): number {
    if (this.opaque) return end - start;
    if (side === SERVER) {
      const hold = mayHold && !this.#requests.lost && !this.#requests.ended;
      return this.#responses.read(bytes, start, end, time, boundary, hold);
    }
    const { began } = this.#requests;
    const taken = this.#requests.read(bytes, start, end, time, boundary, mayHold);
    if (!began && this.#requests.began) this.#responses.begin();
    return taken;
  }

  gap(side: Side, bytes: Uint8Array, start: number, end: number, length: number, time: number): void {
    if (this.opaque) return;
    const reader = side === CLIENT ? this.#requests : this.#responses;
    // What was held is not held any longer.
    const taken = reader.read(bytes, start, end, time, false, false);
    reader.gap(bytes, start + taken, end, length, time);
  }

  end(side: Side, bytes: Uint8Array, start: number, end: number, how: End, time: number): void {
    const reader = side === CLIENT ? this.#requests : this.#responses;
    if (this.opaque || reader.ended) return;
    const taken = reader.read(bytes, start, end, time, false, false);
    if (this.opaque) return;
    if (start + taken < end) this.#streams.reject('incomplete_frame');
    reader.close();
    if (how === 'unknown') {
      this.#streams.abandon();
      return;
    }
    if (this.#closing.ended(side, how, this.#responses.ended)) this.#streams.fail(this.#closing.errorType, time);
  }
}
