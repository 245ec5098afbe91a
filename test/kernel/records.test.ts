import { describe, expect, test } from '@jest/globals';
import type { NativeRing } from '../../src/kernel/addon.ts';
import * as layout from '../../src/kernel/layout.gen.ts';
import { RecordReader } from '../../src/kernel/records.ts';
import type { ConnRecord, DataRecord, RecordHandler } from '../../src/kernel/types.ts';
import { fc } from '../support/property.ts';

const DISCARD = 0x40000000;

/** A ring as the addon gives it: one copy of the data pages twice in a row. */
class FakeRing implements NativeRing {
  readonly data: ArrayBuffer;
  readonly size: number;
  released: number[] = [];
  #consumer: number;
  #producer: number;

  constructor(size: number, start = 0) {
    this.size = size;
    this.data = new ArrayBuffer(2 * size);
    this.#consumer = start;
    this.#producer = start;
  }

  push(record: Uint8Array, flags = 0): void {
    const bytes = new Uint8Array(this.data);
    const put = (position: number, value: number) => {
      const at = position % this.size;
      bytes[at] = value;
      bytes[at + this.size] = value;
    };
    const header = new Uint8Array(Uint32Array.of((record.length | flags) >>> 0, 0).buffer);
    header.forEach((value, i) => {
      put(this.#producer + i, value);
    });
    record.forEach((value, i) => {
      put(this.#producer + 8 + i, value);
    });
    this.#producer += (8 + record.length + 7) & ~7;
  }

  acquire = () => this.#producer;
  position = () => this.#consumer;
  release(position: number): void {
    expect(position).toBeGreaterThanOrEqual(this.#consumer);
    expect(position).toBeLessThanOrEqual(this.#producer);
    this.#consumer = position;
    this.released.push(position);
  }
  watch(): void {}
  close(): void {}
}

function dataRecord(cookie: number, offset: number, payload: Uint8Array, length = payload.length): Uint8Array {
  const record = new Uint8Array(layout.DATA_SIZE + payload.length);
  const view = new DataView(record.buffer);
  view.setUint8(layout.DATA_KIND, layout.RECORD_DATA);
  view.setUint8(layout.DATA_DIRECTION, layout.DIRECTION_RECV);
  view.setUint8(layout.DATA_FIRST, 1);
  view.setBigUint64(layout.DATA_COOKIE, BigInt(cookie), true);
  view.setBigUint64(layout.DATA_OFFSET, BigInt(offset), true);
  view.setUint32(layout.DATA_LENGTH, length, true);
  view.setUint32(layout.DATA_CAPTURED, payload.length, true);
  record.set(payload, layout.DATA_SIZE);
  return record;
}

const nothing = () => {};
const ignore: RecordHandler = {
  conn: nothing,
  data: nothing,
  end: nothing,
  exec: nothing,
  fork: nothing,
  exit: nothing,
};

describe('RecordReader', () => {
  test('gives every record once, in place, wherever it lies and however large the position is', () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 60 });
    // Positions are byte counts since the ring was made: beyond 2^31 and 2^32 after some gigabytes.
    const starts = fc.constantFrom(0, 2 ** 31 - 64, 2 ** 32 - 64, 2 ** 40);
    fc.assert(
      fc.property(payloads, starts, fc.nat(3), (list, start, discardEvery) => {
        const ring = new FakeRing(1024, start);
        const reader = new RecordReader(ring);
        const seen: Uint8Array[] = [];
        const handler: RecordHandler = {
          ...ignore,
          data({ cookie, direction, first, offset, length, captured, bytes, start: at }) {
            expect([cookie, direction, first, offset]).toEqual([seen.length + 1, 1, true, 2 ** 33 + seen.length]);
            expect(length).toBe(captured);
            seen.push(bytes.slice(at, at + captured));
          },
        };
        for (const [i, payload] of list.entries()) {
          if (discardEvery > 0 && i % discardEvery === 0) {
            ring.push(dataRecord(999, 0, payload), DISCARD);
            reader.drain(handler, 1 << 20);
          }
          ring.push(dataRecord(i + 1, 2 ** 33 + i, payload));
          reader.drain(handler, 1 << 20);
        }
        expect(seen).toEqual(list);
        expect(reader.malformed).toBe(0);
        expect(ring.position()).toBe(ring.acquire());
      }),
    );
  });

  test('stops after so many bytes and goes on there', () => {
    const ring = new FakeRing(4096);
    const reader = new RecordReader(ring);
    for (let i = 0; i < 10; i++) {
      ring.push(dataRecord(i + 1, 0, new Uint8Array(8)));
    }
    const cookies: number[] = [];
    const handler = { ...ignore, data: ({ cookie }: DataRecord) => cookies.push(cookie) };
    expect(reader.drain(handler, 1)).toBe(64);
    expect(cookies).toEqual([1]);
    reader.drain(handler, 130);
    expect(cookies).toEqual([1, 2, 3, 4]);
    reader.drain(handler, 4096);
    expect(cookies).toHaveLength(10);
  });

  test('what comes faster than it is read waits in the backlog, in order, up to its limit', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(sizes, fc.nat(40), fc.integer({ min: 1, max: 5000 }), (list, limitKiB, maxBytes) => {
        const size = 65_536;
        const limit = limitKiB * 1024;
        const ring = new FakeRing(size, 2 ** 32 - 128);
        const reader = new RecordReader(ring, limit);
        const seen: number[] = [];
        const handler: RecordHandler = {
          ...ignore,
          data({ cookie, captured, bytes, start: at }) {
            expect([captured, bytes[at], bytes[at + captured - 1]]).toEqual([list[cookie - 1], 7, 7]);
            seen.push(cookie);
          },
        };
        let put = 0;
        for (const length of list) {
          const waits = ring.acquire() - ring.position();
          // Full: the kernel would drop it.
          if (waits + length + layout.DATA_SIZE + 16 > size) break;
          ring.push(dataRecord(++put, 0, new Uint8Array(length).fill(7)));
          reader.drain(handler, maxBytes);
          expect(reader.backlog.waiting).toBeLessThanOrEqual(limit);
        }
        while (reader.drain(handler, maxBytes) > 0);
        expect(seen).toEqual(Array.from({ length: put }, (_, index) => index + 1));
        expect([reader.left, reader.backlog.waiting]).toEqual([0, 0]);
        expect(ring.position()).toBe(ring.acquire());
      }),
    );
  });

  test('a burst of many rings loses nothing', () => {
    const ring = new FakeRing(65_536);
    const reader = new RecordReader(ring, 4 * 2 ** 20);
    expect(reader.capacity).toBe(65_536 + 4 * 2 ** 20);
    const handler = { ...ignore, data: () => total++ };
    let total = 0;
    for (let i = 0; i < 4000; i++) {
      expect(ring.acquire() - ring.position()).toBeLessThan(60_000);
      ring.push(dataRecord(i + 1, 0, new Uint8Array(1000)));
      // A look now and then, and only one record each time.
      if (i % 20 === 0) reader.drain(handler, 1);
    }
    expect(total).toBe(200);
    expect(reader.left).toBeGreaterThan(3_800_000);
    while (reader.drain(handler, 2 ** 20) > 0);
    expect(total).toBe(4000);
  });

  test('a handler that throws does not get its record again', () => {
    const ring = new FakeRing(4096);
    const reader = new RecordReader(ring);
    ring.push(dataRecord(1, 0, new Uint8Array(8)));
    ring.push(dataRecord(2, 0, new Uint8Array(8)));
    const cookies: number[] = [];
    const data = ({ cookie }: DataRecord) => {
      cookies.push(cookie);
      throw new Error('handler');
    };
    expect(() => reader.drain({ ...ignore, data }, 4096)).toThrow('handler');
    expect(() => reader.drain({ ...ignore, data }, 4096)).toThrow('handler');
    expect(reader.drain({ ...ignore, data }, 4096)).toBe(0);
    expect(cookies).toEqual([1, 2]);
  });

  test('records that cannot be are counted and not handed over', () => {
    const ring = new FakeRing(4096);
    const reader = new RecordReader(ring);
    const tooMuch = dataRecord(1, 0, new Uint8Array(8));
    new DataView(tooMuch.buffer).setUint32(layout.DATA_CAPTURED, 9, true);
    const unknown = new Uint8Array(64).fill(0xee);
    const short = dataRecord(1, 0, new Uint8Array(0)).subarray(0, 40);
    for (const record of [tooMuch, unknown, short, new Uint8Array(0)]) {
      ring.push(record);
    }
    let called = 0;
    reader.drain({ ...ignore, data: () => called++ }, 4096);
    expect([called, reader.malformed]).toEqual([0, 4]);
  });

  test('Unix paths: named, abstract, unnamed, as long as can be', () => {
    const cases: [string, string][] = [
      ['/run/app.sock', '/run/app.sock'],
      ['/run/with-nul\0garbage', '/run/with-nul'],
      ['\0abstract', '@abstract'],
      ['', ''],
      [`/${'x'.repeat(111)}`, `/${'x'.repeat(111)}`],
    ];
    for (const [path, expected] of cases) {
      const ring = new FakeRing(4096);
      const record = new Uint8Array(layout.UNIX_CONN_SIZE);
      const view = new DataView(record.buffer);
      view.setUint8(layout.CONN_KIND, layout.RECORD_CONN);
      view.setUint8(layout.CONN_FAMILY, 1);
      view.setUint32(layout.UNIX_CONN_PATH_LENGTH, path.length, true);
      view.setUint32(layout.UNIX_CONN_BOUND, 1, true);
      record.set(Buffer.from(path, 'latin1'), layout.UNIX_CONN_PATH);
      ring.push(record);
      const conns: ConnRecord[] = [];
      new RecordReader(ring).drain({ ...ignore, conn: (conn) => conns.push(conn) }, 4096);
      expect(conns).toMatchObject([{ family: 'unix', unixPath: expected, unixBound: true, localAddress: '' }]);
    }
  });
});
