import { CUT_HEADERS } from './link.ts';

const TCP = 6;
const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
/** https://www.iana.org/assignments/protocol-numbers: IPv6 extension headers that tell their length in units of 8 bytes. */
const EXTENSIONS = new Set([0, 43, 60, 135, 139, 140]);
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const MAX_EXTENSIONS = 16;

const PROTOCOLS = new Map([
  [1, 'of ICMP'],
  [17, 'of UDP'],
  [58, 'of ICMPv6'],
  [132, 'of SCTP'],
]);
const BROKEN = 'with a broken IP header';
const FRAGMENTS = 'of IP fragments: their bytes are a gap';

/** One IP header and its extensions. The object is used again for each packet. */
export class IpHeader {
  version: 4 | 6 = 4;
  /** Where the addresses are, of 4 or 16 bytes. */
  source = 0;
  destination = 0;
  /** The TCP header and what it carries: where, and how long by the IP header. */
  payload = 0;
  payloadLength = 0;

  /** `frameEnd`: where the packet's bytes ended before any were cut, `end` where they do now. Returns why it is left out. */
  read(bytes: Buffer, start: number, end: number, frameEnd: number): string | undefined {
    if (start >= end) return CUT_HEADERS;
    const version = bytes.readUInt8(start) >> 4;
    if (version === 4) return this.readV4(bytes, start, end, frameEnd);
    return version === 6 ? this.readV6(bytes, start, end, frameEnd) : BROKEN;
  }

  private readV4(bytes: Buffer, start: number, end: number, frameEnd: number): string | undefined {
    if (end - start < IPV4_BYTES) return CUT_HEADERS;
    const header = (bytes.readUInt8(start) & 15) * 4;
    const total = bytes.readUInt16BE(start + 2);
    if (header < IPV4_BYTES || (total !== 0 && total < header)) return BROKEN;
    // More fragments, or an offset: the first one has the TCP header, but its length is not the segment's.
    if ((bytes.readUInt16BE(start + 6) & 0x3fff) !== 0) return FRAGMENTS;
    this.version = 4;
    this.source = start + 12;
    this.destination = start + 16;
    const packetEnd = packetEndOf(start, total, frameEnd);
    return this.finish(bytes.readUInt8(start + 9), start + header, packetEnd, frameEnd);
  }

  private readV6(bytes: Buffer, start: number, end: number, frameEnd: number): string | undefined {
    if (end - start < IPV6_BYTES) return CUT_HEADERS;
    const length = bytes.readUInt16BE(start + 4);
    this.version = 6;
    this.source = start + 8;
    this.destination = start + 24;
    let next = bytes.readUInt8(start + 6);
    let at = start + IPV6_BYTES;
    const packetEnd = packetEndOf(start, length === 0 ? 0 : IPV6_BYTES + length, frameEnd);
    for (let count = 0; EXTENSIONS.has(next) || next === FRAGMENT || next === AUTHENTICATION; count++) {
      if (at + 8 > end) return CUT_HEADERS;
      if (count === MAX_EXTENSIONS) return BROKEN;
      // "Atomic" fragments are whole (RFC 6946).
      if (next === FRAGMENT && (bytes.readUInt16BE(at + 2) & 0xfff9) !== 0) return FRAGMENTS;
      const size = extensionBytes(next, bytes.readUInt8(at + 1));
      next = bytes.readUInt8(at);
      at += size;
    }
    return this.finish(next, at, packetEnd, frameEnd);
  }

  private finish(protocol: number, payload: number, packetEnd: number, frameEnd: number): string | undefined {
    if (protocol !== TCP) return PROTOCOLS.get(protocol) ?? `of IP protocol ${protocol}`;
    if (packetEnd > frameEnd || payload > packetEnd) return BROKEN;
    this.payload = payload;
    this.payloadLength = packetEnd - payload;
    return undefined;
  }
}

/** Segments that a network card is to split say 0 when they are too long for the field: then the frame tells. */
function packetEndOf(start: number, length: number, frameEnd: number): number {
  return length === 0 ? frameEnd : start + length;
}

function extensionBytes(type: number, length: number): number {
  if (type === FRAGMENT) return 8;
  return type === AUTHENTICATION ? (length + 2) * 4 : (length + 1) * 8;
}
