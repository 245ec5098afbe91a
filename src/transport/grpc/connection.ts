import { type ClientHttp2Session, connect as connectHttp2, type OutgoingHttpHeaders } from 'node:http2';
import type { Duplex } from 'node:stream';
import { timerMs } from '../timer.ts';
import { unaryCall } from './call.ts';
import type { ClientKeepalive } from './options.ts';

/** Between attempts, ms: https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md, but shorter than the longest wait of a retry. */
const FIRST_BACKOFF = 1_000;
const MAX_BACKOFF = 20_000;
const BACKOFF_FACTOR = 1.6;
const BACKOFF_JITTER = 0.2;
/** Longest time until the server's SETTINGS. */
const CONNECT_TIMEOUT = 20_000;
const STREAM_WINDOW = 1024 * 1024;

/** A socket to the address; it may still be connecting. */
export type Dial = () => Promise<Duplex>;

/** One address, and at most one HTTP/2 connection to it that takes calls. */
export class Connection {
  readonly #authority: string;
  readonly #dial: Dial;
  readonly #keepalive: ClientKeepalive | undefined;
  #session: ClientHttp2Session | undefined;
  #connecting: Promise<void> | undefined;
  #opening: ClientHttp2Session | undefined;
  #closed = false;
  #failure: Error | undefined;
  #backoff = FIRST_BACKOFF;
  #notBefore = 0;
  #calls = 0;
  #lastAnswer = 0;

  /** `authority`: URL of the session; `dial`: its socket. */
  constructor(authority: string, dial: Dial, keepalive: ClientKeepalive | undefined) {
    this.#authority = authority;
    this.#dial = dial;
    this.#keepalive = keepalive;
  }

  get ready(): boolean {
    return this.#session !== undefined;
  }

  /** Why the last attempt failed, while the next one is not due; it is at `retryAt` then. */
  get failure(): Error | undefined {
    return performance.now() < this.#notBefore ? this.#failure : undefined;
  }

  /** Of `performance.now()`. */
  get retryAt(): number {
    return this.#notBefore;
  }

  /** Resolves to itself when it is ready. Rejects when that failed; the next attempt is due after a backoff. */
  async connect(): Promise<this> {
    if (this.#session === undefined) {
      this.#connecting ??= this.#attempt().finally(() => {
        this.#connecting = undefined;
      });
      await this.#connecting;
    }
    return this;
  }

  /** Of a connection that is ready. Rejects with RpcError. */
  async call(headers: OutgoingHttpHeaders, message: readonly Uint8Array[], abort: AbortSignal): Promise<Uint8Array> {
    this.#calls++;
    try {
      return await unaryCall(this.#session, headers, message, abort);
    } finally {
      this.#calls--;
      this.#lastAnswer = performance.now();
    }
  }

  /** Calls under way go on. */
  close(): void {
    this.#closed = true;
    this.#opening?.destroy();
    this.#session?.close();
    this.#session = undefined;
  }

  async #attempt(): Promise<void> {
    try {
      const socket = await this.#dial();
      if (this.#closed) {
        socket.destroy();
        throw new Error('the client is closed');
      }
      const session = await this.#open(socket);
      this.#backoff = FIRST_BACKOFF;
      this.#failure = undefined;
      this.#use(session);
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      const jitter = 1 - BACKOFF_JITTER + 2 * BACKOFF_JITTER * Math.random();
      this.#notBefore = performance.now() + this.#backoff * jitter;
      this.#backoff = Math.min(this.#backoff * BACKOFF_FACTOR, MAX_BACKOFF);
      throw this.#failure;
    }
  }

  /** A connection is one when the server has spoken HTTP/2. */
  #open(socket: Duplex): Promise<ClientHttp2Session> {
    return new Promise((resolve, reject) => {
      const session = connectHttp2(this.#authority, {
        createConnection: () => socket,
        settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
      });
      this.#opening = session;
      const timer = setTimeout(() => session.destroy(new Error('the server did not answer in time')), CONNECT_TIMEOUT);
      let cause = new Error('the server closed the connection');
      session.on('error', (error: Error) => {
        cause = error;
      });
      const opened = (): void => {
        clearTimeout(timer);
        if (this.#opening === session) this.#opening = undefined;
      };
      session.once('close', () => {
        opened();
        reject(cause);
      });
      session.once('remoteSettings', () => {
        opened();
        resolve(session);
      });
    });
  }

  #use(session: ClientHttp2Session): void {
    if (this.#closed) {
      session.close();
      return;
    }
    this.#session = session;
    const leave = (): void => {
      if (this.#session === session) this.#session = undefined;
    };
    // Calls that the server still takes end there; new ones go to a new connection.
    session.once('goaway', () => {
      leave();
      // Not in the session's own callback: Node 20 still reads its memory there.
      setImmediate(() => session.close());
    });
    session.once('close', leave);
    if (this.#keepalive !== undefined) this.#keepAlive(session, this.#keepalive);
  }

  #keepAlive(session: ClientHttp2Session, keepalive: ClientKeepalive): void {
    const { time, timeout, permit_without_stream: always } = keepalive;
    if (time <= 0) return;
    const timer = setInterval(() => {
      const quiet = performance.now() - this.#lastAnswer >= time;
      if (session.destroyed || !quiet || (!always && this.#calls === 0)) return;
      const late = setTimeout(
        () => session.destroy(new Error('keepalive ping failed to receive ACK')),
        timerMs(timeout),
      );
      session.ping(() => clearTimeout(late));
    }, timerMs(time));
    timer.unref();
    session.once('close', () => clearInterval(timer));
  }
}
