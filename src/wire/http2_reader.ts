import { CLIENT, HOLD, type Side } from './decoder.ts';
import type { Http2Blocks } from './http2_blocks.ts';
import { findFrame } from './http2_boundary.ts';
import { Http2Data } from './http2_data.ts';
import { continues, MAX_BLOCK } from './http2_fragments.ts';
import * as frames from './http2_frames.ts';
import type { Http2Streams } from './http2_streams.ts';
import type { SideReader } from './two_way_session.ts';

/** Times in a row that no frame was found where one must be, until the connection is taken for something else. */
const MAX_STRIKES = 3;

const PREFACE = 0;
/** A frame begins here. */
const FRAME = 1;
/** Inside the payload of DATA. */
const BODY = 2;
/** Inside a payload that nobody reads. */
const SKIP = 3;
/** Where frames begin is not known. */
const LOST = 4;
const ENDED = 5;

const NEED_MORE = -1;
const HOLD_HERE = -3;

/** Reads the frames of one direction. Untaken stay at most one header block, or the beginning of a short frame. */
export class Http2Reader implements SideReader {
  opaque = false;
  /** The other direction's. */
  peer: Http2Reader = this;
  readonly #side: Side;
  readonly #streams: Http2Streams;
  readonly #blocks: Http2Blocks;
  readonly #body: Http2Data;
  #phase: number;
  /** The preface was seen. */
  #began = false;
  /** Bytes left of what is skipped. */
  #left = 0;
  /** CONTINUATION frames of this stream belong to a block that was given up; 0: none. */
  #givenUp = 0;
  /** Untaken bytes of a header block whose frames are known to be whole. */
  #scanned = 0;
  /** When the first of the untaken bytes passed; −1: nothing is untaken. */
  #startTime = -1;
  /** A reject was counted for this run of lost bytes. */
  #counted = false;
  #strikes = 0;

  constructor(side: Side, streams: Http2Streams, blocks: Http2Blocks) {
    this.#side = side;
    this.#streams = streams;
    this.#blocks = blocks;
    this.#body = new Http2Data(side, streams);
    this.#phase = side === CLIENT ? PREFACE : FRAME;
  }

  get lost(): boolean {
    return this.#phase === LOST;
  }

  get ended(): boolean {
    return this.#phase === ENDED;
  }

  /** The session begins in the middle. */
  join(): void {
    this.#phase = LOST;
    this.#blocks.lose();
  }

  end(left: boolean): void {
    if (left) this.#streams.reject('incomplete_frame');
    this.#phase = ENDED;
  }

  read(bytes: Uint8Array, start: number, end: number, time: number, boundary: boolean, mayHold: boolean): number {
    let at = start;
    let fresh = boundary;
    while (at < end) {
      if (this.#startTime < 0) this.#startTime = time;
      const next = this.#step(bytes, at, end, time, fresh, mayHold);
      if (this.opaque) return end - start;
      if (next === HOLD_HERE) return at === start ? HOLD : at - start;
      if (next === NEED_MORE) break;
      if (next > at) {
        this.#startTime = -1;
        fresh = false;
      }
      at = next;
    }
    return at - start;
  }

  #step(bytes: Uint8Array, at: number, end: number, time: number, boundary: boolean, mayHold: boolean): number {
    switch (this.#phase) {
      case FRAME:
        return this.#frame(bytes, at, end, time, mayHold);
      case BODY:
        return this.#data(bytes, at, end, time);
      case SKIP: {
        const taken = Math.min(this.#left, end - at);
        this.#skipped(taken);
        return at + taken;
      }
      case PREFACE:
        return this.#preface(bytes, at, end, time);
      case LOST:
        return this.#resynchronise(bytes, at, end, boundary);
      default:
        return end;
    }
  }

  #preface(bytes: Uint8Array, at: number, end: number, time: number): number {
    if (!frames.matchesPreface(bytes, at, end)) return this.#invalid(at + 1, time);
    if (end - at < frames.PREFACE.length) return NEED_MORE;
    this.#phase = FRAME;
    // Of the other direction nothing was missed either: the connection turns out to begin here.
    if (!this.#began && this.peer.lost) this.peer.#blocks.begin();
    this.#began = true;
    return at + frames.PREFACE.length;
  }

  #frame(bytes: Uint8Array, at: number, end: number, time: number, mayHold: boolean): number {
    if (end - at < frames.FRAME_HEADER) return NEED_MORE;
    const type = frames.frameType(bytes, at);
    const length = frames.frameLength(bytes, at);
    const stream = frames.frameStream(bytes, at);
    const continued = type === frames.CONTINUATION && this.#givenUp === stream;
    if (!frames.valid(type, length, stream) || continued !== (this.#givenUp !== 0)) return this.#invalid(at + 1, time);
    const payload = at + frames.FRAME_HEADER;
    switch (type) {
      case frames.DATA:
        this.#body.begin(bytes, at);
        this.#phase = BODY;
        this.#dataRead();
        return payload;
      case frames.HEADERS:
      case frames.PUSH_PROMISE:
        return this.#headers(bytes, at, end, time, mayHold);
      case frames.RST_STREAM:
        if (payload + length > end) return NEED_MORE;
        this.#streams.reset(this.#side, stream, frames.uint32(bytes, payload), time);
        return payload + length;
      case frames.GOAWAY:
        if (payload + 8 > end) return NEED_MORE;
        this.#streams.goaway(this.#side, frames.uint31(bytes, payload), time);
        this.#skip(length - 8);
        return payload + 8;
      case frames.CONTINUATION:
        if ((frames.frameFlags(bytes, at) & frames.END_HEADERS) !== 0) this.#givenUp = 0;
        this.#skip(length);
        return payload;
      default:
        this.#skip(length);
        return payload;
    }
  }

  #skip(length: number): void {
    this.#left = length;
    this.#phase = length === 0 ? FRAME : SKIP;
  }

  #skipped(count: number): void {
    this.#left -= count;
    if (this.#left === 0) this.#phase = FRAME;
  }

  #data(bytes: Uint8Array, at: number, end: number, time: number): number {
    const next = this.#body.take(bytes, at, end, time);
    if (next < 0) return this.#invalid(at + 1, time);
    this.#dataRead();
    return next;
  }

  #dataRead(): void {
    if (this.#body.open) return;
    this.#phase = FRAME;
    this.#strikes = 0;
  }

  /** HEADERS or PUSH_PROMISE with the CONTINUATION frames that belong to it: read at once, or cut at MAX_BLOCK. */
  #headers(bytes: Uint8Array, at: number, end: number, time: number, mayHold: boolean): number {
    const pushed = frames.frameType(bytes, at) === frames.PUSH_PROMISE;
    if (mayHold && !pushed && this.#side !== CLIENT && this.#streams.early(frames.frameStream(bytes, at))) {
      // Only where the request would be seen.
      if (!this.peer.lost && !this.peer.ended) return HOLD_HERE;
    }
    const limit = Math.min(end, at + MAX_BLOCK);
    let frame = at + this.#scanned;
    for (;;) {
      if (frame + frames.FRAME_HEADER > limit) break;
      if (frame > at && !continues(bytes, at, frame)) return this.#invalid(frame + 1, time);
      const next = frame + frames.FRAME_HEADER + frames.frameLength(bytes, frame);
      if (next > limit) break;
      if ((frames.frameFlags(bytes, frame) & frames.END_HEADERS) !== 0) {
        if (!this.#blocks.whole(bytes, at, next, this.#startTime, time)) return this.#invalid(next, time);
        this.#scanned = this.#strikes = 0;
        return next;
      }
      frame = next;
      this.#scanned = frame - at;
    }
    if (end - at < MAX_BLOCK) return NEED_MORE;
    this.#streams.reject('header_block_too_large');
    return this.#cutBlock(bytes, at, frame, limit, time);
  }

  /**
   * Of a header block that begins at `at` only `bytes[at, end)` will ever be seen: tells what they say. `frame` is the
   * last of its frames, whose header may be cut, too: then where frames begin is lost. Returns the position.
   */
  #cutBlock(bytes: Uint8Array, at: number, frame: number, end: number, time: number): number {
    const whole = frame + frames.FRAME_HEADER <= end;
    this.#scanned = 0;
    this.#blocks.cut(bytes, at, end, this.#startTime, time);
    if (!whole) {
      // The header of a CONTINUATION is at the limit: it comes again by itself.
      this.#givenUp = frames.frameStream(bytes, at);
      this.#phase = FRAME;
      return frame;
    }
    const last = (frames.frameFlags(bytes, frame) & frames.END_HEADERS) !== 0;
    this.#givenUp = last ? 0 : frames.frameStream(bytes, at);
    this.#skip(frame + frames.FRAME_HEADER + frames.frameLength(bytes, frame) - end);
    return end;
  }

  /** These bytes are no frame: goes on at `next`. */
  #invalid(next: number, time: number): number {
    this.#streams.reject('invalid_frame');
    if (++this.#strikes >= MAX_STRIKES) this.opaque = true;
    this.#lose(time);
    this.#counted = true;
    return next;
  }

  #lose(time: number): void {
    this.#phase = LOST;
    this.#scanned = this.#givenUp = 0;
    this.#counted = false;
    this.#startTime = -1;
    this.#blocks.lose();
    this.#streams.lost(this.#side, time);
  }

  #resynchronise(bytes: Uint8Array, at: number, end: number, boundary: boolean): number {
    const found = findFrame(bytes, at, end, boundary, this.#streams);
    if (found.preface) {
      this.#blocks.begin();
      this.#phase = PREFACE;
      return found.at;
    }
    if (!this.#counted && found.at > at) {
      this.#counted = true;
      this.#streams.reject('unsynchronised');
    }
    if (found.sure) {
      this.#phase = FRAME;
      // The rest of a block whose beginning was lost.
      if (frames.frameType(bytes, found.at) === frames.CONTINUATION) {
        this.#givenUp = frames.frameStream(bytes, found.at);
      }
    } else if (found.at === at) return NEED_MORE;
    return found.at;
  }

  gap(bytes: Uint8Array, start: number, end: number, length: number, time: number): void {
    // What was held is not held any longer.
    const from = start + this.read(bytes, start, end, time, false, false);
    switch (this.#phase) {
      case ENDED:
        return;
      case LOST:
        this.#startTime = -1;
        this.#streams.lost(this.#side, time);
        return;
      case SKIP: {
        const inside = Math.min(length, this.#left);
        this.#skipped(inside);
        this.#beyond(length - inside, time);
        return;
      }
      case BODY: {
        const beyond = this.#body.skip(length, time);
        this.#dataRead();
        this.#beyond(beyond, time);
        return;
      }
      case FRAME:
        this.#gapInFrame(bytes, from, end, length, time);
        return;
      default:
        this.#lose(time);
    }
  }

  #beyond(length: number, time: number): void {
    if (length > 0) this.#lose(time);
  }

  #gapInFrame(bytes: Uint8Array, start: number, end: number, length: number, time: number): void {
    const type = end - start < frames.FRAME_HEADER ? -1 : frames.frameType(bytes, start);
    if (type !== frames.HEADERS && type !== frames.PUSH_PROMISE) {
      this.#lose(time);
      return;
    }
    const frame = start + this.#scanned;
    this.#cutBlock(bytes, start, frame, end, time);
    if (frame + frames.FRAME_HEADER > end) {
      this.#lose(time);
      return;
    }
    const inside = Math.min(length, this.#left);
    if (this.#phase === SKIP) this.#skipped(inside);
    this.#startTime = -1;
    this.#beyond(length - inside, time);
  }
}
