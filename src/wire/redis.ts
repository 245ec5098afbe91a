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
import { DbMapping, type DbOptions } from './db.ts';
import { CallPool, DbCalls } from './db_calls.ts';
import { DbSession, renewDb } from './db_session.ts';
import type { ConnectionContext, Decoder, Session, Sink } from './decoder.ts';
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
    renew: renewDb(options),
    open(context: ConnectionContext, sink: Sink): Session {
      const calls = new DbCalls(mapping, pool, context, sink, 'redis');
      const requests = new RedisRequests(calls, context.joined);
      const replies = new RedisReplies(calls, requests, context.joined);
      return new DbSession(calls, requests.framing, replies.framing);
    },
  };
}
