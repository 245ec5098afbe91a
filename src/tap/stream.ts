import type { End } from '../wire/decoder.ts';
import { type Environment, HOLD_BYTES, HOLD_RECORDS } from './environment.ts';

/** What a stream tells, in stream order. `direction`: 0 sent, 1 received. */
export interface StreamTarget {
  /** `mayHold`: what these bytes answer may still come. */
  bytes(
    direction: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    boundary: boolean,
    mayHold: boolean,
  ): void;
  gap(direction: number, length: number, time: number): void;
  finish(direction: number, how: End, time: number): void;
}

/** A record that came before an earlier one: its bytes are a copy. */
interface Early {
  readonly offset: number;
  readonly length: number;
  readonly captured: number;
  readonly first: boolean;
  readonly time: number;
  readonly bytes: Uint8Array;
  readonly deadline: number;
}

const EMPTY = new Uint8Array(0);

/**
 * One direction of a connection: puts records in the order of their offsets. What is missing for 100 ms, or before
 * more than 64 KiB, becomes a gap. What was there before is dropped. While something is missing, what passed later in the
 * other direction waits too: else a decoder would be shown requests whose answers lie before the hole's end.
 */
export class Stream {
  /** False while what has waited long enough is delivered: what comes before it is there, or lost. */
  private patient = true;
  /** Offset of the next byte; -1: wherever the next record begins. */
  next = 0;
  finished = false;
  private early: Early[] = [];
  private earlyBytes = 0;
  private endHow: End | undefined;
  private endOffset = 0;
  private endTime = 0;
  private endDeadline = 0;
  /** The connection's other direction. */
  private peer: Stream = this;
  /** The same, when both end at once. */
  private other: Stream | undefined;
  /** The other one is told first. */
  private second = false;
  private readonly direction: number;
  private readonly target: StreamTarget;
  private readonly env: Environment;

  constructor(direction: number, target: StreamTarget, env: Environment) {
    this.direction = direction;
    this.target = target;
    this.env = env;
  }

  static pair(one: Stream, other: Stream): void {
    one.peer = other;
    other.peer = one;
  }

  get waiting(): boolean {
    return this.early.length > 0 || (this.endHow !== undefined && !this.finished);
  }

  push(
    first: boolean,
    time: number,
    offset: number,
    length: number,
    captured: number,
    bytes: Uint8Array,
    start: number,
  ): void {
    if (this.finished) {
      this.env.counters.lateRecords++;
      return;
    }
    if (this.next >= 0 && (offset > this.next || this.peer.lacks(time))) {
      this.keep(first, time, offset, length, captured, bytes, start);
    } else if (offset === this.next || this.next < 0) {
      this.accept(first, time, offset, length, captured, bytes, start);
    } else {
      this.overlap(time, offset, length, captured, bytes, start);
    }
    if (this.early.length + this.peer.early.length > 0) this.catchUp();
    if (this.endHow !== undefined) this.tryFinish(false);
  }

  /** This direction ends at `offset`, once everything before it is there. */
  end(how: End, offset: number, time: number): void {
    this.announce(how, offset, time, this.env.holdNs);
    this.tryFinish(false);
  }

  /**
   * Both directions end at once, `first` before `second`: the last bytes of neither come after the end of the other.
   * What is missing is waited for, `patience` ns long.
   */
  static endBoth(
    how: End,
    time: number,
    patience: number,
    first: Stream,
    firstOffset: number,
    second: Stream,
    secondOffset: number,
  ): void {
    first.announce(how, firstOffset, time, patience);
    second.announce(how, secondOffset, time, patience);
    first.other = second;
    second.other = first;
    second.second = true;
    first.tryFinish(false);
    second.tryFinish(false);
  }

  /** Gives up waiting for what is overdue at `now`. */
  expire(now: number): void {
    for (let { hole } = this; hole !== undefined && hole.deadline <= now; hole = this.hole) this.skip(hole);
    if (this.endHow !== undefined && this.endDeadline <= now) this.tryFinish(true);
  }

  /** Nobody listens any more: forget everything, and begin anywhere if asked again. */
  forget(): void {
    for (const record of this.early) this.release(record);
    this.early = [];
    this.next = -1;
  }

  private accept(
    first: boolean,
    time: number,
    offset: number,
    length: number,
    captured: number,
    bytes: Uint8Array,
    start: number,
  ): void {
    this.next = offset + length;
    if (captured > 0) this.target.bytes(this.direction, bytes, start, start + captured, time, first, this.patient);
    if (captured < length) this.missing(length - captured, time);
  }

  private missing(length: number, time: number): void {
    this.env.counters.gaps++;
    this.env.counters.gapBytes += length;
    this.target.gap(this.direction, length, time);
  }

  private overlap(
    time: number,
    offset: number,
    length: number,
    captured: number,
    bytes: Uint8Array,
    start: number,
  ): void {
    const known = Math.min(this.next - offset, length);
    this.env.counters.overlapBytes += known;
    if (known === length) return;
    const skipped = Math.min(known, captured);
    this.accept(false, time, this.next, length - known, captured - skipped, bytes, start + skipped);
  }

  private keep(
    first: boolean,
    time: number,
    offset: number,
    length: number,
    captured: number,
    bytes: Uint8Array,
    start: number,
  ): void {
    if (offset > this.next) this.env.counters.reordered++;
    let copy = this.room(captured);
    while (copy === undefined && this.skipOldest()) copy = this.room(captured);
    if (copy === undefined) {
      // Nothing is waited for any more, and still there is no memory.
      if (offset > this.next) this.missing(offset - this.next, time);
      if (offset >= this.next) this.accept(first, time, offset, length, captured, bytes, start);
      else this.overlap(time, offset, length, captured, bytes, start);
      return;
    }
    copy.set(bytes.subarray(start, start + captured));
    const deadline = this.env.now + this.env.holdNs;
    let at = this.early.length;
    while (at > 0 && (this.early[at - 1]?.offset ?? 0) > offset) at--;
    this.early.splice(at, 0, { offset, length, captured, first, time, bytes: copy, deadline });
    this.earlyBytes += captured;
  }

  /** For a copy of so many bytes; undefined: too much waits already. */
  private room(captured: number): Uint8Array | undefined {
    if (this.early.length >= HOLD_RECORDS || this.earlyBytes + captured > HOLD_BYTES) return undefined;
    return captured === 0 ? EMPTY : this.env.memory.take(captured);
  }

  /** The hole that has been there longest, in either direction, stays one. False: there is none. */
  private skipOldest(): boolean {
    const { hole: own, peer } = this;
    const others = peer.hole;
    if (own !== undefined && (others === undefined || own.time <= others.time)) this.skip(own);
    else if (others !== undefined) peer.skip(others);
    return own !== undefined || others !== undefined;
  }

  /** The record behind a hole. */
  private get hole(): Early | undefined {
    const head = this.early[0];
    return head !== undefined && head.offset > this.next ? head : undefined;
  }

  /** Delivers the early records of both directions that fit now, as they passed. */
  private catchUp(): void {
    const { peer } = this;
    for (;;) {
      const own = this.ready();
      const others = peer.ready();
      if (own !== undefined && (others === undefined || own.time <= others.time)) this.take(own);
      else if (others !== undefined) peer.take(others);
      else break;
    }
    if (peer.endHow !== undefined) peer.tryFinish(false);
  }

  /** The first early record, when nothing is missing before it in either direction. */
  private ready(): Early | undefined {
    const head = this.early[0];
    return head === undefined || head.offset > this.next || this.peer.lacks(head.time) ? undefined : head;
  }

  /** Something is missing that passed before `time`, as far as is known. */
  private lacks(time: number): boolean {
    const { hole } = this;
    return hole !== undefined && hole.time <= time;
  }

  /** The hole before `head` stays a hole. */
  private skip(head: Early): void {
    this.patient = false;
    this.peer.patient = false;
    try {
      if (head.offset > this.next) {
        this.missing(head.offset - this.next, head.time);
        this.next = head.offset;
      }
      this.take(head);
      this.catchUp();
    } finally {
      this.patient = true;
      this.peer.patient = true;
    }
  }

  private take(head: Early): void {
    this.early.shift();
    const { bytes } = head;
    if (head.offset === this.next) {
      this.accept(head.first, head.time, head.offset, head.length, head.captured, bytes, 0);
    } else {
      this.overlap(head.time, head.offset, head.length, head.captured, bytes, 0);
    }
    this.release(head);
  }

  private release(record: Early): void {
    this.earlyBytes -= record.captured;
    if (record.bytes !== EMPTY) this.env.memory.give(record.bytes);
  }

  private announce(how: End, offset: number, time: number, patience: number): void {
    if (this.finished) return;
    this.endHow = how;
    this.endOffset = offset;
    this.endTime = time;
    this.endDeadline = this.env.now + patience;
  }

  /** Everything before the end is there. */
  private get complete(): boolean {
    return this.finished || (this.early.length === 0 && (this.next < 0 || this.endOffset <= this.next));
  }

  private tryFinish(overdue: boolean): void {
    const { other, endHow } = this;
    if (endHow === undefined || this.finished) return;
    if (!overdue && !(this.complete && (other === undefined || other.complete))) return;
    if (this.second) other?.tryFinish(overdue);
    while (this.early.length > 0 && this.skipOldest());
    if (this.finished) return;
    if (!this.complete) this.missing(this.endOffset - this.next, this.endTime);
    this.finished = true;
    this.target.finish(this.direction, endHow, this.endTime);
    other?.tryFinish(false);
  }
}
