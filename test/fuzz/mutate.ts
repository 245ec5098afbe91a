/** A number from 0 up to, not including, `below`. */
export type Roll = (below: number) => number;

/** mulberry32: small, seedable. */
export function random(seed: number): Roll {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const LONGEST = 20_000;
const MOST_EDITS = 4;
const LONGEST_EDIT = 20;
const scratch = new Uint8Array(LONGEST + MOST_EDITS * LONGEST_EDIT);
/** Bytes of which lengths, counts and ends of text are made. */
const telling = Uint8Array.from([0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff, 0x0d, 0x0a, 0x20, 0x2d, 0x30, 0x39]);

/** One to four edits of the first 20 000 bytes. The result is good until the next call. */
export function mutate(bytes: Uint8Array, roll: Roll): Uint8Array {
  scratch.set(bytes.subarray(0, LONGEST));
  let length = Math.min(bytes.length, LONGEST);
  for (let times = 1 + roll(MOST_EDITS); times > 0; times--) length = edit(length, roll);
  return scratch.subarray(0, Math.min(length, LONGEST));
}

function edit(length: number, roll: Roll): number {
  const at = roll(length + 1);
  const size = 1 + roll(LONGEST_EDIT - 1);
  const rest = Math.min(size, length - at);
  switch (roll(7)) {
    case 0:
      scratch.copyWithin(at, at + rest, length);
      return length - rest;
    case 1:
      scratch.copyWithin(at + rest, at, length);
      return length + rest;
    case 2:
      scratch.copyWithin(at + size, at, length);
      for (let to = at; to < at + size; to++) scratch[to] = roll(256);
      return length + size;
    case 3:
      scratch[at] = roll(256);
      break;
    case 4:
      scratch[at] = (scratch[at] ?? 0) ^ (1 << roll(8));
      break;
    case 5:
      scratch.fill(telling[roll(telling.length)] ?? 0, at, at + 1 + roll(4));
      break;
    default:
      return at;
  }
  return Math.max(length, at + 1);
}
