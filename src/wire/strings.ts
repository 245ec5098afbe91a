import { byteAt, decodeText } from './bytes.ts';

/**
 * Strings by their bytes, so that a value that comes again costs a hash and a comparison, but no allocation. Bounded:
 * a direct-mapped cache in which a newcomer takes the place of what was there. Holds at most `slots` strings of at
 * most `MAX_LENGTH` characters (256 KiB with the default).
 */
export class StringTable {
  static readonly MAX_LENGTH = 128;
  readonly #mask: number;
  readonly #slots: string[];

  /** `slots`: a power of two. */
  constructor(slots = 2048) {
    this.#mask = slots - 1;
    this.#slots = new Array<string>(slots).fill('');
  }

  get(bytes: Uint8Array, start: number, end: number): string {
    const length = end - start;
    if (length <= 0) return '';
    if (length > StringTable.MAX_LENGTH) return decodeText(bytes, start, end);
    // FNV-1a, folded: its low bits alone cluster for short keys.
    let hash = 0x811c9dc5;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ byteAt(bytes, at), 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & this.#mask;
    const known = this.#slots[slot];
    if (known !== undefined && known.length === length && same(known, bytes, start)) return known;
    const text = decodeText(bytes, start, end);
    // Text that is not ASCII decodes to other characters than its bytes and would never compare equal.
    if (text.length === length) this.#slots[slot] = text;
    return text;
  }
}

function same(text: string, bytes: Uint8Array, start: number): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== byteAt(bytes, start + at)) return false;
  return true;
}
