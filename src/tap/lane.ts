import { CLIENT, type End, HOLD, SERVER, type Session, type Side } from '../wire/decoder.ts';
import { Carry } from './carry.ts';
import type { Conversation } from './conversation.ts';
import type { Environment } from './environment.ts';
import { Held, type HeldItem } from './held.ts';
import type { StreamTarget } from './stream.ts';

const EMPTY = new Uint8Array(0);

/**
 * One direction of a conversation. Bytes go to the session where they are; only what it does not take is copied. What it
 * says HOLD to, answers whose requests come a little later, is held with all that comes after it: it is shown again whenever
 * the other direction has moved, and must be taken when its time is over.
 */
export class Lane implements StreamTarget {
  /** 0 sent, 1 received. */
  readonly direction: number;
  readonly carry: Carry;
  private held: Held | undefined;
  private other: Lane = this;
  private readonly conversation: Conversation;
  private readonly env: Environment;

  constructor(direction: number, conversation: Conversation, env: Environment) {
    this.direction = direction;
    this.conversation = conversation;
    this.env = env;
    this.carry = new Carry(env.memory);
  }

  static pair(one: Lane, other: Lane): void {
    one.other = other;
    other.other = one;
  }

  get side(): Side {
    return this.direction === this.conversation.clientDirection ? CLIENT : SERVER;
  }

  /** Something is held that time releases. */
  get waiting(): boolean {
    return this.held !== undefined;
  }

  bytes(bytes: Uint8Array, start: number, end: number, time: number, boundary: boolean, mayHold: boolean): void {
    const { conversation, held } = this;
    if (conversation.opaque) return;
    if (held !== undefined) {
      if (held.addBytes(bytes, start, end, time, boundary)) return;
      this.release(false);
    }
    conversation.turnTo(this, bytes, start, end, boundary);
    this.present(bytes, start, end, time, boundary, mayHold);
    if (boundary) conversation.watch(this);
    this.other.peerMoved();
  }

  gap(length: number, time: number): void {
    const { carry, conversation, held, other } = this;
    if (conversation.opaque) return;
    if (held !== undefined) {
      if (held.addGap(length, time)) return;
      this.release(false);
    }
    this.tellGap(carry.bytes, carry.length, length, time);
    carry.clear();
    // What the other direction held before the gap was seen belongs to it, not to what comes next.
    if (other.held !== undefined && other.held.time < time && !conversation.releasing) other.release(false);
    else other.peerMoved();
  }

  finish(how: End, time: number): void {
    const { carry, conversation, held } = this;
    if (conversation.opaque) return;
    if (held !== undefined) {
      held.addEnd(how, time);
      return;
    }
    conversation.session?.end(this.side, carry.bytes, 0, carry.length, how, time);
    carry.clear();
    conversation.checkOpaque();
  }

  /** Gives up waiting for what is overdue at `now`. */
  expire(now: number): void {
    if (this.held !== undefined && this.held.deadline <= now) this.release(false);
  }

  /** Nobody listens any more. */
  discard(): void {
    this.takeHeld()?.discard();
    this.carry.clear();
  }

  /** Bytes that are next, and behind nothing that is held. */
  private present(
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    boundary: boolean,
    mayHold: boolean,
  ): void {
    const { carry } = this;
    if (carry.length === 0) this.feed(bytes, start, end, time, boundary, mayHold);
    else if (carry.append(bytes, start, end)) this.feedCarry(time, mayHold);
    else this.drop(carry.length + end - start, time);
  }

  private feedCarry(time: number, mayHold: boolean): void {
    const { bytes, length, boundary } = this.carry;
    if (length > 0) this.feed(bytes, 0, length, time, boundary, mayHold);
  }

  /** Shows bytes to the session, and keeps what it leaves. */
  private feed(bytes: Uint8Array, start: number, end: number, time: number, boundary: boolean, mayHold: boolean): void {
    const { conversation } = this;
    const session = conversation.session ?? this.detect(bytes, start, end, time, boundary);
    if (session === undefined) return;
    let at = start;
    while (at < end) {
      const fresh = at === start && boundary;
      const taken = session.data(this.side, bytes, at, end, time, fresh, mayHold);
      if (session.opaque) {
        const passed = conversation.replace(session, taken);
        if (conversation.opaque) return;
        if (at + passed < end) this.feed(bytes, at + passed, end, time, fresh && passed === 0, mayHold);
        else this.carry.clear();
        return;
      }
      if (taken === HOLD && mayHold) {
        this.hold(bytes, at, end, time, fresh);
        return;
      }
      if (taken <= 0) break;
      // What is left may be the beginning of a message that has to be held: only asking again tells.
      at += taken;
    }
    if (at < end) this.keep(bytes, at, end, time, at === start && boundary, conversation.maxPending);
    else if (this.carry.length > 0) this.carry.clear();
  }

  /** The session that the bytes are for, if they tell the protocol. */
  private detect(bytes: Uint8Array, start: number, end: number, time: number, boundary: boolean): Session | undefined {
    const { conversation } = this;
    switch (conversation.find(this.direction, bytes, start, end, boundary)) {
      case 'found':
        // The other side's first bytes may have come before it was clear what they are.
        this.other.feedCarry(time, true);
        return conversation.opaque ? undefined : conversation.session;
      case 'more':
        this.keep(bytes, start, end, time, boundary, Number.POSITIVE_INFINITY);
        return undefined;
      case 'none':
        this.carry.clear();
        return undefined;
      case 'opaque':
        return undefined;
    }
  }

  /** What was not taken comes again in front of later bytes, if it is not more than `limit`. */
  private keep(bytes: Uint8Array, start: number, end: number, time: number, boundary: boolean, limit: number): void {
    const { carry } = this;
    if (end - start > limit) {
      this.drop(end - start, time);
    } else if (bytes === carry.bytes) {
      carry.keepFrom(start);
    } else if (carry.append(bytes, start, end)) {
      carry.boundary = boundary;
    } else {
      this.drop(end - start, time);
    }
  }

  /** Gives up the last `length` bytes: to the session they are missing. */
  private drop(length: number, time: number): void {
    this.env.counters.heldDroppedBytes += length;
    this.carry.clear();
    this.tellGap(EMPTY, 0, length, time);
  }

  private tellGap(pending: Uint8Array, pendingLength: number, length: number, time: number): void {
    const { conversation } = this;
    if (conversation.session === undefined) conversation.lose();
    else conversation.session.gap(this.side, pending, 0, pendingLength, length, time);
    conversation.checkOpaque();
  }

  private hold(bytes: Uint8Array, start: number, end: number, time: number, boundary: boolean): void {
    const held = new Held(this.env);
    if (!held.addBytes(bytes, start, end, time, boundary)) {
      this.feed(bytes, start, end, time, boundary, false);
      return;
    }
    this.env.counters.held++;
    this.held = held;
    this.carry.clear();
    this.conversation.waits();
  }

  /** What is held may be wanted now. */
  private peerMoved(): void {
    const { held } = this;
    if (held !== undefined && !this.conversation.releasing) this.release(!held.exhausted);
  }

  /** Presents what was held again. `mayHold` false: the session has to take it now. */
  private release(mayHold: boolean): void {
    const { conversation } = this;
    const before = this.takeHeld();
    if (before === undefined) return;
    const nested = conversation.releasing;
    conversation.releasing = true;
    for (const item of before.items) {
      const heldAgain = this.held !== undefined;
      this.show(item, mayHold);
      if (!heldAgain) this.held?.continues(before);
    }
    before.discard();
    conversation.releasing = nested;
  }

  private takeHeld(): Held | undefined {
    const { held } = this;
    this.held = undefined;
    return held;
  }

  private show(item: HeldItem, mayHold: boolean): void {
    if (this.conversation.opaque) return;
    if (item.kind === 'gap') this.gap(item.length, item.time);
    else if (item.kind === 'end') this.finish(item.how, item.time);
    else if (item.bytes !== undefined) {
      const { bytes, length, time, boundary } = item;
      if (this.held !== undefined) this.bytes(bytes, 0, length, time, boundary, mayHold);
      else this.present(bytes, 0, length, time, boundary, mayHold);
    }
  }
}
