import { isIPv6 } from 'node:net';
import { expect, test } from '@jest/globals';
import { formatAddress } from '../../src/kernel/address.ts';
import { fc } from '../support/property.ts';

function format(...groups: number[]): string {
  const view = new DataView(new ArrayBuffer(24));
  groups.forEach((group, i) => {
    view.setUint16(4 + 2 * i, group);
  });
  return formatAddress(view, 4);
}

// RFC 5952, 4; RFC 4291, 2.5.5.2.
test.each([
  [[0, 0, 0, 0, 0, 0xffff, 0x7f00, 1], '127.0.0.1'],
  [[0, 0, 0, 0, 0, 0xffff, 0xc0a8, 0xff], '192.168.0.255'],
  [[0, 0, 0, 0, 0, 0, 0, 1], '::1'],
  [[0, 0, 0, 0, 0, 0, 0, 0], '::'],
  [[0x2001, 0xdb8, 0, 0, 0, 0, 2, 1], '2001:db8::2:1'],
  [[0x2001, 0xdb8, 0, 1, 1, 1, 1, 1], '2001:db8:0:1:1:1:1:1'],
  [[0x2001, 0, 0, 1, 0, 0, 0, 1], '2001:0:0:1::1'],
  [[0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], '2001:db8::1:0:0:1'],
  [[0xfe80, 0, 0, 0, 0, 0, 0, 0], 'fe80::'],
  [[0, 0, 0, 0, 1, 2, 3, 4], '::1:2:3:4'],
  [[0xffff, 0xabcd, 1, 2, 3, 4, 5, 0x6789], 'ffff:abcd:1:2:3:4:5:6789'],
])('%p is %s', (groups, text) => {
  expect(format(...groups)).toBe(text);
});

test('every address is what the URL parser makes of it', () => {
  const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
  fc.assert(
    fc.property(fc.tuple(group, group, group, group, group, group, group, group), (groups) => {
      const text = format(...groups);
      fc.pre(!text.includes('.'));
      expect(isIPv6(text)).toBe(true);
      expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`);
    }),
  );
});
