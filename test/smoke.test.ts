import { expect, test } from '@jest/globals';
import { AttributeKey } from '../src/wire/attribute.ts';
test('key', () => {
  expect(AttributeKey.of('ab').encoded).toEqual(Uint8Array.of(10, 2, 97, 98));
  expect(import.meta.url).toContain('smoke');
});
