import { byteAt } from './bytes.ts';
import { CLIENT, HOLD, type Side } from './decoder.ts';
import { CUT, HpackDecoder, INVALID } from './hpack.ts';
import { findFrame } from './http2_boundary.ts';
import type { Http2Fields } from './http2_fields.ts';
import * as frames from './http2_frames.ts';
import type { HeaderBlock } from './http2_headers.ts';
import type { Http2Streams } from './http2_streams.ts';
import type { StringTable } from './strings.ts';

/**
 * Most bytes of a header block with its frame headers, whatever SETTINGS_MAX_HEADER_LIST_SIZE says. Of a longer one the
 * beginning is read, and the exchange is marked.
 */
export const MAX_BLOCK = 65_536;
/** Times in a row that no frame was found where one must be, until the connection is taken for something else. */
const MAX_STRIKES = 3;

const PREFACE = 0;
/** A frame begins here. */
const FRAME = 1;
/** Inside the payload of DATA: pad length, body, padding. */
const PAD_LENGTH = 2;
const BODY = 3;
/** Inside a payload that nobody reads. */
const SKIP = 4;
/** Where frames begin is not known. */
const LOST = 5;
const ENDED = 6;

const NEED_MORE = -1;
const HOLD_HERE = -3;

/** The fragments of a block of more than one frame are put together here: a block is read at once. */
const joined = new Uint8Array(MAX_BLOCK);

/** Reads the frames of one direction. Untaken stay at most one header block, or the beginning of a short frame. */
export class Http2Reader {
  /** These bytes are not HTTP/2. */
  opaque = false;
  /** The preface was seen. */
  began = false;
  readonly #side: Side;
  readonly #streams: Http2Streams;
  readonly #block: HeaderBlock;
  readonly #fields: Http2Fields;
  readonly #strings: StringTable;
  #hpack: HpackDecoder;
  #phase: number;
  /** Bytes left of the body, of the padding behind it, or of what is skipped. */
  #left = 0;
  #padding = 0;
  /** Of the DATA frame that is read. */
  #stream = 0;
  #ends = false;
  /** CONTINUATION frames of this stream belong to a block that was given up; 0: none. */
  #givenUp = 0;
  /** Untaken bytes of a header block whose frames are known to be whole. */
  #scanned = 0;
  /** When the first of the untaken bytes passed; −1: nothing is untaken. */
  #startTime = -1;
  /** A reject was counted for this run of lost bytes. */
  #counted = false;
  #strikes = 0;

  constructor(side: Side, streams: Http2Streams, block: HeaderBlock, fields: Http2Fields, strings: StringTable) {
    this.#side = side;
    this.#streams = streams;
    this.#block = block;
    this.#fields = fields;
    this.#strings = strings;
    this.#hpack = new HpackDecoder(fields, strings);
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
    this.#hpack.lose();
  }

  /** The connection turns out to begin here: nothing was missed. */
  begin(): void {
    if (this.#phase === LOST) this.#hpack = new HpackDecoder(this.#fields, this.#strings);
  }

  close(): void {
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
      case PAD_LENGTH:
        return this.#data(bytes, at, end, time);
      case SKIP: {
        const taken = Math.min(this.#left, end - at);
        this.#skipped(taken);
        return at + taken;
      }
      case PREFACE:
        return this.#preface(bytes, at, end);
      case LOST:
        return this.#resynchronise(bytes, at, end, boundary);
      default:
        return end;
    }
  }

  #preface(bytes: Uint8Array, at: number, end: number): number {
    if (!frames.matchesPreface(bytes, at, end)) return this.#invalid(at + 1);
    if (end - at < frames.PREFACE.length) return NEED_MORE;
    this.#phase = FRAME;
    this.began = true;
    return at + frames.PREFACE.length;
  }

  #frame(bytes: Uint8Array, at: number, end: number, time: number, mayHold: boolean): number {
    if (end - at < frames.FRAME_HEADER) return NEED_MORE;
    const type = frames.frameType(bytes, at);
    const length = frames.frameLength(bytes, at);
    const stream = frames.frameStream(bytes, at);
    const continued = type === frames.CONTINUATION && this.#givenUp === stream;
    if (!frames.valid(type, length, stream) || continued !== (this.#givenUp !== 0)) return this.#invalid(at + 1);
    const payload = at + frames.FRAME_HEADER;
    switch (type) {
      case frames.DATA:
        this.#startData(bytes, at, stream, length);
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

  #startData(bytes: Uint8Array, at: number, stream: number, length: number): void {
    const flags = frames.frameFlags(bytes, at);
    this.#stream = stream;
    this.#ends = (flags & frames.END_STREAM) !== 0;
    this.#left = length;
    this.#padding = 0;
    this.#phase = (flags & frames.PADDED) !== 0 ? PAD_LENGTH : BODY;
    if (length === 0) this.#dataDone();
  }

  #data(bytes: Uint8Array, at: number, end: number, time: number): number {
    if (this.#phase === PAD_LENGTH) {
      const padding = byteAt(bytes, at);
      if (padding >= this.#left) return this.#invalid(at + 1);
      this.#left -= padding + 1;
      this.#padding = padding;
      this.#phase = BODY;
      if (this.#left + padding === 0) this.#dataDone();
      return at + 1;
    }
    const taken = Math.min(this.#left, end - at);
    if (taken > 0) this.#streams.data(this.#side, this.#stream, bytes, at, at + taken, time);
    return at + taken + this.#bodyTaken(taken, end - at - taken);
  }

  /** `body` bytes of the body have passed, and up to `more` bytes behind them; returns how many of those are padding. */
  #bodyTaken(body: number, more: number): number {
    this.#left -= body;
    if (this.#left > 0) return 0;
    const padding = Math.min(this.#padding, more);
    this.#padding -= padding;
    if (this.#padding === 0) this.#dataDone();
    return padding;
  }

  #dataDone(): void {
    this.#phase = FRAME;
    this.#strikes = 0;
    if (this.#ends) this.#streams.ended(this.#side, this.#stream);
  }

  /** HEADERS or PUSH_PROMISE with the CONTINUATION frames that belong to it: read at once, or cut at MAX_BLOCK. */
  #headers(bytes: Uint8Array, at: number, end: number, time: number, mayHold: boolean): number {
    const pushed = frames.frameType(bytes, at) === frames.PUSH_PROMISE;
    if (mayHold && !pushed && this.#side !== CLIENT && this.#streams.early(frames.frameStream(bytes, at))) {
      return HOLD_HERE;
    }
    const limit = Math.min(end, at + MAX_BLOCK);
    let frame = at + this.#scanned;
    for (;;) {
      if (frame + frames.FRAME_HEADER > limit) break;
      if (frame > at && !continues(bytes, at, frame)) return this.#invalid(frame + 1);
      const next = frame + frames.FRAME_HEADER + frames.frameLength(bytes, frame);
      if (next > limit) break;
      if ((frames.frameFlags(bytes, frame) & frames.END_HEADERS) !== 0) {
        return this.#wholeBlock(bytes, at, next, time) ? next : this.#invalid(next);
      }
      frame = next;
      this.#scanned = frame - at;
    }
    if (end - at < MAX_BLOCK) return NEED_MORE;
    this.#streams.reject('header_block_too_large');
    return this.#cutBlock(bytes, at, frame, limit, time);
  }

  #wholeBlock(bytes: Uint8Array, at: number, end: number, time: number): boolean {
    const start = fragmentStart(bytes, at);
    const first = at + frames.FRAME_HEADER + frames.frameLength(bytes, at);
    const stop = first - padding(bytes, at);
    if (start > stop) return false;
    let result: number;
    this.#block.reset();
    if (first === end) {
      result = this.#hpack.decode(bytes, start, stop, this.#block);
    } else {
      result = this.#hpack.decode(joined, 0, join(bytes, at, end), this.#block);
    }
    if ((result & (CUT | INVALID)) !== 0) {
      this.#hpack.lose();
      this.#streams.reject('invalid_header_block');
    }
    this.#scanned = 0;
    this.#strikes = 0;
    this.#deliver(bytes, at, result & INVALID ? result | CUT : result, time);
    return true;
  }

  #deliver(bytes: Uint8Array, at: number, result: number, time: number): void {
    const stream = frames.frameStream(bytes, at);
    if (frames.frameType(bytes, at) === frames.PUSH_PROMISE) {
      this.#streams.push(frames.uint31(bytes, fragmentStart(bytes, at) - 4), result, this.#startTime, time);
      return;
    }
    if (this.#side === CLIENT) this.#streams.request(stream, result, this.#startTime, time);
    else this.#streams.response(stream, result, time);
    if ((frames.frameFlags(bytes, at) & frames.END_STREAM) !== 0) this.#streams.ended(this.#side, stream);
  }

  /**
   * Of a header block that begins at `at` only `bytes[at, end)` will ever be seen: tells what they say. `frame` is the
   * last of its frames, whose header may be cut, too: then where frames begin is lost. Returns the position.
   */
  #cutBlock(bytes: Uint8Array, at: number, frame: number, end: number, time: number): number {
    const whole = frame + frames.FRAME_HEADER <= end;
    this.#scanned = 0;
    this.#block.reset();
    if (fragmentStart(bytes, at) <= end) {
      this.#hpack.decode(joined, 0, join(bytes, at, end), this.#block);
      this.#deliver(bytes, at, CUT, time);
    }
    this.#hpack.lose();
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
  #invalid(next: number): number {
    this.#streams.reject('invalid_frame');
    if (++this.#strikes >= MAX_STRIKES) this.opaque = true;
    this.#lose(0);
    this.#counted = true;
    return next;
  }

  #lose(time: number): void {
    this.#phase = LOST;
    this.#scanned = this.#givenUp = 0;
    this.#counted = false;
    this.#startTime = -1;
    this.#hpack.lose();
    this.#streams.lost(this.#side, time);
  }

  #resynchronise(bytes: Uint8Array, at: number, end: number, boundary: boolean): number {
    const found = findFrame(bytes, at, end, boundary, this.#streams);
    if (found.preface) {
      this.#hpack = new HpackDecoder(this.#fields, this.#strings);
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

  /** `length` bytes are missing behind `bytes[start, end)`, which were not taken. */
  gap(bytes: Uint8Array, start: number, end: number, length: number, time: number): void {
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
      case BODY:
      case PAD_LENGTH:
        this.#gapInData(length, time);
        return;
      case FRAME:
        this.#gapInFrame(bytes, start, end, length, time);
        return;
      default:
        this.#lose(time);
    }
  }

  #beyond(length: number, time: number): void {
    if (length > 0) this.#lose(time);
  }

  #gapInData(length: number, time: number): void {
    let body = Math.min(length, this.#left);
    if (this.#phase === PAD_LENGTH) {
      // The pad length went, too: of the bytes that are left, nobody knows which are padding.
      this.#streams.inexact(this.#side, this.#stream);
      this.#phase = BODY;
      this.#padding = this.#left;
      this.#left = body = 0;
    }
    if (body > 0) this.#streams.missing(this.#side, this.#stream, body, time);
    const padding = this.#bodyTaken(body, length - body);
    this.#beyond(length - body - padding, time);
  }

  #gapInFrame(bytes: Uint8Array, start: number, end: number, length: number, time: number): void {
    const type = end - start < frames.FRAME_HEADER ? -1 : frames.frameType(bytes, start);
    if (type !== frames.HEADERS && type !== frames.PUSH_PROMISE) {
      this.#lose(time);
      return;
    }
    const frame = start + this.#scanned;
    if (frame + frames.FRAME_HEADER > end) {
      this.#cutBlock(bytes, start, frame, end, time);
      this.#lose(time);
      return;
    }
    this.#cutBlock(bytes, start, frame, end, time);
    const inside = Math.min(length, this.#left);
    if (this.#phase === SKIP) this.#skipped(inside);
    this.#startTime = -1;
    this.#beyond(length - inside, time);
  }
}

/** Is the frame at `frame` the next one of the block that begins at `at`? */
function continues(bytes: Uint8Array, at: number, frame: number): boolean {
  return (
    frames.frameType(bytes, frame) === frames.CONTINUATION &&
    frames.frameStream(bytes, frame) === frames.frameStream(bytes, at)
  );
}

/** Where the fields of HEADERS or PUSH_PROMISE begin. */
function fragmentStart(bytes: Uint8Array, at: number): number {
  const flags = frames.frameFlags(bytes, at);
  const pushed = frames.frameType(bytes, at) === frames.PUSH_PROMISE;
  const before = pushed ? 4 : (flags & frames.HAS_PRIORITY) !== 0 ? 5 : 0;
  return at + frames.FRAME_HEADER + before + ((flags & frames.PADDED) !== 0 ? 1 : 0);
}

function padding(bytes: Uint8Array, at: number): number {
  return (frames.frameFlags(bytes, at) & frames.PADDED) === 0 ? 0 : byteAt(bytes, at + frames.FRAME_HEADER);
}

/** Copies the fragments of the frames in `bytes[at, end)` to `joined`; returns their length. */
function join(bytes: Uint8Array, at: number, end: number): number {
  let length = 0;
  for (let frame = at; frame + frames.FRAME_HEADER <= end; ) {
    const next = frame + frames.FRAME_HEADER + frames.frameLength(bytes, frame);
    const start = frame === at ? fragmentStart(bytes, at) : frame + frames.FRAME_HEADER;
    const stop = Math.min(end, frame === at && start < end ? next - padding(bytes, at) : next);
    for (let from = start; from < stop && length < joined.length; from++) joined[length++] = byteAt(bytes, from);
    frame = next;
  }
  return length;
}
