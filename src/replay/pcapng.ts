import { type CaptureFormat, Damage, MAX_PACKET_BYTES, type PacketSink } from './packet.ts';
import { Resolution } from './resolution.ts';

/**
 * https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html
 * Blocks: type, total length, body, total length again. A section header gives the byte order of what follows it and
 * forgets the interfaces of the section before.
 */
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE = 1;
/** Obsolete, but written until 2010. */
const PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const SWAPPED_MAGIC = 0x4d3c2b1a;
const FRAME_BYTES = 12;
/** Bytes of a packet block besides the packet and its options, and room for those. */
const PACKET_BLOCK_BYTES = MAX_PACKET_BYTES + 64 * 1024;
const MAX_INTERFACES = 4096;

const OPTION_END = 0;
const OPTION_RESOLUTION = 9;
const OPTION_OFFSET = 14;

interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  readonly resolution: Resolution;
}

export class Pcapng implements CaptureFormat {
  readonly name = 'pcapng';
  private little = true;
  private interfaces: Interface[] = [];
  /** Of the packet before: simple packet blocks have no time. */
  private seconds = 0;
  private nanos = 0;

  /** `start`: of at least four bytes. The type of a section header reads the same in both byte orders. */
  static recognise(bytes: Buffer, start: number): Pcapng | undefined {
    return bytes.readUInt32LE(start) === SECTION_HEADER ? new Pcapng() : undefined;
  }

  next(bytes: Buffer, start: number, end: number, sink: PacketSink): number {
    if (end - start < FRAME_BYTES) return 0;
    const type = this.u32(bytes, start);
    if (type === SECTION_HEADER) this.byteOrder(bytes, start);
    const total = this.u32(bytes, start + 4);
    if (total < FRAME_BYTES || total % 4 !== 0) throw new Damage(`a block of ${total} bytes`);
    const known = type === SECTION_HEADER || type === INTERFACE || isPacket(type);
    if (!known) return total;
    if (total > PACKET_BLOCK_BYTES) throw new Damage(`a block of type ${type} with ${total} bytes`);
    if (end - start < total) return 0;
    if (this.u32(bytes, start + total - 4) !== total) throw new Damage('a block whose two lengths differ');
    this.block(type, bytes, start + 8, start + total - 4, sink);
    return total;
  }

  private byteOrder(bytes: Buffer, start: number): void {
    const magic = bytes.readUInt32LE(start + 8);
    if (magic !== BYTE_ORDER_MAGIC && magic !== SWAPPED_MAGIC) throw new Damage('a section of no known byte order');
    this.little = magic === BYTE_ORDER_MAGIC;
  }

  /** `bytes[start, end)`: the body. */
  private block(type: number, bytes: Buffer, start: number, end: number, sink: PacketSink): void {
    const least = { [SECTION_HEADER]: 16, [INTERFACE]: 8, [SIMPLE_PACKET]: 4 }[type] ?? 20;
    if (end - start < least) throw new Damage(`a block of type ${type} that is too short`);
    if (type === SECTION_HEADER) this.section(bytes, start);
    else if (type === INTERFACE) this.interface(bytes, start, end);
    else if (type === SIMPLE_PACKET) this.simple(bytes, start, end, sink);
    else this.packet(type, bytes, start, end, sink);
  }

  private section(bytes: Buffer, start: number): void {
    const major = this.u16(bytes, start + 4);
    if (major !== 1) throw new Damage(`a section of version ${major}`);
    this.interfaces = [];
  }

  private interface(bytes: Buffer, start: number, end: number): void {
    if (this.interfaces.length >= MAX_INTERFACES) throw new Damage(`more than ${MAX_INTERFACES} interfaces`);
    let exponent = 6;
    let offset = 0;
    for (let at = start + 8; at + 4 <= end; ) {
      const code = this.u16(bytes, at);
      const length = this.u16(bytes, at + 2);
      const value = at + 4;
      if (code === OPTION_END || value + length > end) break;
      if (code === OPTION_RESOLUTION && length === 1) exponent = bytes.readUInt8(value);
      if (code === OPTION_OFFSET && length === 8) offset = this.i64(bytes, value);
      at = value + Math.ceil(length / 4) * 4;
    }
    this.interfaces.push({
      linkType: this.u16(bytes, start),
      snapLength: this.u32(bytes, start + 4),
      resolution: new Resolution(exponent, offset),
    });
  }

  private simple(bytes: Buffer, start: number, end: number, sink: PacketSink): void {
    const [first] = this.interfaces;
    if (first === undefined) {
      sink.skip('of an interface that the file does not describe');
      return;
    }
    const length = this.u32(bytes, start);
    const snapLength = first.snapLength === 0 ? length : first.snapLength;
    const captured = Math.min(length, snapLength, end - start - 4);
    sink.packet(first.linkType, bytes, start + 4, captured, length, this.seconds, this.nanos);
  }

  private packet(type: number, bytes: Buffer, start: number, end: number, sink: PacketSink): void {
    const number = type === ENHANCED_PACKET ? this.u32(bytes, start) : this.u16(bytes, start);
    const captured = this.u32(bytes, start + 12);
    const length = this.u32(bytes, start + 16);
    if (captured > end - start - 20) throw new Damage(`a packet of ${captured} bytes in a smaller block`);
    const source = this.interfaces[number];
    if (source === undefined) {
      sink.skip('of an interface that the file does not describe');
      return;
    }
    const { resolution, linkType } = source;
    resolution.read(this.u32(bytes, start + 4), this.u32(bytes, start + 8));
    this.seconds = resolution.seconds;
    this.nanos = resolution.nanos;
    const whole = Math.max(length, captured);
    sink.packet(linkType, bytes, start + 20, captured, whole, this.seconds, this.nanos);
  }

  private u16(bytes: Buffer, at: number): number {
    return this.little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  }

  private u32(bytes: Buffer, at: number): number {
    return this.little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }

  private i64(bytes: Buffer, at: number): number {
    return Number(this.little ? bytes.readBigInt64LE(at) : bytes.readBigInt64BE(at));
  }
}

function isPacket(type: number): boolean {
  return type === ENHANCED_PACKET || type === SIMPLE_PACKET || type === PACKET;
}
