import { GrpcMessages } from './grpc_messages.ts';
import { HttpExchange } from './http_exchange.ts';

/** Streams kept for reuse by all connections of a decoder. */
const MAX_POOLED = 1024;

/** One stream: one exchange. Pooled. */
export class Http2Stream {
  id = 0;
  /** Another one's if the request came before the upgrade to HTTP/2. */
  exchange = new HttpExchange();
  /** It is a gRPC call. */
  grpc = false;
  /** −1: none seen. */
  grpcStatus = -1;
  /** The code of RST_STREAM; −1: it was not reset. */
  resetCode = -1;
  /** The client's deadline, s; NaN if none. */
  timeout = Number.NaN;
  readonly requests = new GrpcMessages();
  readonly responses = new GrpcMessages();
  /** When bytes that may have been the request's or the answer's were lost, and none of it came after; −1: never. */
  requestLostAt = -1;
  responseLostAt = -1;

  reset(): void {
    this.id = 0;
    this.exchange.reset();
    this.grpc = false;
    this.grpcStatus = this.resetCode = -1;
    this.timeout = Number.NaN;
    this.requests.reset();
    this.responses.reset();
    this.requestLostAt = this.responseLostAt = -1;
  }
}

export class StreamPool {
  readonly #free: Http2Stream[] = [];

  take(id: number, start: number): Http2Stream {
    const stream = this.#free.pop() ?? new Http2Stream();
    stream.id = id;
    stream.exchange.start = start;
    return stream;
  }

  recycle(stream: Http2Stream): void {
    if (this.#free.length >= MAX_POOLED) return;
    stream.reset();
    this.#free.push(stream);
  }
}
