import { wrongType, zigzag } from './decode.ts';
import { writeBase64, writeDouble, writeHex, writeInteger, writeLong, writeRaw, writeText } from './json_text.ts';
import { ByteReader, MAX_DEPTH, OtlpError } from './reader.ts';
import type { MessageName } from './schema.ts';
import { type Field, LENGTH, type MessageType, messageType } from './types.ts';
import { ByteWriter } from './writer.ts';

/**
 * Protobuf to OTLP/JSON text without objects in between, byte for byte what the Collector's JSON marshaler writes.
 * A message is walked twice: once to find (and check) where its fields are, then in the order of the JSON.
 */
const COMMA = 0x2c;

/** Most fields of a message: Span. */
const MAX_FIELDS = 16;
/** Per field: where its first and its last tag are. */
const FRAME = MAX_FIELDS * 2;
const ABSENT = -1;

/** Throws only OtlpError. */
export function toJson(name: MessageName, bytes: Uint8Array): Uint8Array {
  const writer = new ByteWriter(bytes.length * 3 + 64);
  new Transcoder(writer, bytes).message(messageType(name), bytes.length, 1);
  return writer.buffer.subarray(0, writer.position);
}

class Transcoder {
  private readonly writer: ByteWriter;
  private readonly frames = new Int32Array(FRAME * (MAX_DEPTH + 1));
  private reader: ByteReader;

  constructor(writer: ByteWriter, bytes: Uint8Array) {
    this.writer = writer;
    this.reader = new ByteReader(bytes);
  }

  /** The message from the reader's position to `end`. */
  message(type: MessageType, end: number, depth: number): void {
    if (depth > MAX_DEPTH) throw new OtlpError('nested too deeply', this.reader.position);
    const { writer } = this;
    const frame = depth * FRAME;
    this.locate(type, end, frame);
    writer.reserve(2);
    writer.byte(0x7b);
    const open = writer.position;
    for (const field of type.fields) {
      const first = this.frames[frame + field.slot * 2] as number;
      const last = this.frames[frame + field.slot * 2 + 1] as number;
      if (field.repeated) {
        if (first !== ABSENT) this.repeated(field, first, last, end, depth, open);
      } else if (field.kind === 'message') {
        this.singular(field, first, last, end, depth, open);
      } else if (last !== ABSENT) {
        this.reader.position = last;
        this.reader.tag(end);
        this.scalar(field, end, open);
      }
    }
    writer.reserve(1);
    writer.byte(0x7d);
    this.reader.position = end;
  }

  private locate(type: MessageType, end: number, frame: number): void {
    const { reader, frames } = this;
    // A loop: most messages have a few fields, and calling fill costs more.
    for (let i = type.fields.length * 2 - 1; i >= 0; i--) frames[frame + i] = ABSENT;
    let oneof = -1;
    while (reader.position < end) {
      const start = reader.position;
      const tag = reader.tag(end);
      const field = type.byNumber[tag >>> 3];
      reader.skip(tag, end);
      if (field === undefined) continue;
      const wireType = tag & 7;
      if (wireType !== field.wireType && !(field.repeated && wireType === LENGTH)) throw wrongType(field, start);
      const slot = frame + field.slot * 2;
      if (field.oneof) {
        if (oneof >= 0 && oneof !== slot) frames[oneof] = frames[oneof + 1] = ABSENT;
        oneof = slot;
      }
      if (frames[slot] === ABSENT) frames[slot] = start;
      frames[slot + 1] = start;
    }
  }

  private key(field: Field, open: number): void {
    const { writer } = this;
    writer.reserve(field.jsonKey.length + 2);
    if (writer.position !== open) writer.byte(COMMA);
    writer.bytes(field.jsonKey);
  }

  /** Written even when it is absent, unless it belongs to a oneof. */
  private singular(field: Field, first: number, last: number, end: number, depth: number, open: number): void {
    const type = field.message as MessageType;
    if (first === ABSENT) {
      if (field.oneof) return;
      this.key(field, open);
      this.reader.position = end;
      this.message(type, end, depth + 1);
      return;
    }
    this.key(field, open);
    const { reader } = this;
    if (first === last || field.oneof) {
      reader.position = last;
      reader.tag(end);
      this.message(type, reader.lengthEnd(end), depth + 1);
      return;
    }
    // Pieces of one message, one after the other, are the merged message.
    const merged = this.merge(field, first, last, end);
    this.reader = new ByteReader(merged);
    this.message(type, merged.length, depth + 1);
    this.reader = reader;
  }

  private merge(field: Field, first: number, last: number, end: number): Uint8Array {
    const { reader } = this;
    const pieces: Uint8Array[] = [];
    reader.position = first;
    for (;;) {
      const at = reader.position;
      reader.tag(end);
      const pieceEnd = reader.lengthEnd(end);
      pieces.push(reader.bytes.subarray(reader.position, pieceEnd));
      reader.position = pieceEnd;
      if (at >= last) return Buffer.concat(pieces);
      this.seek(field, end);
    }
  }

  /** From behind one value to the next tag of the same field. There is one. */
  private seek(field: Field, end: number): void {
    const { reader } = this;
    for (;;) {
      const start = reader.position;
      const tag = reader.tag(end);
      if (tag >>> 3 === field.number) {
        reader.position = start;
        return;
      }
      reader.skip(tag, end);
    }
  }

  private repeated(field: Field, first: number, last: number, end: number, depth: number, open: number): void {
    const { reader, writer } = this;
    const start = writer.position;
    this.key(field, open);
    writer.reserve(1);
    writer.byte(0x5b);
    const list = writer.position;
    reader.position = first;
    for (;;) {
      const at = reader.position;
      const packed = (reader.tag(end) & 7) === LENGTH && field.wireType !== LENGTH;
      const valueEnd = packed ? reader.lengthEnd(end) : end;
      do {
        if (packed && reader.position === valueEnd) break;
        this.comma(list);
        if (field.message === undefined) this.value(field, valueEnd);
        else this.message(field.message, reader.lengthEnd(end), depth + 1);
      } while (packed && reader.position < valueEnd);
      if (at >= last) break;
      this.seek(field, end);
    }
    if (writer.position === list) {
      // Packed, but of no element.
      writer.position = start;
      return;
    }
    writer.reserve(1);
    writer.byte(0x5d);
  }

  private comma(list: number): void {
    const { writer } = this;
    writer.reserve(1);
    if (writer.position !== list) writer.byte(COMMA);
  }

  private scalar(field: Field, end: number, open: number): void {
    const { writer } = this;
    const start = writer.position;
    this.key(field, open);
    if (!this.value(field, end) && !field.presence) writer.position = start;
  }

  /** Writes the value at the reader's position; false if it is zero. */
  private value(field: Field, end: number): boolean {
    const { reader, writer } = this;
    switch (field.kind) {
      case 'double': {
        const value = reader.double(end);
        writeDouble(writer, value);
        return value !== 0;
      }
      case 'fixed64':
      case 'sfixed64': {
        const low = reader.fixed64(end);
        writeLong(writer, reader.high, low, field.kind === 'sfixed64');
        return low !== 0 || reader.high !== 0;
      }
      case 'int64':
      case 'uint64': {
        const low = reader.varint(end);
        writeLong(writer, reader.high, low, field.kind === 'int64');
        return low !== 0 || reader.high !== 0;
      }
      case 'bool': {
        const value = reader.varint(end) !== 0 || reader.high !== 0;
        writeRaw(writer, value ? 'true' : 'false');
        return value;
      }
      case 'fixed32':
        return this.integer(reader.fixed32(end));
      case 'uint32':
        return this.integer(reader.varint(end));
      case 'sint32':
        return this.integer(zigzag(reader.varint(end)));
      case 'int32':
        return this.integer(reader.varint(end) | 0);
      default:
        return this.bytesValue(field, reader.lengthEnd(end));
    }
  }

  private integer(value: number): boolean {
    writeInteger(this.writer, value);
    return value !== 0;
  }

  private bytesValue(field: Field, end: number): boolean {
    const { reader, writer } = this;
    const start = reader.position;
    reader.position = end;
    if (field.kind === 'string') writeText(writer, reader.bytes, start, end);
    else if (field.kind === 'bytes') writeBase64(writer, reader.bytes, start, end);
    else {
      if (end - start !== field.idLength && end !== start) throw wrongLength(field, start, end);
      writeHex(writer, reader.bytes, start, end);
      return !isZero(reader.bytes, start, end);
    }
    return end !== start;
  }
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false;
  return true;
}

function wrongLength(field: Field, start: number, end: number): OtlpError {
  return new OtlpError(`${field.name} is ${end - start} bytes long`, start);
}
