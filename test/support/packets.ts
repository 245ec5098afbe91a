/** Captures as data: segments of TCP connections, in whatever link layer and file format. */

export interface PacketTime {
  readonly seconds: number;
  readonly nanos: number;
}

export interface TcpSpec {
  /** `10.0.0.1:4000` or `[fd00::1]:4000`. */
  readonly from: string;
  readonly to: string;
  readonly seq: number;
  /** Also sets the flag ACK. */
  readonly ack?: number | undefined;
  /** Of `SFRP`. */
  readonly flags?: string;
  readonly payload?: string | Uint8Array;
  readonly options?: Uint8Array;
  /** Bytes between the IP header and TCP: extension headers of IPv6, options of IPv4. */
  readonly between?: Uint8Array;
  /** Protocol number of the first of the extension headers, which name their successors themselves. */
  readonly firstHeader?: number;
  /** Changes the finished IP packet. */
  readonly change?: (packet: Buffer) => void;
}

const FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16 };

function endpoint(text: string): { readonly address: Buffer; readonly port: number } {
  const at = text.lastIndexOf(':');
  const address = text.slice(0, at);
  const port = Number(text.slice(at + 1));
  if (!address.startsWith('[')) return { address: Buffer.from(address.split('.').map(Number)), port };
  const [head = '', tail = ''] = address.slice(1, -1).split('::');
  const groups = (side: string): number[] =>
    side === '' ? [] : side.split(':').map((one) => Number.parseInt(one, 16));
  const left = groups(head);
  const right = groups(tail);
  const all = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  return { address: Buffer.from(all.flatMap((group) => [group >> 8, group & 255])), port };
}

function u16(value: number): Buffer {
  return Buffer.from([(value >> 8) & 255, value & 255]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** An IP packet with a TCP segment; the checksums are 0. */
export function tcp(spec: TcpSpec): Buffer {
  const { from, to, seq, ack, flags = '', payload = '', options = Buffer.alloc(0), between = Buffer.alloc(0) } = spec;
  const { firstHeader = 6 } = spec;
  const source = endpoint(from);
  const destination = endpoint(to);
  const bits = [...flags].reduce((sum, flag) => sum | (FLAGS[flag] ?? 0), ack === undefined ? 0 : 16);
  const segment = Buffer.concat([
    u16(source.port),
    u16(destination.port),
    u32(seq),
    u32(ack ?? 0),
    Buffer.from([((20 + options.length) / 4) << 4, bits, 1, 0, 0, 0, 0, 0]),
    options,
    Buffer.from(payload),
  ]);
  const length = between.length + segment.length;
  const header =
    source.address.length === 4
      ? Buffer.concat([
          Buffer.from([0x45 + between.length / 4, 0]),
          u16(20 + length),
          Buffer.from([0, 0, 0x40, 0, 64, 6, 0, 0]),
        ])
      : Buffer.concat([Buffer.from([0x60, 0, 0, 0]), u16(length), Buffer.from([firstHeader, 64])]);
  const packet = Buffer.concat([header, source.address, destination.address, between, segment]);
  spec.change?.(packet);
  return packet;
}

export type Frame = (packet: Buffer) => Buffer;

const etherType = (packet: Buffer): Buffer => u16((packet[0] ?? 0) >> 4 === 4 ? 0x0800 : 0x86dd);
const macs = Buffer.from('020000000001020000000002', 'hex');

/** By name: number of the link type, and what it puts around a packet. */
export const links: Readonly<Record<string, { readonly type: number; readonly frame: Frame }>> = {
  ethernet: { type: 1, frame: (packet) => Buffer.concat([macs, etherType(packet), packet]) },
  'ethernet, padded': {
    type: 1,
    frame: (packet) =>
      Buffer.concat([macs, etherType(packet), packet, Buffer.alloc(Math.max(6, 46 - packet.length), 0x5a)]),
  },
  vlan: {
    type: 1,
    frame: (packet) => Buffer.concat([macs, Buffer.from('81000064', 'hex'), etherType(packet), packet]),
  },
  qinq: {
    type: 1,
    frame: (packet) => Buffer.concat([macs, Buffer.from('88a8000181000064', 'hex'), etherType(packet), packet]),
  },
  'null, little endian': {
    type: 0,
    frame: (packet) => Buffer.concat([Buffer.from([(packet[0] ?? 0) >> 4 === 4 ? 2 : 10, 0, 0, 0]), packet]),
  },
  'null, big endian, FreeBSD': {
    type: 0,
    frame: (packet) => Buffer.concat([Buffer.from([0, 0, 0, (packet[0] ?? 0) >> 4 === 4 ? 2 : 28]), packet]),
  },
  'loop, Darwin': {
    type: 108,
    frame: (packet) => Buffer.concat([Buffer.from([0, 0, 0, (packet[0] ?? 0) >> 4 === 4 ? 2 : 30]), packet]),
  },
  sll: {
    type: 113,
    frame: (packet) => Buffer.concat([Buffer.from('0000000100060200000000010000', 'hex'), etherType(packet), packet]),
  },
  sll2: {
    type: 276,
    frame: (packet) =>
      Buffer.concat([etherType(packet), Buffer.from('000000000001000100060200000000010000', 'hex'), packet]),
  },
  'sll2, vlan': {
    type: 276,
    frame: (packet) =>
      Buffer.concat([
        Buffer.from('8100000000000001000100060200000000010000', 'hex'),
        Buffer.from('0064', 'hex'),
        etherType(packet),
        packet,
      ]),
  },
  raw: { type: 101, frame: (packet) => packet },
  'raw, BSD': { type: 12, frame: (packet) => packet },
};

/** A packet in a capture file. */
export interface Captured {
  readonly frame: Buffer;
  /** ns since the epoch. */
  readonly time: bigint;
  /** Bytes that the file keeps; default all. */
  readonly snap?: number;
}

export interface FileOptions {
  readonly linkType?: number;
  readonly bigEndian?: boolean;
  readonly nanoseconds?: boolean;
}

class Words {
  private readonly big: boolean;

  constructor(big: boolean) {
    this.big = big;
  }

  u16(...values: readonly number[]): Buffer {
    const bytes = Buffer.alloc(values.length * 2);
    values.forEach((value, i) => {
      this.big ? bytes.writeUInt16BE(value, i * 2) : bytes.writeUInt16LE(value, i * 2);
    });
    return bytes;
  }

  u32(...values: readonly number[]): Buffer {
    const bytes = Buffer.alloc(values.length * 4);
    values.forEach((value, i) => {
      this.big ? bytes.writeUInt32BE(value, i * 4) : bytes.writeUInt32LE(value, i * 4);
    });
    return bytes;
  }
}

export function pcap(packets: readonly Captured[], options: FileOptions = {}): Buffer {
  const { linkType = 1, bigEndian = false, nanoseconds = false } = options;
  const words = new Words(bigEndian);
  const parts = [words.u32(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4), words.u16(2, 4), words.u32(0, 0, 262_144, linkType)];
  for (const { frame, time, snap = frame.length } of packets) {
    const fraction = Number(time % 1_000_000_000n);
    parts.push(
      words.u32(
        Number(time / 1_000_000_000n),
        nanoseconds ? fraction : Math.floor(fraction / 1000),
        snap,
        frame.length,
      ),
      frame.subarray(0, snap),
    );
  }
  return Buffer.concat(parts);
}

/** Blocks of one byte order. Times are in units of `10^-exponent` s. */
export class PcapngBlocks {
  private readonly words: Words;

  constructor(bigEndian = false) {
    this.words = new Words(bigEndian);
  }

  section(): Buffer {
    return this.block(0x0a0d0d0a, this.words.u32(0x1a2b3c4d), this.words.u16(1, 0), Buffer.alloc(8, 0xff));
  }

  interface(linkType: number, options: readonly (readonly [code: number, value: Buffer])[] = [], snap = 0): Buffer {
    const encoded = options.flatMap(([code, value]) => [
      this.words.u16(code, value.length),
      value,
      Buffer.alloc((4 - (value.length % 4)) % 4),
    ]);
    if (options.length > 0) encoded.push(this.words.u16(0, 0));
    return this.block(1, this.words.u16(linkType, 0), this.words.u32(snap), ...encoded);
  }

  enhanced(number: number, { frame, time, snap = frame.length }: Captured, perSecond = 1_000_000n): Buffer {
    const [high, low] = halves(units(time, perSecond));
    return this.block(6, this.words.u32(number, high, low, snap, frame.length), pad(frame.subarray(0, snap)));
  }

  simple({ frame, snap = frame.length }: Pick<Captured, 'frame' | 'snap'>): Buffer {
    return this.block(3, this.words.u32(frame.length), pad(frame.subarray(0, snap)));
  }

  obsolete(number: number, { frame, time, snap = frame.length }: Captured): Buffer {
    const [high, low] = halves(units(time, 1_000_000n));
    const { words } = this;
    return this.block(2, words.u16(number, 0), words.u32(high, low, snap, frame.length), pad(frame.subarray(0, snap)));
  }

  block(type: number, ...body: readonly Buffer[]): Buffer {
    const all = Buffer.concat(body);
    const length = all.length + 12;
    return Buffer.concat([this.words.u32(type, length), all, this.words.u32(length)]);
  }
}

const units = (time: bigint, perSecond: bigint): bigint =>
  (time / 1_000_000_000n) * perSecond + ((time % 1_000_000_000n) * perSecond) / 1_000_000_000n;

const halves = (value: bigint): [number, number] => [Number(value >> 32n), Number(value & 0xffffffffn)];

const pad = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
