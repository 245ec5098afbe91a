const HIGH = 2 ** 32;
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * A run of ring bytes that records are read from, in the machine's order. Numbers are exact below 2^53: cookies count
 * from 1, times reach it after 104 days of uptime and are then off by a nanosecond.
 */
export class RecordBytes {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly #text: Buffer;

  constructor(buffer: ArrayBuffer) {
    this.view = new DataView(buffer);
    this.bytes = new Uint8Array(buffer);
    this.#text = Buffer.from(buffer);
  }

  u8(at: number): number {
    return this.view.getUint8(at);
  }

  u16(at: number): number {
    return this.view.getUint16(at, LITTLE_ENDIAN);
  }

  u32(at: number): number {
    return this.view.getUint32(at, LITTLE_ENDIAN);
  }

  u64(at: number): number {
    const first = this.view.getUint32(at, LITTLE_ENDIAN);
    const second = this.view.getUint32(at + 4, LITTLE_ENDIAN);
    return LITTLE_ENDIAN ? second * HIGH + first : first * HIGH + second;
  }

  /** Up to the first NUL. */
  string(start: number, length: number): string {
    let end = start;
    while (end < start + length && this.view.getUint8(end) !== 0) end++;
    return this.text(start, end - start);
  }

  text(start: number, length: number): string {
    return this.#text.toString('utf8', start, start + length);
  }
}
