import { Closing } from './closing.ts';
import type { DbOptions } from './db.ts';
import type { DbCalls } from './db_calls.ts';
import type { DbFraming } from './db_framing.ts';
import { CLIENT, type End, type Session, type Side, type Successor } from './decoder.ts';

const TLS: Successor = { decoder: 'tls' };

/** What all databases do alike: who reads which bytes, and what an end of the connection means to calls that wait. */
export class DbSession implements Session {
  readonly #calls: DbCalls;
  readonly #requests: DbFraming;
  readonly #replies: DbFraming;
  readonly #closing = new Closing();

  constructor(calls: DbCalls, requests: DbFraming, replies: DbFraming) {
    this.#calls = calls;
    this.#requests = requests;
    this.#replies = replies;
  }

  /** What leaves of the calls to come. */
  renew(options: DbOptions): void {
    this.#calls.query = options.query;
  }

  get opaque(): boolean {
    return this.#requests.opaque || this.#replies.opaque;
  }

  lost(side: Side): boolean {
    return (side === CLIENT ? this.#requests : this.#replies).lost;
  }

  get successor(): Successor | undefined {
    return this.#requests.encrypted || this.#replies.encrypted ? TLS : undefined;
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
    const reader = side === CLIENT ? this.#requests : this.#replies;
    return reader.read(bytes, start, end, time, boundary, mayHold);
  }

  gap(side: Side, bytes: Uint8Array, start: number, end: number, length: number, time: number): void {
    if (this.opaque) return;
    const reader = side === CLIENT ? this.#requests : this.#replies;
    reader.gap(bytes, start, end, length, time);
  }

  end(side: Side, bytes: Uint8Array, start: number, end: number, how: End, time: number): void {
    const reader = side === CLIENT ? this.#requests : this.#replies;
    if (this.opaque || reader.ended) return;
    const taken = reader.read(bytes, start, end, time, false, false);
    if (this.opaque) return;
    reader.close(start + taken < end);
    if (how === 'unknown') {
      this.#calls.abandon();
      return;
    }
    if (this.#closing.ended(side, how, this.#replies.ended)) this.#calls.fail(this.#closing.errorType, time);
  }
}

/** `Decoder.renew` of every database: what a session knows of its connection stays. */
export const renewDb =
  (options: DbOptions) =>
  (session: Session): void => {
    if (session instanceof DbSession) session.renew(options);
  };
