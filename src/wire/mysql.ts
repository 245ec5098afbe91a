/**
 * The protocol of MySQL and MariaDB (https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html,
 * https://mariadb.com/kb/en/clientserver-protocol/), also of those that speak it.
 *
 *   packet = length (3 bytes, little end first) sequence body      (a body of 16 MiB − 1 goes on in the next packet)
 *
 * A span is one COM_QUERY with all its statements and results, one COM_STMT_EXECUTE (told with the text that was
 * prepared, if that was seen), or another command by its name (`PING`, `INIT_DB`). A preparation is told only if it
 * fails. Parameters, rows, files and passwords do not leave. TLS, compression and a replica's copy of the binary log make
 * the connection opaque.
 */
import { DbMapping, type DbOptions } from './db.ts';
import { CallPool, DbCalls } from './db_calls.ts';
import { DbSession, renewDb } from './db_session.ts';
import type { ConnectionContext, Decoder, Session, Sink } from './decoder.ts';
import { detectMysql, HEADER } from './mysql_detect.ts';
import { MysqlReplies } from './mysql_replies.ts';
import { MysqlRequests } from './mysql_requests.ts';
import { MAX_SQL, Statements } from './sql_statements.ts';

export const MYSQL_REJECTS = [
  /** The client's answer to the greeting cannot be read. */
  'malformed_login',
  /** The server's first packet is no greeting. */
  'malformed_packet',
  /** A command that is not known. Its answer is passed over. */
  'unknown_command',
  /** An answer to a call that was not seen, or to one of several of which it is not known which. */
  'orphan_response',
  /** A connection ended within a packet of the client. */
  'incomplete_packet',
  /** A run of bytes was passed over until a command or an answer began. */
  'unsynchronised',
  /** More calls without answers than are remembered. */
  'pipeline_overflow',
  /** The tap stopped looking before the answer came. */
  'unfinished',
] as const;

export function createMysql(options: DbOptions): Decoder {
  const mapping = new DbMapping('mysql', options);
  const pool = new CallPool();
  const statements = new Statements('mysql');
  return {
    name: 'mysql',
    rejects: MYSQL_REJECTS,
    maxPending: MAX_SQL + HEADER,
    detect: detectMysql,
    renew: renewDb(options),
    open(context: ConnectionContext, sink: Sink): Session {
      const calls = new DbCalls(mapping, pool, context, sink, 'mysql');
      const requests = new MysqlRequests(calls, statements, context.joined);
      const replies = new MysqlReplies(calls, requests, context.joined);
      return new DbSession(calls, requests.framing, replies.framing);
    },
  };
}
