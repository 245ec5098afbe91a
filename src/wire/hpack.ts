/**
 * HPACK (RFC 7541) for an observer: follows the dynamic table exactly, and makes strings of the wanted fields only.
 *
 *   1xxxxxxx  index                                       section 6.1
 *   01xxxxxx  name index (0: a string) and value, added   section 6.2.1
 *   0000xxxx  name index and value, not added             section 6.2.2
 *   0001xxxx  the same, never to be added                 section 6.2.3
 *   001xxxxx  table size                                  section 6.3
 *   string = 1 bit Huffman, 7+ bits length, bytes         section 5.2
 */
import { byteAt } from './bytes.ts';
import { BAD_HUFFMAN, decodeHuffman } from './hpack_huffman.ts';
import { STATIC_TABLE } from './hpack_static.ts';
import { DynamicTable, type HeaderName, UNKNOWN_NAME } from './hpack_table.ts';
import type { StringTable } from './strings.ts';

/** Longer values are cut here; `truncated` tells. */
export const MAX_VALUE = 8192;
/** An integer has at most so many bytes after its prefix: 28 bits, more than any length or index that can be. */
const MAX_INTEGER_BYTES = 4;

/** How a block was read; the bits may come together. */
export const WHOLE = 0;
/** A field refers to an entry that was not seen. */
export const UNKNOWN = 1;
/** The bytes end within a field. */
export const CUT = 2;
/** The bytes are no header block, or refer to what cannot be. */
export const INVALID = 4;

/** Which fields are wanted. */
export interface HeaderNames {
  /** By static index − 1. */
  readonly statics: readonly (HeaderName | undefined)[];
  find(bytes: Uint8Array, start: number, end: number): HeaderName | undefined;
}

export interface HeaderSink {
  field(name: HeaderName, value: string, truncated: boolean): void;
}

const STATIC_COUNT = STATIC_TABLE.length;
/** Huffman strings are decoded here; what does not fit is counted only. */
const scratch = new Uint8Array(MAX_VALUE);

export class HpackDecoder {
  readonly table = new DynamicTable();
  readonly #names: HeaderNames;
  readonly #strings: StringTable;
  /** Where the next byte is read; −1 after bytes that are no header block. */
  #at = 0;
  #end = 0;
  #nameLength = 0;
  #unknown = false;

  constructor(names: HeaderNames, strings: StringTable) {
    this.#names = names;
    this.#strings = strings;
  }

  /** Header blocks were missed. */
  lose(): void {
    this.table.lose();
  }

  /** Reads a header block, or the beginning of one. Who got anything but WHOLE or UNKNOWN calls `lose`. */
  decode(bytes: Uint8Array, start: number, end: number, sink: HeaderSink): number {
    let result = WHOLE;
    this.#end = end;
    let at = start;
    while (at < end) {
      this.#at = at;
      const first = byteAt(bytes, at);
      this.#unknown = false;
      if (first >= 0x80) this.#indexed(bytes, sink);
      else if (first >= 0x40) this.#literal(bytes, 0x3f, true, sink);
      else if (first >= 0x20) this.#resize(bytes);
      else this.#literal(bytes, 0x0f, false, sink);
      if (this.#at < 0) return result | INVALID;
      if (this.#at > end) return result | CUT;
      if (this.#unknown) result |= UNKNOWN;
      at = this.#at;
    }
    return result;
  }

  #indexed(bytes: Uint8Array, sink: HeaderSink): void {
    const index = this.#integer(bytes, 0x7f);
    if (this.#at < 0 || this.#at > this.#end) return;
    if (index === 0) {
      this.#at = -1;
    } else if (index <= STATIC_COUNT) {
      const name = this.#names.statics[index - 1];
      if (name !== undefined) sink.field(name, STATIC_TABLE[index - 1]?.[1] ?? '', false);
    } else {
      const entry = index - STATIC_COUNT - 1;
      if (entry >= this.table.count) {
        this.#missing();
        return;
      }
      const name = this.table.name(entry);
      if (name === UNKNOWN_NAME) this.#unknown = true;
      else if (name !== undefined) sink.field(name, this.table.value(entry), this.table.valueLength(entry) > MAX_VALUE);
    }
  }

  /** An entry that is not here: known to be unknown, or none. */
  #missing(): void {
    if (this.table.older) this.#unknown = true;
    else this.#at = -1;
  }

  #resize(bytes: Uint8Array): void {
    const size = this.#integer(bytes, 0x1f);
    if (this.#at >= 0 && this.#at <= this.#end) this.table.resize(size);
  }

  #literal(bytes: Uint8Array, mask: number, added: boolean, sink: HeaderSink): void {
    const name = this.#name(bytes, mask);
    if (name === UNKNOWN_NAME) this.#unknown = true;
    if (this.#at < 0 || this.#at >= this.#end) {
      if (this.#at === this.#end) this.#at++;
      return;
    }
    const huffman = byteAt(bytes, this.#at) >= 0x80;
    const length = this.#integer(bytes, 0x7f);
    const start = this.#at;
    if (start < 0) return;
    const end = start + length;
    this.#at = end;
    if (end > this.#end) return;
    // A field that nobody wants and nobody refers to later need not be decoded.
    if (name === undefined && !added) return;
    const wanted = name !== undefined && name !== UNKNOWN_NAME;
    let decoded = length;
    let value = '';
    if (huffman) {
      decoded = decodeHuffman(bytes, start, end, scratch);
      if (decoded === BAD_HUFFMAN) {
        this.#at = -1;
        return;
      }
      if (wanted) value = this.#strings.get(scratch, 0, Math.min(decoded, MAX_VALUE));
    } else if (wanted) {
      value = this.#strings.get(bytes, start, start + Math.min(length, MAX_VALUE));
    }
    if (wanted) sink.field(name, value, decoded > MAX_VALUE);
    if (added) this.table.add(name, value, this.#nameLength, decoded);
  }

  /** The name of a literal; undefined if it is of no interest, or unknown. */
  #name(bytes: Uint8Array, mask: number): HeaderName | undefined {
    const index = this.#integer(bytes, mask);
    if (this.#at < 0 || this.#at > this.#end) return undefined;
    if (index === 0) return this.#nameString(bytes);
    if (index <= STATIC_COUNT) {
      this.#nameLength = STATIC_TABLE[index - 1]?.[0].length ?? 0;
      return this.#names.statics[index - 1];
    }
    const entry = index - STATIC_COUNT - 1;
    if (entry >= this.table.count) {
      this.#nameLength = 0;
      this.#missing();
      return UNKNOWN_NAME;
    }
    this.#nameLength = this.table.nameLength(entry);
    return this.table.name(entry);
  }

  #nameString(bytes: Uint8Array): HeaderName | undefined {
    if (this.#at >= this.#end) {
      this.#at = this.#end + 1;
      return undefined;
    }
    const huffman = byteAt(bytes, this.#at) >= 0x80;
    const length = this.#integer(bytes, 0x7f);
    const start = this.#at;
    if (start < 0) return undefined;
    const end = start + length;
    this.#at = end;
    if (end > this.#end) return undefined;
    this.#nameLength = length;
    if (!huffman) return this.#names.find(bytes, start, end);
    this.#nameLength = decodeHuffman(bytes, start, end, scratch);
    if (this.#nameLength !== BAD_HUFFMAN) return this.#names.find(scratch, 0, Math.min(this.#nameLength, MAX_VALUE));
    this.#at = -1;
    return undefined;
  }

  /** An integer with the prefix `mask` (section 5.1). Leaves `#at` behind it: past the end if cut, −1 if too large. */
  #integer(bytes: Uint8Array, mask: number): number {
    let at = this.#at;
    let value = byteAt(bytes, at++) & mask;
    if (value === mask) {
      const stop = at + MAX_INTEGER_BYTES;
      for (let shift = 0; ; shift += 7) {
        if (at >= this.#end) {
          this.#at = this.#end + 1;
          return 0;
        }
        if (at >= stop) {
          this.#at = -1;
          return 0;
        }
        const byte = byteAt(bytes, at++);
        value += (byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
    }
    this.#at = at;
    return value;
  }
}
