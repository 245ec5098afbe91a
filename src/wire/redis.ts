/**
 * Redis and what speaks its protocol (Valkey, KeyDB, Dragonfly): RESP2 and RESP3
 * (https://redis.io/docs/latest/develop/reference/protocol-spec/).
 *
 * A span is one command, pipelined or not, in a transaction or not; EXEC has `db.operation.batch.size`, and the first
 * error of its commands. Keys, values, channels, scripts and passwords do not leave: `db.query.text` is `SET ? ?`. A name
 * that is none of Redis' commands is `_OTHER`.
 *
 * Messages of channels, of MONITOR and of the client-side cache are no answers. After PSYNC the connection is opaque.
 */
import { CLIENT_CLOSED, CONNECTION_RESET, DbMapping, type DbOptions, SERVER_CLOSED, TIMEOUT } from './db.ts';
import { CallPool, DbCalls } from './db_calls.ts';
import {
  CLIENT,
  type ConnectionContext,
  type Decoder,
  type End,
  type Session,
  type Side,
  type Sink,
} from './decoder.ts';
import { detectRedis } from './redis_detect.ts';
import { RedisReplies } from './redis_replies.ts';
import { MAX_INLINE, RedisRequests } from './redis_requests.ts';

export const REDIS_REJECTS = [
  /** What the client sent is neither a command nor the rest of one. */
  'malformed_command',
  /** What the server sent is no value. */
  'malformed_reply',
  /** An answer to a command that was not seen, or to one of several of which it is not known which. */
  'orphan_response',
  /** A connection ended within a command. */
  'incomplete_command',
  /** A run of bytes was passed over until a command or an answer began. */
  'unsynchronised',
  /** More commands without answers than are remembered. */
  'pipeline_overflow',
  /** The tap stopped looking before the answer came. */
  'unfinished',
] as const;

export function createRedis(options: DbOptions): Decoder {
  const mapping = new DbMapping('redis', options);
  const pool = new CallPool();
  return {
    name: 'redis',
    rejects: REDIS_REJECTS,
    maxPending: MAX_INLINE + 16,
    detect: detectRedis,
    open(context: ConnectionContext, sink: Sink): Session {
      return new RedisSession(context, new DbCalls(mapping, pool, context, sink, 'redis'), options);
    },
  };
}

class RedisSession implements Session {
  readonly #calls: DbCalls;
  readonly #requests: RedisRequests;
  readonly #replies: RedisReplies;
  #errorType = '';

  constructor(context: ConnectionContext, calls: DbCalls, options: DbOptions) {
    this.#calls = calls;
    this.#requests = new RedisRequests(calls, options.query, context.joined);
    this.#replies = new RedisReplies(calls, this.#requests, context.joined);
  }

  get opaque(): boolean {
    return this.#requests.opaque || this.#replies.opaque;
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
    if (side === CLIENT) return this.#requests.read(bytes, start, end, time, boundary);
    return this.#replies.read(bytes, start, end, time, boundary, mayHold);
  }

  gap(side: Side, bytes: Uint8Array, start: number, end: number, length: number, time: number): void {
    if (this.opaque) return;
    if (side === CLIENT) {
      this.#requests.skip(length, time);
      return;
    }
    // What was held is not held any longer.
    this.#replies.read(bytes, start, end, time, false, false);
    this.#replies.skip(length, time);
  }

  end(side: Side, bytes: Uint8Array, start: number, end: number, how: End, time: number): void {
    if (this.opaque || (side === CLIENT ? this.#requests : this.#replies).ended) return;
    if (side === CLIENT) this.#requests.close(start < end);
    else {
      this.#replies.read(bytes, start, end, time, false, false);
      if (this.opaque) return;
      this.#replies.close();
    }
    if (how === 'unknown') {
      this.#calls.abandon();
      return;
    }
    if (how === 'timeout') this.#errorType = TIMEOUT;
    if (side === CLIENT) {
      // A client may end its side and still wait for answers; not so after RST or a timeout.
      this.#errorType ||= CLIENT_CLOSED;
      if (how !== 'finished' || this.#replies.ended) this.#calls.fail(this.#errorType, time);
    } else {
      this.#errorType ||= how === 'reset' ? CONNECTION_RESET : SERVER_CLOSED;
      this.#calls.fail(this.#errorType, time);
    }
  }
}
