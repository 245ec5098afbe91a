import type { Role } from '../kernel/types.ts';
import { CLIENT, type ConnectionContext, type End, HOLD, SERVER, type Session, type Side } from '../wire/decoder.ts';
import type { Operation } from '../wire/operation.ts';
import { Carry } from './carry.ts';
import type { Connection } from './connection.ts';
import { DETECTION_BYTES } from './detection.ts';
import type { Environment } from './environment.ts';
import { Holding } from './holding.ts';
import { LostLooks } from './lost_looks.ts';
import type { Output } from './output.ts';
import { SessionSource, type SessionUser } from './session_source.ts';
import { type Ending, WholeConnection } from './whole_connection.ts';

const EMPTY = new Uint8Array(0);

/**
 * One connection as one receiver follows it: finds the decoder by the first bytes, then feeds its session. Bytes go
 * to the session where they are; only what it does not take is copied. Directions: 0 sent, 1 received.
 */
export class Conversation implements SessionUser {
  readonly output: Output;
  opaque = false;
  private readonly connection: Connection;
  private readonly env: Environment;
  private readonly carries: readonly [Carry, Carry];
  private readonly holding: Holding;
  private readonly source: SessionSource;
  private readonly whole: WholeConnection;
  /** Direction of the last bytes; -1: none yet. */
  private lastDirection = -1;
  /** Something was told of it. */
  spoke = false;
  private readonly lostLooks = new LostLooks();
  /** Nobody understands what passes (any more). */
  givenUp = false;

  constructor(connection: Connection, output: Output, env: Environment, midway: boolean) {
    this.connection = connection;
    this.output = output;
    this.env = env;
    this.source = new SessionSource(this, output.decoders, midway);
    this.whole = new WholeConnection(connection, output, this.source);
    this.holding = new Holding(this, env);
    this.carries = [new Carry(env.memory), new Carry(env.memory)];
  }

  get role(): Role {
    return this.connection.role;
  }

  context(client: boolean, midway: boolean): ConnectionContext {
    return this.connection.context(client, midway);
  }

  /** Something is held that time releases. */
  get waiting(): boolean {
    return this.holding.any;
  }

  bytes(
    direction: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    boundary: boolean,
    mayHold: boolean,
  ): void {
    if (this.opaque) return;
    if (this.holding.bytes(direction, bytes, start, end, time, boundary)) return;
    if (this.lastDirection !== direction) {
      if (boundary && this.source.outdated(this.output.decoders)) this.renew(direction, bytes, start, end);
      this.lastDirection = direction;
    }
    this.present(direction, bytes, start, end, time, boundary, mayHold);
    if (boundary) this.watch(direction);
    this.holding.moved(1 - direction);
  }

  gap(direction: number, length: number, time: number): void {
    if (this.opaque) return;
    if (this.holding.gap(direction, length, time)) return;
    const carry = this.carryOf(direction);
    this.tellGap(direction, carry.bytes, carry.length, length, time);
    carry.clear();
    this.holding.movedByGap(1 - direction, time);
  }

  finish(direction: number, how: End, time: number): void {
    if (this.opaque) return;
    if (this.holding.end(direction, how, time)) return;
    const carry = this.carryOf(direction);
    this.source.session?.end(this.sideOf(direction), carry.bytes, 0, carry.length, how, time);
    carry.clear();
    this.checkOpaque();
  }

  /** Gives up waiting for what is overdue at `now`. */
  expire(now: number): void {
    this.holding.expire(now);
  }

  /** The connection is not followed any more. A direction that has ended already stays as it ended. */
  close(how: End, time: number, ended: readonly [boolean, boolean]): void {
    this.expire(Number.POSITIVE_INFINITY);
    const first = this.source.clientDirection;
    if (!ended[first === 0 ? 0 : 1]) this.finish(first, how, time);
    if (!ended[first === 0 ? 1 : 0]) this.finish(1 - first, how, time);
    this.dispose();
  }

  /** The connection is nobody's any more: nothing is told. */
  discard(): void {
    this.dispose();
  }

  /** The connection is over. */
  conclude(ending: Ending | undefined): void {
    this.whole.conclude(this.spoke, this.givenUp, ending);
  }

  /** The kernel has counted so many bytes. */
  passed(sent: number, received: number): void {
    if (this.givenUp) this.whole.passed(this.spoke, sent, received);
  }

  operation(operation: Operation): void {
    this.spoke = true;
    this.output.operation(this.connection, operation);
  }

  reject(reason: string): void {
    this.output.reject(this.source.decoder?.name ?? 'unknown', reason);
  }

  /** Bytes that are next, and behind nothing that is held. */
  present(
    direction: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    boundary: boolean,
    mayHold: boolean,
  ): void {
    const carry = this.carryOf(direction);
    if (carry.length === 0) {
      this.feed(direction, bytes, start, end, time, boundary, mayHold);
    } else if (carry.append(bytes, start, end)) {
      this.feed(direction, carry.bytes, 0, carry.length, time, carry.boundary, mayHold);
    } else {
      this.drop(direction, carry.length + end - start, time);
    }
  }

  /** Shows bytes to the session, and keeps what it leaves. */
  private feed(
    direction: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    boundary: boolean,
    mayHold: boolean,
  ): void {
    const session = this.source.session ?? this.detect(direction, bytes, start, end, time, boundary);
    if (session === undefined) return;
    let at = start;
    while (at < end) {
      const fresh = at === start && boundary;
      const taken = session.data(this.sideOf(direction), bytes, at, end, time, fresh, mayHold);
      if (session.opaque) {
        this.replace(session, direction, bytes, at, end, time, fresh, mayHold, taken);
        return;
      }
      if (taken === HOLD && mayHold) {
        this.hold(direction, bytes, at, end, time, fresh);
        return;
      }
      if (taken <= 0) break;
      // What is left may be the beginning of a message that has to be held: only asking again tells.
      at += taken;
    }
    if (at < end)
      this.keep(direction, bytes, at, end, time, at === start && boundary, this.source.decoder?.maxPending ?? 0);
    else if (this.carryOf(direction).length > 0) this.carryOf(direction).clear();
  }

  /** The session is over, but the bytes are not: what it took belongs to it if it has a successor. */
  private replace(
    session: Session,
    direction: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    boundary: boolean,
    mayHold: boolean,
    taken: number,
  ): void {
    let at = start;
    if (this.source.succeed()) {
      at += Math.max(0, taken);
    } else if (!this.withdraw(session)) {
      this.becomeOpaque();
      return;
    }
    if (at < end) this.feed(direction, bytes, at, end, time, boundary && at === start, mayHold);
    else this.carryOf(direction).clear();
  }

  /** What was not taken comes again in front of later bytes. */
  private keep(
    direction: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    boundary: boolean,
    limit: number,
  ): void {
    const carry = this.carryOf(direction);
    if (end - start > limit) {
      this.drop(direction, end - start, time);
    } else if (bytes === carry.bytes) {
      carry.keepFrom(start);
    } else if (carry.append(bytes, start, end)) {
      carry.boundary = boundary;
    } else {
      this.drop(direction, end - start, time);
    }
  }

  /** Gives up the last `length` bytes of a direction: to the session they are missing. */
  private drop(direction: number, length: number, time: number): void {
    this.env.counters.heldDroppedBytes += length;
    this.carryOf(direction).clear();
    this.tellGap(direction, EMPTY, 0, length, time);
  }

  private tellGap(direction: number, pending: Uint8Array, pendingLength: number, length: number, time: number): void {
    const { session } = this.source;
    if (session === undefined) this.source.lose();
    else session.gap(this.sideOf(direction), pending, 0, pendingLength, length, time);
    this.checkOpaque();
  }

  private hold(
    direction: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    boundary: boolean,
  ): void {
    if (this.holding.begin(direction, bytes, start, end, time, boundary)) {
      this.carryOf(direction).clear();
      this.env.waiting.add(this.connection);
    } else {
      this.feed(direction, bytes, start, end, time, boundary, false);
    }
  }

  /** The session that the bytes are for, if they tell the protocol. */
  private detect(
    direction: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    boundary: boolean,
  ): Session | undefined {
    const { counters } = this.env;
    counters.detectionBytes += Math.min(end - start, DETECTION_BYTES);
    switch (this.source.find(direction, bytes, start, end, boundary)) {
      case 'found':
        counters.detected(this.source.decoder?.name ?? '');
        return this.opened(1 - direction, time);
      case 'more':
        this.keep(direction, bytes, start, end, time, boundary, Number.POSITIVE_INFINITY);
        return undefined;
      case 'none':
        this.carryOf(direction).clear();
        return undefined;
      case 'opaque':
        counters.detected('unknown');
        this.becomeOpaque();
        return undefined;
    }
  }

  /** Ends sessions that look for a message in vain. */
  private watch(direction: number): void {
    const { session } = this.source;
    if (session?.lost === undefined) return;
    if (!this.lostLooks.count(direction, session.lost(this.sideOf(direction)), this.spoke)) return;
    if (!this.withdraw(session)) this.becomeOpaque();
  }

  /** A session that gave up before it told anything was a wrong guess: others may try. */
  private withdraw(session: Session): boolean {
    if (this.spoke || session.tls !== undefined) return false;
    this.env.counters.detected('withdrawn');
    this.source.withdraw();
    return true;
  }

  /** The other side's first bytes may have come before it was clear what they are. */
  private opened(other: number, time: number): Session | undefined {
    this.env.counters.sessions++;
    const carry = this.carryOf(other);
    if (carry.length > 0) this.feed(other, carry.bytes, 0, carry.length, time, carry.boundary, true);
    return this.opaque ? undefined : this.source.session;
  }

  /**
   * The decoders' options have changed. A session of the new ones takes over between exchanges: when a request begins
   * where a response was the last that came, and nothing is untaken.
   */
  private renew(direction: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.waiting || this.carries[0].length + this.carries[1].length > 0) return;
    this.source.renew(this.output.decoders, direction, bytes, start, end);
  }

  private checkOpaque(): void {
    const { session } = this.source;
    if (session?.opaque === true && !this.withdraw(session)) this.becomeOpaque();
  }

  private becomeOpaque(): void {
    if (this.opaque) return;
    this.env.counters.opaque++;
    this.givenUp = true;
    this.dispose();
    this.connection.conversationIsOpaque();
  }

  private dispose(): void {
    this.opaque = true;
    this.holding.discard();
    for (const carry of this.carries) carry.clear();
  }

  private sideOf(direction: number): Side {
    return direction === this.source.clientDirection ? CLIENT : SERVER;
  }

  private carryOf(direction: number): Carry {
    return direction === 0 ? this.carries[0] : this.carries[1];
  }
}
