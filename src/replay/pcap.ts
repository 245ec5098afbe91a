import { type CaptureFormat, Damage, MAX_PACKET_BYTES, type PacketSink } from './packet.ts';

/**
 * The classic format: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-03.html
 * magic, version, two unused words, snap length, link type; then for each packet seconds, fraction, captured length,
 * length, bytes. All in the writer's byte order, which the magic tells.
 */
const MAGIC_MICROS = 0xa1b2c3d4;
const MAGIC_NANOS = 0xa1b23c4d;
const HEADER_BYTES = 24;
const RECORD_BYTES = 16;
/** The upper bits of the link type tell of a frame check sequence, which the lengths of IP leave out anyway. */
const LINK_TYPE_MASK = 0xffff;

interface Variant {
  readonly little: boolean;
  readonly nanosPerUnit: number;
}

/** undefined: these are other magic bytes. */
function variantOf(bytes: Buffer, start: number): Variant | undefined {
  for (const little of [true, false]) {
    const magic = little ? bytes.readUInt32LE(start) : bytes.readUInt32BE(start);
    if (magic === MAGIC_MICROS) return { little, nanosPerUnit: 1000 };
    if (magic === MAGIC_NANOS) return { little, nanosPerUnit: 1 };
  }
  return undefined;
}

export class Pcap implements CaptureFormat {
  readonly name = 'pcap';
  private readonly variant: Variant;
  private linkType = -1;

  private constructor(variant: Variant) {
    this.variant = variant;
  }

  /** `start`: of at least four bytes. */
  static recognise(bytes: Buffer, start: number): Pcap | undefined {
    const variant = variantOf(bytes, start);
    return variant === undefined ? undefined : new Pcap(variant);
  }

  next(bytes: Buffer, start: number, end: number, sink: PacketSink): number {
    return this.linkType < 0 ? this.header(bytes, start, end) : this.record(bytes, start, end, sink);
  }

  private header(bytes: Buffer, start: number, end: number): number {
    if (end - start < HEADER_BYTES) return 0;
    this.linkType = this.u32(bytes, start + 20) & LINK_TYPE_MASK;
    return HEADER_BYTES;
  }

  private record(bytes: Buffer, start: number, end: number, sink: PacketSink): number {
    if (end - start < RECORD_BYTES) return 0;
    const captured = this.u32(bytes, start + 8);
    const length = this.u32(bytes, start + 12);
    if (captured > MAX_PACKET_BYTES) throw new Damage(`a packet of ${captured} bytes`);
    const total = RECORD_BYTES + captured;
    if (end - start < total) return 0;
    const nanos = this.u32(bytes, start + 4) * this.variant.nanosPerUnit;
    const seconds = this.u32(bytes, start);
    if (nanos >= 1e9) throw new Damage(`a packet with ${nanos} ns behind the second`);
    // Some writers tell a length below what they captured.
    const whole = Math.max(length, captured);
    sink.packet(this.linkType, bytes, start + RECORD_BYTES, captured, whole, seconds, nanos);
    return total;
  }

  private u32(bytes: Buffer, at: number): number {
    return this.variant.little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }
}
