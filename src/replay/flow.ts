import type { ConnRecord } from '../kernel/types.ts';
import { Connection, TCP_CLOSE, TCP_ESTABLISHED, TCP_LAST_ACK } from '../tap/connection.ts';
import type { Environment } from '../tap/environment.ts';
import type { ConnectionContext, End, Endpoint } from '../wire/decoder.ts';
import type { ReplayCounters } from './counters.ts';
import type { EarlyMemory } from './early.ts';
import { Reassembly, type StreamSink } from './reassembly.ts';
import { ACK, FIN, PSH, type Segment, SYN } from './segment.ts';
import type { Servers } from './servers.ts';

/** errno.h */
const ECONNRESET = 104;
/** Directions as the tap has them: what the local end sent, and what it received. */
const SENT = 0;
const RECEIVED = 1;
const EMPTY = new Uint8Array(0);

export interface Shared {
  readonly env: Environment;
  readonly servers: Servers;
  readonly memory: EarlyMemory;
  readonly counters: ReplayCounters;
}

/** What the capture shows of a new connection. */
export interface Beginning {
  readonly cookie: number;
  readonly time: number;
  readonly key: string;
  readonly family: 'ipv4' | 'ipv6';
  /** The end that is taken for the server's, as the packets have it and as text. */
  readonly localKey: string;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** No SYN was seen: who is the server is not known. */
  readonly joined: boolean;
}

/** A TCP connection on the wire: both directions are in order, and both ends are seen at once. */
export class Flow extends Connection {
  readonly key: string;
  readonly sending: Reassembly;
  readonly receiving: Reassembly;
  private readonly localKey: string;
  private readonly servers: Servers;

  constructor(beginning: Beginning, { env, servers, memory, counters }: Shared) {
    super(recordOf(beginning), servers.at(beginning.local), env);
    this.key = beginning.key;
    this.localKey = beginning.localKey;
    this.servers = servers;
    this.sending = new Reassembly(this.direction(SENT), memory, counters);
    this.receiving = new Reassembly(this.direction(RECEIVED), memory, counters);
  }

  /** What the sender of the segment sends. */
  from(segment: Segment): Reassembly {
    return segment.from === this.localKey ? this.sending : this.receiving;
  }

  segment(segment: Segment, bytes: Buffer, time: number): void {
    const { seq, ack, flags, length, captured, start } = segment;
    const from = this.from(segment);
    const first = (flags & SYN) === 0 ? seq : (seq + 1) >>> 0;
    if ((flags & ACK) !== 0) (from === this.sending ? this.receiving : this.sending).acknowledge(ack, time);
    if ((flags & SYN) !== 0) from.begin(first);
    if (length > 0) from.segment(first, length, captured, bytes, start, (flags & PSH) !== 0, time);
    if ((flags & FIN) !== 0) from.fin((first + length) >>> 0, time);
    if (this.sending.finished && this.receiving.finished) this.over(time, TCP_LAST_ACK, 0);
    else if (this.holes) this.env.waiting.add(this);
  }

  reset(segment: Segment, time: number): void {
    const from = this.from(segment);
    if (!from.plausible(segment.seq)) return;
    this.complete(time);
    this.over(time, TCP_ESTABLISHED, from === this.sending ? 0 : ECONNRESET);
  }

  /** No more segments come. */
  complete(time: number): void {
    this.sending.close(time);
    this.receiving.close(time);
  }

  override get waiting(): boolean {
    return super.waiting || this.holes;
  }

  override expire(now: number): boolean {
    this.sending.expire(now);
    this.receiving.expire(now);
    return super.expire(now);
  }

  override close(how: End): void {
    this.complete(this.env.now);
    super.close(how);
  }

  /** A capture sees both ends at once: it is told as the server sees it. Who that is, a SYN or the decoder has told. */
  override context(client: boolean, midway: boolean): ConnectionContext {
    const context = super.context(client, midway);
    if (!client) return context;
    this.process = this.servers.at(this.remote);
    return { ...context, kind: 'server', local: this.remote, remote: this.local, instance: this.process.instance };
  }

  private get holes(): boolean {
    return Math.min(this.sending.deadline, this.receiving.deadline) < Number.POSITIVE_INFINITY;
  }

  private over(time: number, oldState: number, error: number): void {
    const [sent, received] = [this.sending.next, this.receiving.next];
    this.end({ time, oldState, newState: TCP_CLOSE, error, sent, received, unread: false });
  }

  private direction(direction: number): StreamSink {
    return {
      data: (offset, length, captured, bytes, start, first, time) =>
        this.data({ direction, first, time, offset, length, captured, bytes, start }),
      end: (offset, time) =>
        this.data({ direction, first: false, time, offset, length: 0, captured: 0, bytes: EMPTY, start: 0 }),
    };
  }
}

/** What the kernel would have told of the connection, of which only this matters. */
function recordOf({ cookie, time, family, local, remote, joined }: Beginning): ConnRecord {
  return {
    cookie,
    generation: 1,
    time,
    family,
    role: joined ? 'unknown' : 'server',
    joined,
    own: false,
    ownerChanged: false,
    peerCookie: 0,
    localAddress: local.address,
    localPort: local.port,
    remoteAddress: remote.address,
    remotePort: remote.port,
    netns: 0,
    sendBase: 0,
    recvBase: 0,
    unixPath: '',
    unixBound: false,
    process: { tgid: 0, pid: 0, startTime: 0, cgroupId: 0, comm: '' },
  };
}
