import { formatAddress } from '../kernel/address.ts';
import { Connections } from '../tap/connections.ts';
import type { Output } from '../tap/output.ts';
import type { Endpoint } from '../wire/decoder.ts';
import { LATE, LONE } from './counters.ts';
import { Flow, type Shared } from './flow.ts';
import { MAX_CONNECTIONS, TIME_WAIT_NS } from './limits.ts';
import { ACK, RST, type Segment, SYN } from './segment.ts';

/** The connections of a capture by their addresses and ports. */
export class Flows {
  readonly connections: Connections;
  private readonly open = new Map<string, Flow>();
  /** Connections that have ended, and when: as many of the last as may be open. */
  private readonly ended = new Map<string, number>();
  private cookie = 0;
  private readonly outputs: readonly Output[];
  private readonly shared: Shared;

  constructor(outputs: readonly Output[], shared: Shared, limit = MAX_CONNECTIONS) {
    this.outputs = outputs;
    this.shared = shared;
    this.connections = new Connections(limit, shared.env, (connection) => {
      if (connection instanceof Flow) this.removed(connection);
    });
  }

  segment(segment: Segment, bytes: Buffer, time: number): void {
    const { from, to } = segment;
    const key = from < to ? from + to : to + from;
    const known = this.open.get(key);
    const flow = (segment.flags & SYN) !== 0 ? this.synchronised(known, key, segment, bytes, time) : known;
    if (flow === undefined) this.join(key, segment, bytes, time);
    else if (flow.closedAt !== 0) this.late(segment);
    else this.feed(flow, segment, bytes, time);
  }

  /** Lets time pass: what has waited long enough goes on without what it waited for. */
  advance(now: number): void {
    const { waiting } = this.shared.env;
    for (const connection of waiting) if (!connection.expire(now)) waiting.delete(connection);
    this.connections.removeClosed(now);
  }

  /** Ends everything; returns how many connections were still open. */
  finish(now: number): number {
    let open = 0;
    for (const flow of this.open.values()) {
      if (flow.closedAt === 0) open++;
      flow.complete(now);
    }
    this.advance(Number.POSITIVE_INFINITY);
    this.connections.clear();
    return open;
  }

  private feed(flow: Flow, segment: Segment, bytes: Buffer, time: number): void {
    if ((segment.flags & RST) !== 0) flow.reset(segment, time);
    else flow.segment(segment, bytes, time);
    if (flow.closedAt !== 0) this.connections.retire(flow);
  }

  /** A SYN: of a new connection, or once more of the one that is known. */
  private synchronised(known: Flow | undefined, key: string, segment: Segment, bytes: Buffer, time: number): Flow {
    if (known !== undefined) {
      const from = known.from(segment);
      if (known.closedAt === 0 && (!from.known || from.beganAt((segment.seq + 1) >>> 0))) return known;
      this.connections.remove(known);
    }
    // Whoever answers a SYN with its own is the server.
    return this.begin(key, segment, bytes, time, (segment.flags & ACK) !== 0, false);
  }

  /** A connection that began before the capture did, or whose beginning was lost. */
  private join(key: string, segment: Segment, bytes: Buffer, time: number): void {
    const endedAt = this.ended.get(key);
    if (endedAt !== undefined && time < endedAt + TIME_WAIT_NS) {
      this.late(segment);
    } else if (segment.length === 0 || (segment.flags & RST) !== 0) {
      this.shared.counters.skip(LONE);
    } else {
      this.shared.counters.joined++;
      this.feed(this.begin(key, segment, bytes, time, false, true), segment, bytes, time);
    }
  }

  /** Acknowledgements after the end are as they should be. */
  private late(segment: Segment): void {
    if (segment.length > 0) this.shared.counters.skip(LATE);
  }

  private begin(key: string, segment: Segment, bytes: Buffer, time: number, fromLocal: boolean, joined: boolean): Flow {
    const { ip, from, to, sourcePort, destinationPort } = segment;
    const source = endpoint(bytes, ip.source, ip.version, sourcePort);
    const destination = endpoint(bytes, ip.destination, ip.version, destinationPort);
    const flow = new Flow(
      {
        cookie: ++this.cookie,
        time,
        key,
        family: ip.version === 4 ? 'ipv4' : 'ipv6',
        localKey: fromLocal ? from : to,
        local: fromLocal ? source : destination,
        remote: fromLocal ? destination : source,
        joined,
      },
      this.shared,
    );
    this.open.set(key, flow);
    this.ended.delete(key);
    this.connections.add(flow);
    flow.follow(this.outputs);
    return flow;
  }

  private removed(flow: Flow): void {
    // A closed one whose addresses are used again is removed twice: now, and when its grace is over.
    if (this.open.get(flow.key) !== flow) return;
    this.open.delete(flow.key);
    if (flow.closedAt === 0) return;
    this.ended.set(flow.key, flow.closedAt);
    if (this.ended.size <= this.connections.limit) return;
    for (const [oldest] of this.ended) {
      this.ended.delete(oldest);
      return;
    }
  }
}

/** IPv4 addresses as IPv4-mapped IPv6 ones: that is what `formatAddress` reads. */
function endpoint(bytes: Buffer, at: number, version: 4 | 6, port: number): Endpoint {
  const address = Buffer.alloc(16);
  if (version === 6) {
    bytes.copy(address, 0, at, at + 16);
  } else {
    address.writeUInt16BE(0xffff, 10);
    bytes.copy(address, 12, at, at + 4);
  }
  return { address: formatAddress(new DataView(address.buffer, address.byteOffset), 0), port };
}
