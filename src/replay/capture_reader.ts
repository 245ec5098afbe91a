import { type CaptureFormat, Damage, type PacketSink } from './packet.ts';
import { Pcap } from './pcap.ts';
import { Pcapng } from './pcapng.ts';

const MAGIC_BYTES = 4;
const EMPTY = Buffer.alloc(0);

/** The beginning of the file is that of no format that is read here. */
export class UnknownFormat extends Error {
  override readonly name = 'UnknownFormat';
}

/** Takes a capture file in pieces of any size and tells its packets; keeps only what is not whole yet. */
export class CaptureReader {
  /** Bytes of the file before the item that is read next, or that is not there whole. */
  offset = 0;
  private rest: Buffer = EMPTY;
  /** Of an item that nobody wants: its bytes that have come, and those that have not. */
  private passed = 0;
  private unread = 0;
  private format: CaptureFormat | undefined;
  private readonly sink: PacketSink;

  constructor(sink: PacketSink) {
    this.sink = sink;
  }

  get formatName(): string {
    return this.format?.name ?? 'unknown';
  }

  /** Throws Damage or UnknownFormat; `offset` then says where. */
  push(chunk: Buffer): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    while (at < bytes.length) {
      if (this.unread === 0) this.unread = this.next(bytes, at);
      if (this.unread === 0) break;
      const here = Math.min(this.unread, bytes.length - at);
      at += here;
      this.unread -= here;
      this.passed += here;
      if (this.unread === 0) {
        this.offset += this.passed;
        this.passed = 0;
      }
    }
    // A copy: a stream may use the memory of its chunks again, and a small rest must not keep a large one.
    this.rest = at === bytes.length ? EMPTY : Buffer.from(bytes.subarray(at));
  }

  /** The file has ended. Throws if it should have gone on. */
  end(): void {
    if (this.format === undefined) throw new UnknownFormat('it is too short');
    if (this.rest.length + this.unread > 0) throw new Damage('it ends in the middle of a block or packet');
  }

  private next(bytes: Buffer, at: number): number {
    if (this.format === undefined) {
      if (bytes.length - at < MAGIC_BYTES) return 0;
      this.format = Pcap.recognise(bytes, at) ?? Pcapng.recognise(bytes, at);
      if (this.format === undefined) {
        const magic = bytes.toString('hex', at, at + MAGIC_BYTES);
        throw new UnknownFormat(`it begins with ${magic}, as neither pcap nor pcapng does`);
      }
    }
    return this.format.next(bytes, at, bytes.length, this.sink);
  }
}
