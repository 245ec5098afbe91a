import type { Connection } from './connection.ts';
import type { Connections } from './connections.ts';

/**
 * Sonde's own traffic is both ends: its sockets, which the kernel marks, and the sockets at the other end of them when
 * they are in scope (a Collector on the same machine), which are found here by the reversed tuple.
 */
export class OwnTraffic {
  private readonly byTuple = new Map<string, Connection>();
  private readonly connections: Connections;

  constructor(connections: Connections) {
    this.connections = connections;
  }

  /** Call before the connection is followed. */
  add(connection: Connection): void {
    const other = this.otherEnd(connection);
    if (connection.family !== 'unix') this.byTuple.set(tuple(connection, false), connection);
    if (other === undefined) return;
    if (connection.own) other.becomeOwn();
    else if (other.own) connection.becomeOwn();
  }

  remove(connection: Connection): void {
    if (connection.family === 'unix') return;
    const key = tuple(connection, false);
    if (this.byTuple.get(key) === connection) this.byTuple.delete(key);
  }

  /** The connection of the process at the other end, if it is in scope. */
  otherEnd(connection: Connection): Connection | undefined {
    if (connection.family !== 'unix') return this.byTuple.get(tuple(connection, true));
    return connection.peerCookie === 0 ? undefined : this.connections.get(connection.peerCookie);
  }
}

/** The same loopback addresses exist in every network namespace. */
function tuple(connection: Connection, reversed: boolean): string {
  const { local, remote } = connection;
  const near = `${local.address} ${local.port}`;
  const far = `${remote.address} ${remote.port}`;
  const scope = local.address.startsWith('127.') || local.address === '::1' ? connection.netns : '';
  return reversed ? `${scope} ${far} ${near}` : `${scope} ${near} ${far}`;
}
