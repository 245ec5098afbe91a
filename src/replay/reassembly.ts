import { type ReplayCounters, STRAY } from './counters.ts';
import { Early, type EarlyMemory } from './early.ts';
import { MAX_WINDOW, PIECE_BYTES, REORDER_NS, RETRANSMIT_NS, STRAY_SEGMENTS } from './limits.ts';

const TWO_32 = 2 ** 32;

/** What one direction of a connection carries, in order and without repetition. */
export interface StreamSink {
  /**
   * `length` bytes from `offset` on, of which `captured` are at `bytes[start]`; the rest is a gap. `boundary`: a write of
   * the sender may well have begun here.
   */
  data(
    offset: number,
    length: number,
    captured: number,
    bytes: Buffer,
    start: number,
    boundary: boolean,
    time: number,
  ): void;
  /** The sender sends no more. */
  end(offset: number, time: number): void;
}

const EMPTY = Buffer.alloc(0);

/**
 * One direction of a TCP connection. Offsets count the payload's bytes from the first that is known. A hole that the
 * receiver has acknowledged was lost by the capture and is a gap; any other is waited for, because it will be sent again.
 * Of bytes that come twice the first ones are taken.
 */
export class Reassembly {
  /** Offset of the next byte in order. */
  next = 0;
  finished = false;
  /** When the hole at `next` is given up; Infinity: there is none. */
  deadline = Number.POSITIVE_INFINITY;
  /** Offset of the hole that `deadline` is for; -1: none is waited for. */
  private holeAt = -1;
  /** Sequence number of offset 0; undefined: nothing is known of this direction. */
  private base: number | undefined;
  /** What the receiver has acknowledged. */
  private acknowledged = 0;
  /** Offset of the end, once a FIN has told it. */
  private endOffset = Number.POSITIVE_INFINITY;
  private strays = 0;
  /** A write of the sender may begin at `next`: one has ended there, or that is not known. */
  private fresh = true;
  private readonly early: Early;
  private readonly sink: StreamSink;
  private readonly counters: ReplayCounters;

  constructor(sink: StreamSink, memory: EarlyMemory, counters: ReplayCounters) {
    this.sink = sink;
    this.early = new Early(memory);
    this.counters = counters;
  }

  get known(): boolean {
    return this.base !== undefined;
  }

  /** The first byte will have this sequence number. */
  begin(seq: number): void {
    this.base ??= seq;
  }

  /** The first byte has this sequence number. */
  beganAt(seq: number): boolean {
    return this.base === seq;
  }

  /** `captured` of `length` bytes are at `bytes[start]`. */
  segment(
    seq: number,
    length: number,
    captured: number,
    bytes: Buffer,
    start: number,
    push: boolean,
    time: number,
  ): void {
    this.begin(seq);
    const offset = this.place(seq, time);
    if (offset === undefined) return;
    // It passed here before its acknowledgement did, and so before this: the capture does not have it.
    while (offset > this.next && this.missing) this.giveUp(Math.min(this.holeEnd, offset), time);
    if (offset > this.next) {
      this.counters.outOfOrder++;
      this.makeRoom(offset, captured, time);
    }
    this.take(offset, length, captured, bytes, start, push, time);
    this.settle(time);
  }

  /** The sender's FIN has this sequence number. */
  fin(seq: number, time: number): void {
    this.begin(seq);
    const offset = this.offsetOf(seq);
    if (offset < this.next || offset - this.next > MAX_WINDOW || this.endOffset !== Number.POSITIVE_INFINITY) return;
    this.endOffset = offset;
    this.settle(time);
  }

  /** The receiver has everything before this sequence number. */
  acknowledge(ack: number, time: number): void {
    this.begin(ack);
    const offset = this.offsetOf(ack);
    if (offset <= this.acknowledged || offset - this.next > MAX_WINDOW) return;
    this.acknowledged = offset;
    if (this.missing) this.settle(time);
  }

  /** Whether a reset with this sequence number is of now, not of what is over. */
  plausible(seq: number): boolean {
    if (this.base === undefined) return true;
    const offset = this.offsetOf(seq);
    return offset >= Math.min(this.acknowledged, this.next) && offset - this.next <= MAX_WINDOW;
  }

  /** Gives up the hole that is overdue at `now`. */
  expire(now: number): void {
    // At the end of a capture, `now` is Infinity.
    if (this.holeAt < 0 || this.deadline > now) return;
    this.giveUp(this.holeEnd, now);
    this.settle(now);
  }

  /** No more segments come: what the receiver got is told, what it lacked is dropped. */
  close(now: number): void {
    while (this.missing) this.giveUp(this.holeEnd, now);
    this.counters.undeliveredBytes += this.early.clear();
    this.settle(now);
    this.holeAt = -1;
    this.deadline = Number.POSITIVE_INFINITY;
  }

  /** The receiver has bytes that the capture does not have. */
  private get missing(): boolean {
    return Math.min(this.acknowledged, this.endOffset) > this.next;
  }

  private get holeEnd(): number {
    const end = this.early.first?.offset ?? this.endOffset;
    return this.missing ? Math.min(end, this.acknowledged) : end;
  }

  /** Sequence numbers wrap: the offset nearest to `next` is meant. */
  private offsetOf(seq: number): number {
    const expected = ((this.base ?? seq) + this.next) % TWO_32;
    return this.next + ((seq - expected) | 0);
  }

  /** undefined: too far away. Several such in a row: the capture has lost more than a window, and the stream is there. */
  private place(seq: number, time: number): number | undefined {
    const offset = this.offsetOf(seq);
    if (Math.abs(offset - this.next) <= MAX_WINDOW) {
      this.strays = 0;
      return offset;
    }
    if (++this.strays < STRAY_SEGMENTS) {
      this.counters.skip(STRAY);
      return undefined;
    }
    this.strays = 0;
    this.counters.undeliveredBytes += this.early.clear();
    this.giveUp(offset > this.next ? offset : offset + TWO_32, time);
    return this.next;
  }

  /** Delivers what is new of a segment, or keeps it for later. */
  private take(
    offset: number,
    length: number,
    captured: number,
    bytes: Buffer,
    start: number,
    push: boolean,
    time: number,
  ): void {
    const known = Math.min(Math.max(this.next - offset, 0), length);
    this.counters.repeatedBytes += known;
    const from = offset + known;
    // What lies behind a FIN is nobody's.
    const rest = Math.min(offset + length, this.endOffset) - from;
    if (rest <= 0) return;
    const at = start + known;
    const held = Math.min(Math.max(captured - known, 0), rest);
    if (from === this.next && this.early.first === undefined) {
      this.deliver(rest, held, bytes, at, push, time);
    } else {
      const piece = { offset: from, length: rest, bytes: bytes.subarray(at, at + held), push, time };
      this.counters.repeatedBytes += this.early.add(piece);
      this.catchUp(time);
    }
  }

  /** Holes in front are given up until there is room for a segment at `offset`. */
  private makeRoom(offset: number, captured: number, time: number): void {
    while (this.next < offset && !this.early.hasRoom(captured)) {
      this.giveUp(Math.min(this.early.first?.offset ?? offset, offset), time);
    }
  }

  /** Everything up to `offset`, which is not there, is a gap. */
  private giveUp(offset: number, now: number): void {
    if (offset > this.next) this.deliver(offset - this.next, 0, EMPTY, 0, true, this.early.first?.time ?? now);
    this.catchUp(0);
  }

  /** Delivers what fits now. The receiver could not have it before `filled`, when the hole in front was closed. */
  private catchUp(filled: number): void {
    while (this.early.first?.offset === this.next) {
      const piece = this.early.take();
      if (piece === undefined) return;
      const { length, bytes, push, time } = piece;
      this.deliver(length, bytes.length, bytes, 0, push, Math.max(time, filled));
    }
  }

  private deliver(length: number, captured: number, bytes: Buffer, start: number, push: boolean, time: number): void {
    let done = 0;
    do {
      const held = Math.min(captured - done, PIECE_BYTES);
      const size = done + held < captured ? held : length - done;
      this.sink.data(this.next, size, held, bytes, start + done, this.fresh, time);
      this.next += size;
      this.fresh = false;
      done += size;
    } while (done < length);
    this.fresh = push;
  }

  private settle(now: number): void {
    if (this.next >= this.endOffset && !this.finished) {
      this.finished = true;
      this.sink.end(this.next, now);
    }
    const hole =
      this.early.first !== undefined || this.missing || (this.endOffset !== Number.POSITIVE_INFINITY && !this.finished);
    const limit = hole ? now + (this.missing ? REORDER_NS : RETRANSMIT_NS) : Number.POSITIVE_INFINITY;
    this.deadline = hole && this.holeAt === this.next ? Math.min(this.deadline, limit) : limit;
    this.holeAt = hole ? this.next : -1;
  }
}
