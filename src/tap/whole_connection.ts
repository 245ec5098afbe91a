import type { Role } from '../kernel/types.ts';
import { type ConnectionEnd, connectionOperation } from '../wire/connection_operation.ts';
import type { Connection } from './connection.ts';
import type { Output } from './output.ts';
import type { SessionSource } from './session_source.ts';

/** What the kernel tells of a connection that is over. */
export type Ending = Omit<ConnectionEnd, 'protocol' | 'tls'>;

/**
 * Tells a connection that is over as a whole, if its exchanges were not told or were not all: TLS, or nobody understood
 * it (any more). What is not known of it is counted in place of a guess.
 */
export function tellWhole(
  connection: Connection,
  output: Output,
  source: SessionSource,
  ending: Ending | undefined,
  { spoke, givenUp }: { readonly spoke: boolean; readonly givenUp: boolean },
): void {
  const { session, decoder } = source;
  const tls = session?.tls;
  if (!(givenUp || session === undefined || tls !== undefined) || !output.wantsConnections) return;
  const protocol = (spoke || tls !== undefined ? decoder?.name : undefined) ?? 'unknown';
  const role: Role = session === undefined ? connection.role : source.clientDirection === 0 ? 'client' : 'server';
  if (ending === undefined) output.reject(protocol, 'unfinished');
  else if (role === 'unknown') output.reject(protocol, 'unknown_role');
  else {
    const context = connection.context(role === 'client', connection.joined);
    output.connection(connection, connectionOperation(context, { ...ending, protocol, tls }));
  }
}
