import { constants, type ServerHttp2Session } from 'node:http2';
import { timerMs } from '../../transport/timer.ts';
import type { GrpcConfig } from './config.ts';

type Keepalive = GrpcConfig['keepalive'];

/** GOAWAY that refuses no stream: those that are on their way are still taken. RFC 9113, 6.8. */
const ALL_STREAMS = 2 ** 31 - 1;
/** grpc-go's: pings that come too early, before the connection is ended. */
const MAX_STRIKES = 2;
/** Between pings of a client that has no call and may not ping then, ms. */
const MIN_IDLE_PING = 2 * 3600_000;
/** Connections do not end all at once: ±10 %. */
const AGE_JITTER = 0.1;
/** A client that does not answer a ping is not asked whether it knows that the connection ends, ms. */
const GOODBYE = 1_000;

/**
 * One client's connection: ends when it is idle, old, silent or pings too often.
 * https://pkg.go.dev/google.golang.org/grpc/keepalive
 */
export class GrpcConnection {
  readonly #session: ServerHttp2Session;
  readonly #keepalive: Keepalive;
  readonly #used: () => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  #streams = 0;
  #leaving = false;
  #lastSeen = performance.now();
  #idle: NodeJS.Timeout | undefined;
  #lastPing = Number.NEGATIVE_INFINITY;
  #strikes = 0;

  /** `used`: a call has ended. */
  constructor(session: ServerHttp2Session, keepalive: Keepalive, used: () => void) {
    this.#session = session;
    this.#keepalive = keepalive;
    this.#used = used;
    const { max_connection_age: age, time } = keepalive.server_parameters;
    if (age > 0) {
      this.#after(age * (1 - AGE_JITTER + 2 * AGE_JITTER * Math.random()), () => this.#tooOld());
    }
    if (time > 0) this.#watch(time);
    this.#startIdle();
    session.on('ping', () => this.#pinged());
    session.on('error', () => undefined);
    session.once('close', () => {
      for (const timer of this.#timers) clearTimeout(timer);
      this.#timers.clear();
    });
  }

  streamBegins(): void {
    this.#streams++;
    this.#lastSeen = performance.now();
    if (this.#idle !== undefined) this.#cancel(this.#idle);
    this.#idle = undefined;
  }

  streamEnds(): void {
    this.#lastSeen = performance.now();
    this.#strikes = 0;
    this.#used();
    if (--this.#streams === 0) this.#startIdle();
  }

  /** Calls under way go on, new ones go elsewhere. */
  leave(why: string): void {
    if (this.#leaving || this.#session.destroyed) return;
    this.#leaving = true;
    this.#session.goaway(constants.NGHTTP2_NO_ERROR, ALL_STREAMS, Buffer.from(why));
    // When the client has answered it knows: no stream of it can still be on its way.
    try {
      this.#session.ping(() => setImmediate(() => this.#session.close()));
      this.#after(GOODBYE, () => this.#session.close());
    } catch {
      this.#session.close();
    }
  }

  destroy(): void {
    this.#session.destroy();
  }

  #tooOld(): void {
    this.leave('max_age');
    const grace = this.#keepalive.server_parameters.max_connection_age_grace;
    if (grace > 0) this.#after(grace, () => this.destroy());
  }

  #startIdle(): void {
    const limit = this.#keepalive.server_parameters.max_connection_idle;
    if (limit > 0) this.#idle = this.#after(limit, () => this.leave('max_idle'));
  }

  /** Pings a client of which nothing was heard for `time`. */
  #watch(time: number): void {
    if (this.#session.destroyed) return;
    const silent = performance.now() - this.#lastSeen;
    if (silent < time) {
      this.#after(time - silent, () => this.#watch(time));
      return;
    }
    const { timeout } = this.#keepalive.server_parameters;
    const late = timeout > 0 ? this.#after(timeout, () => this.destroy()) : undefined;
    const answered = (): void => {
      if (late !== undefined) this.#cancel(late);
      this.#lastSeen = performance.now();
      if (!this.#session.destroyed) this.#after(time, () => this.#watch(time));
    };
    // Refused when the session is closing: nothing is left to watch then.
    this.#session.ping(answered);
  }

  #pinged(): void {
    const now = performance.now();
    const { min_time: least, permit_without_stream: permitted } = this.#keepalive.enforcement_policy;
    const interval = this.#streams === 0 && !permitted ? MIN_IDLE_PING : least;
    const early = now - this.#lastPing < interval;
    this.#lastPing = now;
    this.#lastSeen = now;
    if (!early || ++this.#strikes <= MAX_STRIKES) return;
    this.#session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from('too_many_pings'));
    // Not in the session's own callback: Node 20 still reads its memory there.
    setImmediate(() => this.#session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM));
  }

  #after(ms: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, timerMs(ms));
    timer.unref();
    this.#timers.add(timer);
    return timer;
  }

  #cancel(timer: NodeJS.Timeout): void {
    clearTimeout(timer);
    this.#timers.delete(timer);
  }
}
