import { describe, expect, test } from '@jest/globals';
import { CUT, HpackDecoder, INVALID, UNKNOWN, WHOLE } from '../../src/wire/hpack.ts';
import { BAD_HUFFMAN, decodeHuffman } from '../../src/wire/hpack_huffman.ts';
import { STATIC_TABLE } from '../../src/wire/hpack_static.ts';
import type { HeaderName } from '../../src/wire/hpack_table.ts';
import { StringTable } from '../../src/wire/strings.ts';

interface Named extends HeaderName {
  readonly text: string;
}

/** Wants every field. */
function everything() {
  const known = new Map<string, Named>();
  const nameOf = (text: string): Named => {
    const name = known.get(text) ?? { id: known.size, text };
    known.set(text, name);
    return name;
  };
  return {
    statics: STATIC_TABLE.map(([text]) => nameOf(text)),
    find: (bytes: Uint8Array, start: number, end: number) => nameOf(Buffer.from(bytes.subarray(start, end)).toString()),
  };
}

class Reading {
  readonly decoder = new HpackDecoder(everything(), new StringTable());
  fields: string[] = [];

  read(hex: string): number {
    this.fields = [];
    // Other bytes around: they must not be read.
    const bytes = Buffer.from(`ffff${hex.replaceAll(' ', '')}8282`, 'hex');
    return this.decoder.decode(bytes, 2, bytes.length - 2, {
      field: (name, value) => this.fields.push(`${(name as Named).text}: ${value}`),
    });
  }
}

const request = (...more: string[]): string[] => [
  ':method: GET',
  ':scheme: http',
  ':path: /',
  ':authority: www.example.com',
  ...more,
];
const third = [
  ':method: GET',
  ':scheme: https',
  ':path: /index.html',
  ':authority: www.example.com',
  'custom-key: custom-value',
];
const response = (status: string, date: string, ...more: string[]): string[] => [
  `:status: ${status}`,
  'cache-control: private',
  `date: Mon, 21 Oct 2013 20:13:${date} GMT`,
  'location: https://www.example.com',
  ...more,
];
const last = response(
  '200',
  '22',
  'content-encoding: gzip',
  'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
);

/** RFC 7541 appendix C: blocks, fields, and the size of the table afterwards. */
describe('RFC 7541 appendix C', () => {
  test.each<[string, [string, string[], number][]]>([
    [
      'C.2.1',
      [['400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572', ['custom-key: custom-header'], 55]],
    ],
    ['C.2.2', [['040c 2f73 616d 706c 652f 7061 7468', [':path: /sample/path'], 0]]],
    ['C.2.3', [['1008 7061 7373 776f 7264 0673 6563 7265 74', ['password: secret'], 0]]],
    ['C.2.4', [['82', [':method: GET'], 0]]],
    [
      'C.3',
      [
        ['8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d', request(), 57],
        ['8286 84be 5808 6e6f 2d63 6163 6865', request('cache-control: no-cache'), 110],
        ['8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65', third, 164],
      ],
    ],
    [
      'C.4',
      [
        ['8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff', request(), 57],
        ['8286 84be 5886 a8eb 1064 9cbf', request('cache-control: no-cache'), 110],
        ['8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf', third, 164],
      ],
    ],
    [
      'C.5',
      [
        // The table size of the example, 256, as an update in front; the second and the third block evict entries.
        [
          '3fe101 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
          response('302', '21'),
          222,
        ],
        ['4803 3330 37c1 c0bf', response('307', '21'), 222],
        [
          '88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31',
          last,
          215,
        ],
      ],
    ],
    [
      'C.6',
      [
        // The table size of the example, 256, as an update in front.
        [
          '3fe101 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
          response('302', '21'),
          222,
        ],
        ['4883 640e ffc1 c0bf', response('307', '21'), 222],
        [
          '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
          last,
          215,
        ],
      ],
    ],
  ])('%s', (_, blocks) => {
    const reading = new Reading();
    for (const [hex, fields, size] of blocks) {
      expect(reading.read(hex)).toBe(WHOLE);
      expect([...reading.fields].sort()).toEqual([...fields].sort());
      expect(reading.decoder.table.size).toBe(size);
    }
  });
});

describe('blocks that are none', () => {
  test.each<[string, string, number]>([
    ['index 0', '80', INVALID],
    ['an entry that there is not', 'be', INVALID],
    ['the name of an entry that there is not', '7f00 0161', INVALID],
    ['an integer of 36 bits', 'ffff ffff ff7f', INVALID],
    ['EOS in a string', '0084 ffff ffff 0161', INVALID],
    ['padding of eight bits', '4182 1fff', INVALID],
    ['padding of zeros', '4181 18', INVALID],
    ['a name without its value', '0003 6162 63', CUT],
    ['a value without its end', '4105 6162', CUT],
    ['a length without its end', '417f', CUT],
    ['an index without its end', 'ff', CUT],
    ['nothing', '', WHOLE],
  ])('%s', (_, hex, expected) => {
    expect(new Reading().read(hex)).toBe(expected);
  });
});

test('the last entry of the static table and the first of the dynamic one', () => {
  const reading = new Reading();
  expect(reading.read('7d 01 78')).toBe(WHOLE);
  expect(reading.fields).toEqual(['www-authenticate: x']);
  expect(reading.read('bd be 7e 01 79')).toBe(WHOLE);
  expect(reading.fields).toEqual(['www-authenticate: ', 'www-authenticate: x', 'www-authenticate: y']);
  expect(reading.read('40 01 61 01 62 7e 01 63')).toBe(WHOLE);
  expect(reading.fields).toEqual(['a: b', 'a: c']);
});

test('after lost blocks older entries are unknown, newer ones keep their places', () => {
  const reading = new Reading();
  reading.decoder.lose();
  expect(reading.read('82 4003 616263 0178 c0 be')).toBe(UNKNOWN);
  expect(reading.fields).toEqual([':method: GET', 'abc: x', 'abc: x']);
  // Its name is unknown, and stays so.
  expect(reading.read('7f05 0179 bf')).toBe(UNKNOWN);
  expect(reading.fields).toEqual(['abc: x']);
  expect(reading.read('be')).toBe(UNKNOWN);
  // Nothing is older than a table that was emptied.
  expect(reading.read('20 3fe11f 4003 616263 0179 be')).toBe(WHOLE);
  expect(reading.read('bf')).toBe(INVALID);
});

test('a table larger than what is remembered forgets the oldest entries, and says so', () => {
  const reading = new Reading();
  expect(reading.read('3fe1ff3f')).toBe(WHOLE);
  const long = `40 01 61 7f81 1f ${'62'.repeat(4096)}`;
  for (let count = 0; count < 20; count++) expect(reading.read(long)).toBe(WHOLE);
  expect(reading.decoder.table.size).toBeLessThanOrEqual(65_536);
  expect(reading.read('be')).toBe(WHOLE);
  expect(reading.read('d1')).toBe(UNKNOWN);
});

test('what does not fit is counted, not stored', () => {
  const into = new Uint8Array(3);
  expect(decodeHuffman(Buffer.from('f1e3c2e5f23a6ba0ab90f4ff', 'hex'), 0, 12, into)).toBe(15);
  expect(Buffer.from(into).toString()).toBe('www');
  expect(decodeHuffman(Buffer.from('ffffffff', 'hex'), 0, 4, into)).toBe(BAD_HUFFMAN);
});
