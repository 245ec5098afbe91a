import { expect, test } from '@jest/globals';
import { StringTable } from '../../src/wire/strings.ts';
import { fc } from '../support/property.ts';

test('a string is that of its bytes, whatever was there before', () => {
  const table = new StringTable(16);
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 40 }), (list) => {
      for (const bytes of [...list, ...list]) {
        expect(table.get(bytes, 0, bytes.length)).toBe(Buffer.from(bytes).toString('utf8'));
      }
    }),
  );
});

test('text of two characters and the bytes of one are told apart', () => {
  const table = new StringTable(1);
  const latin1 = Buffer.from('é', 'latin1');
  const utf8 = Buffer.from('é', 'utf8');
  expect([table.get(utf8, 0, 2), table.get(latin1, 0, 1), table.get(utf8, 0, 2)]).toEqual(['é', '\ufffd', 'é']);
});
