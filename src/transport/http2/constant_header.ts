import { STATIC_TABLE } from '../../wire/hpack_static.ts';
import { DEFAULT_TABLE_SIZE, ENTRY_OVERHEAD } from '../../wire/hpack_table.ts';

const INDEXED = 0x80;
const ADDED = 0x40;
const NOT_ADDED = 0x00;
/** Dynamic table size update: 0. */
const NO_TABLE = 0x20;

/** Name in lower case; value as Latin-1. */
export type HeaderField = readonly [name: string, value: string];

/**
 * The same header fields for each request of a connection, by HPACK (RFC 7541): first in full, then by their places in the
 * peer's table, a byte for each. Where they do not fit there, in full each time.
 */
export class ConstantHeader {
  readonly #size: number;
  readonly #first: Uint8Array;
  readonly #again: Uint8Array;
  readonly #alone: Uint8Array;
  #indexed: boolean;
  #known = false;
  /** The next block has to say that nothing is remembered any more. */
  #shrunk = false;

  constructor(fields: readonly HeaderField[]) {
    this.#size = fields.reduce((sum, [name, value]) => sum + name.length + value.length + ENTRY_OVERHEAD, 0);
    this.#indexed = this.#size <= DEFAULT_TABLE_SIZE;
    const literal = (kind: number): Buffer =>
      Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(kind), text(name), text(value)]));
    this.#first = literal(ADDED);
    this.#alone = literal(NOT_ADDED);
    // The newest entry comes first.
    this.#again = Buffer.concat(
      fields.map((_, index) => integer(INDEXED, 7, STATIC_TABLE.length + fields.length - index)),
    );
  }

  /** SETTINGS_HEADER_TABLE_SIZE of the peer. Of a larger table than the default no more is used. */
  resize(size: number): void {
    if (size >= DEFAULT_TABLE_SIZE) return;
    this.#indexed = false;
    this.#shrunk = true;
  }

  /** The block of the next request. */
  next(): Uint8Array {
    if (this.#shrunk) {
      this.#shrunk = false;
      return Buffer.concat([Buffer.of(NO_TABLE), this.#alone]);
    }
    if (!this.#indexed) return this.#alone;
    if (this.#known) return this.#again;
    this.#known = true;
    return this.#first;
  }
}

/** A string without Huffman code. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([integer(0, 7, bytes.length), bytes]);
}

/** RFC 7541, 5.1: behind the bits of `kind`. */
function integer(kind: number, prefix: number, value: number): Buffer {
  const most = 2 ** prefix - 1;
  if (value < most) return Buffer.of(kind | value);
  const bytes = [kind | most];
  let rest = value - most;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.of(...bytes, rest);
}
