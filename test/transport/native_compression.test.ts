import { describe, expect, test } from '@jest/globals';
import { type NativeEncoding, nativeCompression } from '../../src/transport/native_compression.ts';
import { fc } from '../support/property.ts';

const { assert, nat, property, uint8Array } = fc;

const { compress, decompress } = nativeCompression();
const names: readonly NativeEncoding[] = ['zstd', 'lz4', 'snappy', 'x-snappy-framed'];
/** Compressible and not, over several blocks of every format. */
const large = Buffer.concat([
  Buffer.alloc(200_000, 'abc'),
  Buffer.from(Array.from({ length: 150_000 }, (_, i) => Math.floor(Math.abs(Math.sin(i)) * 1e6) & 255)),
]);

describe.each(names)('%s', (name) => {
  test('back and forth, at once and in another thread', async () => {
    for (const bytes of [new Uint8Array(0), Uint8Array.of(1), large]) {
      for (const packed of [compress(name, bytes, 1, false), await compress(name, bytes, 1, true)]) {
        expect(Buffer.compare(decompress(name, packed, bytes.length) ?? new Uint8Array(1), bytes)).toBe(0);
      }
    }
    assert(
      property(uint8Array({ maxLength: 5000 }), (bytes) => {
        const back = decompress(name, compress(name, bytes, 1, false), bytes.length);
        expect(Buffer.compare(back ?? new Uint8Array(1), bytes)).toBe(0);
      }),
    );
  });

  test('the limit is exact, whatever is claimed', () => {
    const packed = compress(name, large, 1, false);
    expect(decompress(name, packed, large.length)?.length).toBe(large.length);
    expect(decompress(name, packed, large.length - 1)).toBeUndefined();
    expect(decompress(name, packed, 0)).toBeUndefined();
    const bomb = compress(name, new Uint8Array(60_000_000), 1, false);
    const before = process.memoryUsage.rss();
    expect(decompress(name, bomb, 1_000_000)).toBeUndefined();
    expect(process.memoryUsage.rss() - before).toBeLessThan(50_000_000);
  });

  test('cut off anywhere: an error, or less', () => {
    const packed = compress(name, large.subarray(199_000, 201_000), 1, false);
    for (let length = 1; length < packed.length; length++) {
      let back: Uint8Array | undefined;
      try {
        back = decompress(name, packed.subarray(0, length), 1e6);
      } catch {
        continue;
      }
      // Whole frames are a whole stream to snappy's framing.
      expect([name, back?.length]).toEqual(['x-snappy-framed', 0]);
    }
  });

  test('hostile bytes: an error or bounded content, never a crash', () => {
    const packed = compress(name, large.subarray(199_000, 203_000), 1, false);
    assert(
      property(nat(packed.length - 1), uint8Array({ minLength: 1, maxLength: 8 }), (at, noise) => {
        const changed = Uint8Array.from(packed);
        changed.set(noise.subarray(0, changed.length - at), at);
        const back = bounded(name, changed);
        expect(back === undefined || back.length <= 10_000).toBe(true);
      }),
      { numRuns: 1000 },
    );
    assert(
      property(uint8Array({ maxLength: 200 }), (bytes) => {
        const back = bounded(name, bytes);
        expect(back === undefined || back.length <= 10_000).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

function bounded(name: NativeEncoding, bytes: Uint8Array): Uint8Array | undefined {
  try {
    return decompress(name, bytes, 10_000);
  } catch (error) {
    expect((error as Error).message).not.toBe('');
    return undefined;
  }
}

// Bytes of golang/snappy's framing: a stream identifier, a stored block, padding, a reserved chunk that may be passed over.
const crcOfAbc = [0x92, 0x78, 0x03, 0x5a];
test.each([
  ['no identifier first', [1, 7, 0, 0, ...crcOfAbc, 0x61, 0x62, 0x63], 'snappy: corrupt input'],
  ['a reserved chunk that may not be passed over', [2, 0, 0, 0], 'snappy: unsupported input'],
  ['a wrong checksum', [1, 7, 0, 0, 0, 0, 0, 0, 0x61, 0x62, 0x63], 'snappy: corrupt input'],
  ['no room for the checksum', [1, 3, 0, 0, 0, 0, 0], 'snappy: corrupt input'],
  ['a length beyond the end', [1, 255, 255, 255, 0], 'unexpected end of data'],
  ['a head cut off', [1, 7], 'unexpected end of data'],
])('framed snappy with %s', (what, bytes, message) => {
  const id = what.startsWith('no identifier') ? [] : [0xff, 6, 0, 0, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59];
  expect(() => decompress('x-snappy-framed', Uint8Array.from([...id, ...bytes]), 100)).toThrow(message);
});
