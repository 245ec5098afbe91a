import { END_GROUP, FIXED32, FIXED64, LENGTH, START_GROUP, VARINT } from './types.ts';

/** The one thing that reading OTLP throws: these bytes, or this text, are no such message. */
export class OtlpError extends Error {
  /** Byte of the protobuf, or character of the JSON text, where it went wrong. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} at offset ${offset}`);
    this.name = 'OtlpError';
    this.offset = offset;
  }
}

/** Messages within messages; what is deeper is refused. protobuf's own default. */
export const MAX_DEPTH = 100;

const MAX_FIELD_NUMBER = 2 ** 29 - 1;

/** Walks fields and reads values; every length is checked against the end of the message around it. */
export class ByteReader {
  readonly bytes: Uint8Array;
  position = 0;
  /** Upper half of the last `varint` or `fixed64`, unsigned. */
  high = 0;
  private readonly view: DataView;
  private readonly buffer: Buffer;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Lower 32 bits, unsigned; the rest is in `high`. */
  varint(end: number): number {
    const { bytes } = this;
    const start = this.position;
    let at = start;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) throw new OtlpError('varint cut off', start);
      const byte = bytes[at++] as number;
      if (shift < 28) low |= (byte & 127) << shift;
      else if (shift === 28) {
        low |= (byte & 15) << 28;
        high = (byte & 127) >>> 4;
      } else high |= (byte & 127) << (shift - 32);
      if (byte < 128) {
        this.position = at;
        this.high = high >>> 0;
        return low >>> 0;
      }
    }
    throw new OtlpError('varint longer than 10 bytes', start);
  }

  /** Field number and wire type as on the wire: number × 8 + type. */
  tag(end: number): number {
    const start = this.position;
    const tag = this.varint(end);
    if (this.high !== 0 || tag < 8 || tag >>> 3 > MAX_FIELD_NUMBER) throw new OtlpError('invalid tag', start);
    return tag;
  }

  /** Reads a length and returns where the value ends; the position is at its first byte. */
  lengthEnd(end: number): number {
    const start = this.position;
    const length = this.varint(end);
    if (this.high !== 0 || length > end - this.position) throw new OtlpError('length beyond the message', start);
    return this.position + length;
  }

  /** Lower half; the upper one is in `high`. */
  fixed64(end: number): number {
    this.check(8, end);
    const low = this.view.getUint32(this.position, true);
    this.high = this.view.getUint32(this.position + 4, true);
    this.position += 8;
    return low;
  }

  fixed32(end: number): number {
    this.check(4, end);
    const value = this.view.getUint32(this.position, true);
    this.position += 4;
    return value;
  }

  double(end: number): number {
    this.check(8, end);
    const value = this.view.getFloat64(this.position, true);
    this.position += 8;
    return value;
  }

  /** UTF-8; what is none becomes U+FFFD. */
  text(start: number, end: number): string {
    return this.buffer.toString('utf8', start, end);
  }

  /** Passes over the value after `tag`. */
  skip(tag: number, end: number): void {
    switch (tag & 7) {
      case VARINT:
        this.varint(end);
        return;
      case FIXED64:
        this.check(8, end);
        this.position += 8;
        return;
      case LENGTH:
        this.position = this.lengthEnd(end);
        return;
      case FIXED32:
        this.check(4, end);
        this.position += 4;
        return;
      case START_GROUP:
        this.skipGroup(end);
        return;
      default:
        throw new OtlpError(`unexpected wire type ${tag & 7}`, this.position);
    }
  }

  private skipGroup(end: number): void {
    for (let depth = 1; depth > 0; ) {
      const tag = this.tag(end);
      const wireType = tag & 7;
      if (wireType === START_GROUP) depth++;
      else if (wireType === END_GROUP) depth--;
      else this.skip(tag, end);
    }
  }

  private check(count: number, end: number): void {
    if (count > end - this.position) throw new OtlpError('value beyond the message', this.position);
  }
}
