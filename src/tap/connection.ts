import type { ConnRecord, DataRecord, EndRecord, PolicyMode, Role } from '../kernel/types.ts';
import type { ConnectionContext, End, Endpoint } from '../wire/decoder.ts';
import { Conversation } from './conversation.ts';
import { type Environment, POLICY_ALL, POLICY_COUNT } from './environment.ts';
import type { Output } from './output.ts';
import type { ObservedProcess } from './process_entry.ts';
import { type Piece, Stream } from './stream.ts';
import type { Ending } from './whole_connection.ts';

/** <net/tcp_states.h> */
export const TCP_ESTABLISHED = 1;
const TCP_FIN_WAIT1 = 4;
export const TCP_CLOSE = 7;
const TCP_CLOSE_WAIT = 8;
export const TCP_LAST_ACK = 9;
const EPIPE = 32;
const ETIMEDOUT = 110;
/** How long a process may take to read what was there when the connection ended, ns. Nothing tells that it will not. */
const UNREAD_NS = 5e9;

/** How the kernel tells that the TCP state of a connection has changed. */
type Closure = Omit<EndRecord, 'cookie' | 'generation'>;

/** One end of a connection, as its process sees it: two streams, and who follows them. */
export class Connection {
  readonly cookie: number;
  readonly generation: number;
  readonly family: ConnRecord['family'];
  readonly netns: number;
  readonly peerCookie: number;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly joined: boolean;
  role: Role;
  process: ObservedProcess;
  /** A socket of Sonde, or the other end of one. */
  own: boolean;
  /** CLOCK_MONOTONIC ns of the drain that last saw a record. */
  lastSeen: number;
  /** 0: open. */
  closedAt = 0;
  /** When the kernel last told how far it had come; 0: never yet. */
  walk = 0;
  /** Bytes that the kernel had counted when it was last asked. */
  sentBytes = 0;
  receivedBytes = 0;
  /** `lastSeen` when the table last gave the entry a second chance. */
  looked: number;
  readonly sent: Stream;
  readonly received: Stream;
  /** Those that gave up stay: they tell of the connection as a whole. */
  private conversations: Conversation[] = [];
  private active = false;
  /** CLOCK_MONOTONIC ns of the first operation. */
  private readonly openedAt: number;
  /** Once closed, but for Unix sockets, whose end no one tells. */
  private ending: Ending | undefined;
  private policy: PolicyMode = POLICY_ALL;
  protected readonly env: Environment;

  constructor(record: ConnRecord, process: ObservedProcess, env: Environment) {
    this.cookie = record.cookie;
    this.generation = record.generation;
    this.family = record.family;
    this.netns = record.netns;
    this.peerCookie = record.peerCookie;
    this.local = localEndpoint(record);
    this.remote = remoteEndpoint(record);
    this.joined = record.joined;
    this.role = record.role;
    this.own = record.own;
    this.process = process;
    this.env = env;
    this.lastSeen = env.now;
    this.looked = env.now;
    this.openedAt = record.time;
    this.sent = new Stream(env);
    this.received = new Stream(env);
    Stream.pair(this.sent, this.received);
    if (record.joined) {
      // The middle of a stream begins with whatever comes first.
      this.sent.forget();
      this.received.forget();
    }
  }

  /** Closed, or a Unix socket of which one direction is over: little or nothing more is to come. */
  get ended(): boolean {
    return this.closedAt !== 0 || (this.family === 'unix' && (this.sent.finished || this.received.finished));
  }

  /** Somebody follows it. */
  get followed(): boolean {
    return this.active;
  }

  data(piece: Piece & Pick<DataRecord, 'direction'>): void {
    this.lastSeen = this.env.now;
    if (!this.active) return;
    const stream = piece.direction === 0 ? this.sent : this.received;
    try {
      if (piece.length === 0) stream.end('finished', piece.offset, piece.time);
      else stream.push(piece);
    } catch (error) {
      this.fail(error);
    }
    if (stream.waiting) this.env.waiting.add(this);
  }

  /** A change of the TCP state. CLOSE_WAIT tells nothing that the process has seen: its end is the read of the end. */
  end({ time, oldState, newState, error, sent, received, unread }: Closure): void {
    this.lastSeen = this.env.now;
    try {
      if (newState === TCP_FIN_WAIT1) {
        this.sent.end('finished', sent, time);
      } else if (newState === TCP_CLOSE) {
        const how = howClosed(oldState, error);
        this.closedAt = this.env.now;
        // The other end had read all and finished, and refused a farewell (TLS's close_notify): nothing went wrong.
        const refused = oldState === TCP_CLOSE_WAIT && error === EPIPE;
        this.ending = { how: refused ? 'finished' : how, start: this.openedAt, end: time, sent, received };
        const patience = unread ? UNREAD_NS : this.env.holdNs;
        if (remoteFirst(oldState, error)) this.received.endBoth(how, time, patience, received, sent);
        else this.sent.endBoth(how, time, patience, sent, received);
      }
    } catch (thrown) {
      this.fail(thrown);
    }
    if (this.waiting) this.env.waiting.add(this);
  }

  /** The kernel has counted so many bytes, with or without records of them. */
  passed(sent: number, received: number): void {
    if (this.closedAt !== 0 || (sent <= this.sentBytes && received <= this.receivedBytes)) return;
    this.lastSeen = this.env.now;
    this.sentBytes = sent;
    this.receivedBytes = received;
    for (const conversation of this.conversations) conversation.passed(sent, received);
  }

  get waiting(): boolean {
    if (!this.followed) return false;
    if (this.sent.waiting || this.received.waiting) return true;
    for (const conversation of this.conversations) if (conversation.waiting) return true;
    return false;
  }

  /** Gives up waiting for what is overdue; true: something still waits. */
  expire(now: number): boolean {
    try {
      this.sent.expire(now);
      this.received.expire(now);
      for (const conversation of this.conversations) conversation.expire(now);
    } catch (error) {
      this.fail(error);
    }
    return this.waiting;
  }

  /** Sets who follows the connection. Those who did go on undisturbed, new ones begin in the middle. */
  follow(outputs: readonly Output[]): void {
    const wanted = this.own ? [] : outputs.filter((output) => output.wants(this));
    const midway = this.joined || this.sent.next !== 0 || this.received.next !== 0;
    const before = this.conversations;
    this.conversations = wanted.map(
      (output) =>
        before.find((conversation) => conversation.output === output) ??
        new Conversation(this, output, this.env, midway),
    );
    for (const conversation of before) if (!this.conversations.includes(conversation)) conversation.discard();
    this.sent.targets = this.conversations.map(({ sent }) => sent);
    this.received.targets = this.conversations.map(({ received }) => received);
    this.settle();
  }

  /** A record of the same connection again: more is known, or another process uses it now. */
  renew(role: Role, process: ObservedProcess, outputs: readonly Output[]): void {
    this.lastSeen = this.env.now;
    if (this.role === 'unknown') this.role = role;
    if (this.process === process) return;
    this.process = process;
    this.follow(outputs);
  }

  /** The other end turned out to be Sonde: what was seen of it is nobody's. */
  becomeOwn(): void {
    if (this.own) return;
    this.own = true;
    this.env.counters.ownConnections++;
    this.follow([]);
  }

  /** One of the conversations gave up. When all have, the streams rest. */
  conversationIsOpaque(): void {
    if (this.conversations.every((conversation) => conversation.opaque)) this.settle();
  }

  /** Tells the sessions that nothing more comes, and forgets them. */
  close(how: End): void {
    const { conversations, env, received, sent } = this;
    try {
      for (const conversation of conversations) conversation.close(how, env.now, sent.finished, received.finished);
      if (this.family !== 'unix') for (const conversation of conversations) conversation.conclude(this.ending);
    } catch (error) {
      env.failed(error);
    }
    this.conversations = [];
    this.active = false;
    sent.forget();
    received.forget();
    env.waiting.delete(this);
  }

  context(client: boolean, midway: boolean): ConnectionContext {
    const unix = this.family === 'unix';
    return {
      kind: client ? 'client' : 'server',
      transport: unix ? 'unix' : 'tcp',
      networkType: this.family === 'unix' ? undefined : this.family,
      local: this.local,
      remote: this.remote,
      joined: midway,
      secure: false,
      instance: this.process.instance,
    };
  }

  /** A decoder threw: nothing of the connection can be trusted any more. */
  private fail(error: unknown): void {
    this.env.failed(error);
    for (const conversation of this.conversations) conversation.discard();
    this.settle();
  }

  /** Asks the kernel for as much as somebody follows. */
  private settle(): void {
    this.active = this.conversations.some((conversation) => !conversation.opaque);
    if (!this.active) {
      this.sent.forget();
      this.received.forget();
    }
    const policy = this.active ? POLICY_ALL : POLICY_COUNT;
    if (policy !== this.policy) this.env.setPolicy(this.cookie, policy);
    this.policy = policy;
  }
}

/** A close that skips the states of an orderly one discarded something. */
function howClosed(oldState: number, error: number): End {
  if (error === ETIMEDOUT) return 'timeout';
  if (error !== 0 || oldState === TCP_ESTABLISHED || oldState === TCP_CLOSE_WAIT) return 'reset';
  return 'finished';
}

/** Who ended it: an error came from the other end (or the network), and in these states the other end's FIN was there. */
function remoteFirst(oldState: number, error: number): boolean {
  return error !== 0 || oldState === TCP_CLOSE_WAIT || oldState === TCP_LAST_ACK;
}

function localEndpoint(record: ConnRecord): Endpoint {
  if (record.family === 'unix') return { address: record.unixBound ? record.unixPath : '', port: 0 };
  return { address: record.localAddress, port: record.localPort };
}

function remoteEndpoint(record: ConnRecord): Endpoint {
  if (record.family === 'unix') return { address: record.unixBound ? '' : record.unixPath, port: 0 };
  return { address: record.remoteAddress, port: record.remotePort };
}
