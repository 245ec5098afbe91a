import type { ByteWriter } from './writer.ts';

/** Values as the Collector's JSON has them (pdata/internal/json/stream.go over jsoniter). */
const HEX = Buffer.from('0123456789abcdef');
const ZERO = 0x30;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BILLION = 1e9;

const SHORT_ESCAPES = new Map([
  [QUOTE, QUOTE],
  [BACKSLASH, BACKSLASH],
  [0x0a, 0x6e],
  [0x0d, 0x72],
  [0x09, 0x74],
]);

/** UTF-8 is copied as it is, and so is what is no UTF-8: the Collector does the same. */
export function writeText(writer: ByteWriter, bytes: Uint8Array, start: number, end: number): void {
  writer.reserve((end - start) * 6 + 2);
  const { buffer } = writer;
  let at = writer.position;
  buffer[at++] = QUOTE;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte > 0x1f && byte !== QUOTE && byte !== BACKSLASH) {
      buffer[at++] = byte;
      continue;
    }
    buffer[at++] = BACKSLASH;
    const short = SHORT_ESCAPES.get(byte);
    if (short !== undefined) {
      buffer[at++] = short;
      continue;
    }
    at += buffer.write('u00', at, 'latin1');
    buffer[at++] = HEX[byte >>> 4] as number;
    buffer[at++] = HEX[byte & 15] as number;
  }
  buffer[at++] = QUOTE;
  writer.position = at;
}

export function writeHex(writer: ByteWriter, bytes: Uint8Array, start: number, end: number): void {
  writer.reserve((end - start) * 2 + 2);
  writer.byte(QUOTE);
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    writer.byte(HEX[byte >>> 4] as number);
    writer.byte(HEX[byte & 15] as number);
  }
  writer.byte(QUOTE);
}

export function writeBase64(writer: ByteWriter, bytes: Uint8Array, start: number, end: number): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('base64');
  writer.reserve(text.length + 2);
  writer.byte(QUOTE);
  writer.position += writer.buffer.write(text, writer.position, 'latin1');
  writer.byte(QUOTE);
}

/** ASCII only. */
export function writeRaw(writer: ByteWriter, text: string): void {
  writer.reserve(text.length);
  writer.ascii(text);
}

/** A 32-bit number, signed or unsigned. */
export function writeInteger(writer: ByteWriter, value: number): void {
  writer.reserve(11);
  if (value < 0) writer.byte(0x2d);
  writeDigits(writer, Math.abs(value), 1);
}

/** A 64-bit number as a string, of two unsigned halves. */
export function writeLong(writer: ByteWriter, high: number, low: number, signed: boolean): void {
  writer.reserve(22);
  writer.byte(QUOTE);
  let hi = high;
  let lo = low;
  if (signed && hi >= 0x8000_0000) {
    writer.byte(0x2d);
    lo = -lo >>> 0;
    hi = (~hi + (lo === 0 ? 1 : 0)) >>> 0;
  }
  if (hi === 0) {
    writeDigits(writer, lo, 1);
    writer.byte(QUOTE);
    return;
  }
  // Long division by 10^9 in digits of 16 bits: every intermediate value is below 2^53, so exact.
  const first = (hi % BILLION) * 0x1_0000 + (lo >>> 16);
  const second = (first % BILLION) * 0x1_0000 + (lo & 0xffff);
  const quotient =
    Math.floor(hi / BILLION) * 0x1_0000_0000 + Math.floor(first / BILLION) * 0x1_0000 + Math.floor(second / BILLION);
  if (quotient >= BILLION) {
    writeDigits(writer, Math.floor(quotient / BILLION), 1);
    writeDigits(writer, quotient % BILLION, 9);
  } else if (quotient > 0) {
    writeDigits(writer, quotient, 1);
  }
  writeDigits(writer, second % BILLION, quotient > 0 ? 9 : 1);
  writer.byte(QUOTE);
}

/** At least `width` digits of a number below 2^32. */
function writeDigits(writer: ByteWriter, value: number, width: number): void {
  let count = width;
  for (let limit = 10 ** width; value >= limit; limit *= 10) count++;
  const { buffer } = writer;
  let rest = value;
  for (let at = writer.position + count - 1; at >= writer.position; at--) {
    const next = (rest / 10) >>> 0;
    buffer[at] = ZERO + rest - next * 10;
    rest = next;
  }
  writer.position += count;
}

/** As Go's strconv: an exponent has at least two digits, and minus zero its sign. */
export function writeDouble(writer: ByteWriter, value: number): void {
  if (!Number.isFinite(value)) writeRaw(writer, `"${value}"`);
  else if (Object.is(value, -0)) writeRaw(writer, '-0');
  else writeRaw(writer, String(value).replace(/e([+-])(\d)$/, 'e$10$2'));
}
