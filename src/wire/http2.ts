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
import { CLIENT, type ConnectionContext, type Decoder, SERVER, type Session, type Side, type Sink } from './decoder.ts';
import { GrpcMapping } from './grpc.ts';
import { HttpExchange } from './http_exchange.ts';
import { HttpMapping, type HttpOptions } from './http_mapping.ts';
import { Http2Blocks } from './http2_blocks.ts';
import { detectHttp2 } from './http2_detect.ts';
import { Http2Fields } from './http2_fields.ts';
import { MAX_BLOCK } from './http2_fragments.ts';
import { HeaderBlock } from './http2_header_block.ts';
import { Http2Reader } from './http2_reader.ts';
import { StreamPool } from './http2_stream.ts';
import { Http2Streams } from './http2_streams.ts';
import { StringTable } from './strings.ts';
import { TwoWaySession } from './two_way_session.ts';

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

class Http2Session extends TwoWaySession<Http2Reader, Http2Reader> {
  readonly #streams: Http2Streams;

  constructor(context: ConnectionContext, streams: Http2Streams, requests: Http2Reader, responses: Http2Reader) {
    super(requests, responses);
    this.#streams = streams;
    requests.peer = responses;
    responses.peer = requests;
    if (context.joined) {
      requests.join();
      responses.join();
    }
  }

  protected fail(errorType: string, time: number): void {
    this.#streams.fail(errorType, time);
  }

  protected abandon(): void {
    this.#streams.abandon();
  }
}
