import type { Duplex } from 'node:stream';
import { ClientSession } from '../http2/client_session.ts';
import { ConstantHeader, type HeaderField } from '../http2/constant_header.ts';
import { timerMs } from '../timer.ts';
import { type CallEnd, RESPONSE_FIELDS, unaryCall } from './call.ts';
import type { ClientKeepalive } from './options.ts';

/** Between attempts, ms: https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md, but shorter than the longest wait of a retry. */
const FIRST_BACKOFF = 1_000;
const MAX_BACKOFF = 20_000;
const BACKOFF_FACTOR = 1.6;
const BACKOFF_JITTER = 0.2;
/** Longest time until the server's SETTINGS. */
const CONNECT_TIMEOUT = 20_000;

const NO_KEEPALIVE: ClientKeepalive = { time: 0, timeout: 0, permit_without_stream: false };

/** A socket to the address; it may still be connecting. */
export type Dial = () => Promise<Duplex>;

/** One address, and at most one HTTP/2 connection to it that takes calls. */
export class Connection {
  readonly #header: readonly HeaderField[];
  readonly #dial: Dial;
  readonly #keepalive: ClientKeepalive | undefined;
  #session: ClientSession | undefined;
  #connecting: Promise<void> | undefined;
  #opening: ClientSession | undefined;
  #closed = false;
  #failure: Error | undefined;
  #backoff = FIRST_BACKOFF;
  #notBefore = 0;
  #calls = 0;
  #lastAnswer = 0;

  /** `header`: of each call. */
  constructor(header: readonly HeaderField[], dial: Dial, keepalive: ClientKeepalive | undefined) {
    this.#header = header;
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
  async call(message: readonly Uint8Array[], end: CallEnd): Promise<Uint8Array> {
    this.#calls++;
    try {
      return await unaryCall(this.#session, message, end);
    } finally {
      this.#calls--;
      this.#lastAnswer = performance.now();
    }
  }

  /** Calls under way go on. */
  close(): void {
    this.#closed = true;
    this.#opening?.destroy(new Error('the client is closed'));
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
      await this.#open(socket);
      this.#backoff = FIRST_BACKOFF;
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      const jitter = 1 - BACKOFF_JITTER + 2 * BACKOFF_JITTER * Math.random();
      this.#notBefore = performance.now() + this.#backoff * jitter;
      this.#backoff = Math.min(this.#backoff * BACKOFF_FACTOR, MAX_BACKOFF);
      throw this.#failure;
    }
  }

  /** A connection is one when the server has spoken HTTP/2. */
  #open(socket: Duplex): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => session.destroy(new Error('the server did not answer in time')), CONNECT_TIMEOUT);
      let pinging: NodeJS.Timeout | undefined;
      const session: ClientSession = new ClientSession(socket, new ConstantHeader(this.#header), RESPONSE_FIELDS, {
        ready: () => {
          clearTimeout(late);
          this.#opening = undefined;
          this.#session = session;
          if (this.#closed) this.close();
          else pinging = this.#keepAlive(session);
          resolve();
        },
        // Calls that the server still takes end there; new ones go to a new connection.
        leaving: () => this.#leave(session),
        closed: (cause) => {
          clearTimeout(late);
          clearInterval(pinging);
          this.#leave(session);
          reject(cause);
        },
      });
      this.#opening = session;
    });
  }

  #leave(session: ClientSession): void {
    if (this.#opening === session) this.#opening = undefined;
    if (this.#session === session) this.#session = undefined;
  }

  #keepAlive(session: ClientSession): NodeJS.Timeout | undefined {
    const { time, timeout, permit_without_stream: always } = this.#keepalive ?? NO_KEEPALIVE;
    if (time <= 0) return undefined;
    const ping = (): void => {
      const quiet = performance.now() - this.#lastAnswer >= time;
      if (!quiet || (!always && this.#calls === 0)) return;
      const lost = (): void => session.destroy(new Error('keepalive ping failed to receive ACK'));
      const late = setTimeout(lost, timerMs(timeout));
      session.ping(() => clearTimeout(late));
    };
    return setInterval(ping, timerMs(time)).unref();
  }
}
