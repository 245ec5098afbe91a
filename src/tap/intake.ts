import type {
  ConnRecord,
  DataRecord,
  EndRecord,
  ExecRecord,
  ExitRecord,
  ForkRecord,
  KernelTap,
  RecordHandler,
} from '../kernel/types.ts';
import { Connection } from './connection.ts';
import { Connections } from './connections.ts';
import { type Environment, POLICY_ALL } from './environment.ts';
import type { Output } from './output.ts';
import { OwnTraffic } from './own_traffic.ts';
import type { Processes } from './parts.ts';

/** Takes the kernel's records: connections to their table, data to its connection, the rest to the process table. */
export class Intake implements RecordHandler {
  readonly connections: Connections;
  /** When the last data passed, ns. */
  seen = 0;
  private readonly ownTraffic: OwnTraffic;
  private readonly env: Environment;
  private readonly processes: Processes;
  private outputs: readonly Output[] = [];
  /** Times that the kernel was asked how far connections have come. */
  private walk = 0;

  constructor(maxConnections: number, env: Environment, processes: Processes) {
    this.env = env;
    this.processes = processes;
    this.connections = new Connections(maxConnections, env, (connection) => this.ownTraffic.remove(connection));
    this.ownTraffic = new OwnTraffic(this.connections);
  }

  /** Who wants operations. Connections that are open are asked about again. */
  follow(outputs: readonly Output[]): void {
    this.outputs = outputs;
    for (const connection of this.connections.all()) connection.follow(outputs);
  }

  /** Lets time pass: what has waited long enough goes on without what it waited for. */
  advance(now: number): void {
    const { waiting } = this.env;
    for (const connection of waiting) if (!connection.expire(now)) waiting.delete(connection);
    this.connections.removeClosed(now);
  }

  /** Asks the kernel how far the connections have come, and forgets those that are gone. */
  countBytes(kernel: KernelTap): void {
    const walk = this.walk + 1;
    const whole = kernel.progress((cookie, generation, sent, received) => {
      const connection = this.connections.get(cookie);
      if (connection?.generation !== generation) return;
      connection.walk = walk;
      connection.passed(sent, received);
    });
    if (!whole) return;
    this.walk = walk;
    this.connections.removeGone(walk);
  }

  conn(record: ConnRecord): void {
    const process = this.processes.owner(record.process, record.time);
    const known = this.connections.get(record.cookie);
    if (known !== undefined && record.generation <= known.generation) {
      if (record.generation === known.generation) known.renew(record.role, process, this.outputs);
      return;
    }
    if (known !== undefined) this.connections.remove(known);
    // The cookie is not new: what was asked of an earlier connection, perhaps after this one had begun, holds no longer.
    if (record.generation > 1 || record.ownerChanged) this.env.setPolicy(record.cookie, POLICY_ALL);
    const connection = new Connection(record, process, this.env);
    this.connections.add(connection);
    this.ownTraffic.add(connection);
    if (record.own) this.env.counters.ownConnections++;
    connection.follow(this.outputs);
  }

  data(record: DataRecord): void {
    this.env.counters.dataRecords++;
    this.seen = record.time;
    const connection = this.connections.get(record.cookie);
    if (connection === undefined || connection.generation !== record.generation) {
      this.env.counters.orphanRecords++;
      return;
    }
    connection.data(record);
    if (record.length === 0 && connection.family === 'unix') this.unixEnd(connection, record.time);
  }

  end(record: EndRecord): void {
    const connection = this.connections.get(record.cookie);
    if (connection === undefined || connection.generation !== record.generation || connection.closedAt !== 0) return;
    connection.end(record);
    if (connection.closedAt !== 0) this.connections.retire(connection);
  }

  exec(record: ExecRecord): void {
    this.processes.exec(record);
  }

  fork(record: ForkRecord): void {
    this.processes.fork(record);
  }

  exit(record: ExitRecord): void {
    this.processes.exit(record);
  }

  /** Unix sockets have no states: the end that one side reads is all that is told of the other side's. */
  private unixEnd(reader: Connection, time: number): void {
    const writer = this.ownTraffic.otherEnd(reader);
    writer?.sent.end('finished', writer.sent.next, time);
  }
}
