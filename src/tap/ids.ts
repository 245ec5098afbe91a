import { randomFillSync } from 'node:crypto';

/** Random bytes for trace and span ids, drawn in blocks: a call into the random generator costs more than a span. */
export class IdSource {
  private readonly block = new Uint8Array(8192);
  private at = this.block.length;

  /** Fills `id` with random bytes that are not all zero. */
  fill(id: Uint8Array): void {
    const length = id.length;
    let any = 0;
    do {
      if (this.at + length > this.block.length) {
        randomFillSync(this.block);
        this.at = 0;
      }
      for (let index = 0; index < length; index++) {
        const byte = this.block[this.at++] ?? 0;
        id[index] = byte;
        any |= byte;
      }
    } while (any === 0);
  }
}

/** Reads `length` bytes of lower-case hexadecimal digits. */
export function parseHex(text: string, start: number, into: Uint8Array): void {
  for (let index = 0, at = start; index < into.length; index++, at += 2) {
    into[index] = (digit(text.charCodeAt(at)) << 4) | digit(text.charCodeAt(at + 1));
  }
}

function digit(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}
