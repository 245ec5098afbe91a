import type { Role } from '../kernel/types.ts';
import {
  type ConnectionEnd,
  type ConnectionKind,
  connectionBytes,
  connectionOperation,
} from '../wire/connection_operation.ts';
import type { Connection } from './connection.ts';
import type { Output } from './output.ts';
import type { SessionSource } from './session_source.ts';

/** What the kernel tells of a connection that is over. */
export type Ending = Omit<ConnectionEnd, keyof ConnectionKind>;

/**
 * What one receiver is told of a connection as a whole, if its exchanges are not told or not all of them: TLS, or nobody
 * understands it (any more). Its bytes as they pass, the rest when it is over.
 */
export class WholeConnection {
  private readonly connection: Connection;
  private readonly output: Output;
  private readonly source: SessionSource;
  /** Bytes that were told, or passed before anybody asked. */
  private sent: number;
  private received: number;

  constructor(connection: Connection, output: Output, source: SessionSource) {
    this.connection = connection;
    this.output = output;
    this.source = source;
    this.sent = connection.sentBytes;
    this.received = connection.receivedBytes;
  }

  /** So many bytes have passed. `spoke`: exchanges of it were told. */
  passed(spoke: boolean, sent: number, received: number): void {
    const role = this.role();
    if (role === 'unknown' || !this.output.wantsConnections) return;
    const context = this.connection.context(role === 'client', this.connection.joined);
    const kind = this.kind(spoke);
    if (sent > this.sent) {
      this.output.passed(this.connection, connectionBytes(context, kind, 'transmit', sent - this.sent));
      this.sent = sent;
    }
    if (received > this.received) {
      this.output.passed(this.connection, connectionBytes(context, kind, 'receive', received - this.received));
      this.received = received;
    }
  }

  /** The connection is over. What is not known of it is counted in place of a guess. */
  conclude(spoke: boolean, givenUp: boolean, ending: Ending | undefined): void {
    const { connection, output, source } = this;
    if (!(givenUp || source.session === undefined || source.session.tls !== undefined)) return;
    if (!output.wantsConnections) return;
    const kind = this.kind(spoke);
    const role = this.role();
    if (ending === undefined) output.reject(kind.protocol, 'unfinished');
    else if (role === 'unknown') output.reject(kind.protocol, 'unknown_role');
    else {
      this.passed(spoke, ending.sent, ending.received);
      const context = connection.context(role === 'client', connection.joined);
      output.connection(connection, connectionOperation(context, { ...ending, ...kind }));
    }
  }

  private role(): Role {
    const { session, clientDirection } = this.source;
    if (session === undefined) return this.connection.role;
    return clientDirection === 0 ? 'client' : 'server';
  }

  private kind(spoke: boolean): ConnectionKind {
    const { session, decoder } = this.source;
    const tls = session?.tls;
    return { protocol: (spoke || tls !== undefined ? decoder?.name : undefined) ?? 'unknown', tls };
  }
}
