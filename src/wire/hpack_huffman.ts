/**
 * The Huffman code of HPACK (RFC 7541 section 5.2 and appendix B), decoded four bits at a time.
 *
 * The code is canonical: within a length, codes ascend with their symbols, and so do the lengths. The lengths say it all.
 */
import { byteAt } from './bytes.ts';

/** Length of each symbol's code, 5 to 30, as a digit in base 36. EOS (256) has 30 bits. */
const LENGTHS =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca' +
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn' +
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq';
const EOS = 256;
const EOS_LENGTH = 30;

/** `STEP[state × 16 + nibble]`: the next state, the symbol that ends within the nibble, and flags. */
const SYMBOL_SHIFT = 9;
const STATE_MASK = 0x1ff;
const EMIT = 1 << 20;
/** EOS, or a code that is none. */
const FAIL = 1 << 21;
const STEP = new Int32Array(256 * 16);
/** The string may end in this state: what is left over are at most seven bits, all ones (the beginning of EOS). */
const MAY_END = new Uint8Array(256);

/** Inner nodes of the code's tree: `children[node × 2 + bit]`; leaves are ~symbol. A full tree of 257 leaves. */
function tree(): Int16Array {
  const symbols = Array.from({ length: EOS + 1 }, (_, symbol) => symbol);
  const lengthOf = (symbol: number): number =>
    symbol === EOS ? EOS_LENGTH : Number.parseInt(LENGTHS.charAt(symbol), 36);
  symbols.sort((a, b) => lengthOf(a) - lengthOf(b) || a - b);
  const children = new Int16Array(256 * 2);
  let nodes = 1;
  let code = 0;
  let length = lengthOf(symbols[0] ?? EOS);
  for (const symbol of symbols) {
    code <<= lengthOf(symbol) - length;
    length = lengthOf(symbol);
    let node = 0;
    for (let bit = length - 1; bit > 0; bit--) {
      const at = node * 2 + ((code >>> bit) & 1);
      if (children[at] === 0) children[at] = nodes++;
      node = children[at] ?? 0;
    }
    children[node * 2 + (code & 1)] = ~symbol;
    code++;
  }
  return children;
}

function step(children: Int16Array, state: number, nibble: number): number {
  let node = state;
  let emitted = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const child = children[node * 2 + ((nibble >>> bit) & 1)] ?? 0;
    if (child === ~EOS) return FAIL;
    if (child < 0) {
      emitted = EMIT | (~child << SYMBOL_SHIFT);
      node = 0;
    } else {
      node = child;
    }
  }
  return emitted | node;
}

function fill(): void {
  const children = tree();
  for (let state = 0; state < 256; state++) {
    for (let nibble = 0; nibble < 16; nibble++) STEP[state * 16 + nibble] = step(children, state, nibble);
  }
  for (let node = 0, ones = 0; ones < 8; ones++) {
    MAY_END[node] = 1;
    node = children[node * 2 + 1] ?? 0;
  }
}
fill();

/** Not a Huffman string. */
export const BAD_HUFFMAN = -1;

/**
 * Decodes `bytes[start, end)` into `into`, and returns the decoded length, or BAD_HUFFMAN. What `into` has no room for
 * is counted, not stored (a store beyond a typed array's end does nothing).
 */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number, into: Uint8Array): number {
  let state = 0;
  let length = 0;
  for (let at = start; at < end; at++) {
    const byte = byteAt(bytes, at);
    let entry = STEP[(state << 4) | (byte >>> 4)] ?? FAIL;
    if (entry >= EMIT) {
      if (entry >= FAIL) return BAD_HUFFMAN;
      into[length++] = entry >>> SYMBOL_SHIFT;
    }
    entry = STEP[((entry & STATE_MASK) << 4) | (byte & 15)] ?? FAIL;
    if (entry >= EMIT) {
      if (entry >= FAIL) return BAD_HUFFMAN;
      into[length++] = entry >>> SYMBOL_SHIFT;
    }
    state = entry & STATE_MASK;
  }
  return MAY_END[state] === 1 ? length : BAD_HUFFMAN;
}
