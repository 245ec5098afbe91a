import type { Side } from './decoder.ts';
import { CLIENT } from './decoder.ts';
import { CUT, HpackDecoder, INVALID } from './hpack.ts';
import type { Http2Fields } from './http2_fields.ts';
import { fragmentStart, join, joined, padding } from './http2_fragments.ts';
import * as frames from './http2_frames.ts';
import type { HeaderBlock } from './http2_header_block.ts';
import type { Http2Streams } from './http2_streams.ts';
import type { StringTable } from './strings.ts';

/** The header blocks of one direction: what they say, and to whom. */
export class Http2Blocks {
  readonly #side: Side;
  readonly #streams: Http2Streams;
  readonly #block: HeaderBlock;
  readonly #fields: Http2Fields;
  readonly #strings: StringTable;
  #hpack: HpackDecoder;

  constructor(side: Side, streams: Http2Streams, block: HeaderBlock, fields: Http2Fields, strings: StringTable) {
    this.#side = side;
    this.#streams = streams;
    this.#block = block;
    this.#fields = fields;
    this.#strings = strings;
    this.#hpack = new HpackDecoder(fields, strings);
  }

  /** The connection begins: nothing was missed. */
  begin(): void {
    this.#hpack = new HpackDecoder(this.#fields, this.#strings);
  }

  /** Blocks are missing: what the table has is unknown from here on. */
  lose(): void {
    this.#hpack.lose();
  }

  /** `bytes[at, end)` are all frames of a block; false: they are none. `start`: when its first byte passed. */
  whole(bytes: Uint8Array, at: number, end: number, start: number, time: number): boolean {
    const from = fragmentStart(bytes, at);
    const first = at + frames.FRAME_HEADER + frames.frameLength(bytes, at);
    const to = first - padding(bytes, at);
    if (from > to) return false;
    this.#block.reset();
    const result =
      first === end
        ? this.#hpack.decode(bytes, from, to, this.#block)
        : this.#hpack.decode(joined, 0, join(bytes, at, end), this.#block);
    if ((result & (CUT | INVALID)) !== 0) {
      this.#hpack.lose();
      this.#streams.reject('invalid_header_block');
    }
    this.#deliver(bytes, at, result & INVALID ? result | CUT : result, start, time);
    return true;
  }

  /** Of the block that begins at `at` only `bytes[at, end)` will ever be seen. */
  cut(bytes: Uint8Array, at: number, end: number, start: number, time: number): void {
    if (fragmentStart(bytes, at) <= end) {
      this.#block.reset();
      this.#hpack.decode(joined, 0, join(bytes, at, end), this.#block);
      this.#deliver(bytes, at, CUT, start, time);
    }
    this.#hpack.lose();
  }

  #deliver(bytes: Uint8Array, at: number, result: number, start: number, time: number): void {
    const stream = frames.frameStream(bytes, at);
    if (frames.frameType(bytes, at) === frames.PUSH_PROMISE) {
      this.#streams.push(frames.uint31(bytes, fragmentStart(bytes, at) - 4), result, start, time);
      return;
    }
    if (this.#side === CLIENT) this.#streams.request(stream, result, start, time);
    else this.#streams.response(stream, result, time);
    if ((frames.frameFlags(bytes, at) & frames.END_STREAM) !== 0) this.#streams.ended(this.#side, stream);
  }
}
