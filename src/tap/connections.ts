import type { Connection } from './connection.ts';
import { type Environment, POLICY_COUNT } from './environment.ts';

/** A closed connection stays so long for records that come late, ns. */
const CLOSED_GRACE_NS = 200e6;
/** A TCP connection without traffic is forgotten after this time: its end must have been lost. Kernel: tcp_keepalive_time. */
const TCP_IDLE_NS = 7200e9;
/** Unix sockets tell no end: those that go on are remembered so long without traffic, */
const UNIX_IDLE_NS = 1800e9;
/** those of which nothing is followed so long. */
const UNIX_UNFOLLOWED_NS = 60e9;
/** those with an end that was read so long: the other direction may still carry an answer, */
const UNIX_ENDED_NS = 10e9;
/** and those of a process that is gone so long. */
const UNIX_EXITED_NS = 1e9;

/** The connections by socket cookie: bounded, aged. */
export class Connections {
  readonly limit: number;
  private readonly byCookie = new Map<number, Connection>();
  /** In order of closing. */
  private closed: Connection[] = [];
  private last: Connection | undefined;
  private readonly env: Environment;
  private readonly onRemove: (connection: Connection) => void;

  constructor(limit: number, env: Environment, onRemove: (connection: Connection) => void) {
    this.limit = limit;
    this.env = env;
    this.onRemove = onRemove;
  }

  get size(): number {
    return this.byCookie.size;
  }

  get(cookie: number): Connection | undefined {
    if (this.last?.cookie === cookie) return this.last;
    const connection = this.byCookie.get(cookie);
    if (connection !== undefined) this.last = connection;
    return connection;
  }

  add(connection: Connection): void {
    while (this.byCookie.size >= this.limit) this.evict();
    this.byCookie.set(connection.cookie, connection);
    this.env.counters.connections++;
  }

  /** The connection is closed: it goes after a while. */
  retire(connection: Connection): void {
    this.closed.push(connection);
  }

  remove(connection: Connection): void {
    connection.close('unknown');
    if (this.last === connection) this.last = undefined;
    if (this.byCookie.get(connection.cookie) === connection) this.byCookie.delete(connection.cookie);
    this.onRemove(connection);
  }

  /** Removes what has been closed for a while. Called at each drain. */
  removeClosed(now: number): void {
    let count = 0;
    for (const connection of this.closed) {
      if (connection.closedAt + CLOSED_GRACE_NS > now) break;
      count++;
      if (connection.waiting) {
        // Something is still to come, or not: another while. Waiting itself is bounded.
        connection.closedAt = now;
        this.closed.push(connection);
      } else {
        this.remove(connection);
      }
    }
    if (count > 0) this.closed = this.closed.slice(count);
  }

  /** Removes what has been idle for too long. Called about once a second. */
  sweep(now: number): void {
    for (const connection of this.byCookie.values()) {
      const idle = now - connection.lastSeen;
      if (idle < UNIX_EXITED_NS || idle < idleLimit(connection)) continue;
      if (!connection.ended) this.env.counters.aged++;
      this.remove(connection);
    }
  }

  /**
   * Removes connections of which no records come and that the kernel has left out twice: they have ended, and the record
   * of it was lost, or they are Unix sockets.
   */
  removeGone(walk: number): void {
    for (const connection of this.byCookie.values()) {
      if (connection.followed || connection.closedAt !== 0 || connection.walk === 0) continue;
      if (connection.walk > walk - 2) continue;
      if (!connection.ended) this.env.counters.aged++;
      this.remove(connection);
    }
  }

  all(): IterableIterator<Connection> {
    return this.byCookie.values();
  }

  clear(): void {
    for (const connection of this.byCookie.values()) this.remove(connection);
    this.closed = [];
  }

  /** Second chance: the oldest entry goes, unless it has had traffic since it was last looked at. */
  private evict(): void {
    let chances = 8;
    for (const [cookie, connection] of this.byCookie) {
      if (chances-- > 0 && connection.lastSeen > connection.looked && !connection.ended) {
        connection.looked = connection.lastSeen;
        this.byCookie.delete(cookie);
        this.byCookie.set(cookie, connection);
        continue;
      }
      if (!connection.ended) this.env.counters.evicted++;
      this.env.setPolicy(cookie, POLICY_COUNT);
      this.remove(connection);
      return;
    }
  }
}

function idleLimit(connection: Connection): number {
  if (connection.family !== 'unix') {
    // Of one that is only counted no record comes before its end, however busy it is. The table's bound holds.
    return connection.followed || connection.process.exited ? TCP_IDLE_NS : Number.POSITIVE_INFINITY;
  }
  if (connection.process.exited) return UNIX_EXITED_NS;
  if (connection.ended) return UNIX_ENDED_NS;
  return connection.followed ? UNIX_IDLE_NS : UNIX_UNFOLLOWED_NS;
}
