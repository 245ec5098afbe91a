/**
 * PostgreSQL's protocol 3 (https://www.postgresql.org/docs/current/protocol.html), also of those that speak it.
 *
 *   startup = length code parameters      message = type length body      (length counts itself)
 *
 * A span is one Query message, with all its statements (`db.operation.batch.size`), from its first byte to
 * ReadyForQuery; or one Execute, from the first message of its group (Parse, Bind) to its CommandComplete. What was
 * prepared is told with its text as long as the preparation was seen. A preparation is told only if it fails. Commands
 * that the server skips after an error in a pipeline have `error.type` pipeline_aborted.
 *
 * Parameters, passwords, rows and COPY data do not leave. A connection for replication, and one that is encrypted, is
 * opaque.
 */
import { DbMapping, type DbOptions } from './db.ts';
import { CallPool, DbCalls } from './db_calls.ts';
import { DbSession, renewDb } from './db_session.ts';
import type { ConnectionContext, Decoder, Session, Sink } from './decoder.ts';
import { detectPostgresql, HEADER, MAX_STARTUP } from './postgresql_detect.ts';
import { PostgresqlReplies } from './postgresql_replies.ts';
import { PostgresqlRequests } from './postgresql_requests.ts';
import { Statements } from './sql_statements.ts';

export const POSTGRESQL_REJECTS = [
  /** The first bytes of a client are no startup packet. */
  'malformed_startup',
  /** A type or a length that no message has. */
  'malformed_message',
  /** An answer to a call that was not seen, or to one of several of which it is not known which. */
  'orphan_response',
  /** A connection ended within a message of the client. */
  'incomplete_message',
  /** A run of bytes was passed over until a message began. */
  'unsynchronised',
  /** More calls without answers than are remembered. */
  'pipeline_overflow',
  /** The tap stopped looking before the answer came. */
  'unfinished',
] as const;

export function createPostgresql(options: DbOptions): Decoder {
  const mapping = new DbMapping('postgresql', options);
  const pool = new CallPool();
  const statements = new Statements('postgresql');
  return {
    name: 'postgresql',
    rejects: POSTGRESQL_REJECTS,
    maxPending: MAX_STARTUP + HEADER,
    detect: detectPostgresql,
    renew: renewDb(options),
    open(context: ConnectionContext, sink: Sink): Session {
      const calls = new DbCalls(mapping, pool, context, sink, 'postgresql');
      const requests = new PostgresqlRequests(calls, statements, context.joined);
      const replies = new PostgresqlReplies(calls, requests, context.joined);
      return new DbSession(calls, requests.framing, replies.framing);
    },
  };
}
