import type { Role } from '../kernel/types.ts';
import type { ConnectionContext, End, Session } from '../wire/decoder.ts';
import type { Operation } from '../wire/operation.ts';
import type { Connection } from './connection.ts';
import { DETECTION_BYTES, type Finding } from './detection.ts';
import type { Environment } from './environment.ts';
import { Lane } from './lane.ts';
import { LostLooks } from './lost_looks.ts';
import type { Output } from './output.ts';
import { SessionSource, type SessionUser } from './session_source.ts';
import { type Ending, WholeConnection } from './whole_connection.ts';

/** One connection as one receiver follows it: which session its bytes are for, from the first ones to the last. */
export class Conversation implements SessionUser {
  readonly output: Output;
  readonly sent: Lane;
  readonly received: Lane;
  /** Nothing of it is looked at any more. */
  opaque = false;
  /** What was held is being presented: what that moves waits until it is over. */
  releasing = false;
  private readonly connection: Connection;
  private readonly env: Environment;
  private readonly source: SessionSource;
  private readonly whole: WholeConnection;
  private readonly lostLooks = new LostLooks();
  /** Where the last bytes passed. */
  private last: Lane | undefined;
  /** Something was told of it. */
  private spoke = false;
  /** Nobody understands what passes (any more). */
  private givenUp = false;

  constructor(connection: Connection, output: Output, env: Environment, midway: boolean) {
    this.connection = connection;
    this.output = output;
    this.env = env;
    this.source = new SessionSource(this, output.decoders, midway);
    this.whole = new WholeConnection(connection, output, this.source);
    this.sent = new Lane(0, this, env);
    this.received = new Lane(1, this, env);
    Lane.pair(this.sent, this.received);
  }

  get role(): Role {
    return this.connection.role;
  }

  context(client: boolean, midway: boolean): ConnectionContext {
    return this.connection.context(client, midway);
  }

  get session(): Session | undefined {
    return this.source.session;
  }

  get clientDirection(): number {
    return this.source.clientDirection;
  }

  /** Most bytes of one direction that the session may leave. */
  get maxPending(): number {
    return this.source.decoder?.maxPending ?? 0;
  }

  /** Something is held that time releases. */
  get waiting(): boolean {
    return this.sent.waiting || this.received.waiting;
  }

  waits(): void {
    this.env.waiting.add(this.connection);
  }

  /** Gives up waiting for what is overdue at `now`. */
  expire(now: number): void {
    this.sent.expire(now);
    this.received.expire(now);
  }

  /** The connection is not followed any more. A direction that has ended already stays as it ended. */
  close(how: End, time: number, sentEnded: boolean, receivedEnded: boolean): void {
    this.expire(Number.POSITIVE_INFINITY);
    const sentFirst = this.clientDirection === 0;
    if (sentFirst && !sentEnded) this.sent.finish(how, time);
    if (!receivedEnded) this.received.finish(how, time);
    if (!sentFirst && !sentEnded) this.sent.finish(how, time);
    this.discard();
  }

  /** The connection is nobody's any more: nothing is told. */
  discard(): void {
    this.opaque = true;
    this.sent.discard();
    this.received.discard();
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

  /** Bytes are missing before there is a session. */
  lose(): void {
    this.source.lose();
  }

  /** Looks at bytes for which there is no session yet. */
  find(direction: number, bytes: Uint8Array, start: number, end: number, boundary: boolean): Finding {
    const { counters } = this.env;
    counters.detectionBytes += Math.min(end - start, DETECTION_BYTES);
    const finding = this.source.find(direction, bytes, start, end, boundary);
    if (finding === 'found') {
      counters.detected(this.source.decoder?.name ?? '');
      counters.sessions++;
    } else if (finding === 'opaque') {
      counters.detected('unknown');
      this.becomeOpaque();
    }
    return finding;
  }

  /**
   * Bytes of `lane` come. If the decoders' options have changed, a session of the new ones takes over between exchanges:
   * when a request begins where a response was the last that came, and nothing is untaken.
   */
  turnTo(lane: Lane, bytes: Uint8Array, start: number, end: number, boundary: boolean): void {
    if (this.last === lane) return;
    this.last = lane;
    const { decoders } = this.output;
    if (!boundary || !this.source.outdated(decoders)) return;
    if (this.waiting || this.sent.carry.length + this.received.carry.length > 0) return;
    this.source.renew(decoders, lane.direction, bytes, start, end);
  }

  /** The session is over, but the bytes are not. Returns how many of them another one is not shown any more. */
  replace(session: Session, taken: number): number {
    if (this.source.succeed()) return Math.max(0, taken);
    if (!this.withdraw(session)) this.becomeOpaque();
    return 0;
  }

  /** An operation of `lane` has passed. Ends sessions that look for a message in vain. */
  watch(lane: Lane): void {
    const { session } = this;
    if (session?.lost === undefined) return;
    if (!this.lostLooks.count(lane.direction, session.lost(lane.side), this.spoke)) return;
    if (!this.withdraw(session)) this.becomeOpaque();
  }

  checkOpaque(): void {
    const { session } = this;
    if (session?.opaque === true && !this.withdraw(session)) this.becomeOpaque();
  }

  /** A session that gave up before it told anything was a wrong guess: others may try. */
  private withdraw(session: Session): boolean {
    if (this.spoke || session.tls !== undefined) return false;
    this.env.counters.detected('withdrawn');
    this.source.withdraw();
    return true;
  }

  private becomeOpaque(): void {
    if (this.opaque) return;
    this.env.counters.opaque++;
    this.givenUp = true;
    this.discard();
    this.connection.conversationIsOpaque();
  }
}
