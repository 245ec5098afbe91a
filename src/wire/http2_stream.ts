import { CLIENT, type Side } from './decoder.ts';
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

  /** What this side says. */
  messages(side: Side): GrpcMessages {
    return side === CLIENT ? this.requests : this.responses;
  }

  reset(): void {
    this.id = 0;
    this.exchange.reset();
    this.grpc = false;
    this.grpcStatus = this.resetCode = -1;
    this.timeout = Number.NaN;
    this.requests.reset();
    this.responses.reset();
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

/** The open streams of one connection, in the order in which they came. */
export class OpenStreams {
  readonly #older = new Map<number, Http2Stream>();
  /** Beside the map until another one comes: a map that becomes empty with every stream makes its table anew. */
  #newest: Http2Stream | undefined = undefined;

  get size(): number {
    return this.#older.size + (this.#newest === undefined ? 0 : 1);
  }

  get(id: number): Http2Stream | undefined {
    const newest = this.#newest;
    if (newest !== undefined && newest.id === id) return newest;
    return this.#older.size === 0 ? undefined : this.#older.get(id);
  }

  add(stream: Http2Stream): void {
    const before = this.#newest;
    if (before !== undefined) this.#older.set(before.id, before);
    this.#newest = stream;
  }

  delete(stream: Http2Stream): void {
    if (stream === this.#newest) this.#newest = undefined;
    else this.#older.delete(stream.id);
  }

  /** Whoever gets a stream may delete it. */
  *all(): Generator<Http2Stream> {
    yield* this.#older.values();
    if (this.#newest !== undefined) yield this.#newest;
  }

  clear(): void {
    this.#older.clear();
    this.#newest = undefined;
  }
}
