import { EARLY_BYTES, EARLY_PIECES, EARLY_TOTAL_BYTES } from './limits.ts';

/** A run of bytes that waits for earlier ones; of `length` bytes the first are in `bytes`, the rest was not captured. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
  readonly bytes: Buffer;
  /** A write of the sender ended with it. */
  readonly push: boolean;
  readonly time: number;
}

/** Bytes that all directions together hold back. */
export class EarlyMemory {
  used = 0;
}

/** Pieces of one direction that came early: in order, disjoint, bounded. Of bytes that come twice the first ones stay. */
export class Early {
  private readonly pieces: Piece[] = [];
  private used = 0;
  private readonly memory: EarlyMemory;

  constructor(memory: EarlyMemory) {
    this.memory = memory;
  }

  get first(): Piece | undefined {
    return this.pieces[0];
  }

  /** So many captured bytes more are allowed. */
  hasRoom(captured: number): boolean {
    return (
      this.pieces.length < EARLY_PIECES &&
      this.used + captured <= EARLY_BYTES &&
      this.memory.used + captured <= EARLY_TOTAL_BYTES
    );
  }

  /** Keeps a copy of what is new of `piece`; returns how many of its bytes were there already. */
  add(piece: Piece): number {
    const end = piece.offset + piece.length;
    let at = this.pieces.length;
    while (at > 0 && endOf(this.pieces[at - 1]) > piece.offset) at--;
    let from = piece.offset;
    let known = 0;
    for (let next = this.pieces[at]; next !== undefined && next.offset < end; next = this.pieces[at]) {
      if (next.offset > from) at += this.insert(at, piece, from, next.offset);
      known += Math.min(endOf(next), end) - Math.max(next.offset, from);
      from = Math.max(from, endOf(next));
      at++;
    }
    if (from < end) this.insert(at, piece, from, end);
    return known;
  }

  take(): Piece | undefined {
    const piece = this.pieces.shift();
    if (piece !== undefined) this.account(-piece.bytes.length);
    return piece;
  }

  /** Forgets everything; returns how many bytes that was. */
  clear(): number {
    let length = 0;
    for (let piece = this.take(); piece !== undefined; piece = this.take()) length += piece.length;
    return length;
  }

  private insert(at: number, { offset, length, bytes, push, time }: Piece, from: number, to: number): 1 {
    const copy = Buffer.from(bytes.subarray(from - offset, to - offset));
    this.pieces.splice(at, 0, {
      offset: from,
      length: to - from,
      bytes: copy,
      push: push && to === offset + length,
      time,
    });
    this.account(copy.length);
    return 1;
  }

  private account(bytes: number): void {
    this.used += bytes;
    this.memory.used += bytes;
  }
}

function endOf(piece: Piece | undefined): number {
  return piece === undefined ? -1 : piece.offset + piece.length;
}
