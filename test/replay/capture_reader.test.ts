import { describe, expect, test } from '@jest/globals';
import { CaptureReader } from '../../src/replay/capture_reader.ts';
import type { PacketSink } from '../../src/replay/packet.ts';
import { type Captured, PcapngBlocks, pcap } from '../support/packets.ts';

type Seen = [linkType: number, text: string, length: number, time: bigint];

const TIME = 1_795_262_400_123_456_789n;
const MICROS = TIME - (TIME % 1000n);
const packet = (text: string, time = TIME, snap = text.length): Captured => ({ frame: Buffer.from(text), time, snap });

function read(file: Buffer, size = file.length): { seen: Seen[]; skipped: string[]; problem: string; offset: number } {
  const seen: Seen[] = [];
  const skipped: string[] = [];
  const sink: PacketSink = {
    packet: (linkType, bytes, start, captured, length, seconds, nanos) =>
      seen.push([
        linkType,
        bytes.toString('latin1', start, start + captured),
        length,
        BigInt(seconds) * 1_000_000_000n + BigInt(nanos),
      ]),
    skip: (reason) => skipped.push(reason),
  };
  const reader = new CaptureReader(sink);
  let problem = '';
  try {
    for (let at = 0; at < file.length; at += size) reader.push(file.subarray(at, at + size));
    reader.end();
  } catch (error) {
    problem = (error as Error).message;
  }
  return { seen, skipped, problem, offset: reader.offset };
}

const little = new PcapngBlocks();
const big = new PcapngBlocks(true);
const tsresol = (exponent: number): [number, Buffer] => [9, Buffer.from([exponent])];
const tsoffset = (seconds: bigint): [number, Buffer] => {
  const value = Buffer.alloc(8);
  value.writeBigInt64LE(seconds);
  return [14, value];
};
const comment: [number, Buffer] = [1, Buffer.from('a comment')];
const unknown = little.block(0x0bad, Buffer.alloc(400, 7));

const files: { name: string; file: Buffer; seen: Seen[]; skipped?: string[] }[] = [
  ...[false, true].flatMap((bigEndian) => [
    {
      name: `pcap, µs, ${bigEndian ? 'big' : 'little'} endian`,
      file: pcap([packet('one'), packet('three', TIME, 2)], { bigEndian }),
      seen: [[1, 'one', 3, MICROS] as Seen, [1, 'th', 5, MICROS] as Seen],
    },
    {
      name: `pcap, ns, ${bigEndian ? 'big' : 'little'} endian`,
      file: pcap([packet('one')], { bigEndian, nanoseconds: true, linkType: 113 }),
      seen: [[113, 'one', 3, TIME] as Seen],
    },
  ]),
  {
    name: 'pcap with the length of a frame check sequence in the link type',
    file: pcap([packet('one')], { linkType: 0x24000001 }),
    seen: [[1, 'one', 3, MICROS]],
  },
  { name: 'pcap without packets', file: pcap([]), seen: [] },
  ...[little, big].map((blocks, i) => ({
    name: `pcapng, ${i === 0 ? 'little' : 'big'} endian: all kinds of packet blocks`,
    file: Buffer.concat([
      blocks.section(),
      blocks.interface(1),
      blocks.enhanced(0, packet('enhanced', TIME, 3)),
      blocks.simple(packet('simple')),
      blocks.obsolete(0, packet('old', TIME + 5_000_000n)),
    ]),
    seen: [
      [1, 'enh', 8, MICROS],
      [1, 'simple', 6, MICROS],
      [1, 'old', 3, MICROS + 5_000_000n],
    ] as Seen[],
  })),
  {
    name: 'a simple packet is as long as the snap length of its interface',
    file: Buffer.concat([
      little.section(),
      little.interface(1, [], 4),
      little.simple({ frame: Buffer.from('simple'), snap: 4 }),
    ]),
    seen: [[1, 'simp', 6, 0n]],
  },
  {
    name: 'interfaces with resolutions and offsets of their own',
    file: Buffer.concat([
      little.section(),
      little.interface(1, [comment, tsresol(9)]),
      little.interface(101, [tsresol(0x80 | 20), comment]),
      little.interface(113, [tsresol(3), tsoffset(-3600n)]),
      little.interface(276, [tsresol(0)]),
      little.enhanced(0, packet('ns'), 1_000_000_000n),
      little.enhanced(1, packet('binary'), 2n ** 20n),
      little.enhanced(2, packet('ms'), 1000n),
      little.enhanced(3, packet('s'), 1n),
    ]),
    seen: [
      [1, 'ns', 2, TIME],
      [101, 'binary', 6, TIME - 788n],
      [113, 'ms', 2, TIME - 3_600_000_456_789n],
      [276, 's', 1, TIME - 123_456_789n],
    ],
  },
  {
    name: 'sections of both byte orders, each with interfaces of its own; unknown blocks between',
    file: Buffer.concat([
      unknown,
      little.section(),
      unknown,
      little.interface(1),
      unknown,
      little.enhanced(0, packet('first')),
      big.section(),
      big.interface(113),
      big.enhanced(0, packet('second')),
    ]).subarray(unknown.length),
    seen: [
      [1, 'first', 5, MICROS],
      [113, 'second', 6, MICROS],
    ],
  },
  {
    name: 'packets of interfaces that nobody described are skipped',
    file: Buffer.concat([little.section(), little.simple(packet('x')), little.enhanced(7, packet('y'))]),
    seen: [],
    skipped: new Array(2).fill('of an interface that the file does not describe') as string[],
  },
];

describe.each(files)('$name', ({ file, seen, skipped = [] }) => {
  test.each([file.length, 1, 7, 64])('in pieces of %i bytes', (size) => {
    expect(read(file, size)).toEqual({ seen, skipped, problem: '', offset: file.length });
  });

  test('cut at every byte: what is whole is read, and the rest is named', () => {
    for (let length = 0; length < file.length; length++) {
      const cut = read(file.subarray(0, length));
      expect(seen.slice(0, cut.seen.length)).toEqual(cut.seen);
      expect(cut.offset).toBeLessThanOrEqual(length);
      // Between two items nothing is wrong.
      if (cut.offset < length) expect(cut.problem).toMatch(/ends in the middle|too short/);
      else expect(cut.problem).toBe(length === 0 ? 'it is too short' : '');
    }
  });
});

const header = pcap([]);
const record = (captured: number, nanos = 0): Buffer => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(nanos, 4);
  bytes.writeUInt32LE(captured, 8);
  return bytes;
};
const words = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    bytes.writeUInt32LE(value >>> 0, i * 4);
  });
  return bytes;
};
const section = little.section();

test.each([
  { name: 'text', file: Buffer.from('GET / HTTP/1.1'), offset: 0, problem: /begins with 47455420, as neither/ },
  { name: 'nothing', file: Buffer.alloc(0), offset: 0, problem: /too short/ },
  {
    name: 'a huge packet',
    file: Buffer.concat([header, record(0xffffffff)]),
    offset: 24,
    problem: /a packet of 4294967295 bytes/,
  },
  {
    name: 'a fraction of seconds',
    file: Buffer.concat([header, record(0, 2e6)]),
    offset: 24,
    problem: /behind the second/,
  },
  {
    name: 'a block of no length',
    file: Buffer.concat([section, words(6, 0, 0)]),
    offset: 28,
    problem: /a block of 0 bytes/,
  },
  {
    name: 'an odd length',
    file: Buffer.concat([section, words(6, 33, 0)]),
    offset: 28,
    problem: /a block of 33 bytes/,
  },
  {
    name: 'a huge packet block',
    file: Buffer.concat([section, words(6, 0x7ffffffc, 0)]),
    offset: 28,
    problem: /a block of type 6 with 2147483644 bytes/,
  },
  {
    name: 'a huge unknown block',
    file: Buffer.concat([section, words(99, 0x7ffffffc, 0)]),
    offset: 28,
    problem: /middle/,
  },
  {
    name: 'two lengths',
    file: Buffer.concat([section, words(6, 36, 0, 0, 0, 0, 0, 0, 32)]),
    offset: 28,
    problem: /two lengths differ/,
  },
  {
    name: 'a short block',
    file: Buffer.concat([section, words(6, 12, 12)]),
    offset: 28,
    problem: /type 6 that is too short/,
  },
  {
    name: 'a packet larger than its block',
    file: Buffer.concat([section, little.interface(1), little.block(6, words(0, 0, 0, 100, 100))]),
    offset: 48,
    problem: /a packet of 100 bytes in a smaller block/,
  },
  {
    name: 'no byte order',
    file: Buffer.concat([words(0x0a0d0d0a, 28, 0x12345678, 1, 0, 0, 28)]),
    offset: 0,
    problem: /no known byte order/,
  },
  {
    name: 'a version of the future',
    file: little.block(0x0a0d0d0a, words(0x1a2b3c4d, 2, 0, 0)),
    offset: 0,
    problem: /a section of version 2/,
  },
  {
    name: 'interfaces without end',
    file: Buffer.concat([section, ...new Array<Buffer>(4097).fill(little.interface(1))]),
    offset: 28 + 4096 * 20,
    problem: /more than 4096 interfaces/,
  },
])('broken: $name', ({ file, offset, problem }) => {
  for (const size of [file.length, 5]) {
    const told = read(file, size);
    expect(told.problem).toMatch(problem);
    expect(told.offset).toBe(offset);
  }
});
