import { IpHeader } from './ip.ts';
import { CUT_HEADERS, findIp } from './link.ts';

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;

const TCP_BYTES = 20;

/**
 * One TCP segment of a packet. The object is used again for each. Checksums are not looked at: in a capture of the
 * sender they are not yet right, because the network card computes them.
 */
export class Segment {
  readonly ip = new IpHeader();
  /** Address and port as the bytes of the packet, one per character: short, and equal only when both are. */
  from = '';
  to = '';
  sourcePort = 0;
  destinationPort = 0;
  seq = 0;
  ack = 0;
  flags = 0;
  /** The payload: `captured` of `length` bytes are at `bytes[start]`. */
  start = 0;
  captured = 0;
  length = 0;

  /** Returns why the packet is left out, undefined if it is not. */
  read(linkType: number, bytes: Buffer, start: number, captured: number, length: number): string | undefined {
    const end = start + captured;
    const at = findIp(linkType, bytes, start, end);
    if (typeof at === 'string') return at;
    const { ip } = this;
    return ip.read(bytes, at, end, start + length) ?? this.tcp(bytes, ip.payload, ip.payloadLength, end);
  }

  private tcp(bytes: Buffer, at: number, length: number, end: number): string | undefined {
    if (length < TCP_BYTES) return 'with a broken TCP header';
    if (end - at < TCP_BYTES) return CUT_HEADERS;
    const header = (bytes.readUInt8(at + 12) >> 4) * 4;
    if (header < TCP_BYTES || header > length) return 'with a broken TCP header';
    const { version, source, destination } = this.ip;
    const size = version === 4 ? 4 : 16;
    this.from = bytes.toString('latin1', source, source + size) + bytes.toString('latin1', at, at + 2);
    this.to = bytes.toString('latin1', destination, destination + size) + bytes.toString('latin1', at + 2, at + 4);
    this.sourcePort = bytes.readUInt16BE(at);
    this.destinationPort = bytes.readUInt16BE(at + 2);
    this.seq = bytes.readUInt32BE(at + 4);
    this.ack = bytes.readUInt32BE(at + 8);
    this.flags = bytes.readUInt8(at + 13);
    this.start = at + header;
    this.length = length - header;
    this.captured = Math.max(0, Math.min(this.length, end - this.start));
    return undefined;
  }
}
