import { CLIENT, type ConnectionContext, SERVER, type Side, type Sink } from './decoder.ts';
import { GrpcConnection, type GrpcMapping } from './grpc.ts';
import { CUT, UNKNOWN } from './hpack.ts';
import { HttpConnection } from './http.ts';
import type { HttpExchange, HttpMessage } from './http_exchange.ts';
import type { HttpMapping } from './http_mapping.ts';
import type { HeaderBlock } from './http2_header_block.ts';
import { type Http2Stream, OpenStreams, type StreamPool } from './http2_stream.ts';

/** Open streams of one connection that are remembered. */
const MAX_STREAMS = 1024;
/** A stream of which nothing came for so long after bytes were lost has ended in them, ns. */
const LOST_AFTER = 10e9;
/** The stream of a request that came before the upgrade (RFC 7540 section 3.2). */
const UPGRADED_STREAM = 1;

/** `error.type` of a stream that was reset, by RFC 9113 section 7. */
const RESET_NAMES = [
  'stream_reset',
  'protocol_error',
  'internal_error',
  'flow_control_error',
  'settings_timeout',
  'stream_closed',
  'frame_size_error',
  'refused_stream',
  'cancelled',
  'compression_error',
  'connect_error',
  'enhance_your_calm',
  'inadequate_security',
  'http_1_1_required',
];
/** Its stream is beyond what the other end said it would still answer (section 6.8). */
const GOAWAY_TYPE = 'goaway';

export interface Http2Shared {
  readonly http: HttpMapping;
  readonly grpc: GrpcMapping;
  readonly pool: StreamPool;
  readonly block: HeaderBlock;
}

/** The streams of one connection: who asked what, and what became of it. */
export class Http2Streams {
  readonly #shared: Http2Shared;
  readonly #sink: Sink;
  readonly #http: HttpConnection;
  readonly #grpc: GrpcConnection;
  readonly #open = new OpenStreams();
  /** The highest stream that the client was seen to open. */
  #lastRequest = 0;
  /** Requests may have been lost. */
  #lossy: boolean;
  /** When streams are looked for that ended in lost bytes. */
  #sweepAt = Number.POSITIVE_INFINITY;

  constructor(shared: Http2Shared, context: ConnectionContext, sink: Sink) {
    this.#shared = shared;
    this.#sink = sink;
    this.#http = new HttpConnection(shared.http, context);
    this.#grpc = new GrpcConnection(shared.grpc, context);
    this.#lossy = context.joined;
  }

  reject(reason: string): void {
    this.#sink.reject(reason);
  }

  has(id: number): boolean {
    return this.#open.get(id) !== undefined;
  }

  /** A response came whose request may still come: pushed streams are the server's own. */
  early(id: number): boolean {
    return id > this.#lastRequest && (id & 1) === 1;
  }

  /** The answer to an HTTP/1 request that asked for the upgrade. */
  adopt(exchange: HttpExchange): void {
    const stream = this.#shared.pool.take(UPGRADED_STREAM, exchange.start);
    stream.exchange = exchange;
    exchange.version = '2';
    exchange.status = 0;
    exchange.request.done = true;
    this.#lastRequest = UPGRADED_STREAM;
    this.#open.add(stream);
  }

  /** `result`: of the decoding of the block, which is in the shared HeaderBlock. */
  request(id: number, result: number, start: number, time: number): void {
    const stream = this.#open.get(id);
    if (stream !== undefined) {
      // Trailers.
      touched(stream, CLIENT, time);
      return;
    }
    if (id <= this.#lastRequest) return;
    this.#lastRequest = id;
    // Trailers of a request that was not seen.
    if (this.#lossy && !this.#shared.block.request) return;
    this.#begin(id, result, start, time);
  }

  push(id: number, result: number, start: number, time: number): void {
    if (this.#open.get(id) !== undefined) return;
    const stream = this.#begin(id, result, start, time);
    if (stream !== undefined) stream.exchange.request.done = true;
  }

  #begin(id: number, result: number, start: number, time: number): Http2Stream | undefined {
    if (time >= this.#sweepAt) this.#sweep(time);
    if (this.#open.size >= MAX_STREAMS && !this.#makeRoom()) {
      this.#sink.reject('too_many_streams');
      return undefined;
    }
    const { block, pool } = this.#shared;
    const stream = pool.take(id, start);
    const { exchange } = stream;
    block.asRequest(exchange);
    exchange.request.last = time;
    exchange.request.partial = (result & (UNKNOWN | CUT)) !== 0;
    stream.grpc = block.grpc;
    stream.timeout = block.timeout;
    this.#open.add(stream);
    return stream;
  }

  response(id: number, result: number, time: number): void {
    const stream = this.#open.get(id);
    if (stream === undefined) {
      if (id > this.#lastRequest || this.#lossy) this.#sink.reject('orphan_response');
      return;
    }
    const { exchange } = stream;
    const { block } = this.#shared;
    touched(stream, SERVER, time);
    const unknown = (result & (UNKNOWN | CUT)) !== 0;
    if (exchange.status === 0) {
      // An interim response is no answer: the final one follows.
      if (block.status >= 100 && block.status < 200) return;
      if (block.status === 0) exchange.response.partial = true;
      block.asResponse(exchange);
      if (!stream.grpc && block.grpc) {
        stream.grpc = true;
        // What the client sent was not counted.
        stream.requests.atLeast = true;
      }
    }
    if (block.grpcStatus >= 0) stream.grpcStatus = block.grpcStatus;
    else if (unknown) exchange.response.partial = true;
  }

  data(side: Side, id: number, bytes: Uint8Array, start: number, end: number, time: number): void {
    const stream = this.#open.get(id);
    if (stream === undefined) return;
    touched(stream, side, time).size += end - start;
    if (stream.grpc) stream.messages(side).take(bytes, start, end);
  }

  /** `length` bytes of a body that were not seen. */
  missing(side: Side, id: number, length: number, time: number): void {
    const stream = this.#open.get(id);
    if (stream === undefined) return;
    touched(stream, side, time).size += length;
    stream.messages(side).skip(length);
  }

  /** How much of a frame was padding is not known. */
  inexact(side: Side, id: number): void {
    const stream = this.#open.get(id);
    if (stream !== undefined) stream.exchange.of(side).atLeast = stream.messages(side).atLeast = true;
  }

  /** END_STREAM. */
  ended(side: Side, id: number): void {
    const stream = this.#open.get(id);
    if (stream === undefined) return;
    const { exchange } = stream;
    const { request, response } = exchange;
    exchange.of(side).done = true;
    // The end of an answer whose beginning was lost.
    if (response.done && exchange.status === 0) response.partial = true;
    // Whether the request's end is among what was lost makes no difference once it is answered.
    if (response.done && (request.done || request.lostAt >= 0)) this.#tell(stream);
  }

  reset(side: Side, id: number, code: number, time: number): void {
    const stream = this.#open.get(id);
    if (stream === undefined) return;
    stream.resetCode = code;
    this.#fail(stream, RESET_NAMES[code] ?? 'stream_reset', side === CLIENT, time);
  }

  /** The sender will not answer streams of the other end beyond `last`. */
  goaway(side: Side, last: number, time: number): void {
    for (const stream of this.#open.all()) {
      const asked = (stream.id & 1) === 1;
      if (asked === (side === CLIENT) || stream.id <= last || stream.exchange.status !== 0) continue;
      this.#fail(stream, GOAWAY_TYPE, side === CLIENT, time);
    }
  }

  /** Whole frames of one direction are missing. */
  lost(side: Side, time: number): void {
    if (side === CLIENT) this.#lossy = true;
    for (const stream of this.#open.all()) {
      const message = stream.exchange.of(side);
      if (message.done) continue;
      message.atLeast = stream.messages(side).atLeast = true;
      if (message.lostAt < 0) message.lostAt = time;
      if (stream.exchange.response.done) this.#tell(stream);
    }
    if (time >= this.#sweepAt) this.#sweep(time);
    else this.#sweepAt = Math.min(this.#sweepAt, time + LOST_AFTER);
  }

  /** Tells streams whose answer must have ended in lost bytes. */
  #sweep(time: number): void {
    let first = Number.POSITIVE_INFINITY;
    for (const stream of this.#open.all()) {
      const { lostAt } = stream.exchange.response;
      if (lostAt < 0) continue;
      if (time - lostAt >= LOST_AFTER) this.#partial(stream);
      else first = Math.min(first, lostAt);
    }
    this.#sweepAt = first + LOST_AFTER;
  }

  /** Tells the oldest stream whose answer may have ended in lost bytes. False: there is none. */
  #makeRoom(): boolean {
    if (this.#sweepAt === Number.POSITIVE_INFINITY) return false;
    for (const stream of this.#open.all()) {
      if (stream.exchange.response.lostAt < 0) continue;
      this.#partial(stream);
      return true;
    }
    return false;
  }

  #partial(stream: Http2Stream): void {
    const { exchange } = stream;
    if (!exchange.response.done) exchange.response.partial = true;
    if (exchange.response.last === 0) exchange.response.last = exchange.request.last;
    this.#tell(stream);
  }

  /** The connection is over, as is known since `time`. */
  fail(errorType: string, time: number): void {
    for (const stream of this.#open.all()) {
      if (stream.exchange.response.lostAt >= 0) this.#partial(stream);
      else this.#fail(stream, errorType, false, time);
    }
  }

  #fail(stream: Http2Stream, errorType: string, byClient: boolean, time: number): void {
    const { exchange } = stream;
    if (exchange.response.done) {
      // The answer is whole; what the client still had to say nobody wanted.
      exchange.request.atLeast = true;
    } else {
      exchange.errorType = errorType;
      exchange.leftByClient = byClient;
      exchange.response.last = time;
    }
    this.#tell(stream);
  }

  /** Nobody looks any longer. */
  abandon(): void {
    for (const stream of this.#open.all()) {
      this.#sink.reject('unfinished');
      this.#shared.pool.recycle(stream);
    }
    this.#open.clear();
  }

  #tell(stream: Http2Stream): void {
    this.#open.delete(stream);
    this.#sink.operation(stream.grpc ? this.#grpc.operation(stream) : this.#http.operation(stream.exchange));
    this.#shared.pool.recycle(stream);
  }
}

/** Something of what this side says has come. */
function touched(stream: Http2Stream, side: Side, time: number): HttpMessage {
  const message = stream.exchange.of(side);
  message.last = time;
  message.lostAt = -1;
  return message;
}
