import type { ConnectionContext, Sink } from './decoder.ts';
import { HttpConnection } from './http.ts';
import { HttpExchange } from './http_exchange.ts';
import type { HttpMapping } from './http_mapping.ts';

/** Unanswered requests of one connection that are remembered. */
const MAX_PIPELINED = 1024;
/** Exchanges kept for reuse by all connections of a decoder. */
const MAX_POOLED = 1024;
/**
 * How much earlier than its request a response may be stamped, ns: the hooks fire after the operation, on two CPUs.
 */
const MAX_INVERSION = 1e6;
/** After so long without an answer, ns, a server that has begun to answer has answered all. Only used after lost bytes. */
const QUIET = 5e6;

export class ExchangePool {
  readonly #free: HttpExchange[] = [];

  take(): HttpExchange {
    return this.#free.pop() ?? new HttpExchange();
  }

  recycle(exchange: HttpExchange): void {
    if (this.#free.length >= MAX_POOLED) return;
    exchange.reset();
    this.#free.push(exchange);
  }
}

/**
 * Requests that wait for their responses, in order. HTTP/1 answers in the order of the requests; after lost bytes
 * the order is found again by time, see `match`.
 */
export class Http1Exchanges {
  readonly #pool: ExchangePool;
  readonly #connection: HttpConnection;
  readonly #sink: Sink;
  #first: HttpExchange | undefined = undefined;
  #last: HttpExchange | undefined = undefined;
  #waiting = 0;
  /** Requests beyond MAX_PIPELINED whose responses must be passed over. */
  #overflow = 0;
  /** When requests may last have been lost. */
  #lostAt = -1;
  /** Requests were lost whose answers may still come: answers that cannot be matched until they are all here. */
  #doubt = false;
  /** They came after the requests that began before. */
  #doubtFrom = 0;
  /** An answer came since. */
  #heard = false;
  /** The last answer belonged to no request. */
  #orphaned = false;
  #lastAnswer = 0;
  /** The client was seen to send before it was answered. */
  pipelining = false;

  constructor(mapping: HttpMapping, pool: ExchangePool, context: ConnectionContext, sink: Sink) {
    this.#pool = pool;
    this.#connection = new HttpConnection(mapping, context);
    this.#sink = sink;
  }

  take(): HttpExchange {
    return this.#pool.take();
  }

  /** Stands in for a message that is not told. */
  takeIgnored(): HttpExchange {
    const exchange = this.#pool.take();
    exchange.ignored = true;
    return exchange;
  }

  recycle(exchange: HttpExchange): void {
    this.#pool.recycle(exchange);
  }

  add(exchange: HttpExchange): void {
    if (this.#overflow > 0 || this.#waiting >= MAX_PIPELINED) {
      this.#overflow++;
      exchange.ignored = true;
      this.#sink.reject('pipeline_overflow');
      return;
    }
    if (this.#last === undefined) {
      if (this.#heard && exchange.start - this.#lastAnswer > QUIET) this.#settle();
      this.#first = exchange;
    } else this.#last.next = exchange;
    this.#last = exchange;
    this.#waiting++;
  }

  /** Can a response that began at `time` be the answer to a request that was seen? */
  answerable(time: number): boolean {
    if (this.#first === undefined) return this.#overflow > 0;
    return this.#first.start <= time + MAX_INVERSION;
  }

  /** No request is here yet: the one that a response answers may still come. */
  get empty(): boolean {
    return this.#first === undefined && this.#overflow === 0;
  }

  /**
   * The request that a final response, begun at `time`, answers. `hole`: responses may be missing before it. Then a
   * client that waits for each answer has sent the newest request last, unless that was lost; of one that pipelines,
   * none can be told. If only one waits, what is missing is its answer: this one is in its body, or is to no request.
   */
  match(time: number, hole: boolean): HttpExchange {
    if (hole) this.loseAnswers(time, this.pipelining || this.#onlyOne(time) || this.#newestLost(time));
    if (this.#doubt) this.#doubtful(time);
    const exchange = this.answerable(time) ? this.#shift() : undefined;
    this.#orphaned = exchange === undefined;
    if (exchange !== undefined) {
      if (this.#first !== undefined && this.#first.start < time) this.pipelining = true;
      return exchange;
    }
    if (this.#first === undefined && this.#overflow > 0) this.#overflow--;
    else this.#sink.reject('orphan_response');
    return this.takeIgnored();
  }

  /** If an answer came that belongs to no request, it was theirs: a client that waits has them all. */
  requestLost(time: number, gap: boolean): void {
    this.#lostAt = time;
    if (!gap || (this.#orphaned && !this.pipelining)) return;
    if (!this.#doubt) this.#doubtFrom = time;
    this.#doubt = true;
    this.#heard = false;
  }

  /** Answers may be missing. Where no newer request waits, they are those of the lost ones. */
  answerLost(time: number): void {
    if (!this.pipelining && this.#newestLost(time)) this.#settle();
  }

  /** An answer that may be a lost request's: those that wait are told without. */
  #doubtful(time: number): void {
    const first = this.#first;
    if (first !== undefined && first.start < this.#doubtFrom) return;
    this.#heard = true;
    this.#lastAnswer = time;
    if (first === undefined || first.start > time + MAX_INVERSION) {
      if (!this.pipelining) this.#settle();
      return;
    }
    if (!this.#onlyOne(time)) this.pipelining = true;
    this.loseAnswers(time, true);
    // A client that was never seen to pipeline, and of which one request waited, has them all.
    if (!this.pipelining) this.#settle();
  }

  #settle(): void {
    this.#doubt = false;
    this.#heard = false;
  }

  #onlyOne(time: number): boolean {
    const next = this.#first?.next;
    return next === undefined || next.start > time + MAX_INVERSION;
  }

  /** Was a request lost that is newer than all that were seen by `time`? */
  #newestLost(time: number): boolean {
    if (this.#lostAt > time + MAX_INVERSION) return false;
    for (let exchange = this.#first; exchange !== undefined; exchange = exchange.next) {
      if (exchange.start > this.#lostAt && exchange.start <= time + MAX_INVERSION) return false;
    }
    return this.#lostAt >= 0;
  }

  /** Tells requests that began by `time` whose responses were lost, all or all but the newest. */
  loseAnswers(time: number, all: boolean): void {
    while (this.#first !== undefined && this.#first.start <= time + MAX_INVERSION) {
      const next: HttpExchange | undefined = this.#first.next;
      if (!all && (next === undefined || next.start > time + MAX_INVERSION)) return;
      const exchange = this.#shift();
      if (exchange === undefined) return;
      exchange.response.partial = true;
      exchange.response.last = exchange.request.last;
      this.answered(exchange);
    }
  }

  /** Every request that waits will not be answered, as is known since `time`. */
  fail(errorType: string, time: number): void {
    this.#overflow = 0;
    if (this.#doubt) this.loseAnswers(Number.POSITIVE_INFINITY, true);
    for (let exchange = this.#shift(); exchange !== undefined; exchange = this.#shift()) {
      exchange.errorType = errorType;
      exchange.response.last = time;
      exchange.request.done = true;
      this.answered(exchange);
    }
  }

  /** Nobody looks any longer: what becomes of the waiting requests is not known. */
  abandon(): void {
    this.#overflow = 0;
    for (let exchange = this.#shift(); exchange !== undefined; exchange = this.#shift()) {
      this.#sink.reject('unfinished');
      // A request that is still read recycles it when it ends.
      exchange.ignored = true;
      if (exchange.request.done) this.recycle(exchange);
    }
  }

  /** The request is known as far as it will ever be. */
  requested(exchange: HttpExchange): void {
    exchange.request.done = true;
    if (exchange.ignored) this.recycle(exchange);
    else if (exchange.response.done) this.#emit(exchange);
  }

  /** The response is known as far as it will ever be; the exchange is told when the request is, too. */
  answered(exchange: HttpExchange): void {
    exchange.response.done = true;
    if (exchange.ignored) this.recycle(exchange);
    else if (exchange.request.done) this.#emit(exchange);
  }

  reject(reason: string): void {
    this.#sink.reject(reason);
  }

  #emit(exchange: HttpExchange): void {
    this.#sink.operation(this.#connection.operation(exchange));
    this.recycle(exchange);
  }

  #shift(): HttpExchange | undefined {
    const exchange = this.#first;
    if (exchange === undefined) return undefined;
    this.#first = exchange.next;
    if (this.#first === undefined) this.#last = undefined;
    exchange.next = undefined;
    this.#waiting--;
    return exchange;
  }
}
