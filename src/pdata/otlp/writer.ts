/**
 * Protobuf bytes, written front to back into one growing buffer. Callers of the methods marked "unchecked" first call
 * `reserve` once for everything they are about to write; the span writer's speed rests on that.
 * Encoding: https://protobuf.dev/programming-guides/encoding/
 */
const TWO_32 = 0x1_0000_0000;

/** A 64-bit value as [high, low], each an unsigned (or for the high half signed) 32-bit number. */
export type Fixed64 = readonly [number, number];

/** Strings up to this length are written by a loop: a call into Buffer costs more than copying 64 characters. */
const LOOP_LENGTH = 64;

export class ByteWriter {
  buffer: Buffer;
  position = 0;
  private view: DataView;

  constructor(capacity = 1024) {
    this.buffer = Buffer.allocUnsafeSlow(capacity);
    this.view = new DataView(this.buffer.buffer);
  }

  reserve(count: number): void {
    const need = this.position + count;
    if (need <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, need));
    this.buffer.copy(grown, 0, 0, this.position);
    this.buffer = grown;
    this.view = new DataView(grown.buffer);
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.buffer, 0, this.position);
  }

  /** Unchecked. */
  byte(value: number): void {
    this.buffer[this.position++] = value;
  }

  /** Unchecked, at most 5 bytes. `value` < 2^32. */
  varint(value: number): void {
    const { buffer } = this;
    let at = this.position;
    let rest = value;
    while (rest > 127) {
      buffer[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    buffer[at++] = rest;
    this.position = at;
  }

  /** Unchecked, at most 10 bytes: an int64 or uint64 in two's complement; `high` and `low` are taken modulo 2^32. */
  varint64(high: number, low: number): void {
    let hi = high >>> 0;
    let lo = low >>> 0;
    while (hi !== 0) {
      this.buffer[this.position++] = (lo & 127) | 128;
      lo = ((lo >>> 7) | (hi << 25)) >>> 0;
      hi >>>= 7;
    }
    this.varint(lo);
  }

  /** Unchecked, at most 10 bytes. An integer with |value| < 2^63. */
  integer(value: number): void {
    if (value >= 0 && value < TWO_32) this.varint(value);
    else this.varint64(Math.floor(value / TWO_32), value);
  }

  /** Unchecked, 4 bytes. */
  fixed32(value: number): void {
    this.view.setUint32(this.position, value, true);
    this.position += 4;
  }

  /** Unchecked, 8 bytes. */
  fixed64(high: number, low: number): void {
    this.view.setUint32(this.position, low, true);
    this.view.setUint32(this.position + 4, high, true);
    this.position += 8;
  }

  /** Unchecked, 8 bytes. A whole number of at most 2^53. */
  fixed64Number(value: number): void {
    this.fixed64(Math.floor(value / TWO_32), value);
  }

  /** Unchecked, 8 bytes: nanoseconds of CLOCK_MONOTONIC plus the offset to wall time, exact, without BigInt. */
  time(monotonic: number, offset: Fixed64): void {
    const low = (monotonic >>> 0) + (offset[1] >>> 0);
    const high = Math.floor(monotonic / TWO_32) + offset[0] + (low >= TWO_32 ? 1 : 0);
    this.fixed64(high, low);
  }

  /** Unchecked, 8 bytes. */
  double(value: number): void {
    this.view.setFloat64(this.position, value, true);
    this.position += 8;
  }

  /** Unchecked. */
  bytes(bytes: Uint8Array): void {
    const { buffer } = this;
    const { length } = bytes;
    if (length > LOOP_LENGTH) buffer.set(bytes, this.position);
    else for (let i = 0, at = this.position; i < length; i++) buffer[at++] = bytes[i] as number;
    this.position += length;
  }

  /** Unchecked. Writes nothing and returns false when a character is not ASCII; for short strings. */
  ascii(text: string): boolean {
    const { buffer } = this;
    let at = this.position;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      buffer[at++] = code;
    }
    this.position = at;
    return true;
  }

  /** Unchecked, at most 5 + 3 × text.length bytes: length and UTF-8. Lone surrogates become U+FFFD. */
  string(text: string): void {
    if (text.length <= LOOP_LENGTH) {
      const start = this.position;
      this.buffer[this.position++] = text.length;
      if (this.ascii(text)) return;
      this.position = start;
    }
    const length = Buffer.byteLength(text);
    this.varint(length);
    this.buffer.write(text, this.position, length, 'utf8');
    this.position += length;
  }

  /** Checked: tag, length and UTF-8 of a string field; an empty string is left out. */
  stringField(tag: number, text: string): void {
    if (text === '') return;
    this.reserve(10 + text.length * 3);
    this.varint(tag);
    this.string(text);
  }

  /** Checked: tag, length and bytes. */
  bytesField(tag: number, bytes: Uint8Array): void {
    this.reserve(10 + bytes.length);
    this.varint(tag);
    this.varint(bytes.length);
    this.bytes(bytes);
  }

  /** Checked: begins a nested message; `end` takes the returned mark. */
  begin(tag: number): number {
    this.reserve(10);
    this.varint(tag);
    this.position += 1;
    return this.position;
  }

  /** Checked: writes the length in front of everything since `mark`, in its shortest form. */
  end(mark: number): void {
    const length = this.position - mark;
    if (length > 127) {
      const extra = varintLength(length) - 1;
      this.reserve(extra);
      this.buffer.copyWithin(mark + extra, mark, this.position);
      this.position = mark - 1;
      this.varint(length);
      this.position += length;
    } else {
      this.buffer[mark - 1] = length;
    }
  }
}

/** Bytes of an unsigned varint below 2^32. */
export function varintLength(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}
