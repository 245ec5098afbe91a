/**
 * Raw access to bytes: the only place in `src/` where an index is trusted without a check. Callers keep `at < end`.
 */
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const HT = 0x09;

export function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at]!;
}

/** RFC 9110 section 5.6.2: the characters of a token. */
const token = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  token[char.charCodeAt(0)] = 1;
}

export function isToken(byte: number): boolean {
  return token[byte]! === 1;
}

export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Value of a hexadecimal digit, or -1. */
export function hexValue(byte: number): number {
  if (isDigit(byte)) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Index of `byte` in `bytes[start, end)`, or -1. `Uint8Array.indexOf` has no end and would read on through the ring. */
export function indexOf(bytes: Uint8Array, byte: number, start: number, end: number): number {
  for (let at = start; at < end; at++) if (bytes[at]! === byte) return at;
  return -1;
}

/** Does `bytes` at `start` read `text`? The caller has checked the length. */
export function startsWith(bytes: Uint8Array, start: number, text: Uint8Array): boolean {
  for (let at = 0; at < text.length; at++) if (bytes[start + at]! !== text[at]!) return false;
  return true;
}

/** As `startsWith`, with letters of `bytes` in either case; `text` is in lower case and has no control characters. */
export function startsWithIgnoringCase(bytes: Uint8Array, start: number, text: Uint8Array): boolean {
  for (let at = 0; at < text.length; at++) {
    const byte = bytes[start + at]!;
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (lower !== text[at]!) return false;
  }
  return true;
}

/** Decimal number of `bytes[start, end)`; -1 unless it is digits alone and exactly representable. */
export function decimal(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (!isDigit(byte)) return -1;
    value = value * 10 + byte - 0x30;
    if (value > Number.MAX_SAFE_INTEGER) return -1;
  }
  return value;
}

interface Slices {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  utf8Slice(this: Uint8Array, start: number, end: number): string;
}
const slices = Buffer.prototype as unknown as Slices;

/** UTF-8 with U+FFFD for what is not. A copy: the string does not keep `bytes` alive. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  for (let at = start; at < end; at++) {
    if (bytes[at]! >= 0x80) return slices.utf8Slice.call(bytes, start, end);
  }
  return slices.latin1Slice.call(bytes, start, end);
}

/** Text that is known to be ASCII. A copy. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  return slices.latin1Slice.call(bytes, start, end);
}

export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
