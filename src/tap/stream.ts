import type { DataRecord } from '../kernel/types.ts';
import type { End } from '../wire/decoder.ts';
import { type Environment, HOLD_BYTES, HOLD_RECORDS } from './environment.ts';

/** What passed at once: `length` bytes from `offset` on, of which the first `captured` are at `bytes[start]`. */
export type Piece = Pick<DataRecord, 'first' | 'time' | 'offset' | 'length' | 'captured' | 'bytes' | 'start'>;

/** Who is told what a stream says, in stream order. */
export interface StreamTarget {
  /** `mayHold`: what these bytes answer may still come. */
  bytes(bytes: Uint8Array, start: number, end: number, time: number, boundary: boolean, mayHold: boolean): void;
  gap(length: number, time: number): void;
  finish(how: End, time: number): void;
}

/** A piece that came before an earlier one: its bytes are a copy. */
interface Early extends Piece {
  readonly deadline: number;
}

/** That a direction ends, and where: told once everything before it is there, or `deadline` is over. */
interface Ending {
  readonly how: End;
  readonly offset: number;
  readonly time: number;
  readonly deadline: number;
  /** Both directions end at once: neither is told before both are complete, and `second` after the other. */
  readonly both: boolean;
  readonly second: boolean;
}

const EMPTY = new Uint8Array(0);

/**
 * One direction of a connection: puts records in the order of their offsets. What is missing for 100 ms, or before
 * more than 64 KiB, becomes a gap. What was there before is dropped. While something is missing, what passed later in the
 * other direction waits too: else a decoder would be shown requests whose answers lie before the hole's end.
 */
export class Stream {
  targets: readonly StreamTarget[] = [];
  /** Offset of the next byte; -1: wherever the next record begins. */
  next = 0;
  finished = false;
  /** False while what has waited long enough is delivered: what comes before it is there, or lost. */
  private patient = true;
  private early: Early[] = [];
  private earlyBytes = 0;
  private ending: Ending | undefined;
  /** The connection's other direction. */
  private peer: Stream = this;
  private readonly env: Environment;

  constructor(env: Environment) {
    this.env = env;
  }

  static pair(one: Stream, other: Stream): void {
    one.peer = other;
    other.peer = one;
  }

  get waiting(): boolean {
    return this.early.length > 0 || (this.ending !== undefined && !this.finished);
  }

  push(piece: Piece): void {
    if (this.finished) {
      this.env.counters.lateRecords++;
      return;
    }
    if (this.next >= 0 && (piece.offset > this.next || this.peer.lacks(piece.time))) this.keep(piece);
    else this.deliver(piece);
    if (this.early.length + this.peer.early.length > 0) this.catchUp();
    if (this.ending !== undefined) this.tryFinish(false);
  }

  /** This direction ends at `offset`, once everything before it is there. */
  end(how: End, offset: number, time: number): void {
    const { both = false, second = false } = this.ending ?? {};
    this.announce({ how, offset, time, deadline: this.env.now + this.env.holdNs, both, second });
    this.tryFinish(false);
  }

  /**
   * Both directions end at once, this one first: the last bytes of neither come after the end of the other. What is
   * missing is waited for, `patience` ns long.
   */
  endBoth(how: End, time: number, patience: number, offset: number, peerOffset: number): void {
    const { peer } = this;
    const deadline = this.env.now + patience;
    this.announce({ how, offset, time, deadline, both: true, second: false });
    peer.announce({ how, offset: peerOffset, time, deadline, both: true, second: true });
    this.tryFinish(false);
    peer.tryFinish(false);
  }

  /** Gives up waiting for what is overdue at `now`. */
  expire(now: number): void {
    for (let { hole } = this; hole !== undefined && hole.deadline <= now; hole = this.hole) this.skip(hole);
    if (this.ending !== undefined && this.ending.deadline <= now) this.tryFinish(true);
  }

  /** Nobody listens any more: forget everything, and begin anywhere if asked again. */
  forget(): void {
    for (const piece of this.early) this.release(piece);
    this.early = [];
    this.next = -1;
  }

  /** Tells what is new of a piece before which nothing is waited for. */
  private deliver({ first, time, offset, length, captured, bytes, start }: Piece): void {
    const known = this.next < 0 ? 0 : this.next - offset;
    if (known > 0) {
      this.env.counters.overlapBytes += Math.min(known, length);
      if (known >= length) return;
    }
    this.next = offset + length;
    if (captured > known) {
      const { targets, patient } = this;
      const fresh = first && known === 0;
      for (let index = 0; index < targets.length; index++) {
        targets[index]?.bytes(bytes, start + known, start + captured, time, fresh, patient);
      }
    }
    if (captured < length) this.missing(length - Math.max(known, captured), time);
  }

  private missing(length: number, time: number): void {
    this.env.counters.gaps++;
    this.env.counters.gapBytes += length;
    for (const target of this.targets) target.gap(length, time);
  }

  private keep(piece: Piece): void {
    const { first, time, offset, length, captured, start } = piece;
    if (offset > this.next) this.env.counters.reordered++;
    let copy = this.room(captured);
    while (copy === undefined && this.skipOldest()) {
      // Who was told may have forgotten the stream.
      if (this.next < 0) return;
      copy = this.room(captured);
    }
    if (copy === undefined) {
      // Nothing is waited for any more, and still there is no memory.
      this.jump(piece);
      return;
    }
    copy.set(piece.bytes.subarray(start, start + captured));
    const deadline = this.env.now + this.env.holdNs;
    let at = this.early.length;
    while (at > 0 && (this.early[at - 1]?.offset ?? 0) > offset) at--;
    this.early.splice(at, 0, { first, time, offset, length, captured, bytes: copy, start: 0, deadline });
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

  /** The piece behind a hole. */
  private get hole(): Early | undefined {
    const head = this.early[0];
    return head !== undefined && head.offset > this.next ? head : undefined;
  }

  /** Delivers the early pieces of both directions that fit now, as they passed. */
  private catchUp(): void {
    const { peer } = this;
    for (;;) {
      const own = this.ready();
      const others = peer.ready();
      if (own !== undefined && (others === undefined || own.time <= others.time)) this.take(own);
      else if (others !== undefined) peer.take(others);
      else break;
    }
    peer.tryFinish(false);
  }

  /** The first early piece, when nothing is missing before it in either direction. */
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
      this.take(head);
      this.catchUp();
    } finally {
      this.patient = true;
      this.peer.patient = true;
    }
  }

  /** The first early piece is told; who is told may forget the stream. */
  private take(head: Early): void {
    this.early.shift();
    try {
      this.jump(head);
    } finally {
      this.release(head);
    }
  }

  /** Tells a piece, and what is missing before it as missing. */
  private jump(piece: Piece): void {
    const { offset, time } = piece;
    const { next } = this;
    if (offset > next) {
      this.next = offset;
      this.missing(offset - next, time);
      if (this.next < 0) return;
    }
    this.deliver(piece);
  }

  private release(piece: Early): void {
    this.earlyBytes -= piece.captured;
    if (piece.bytes !== EMPTY) this.env.memory.give(piece.bytes);
  }

  private announce(ending: Ending): void {
    if (!this.finished) this.ending = ending;
  }

  /** Everything before the end is there. */
  private get complete(): boolean {
    const { ending, next } = this;
    return this.finished || (this.early.length === 0 && (next < 0 || (ending !== undefined && ending.offset <= next)));
  }

  private tryFinish(overdue: boolean): void {
    const { ending, peer } = this;
    if (ending === undefined || this.finished) return;
    if (!overdue && !(this.complete && (!ending.both || peer.complete))) return;
    if (ending.second) peer.tryFinish(overdue);
    while (this.early.length > 0 && this.skipOldest());
    if (this.finished) return;
    if (!this.complete) this.missing(ending.offset - this.next, ending.time);
    this.finished = true;
    for (const target of this.targets) target.finish(ending.how, ending.time);
    if (ending.both) peer.tryFinish(false);
  }
}
