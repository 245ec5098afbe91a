import type { DbOptions } from './db.ts';
import type { DbCalls } from './db_calls.ts';
import type { DbFraming } from './db_framing.ts';
import type { Session, Successor } from './decoder.ts';
import { TwoWaySession } from './two_way_session.ts';

const TLS: Successor = { decoder: 'tls' };

/** What all databases do alike. */
export class DbSession extends TwoWaySession<DbFraming, DbFraming> {
  readonly #calls: DbCalls;

  constructor(calls: DbCalls, requests: DbFraming, replies: DbFraming) {
    super(requests, replies);
    this.#calls = calls;
  }

  /** What leaves of the calls to come. */
  renew(options: DbOptions): void {
    this.#calls.query = options.query;
  }

  get successor(): Successor | undefined {
    return this.requests.encrypted || this.responses.encrypted ? TLS : undefined;
  }

  protected fail(errorType: string, time: number): void {
    this.#calls.fail(errorType, time);
  }

  protected abandon(): void {
    this.#calls.abandon();
  }
}

/** `Decoder.renew` of every database: what a session knows of its connection stays. */
export const renewDb =
  (options: DbOptions) =>
  (session: Session): void => {
    if (session instanceof DbSession) session.renew(options);
  };
