import { byteAt } from './bytes.ts';

/** Bytes of a parameter's value by its type; others have their length before them. */
const FIXED: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 6: 0, 8: 8, 9: 4, 13: 2 };

/**
 * Position of the text behind the query's attributes, if there are any; `end` if they cannot be followed. Both ends have to
 * want them, and the greeting may not have been seen; but no text has the number 1 as its second byte.
 */
export function skipAttributes(bytes: Uint8Array, start: number, end: number): number {
  // Number of parameters, number of sets.
  if (end - start < 2 || byteAt(bytes, start + 1) !== 1) return start;
  const count = byteAt(bytes, start);
  let at = start + 2;
  if (count === 0) return at;
  // The bitmap of those that are null, and a flag that types follow.
  const nulls = at;
  at += ((count + 7) >> 3) + 1;
  if (count > 64 || at >= end || byteAt(bytes, at - 1) !== 1) return end;
  const kinds: number[] = [];
  for (let index = 0; index < count; index++) {
    if (at + 3 > end) return end;
    kinds.push(byteAt(bytes, at));
    at += 3 + byteAt(bytes, at + 2);
  }
  for (let index = 0; index < count; index++) {
    if ((byteAt(bytes, nulls + (index >> 3)) & (1 << (index & 7))) !== 0) continue;
    const fixed = FIXED[kinds[index] ?? 6];
    if (fixed === undefined && at >= end) return end;
    if (fixed === undefined && byteAt(bytes, at) > 250) return end;
    at += fixed ?? 1 + byteAt(bytes, at);
  }
  return Math.min(at, end);
}
