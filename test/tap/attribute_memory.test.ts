import { describe, expect, test } from '@jest/globals';
import { attributeBound, writeAttribute } from '../../src/pdata/otlp/attributes.ts';
import { ByteWriter } from '../../src/pdata/otlp/writer.ts';
import { AttributeMemory } from '../../src/tap/attribute_memory.ts';
import { AttributeKey, type AttributeValue } from '../../src/wire/attribute.ts';
import { fc } from '../support/property.ts';

type Pair = readonly [name: string, value: AttributeValue];

const flat = (pairs: readonly Pair[]): (AttributeKey | AttributeValue)[] =>
  pairs.flatMap(([name, value]) => [AttributeKey.of(name), value]);

function plainly(pairs: readonly Pair[]): Buffer {
  const writer = new ByteWriter(16);
  for (const [name, value] of pairs) {
    const { encoded } = AttributeKey.of(name);
    writer.reserve(attributeBound(encoded, value));
    writeAttribute(writer, 0x4a, encoded, value);
  }
  return Buffer.from(writer.take());
}

/** As the span writer does it; also says whether the bound held. */
function remembered(memory: AttributeMemory, connection: number, pairs: readonly Pair[]): Buffer {
  const writer = new ByteWriter(16);
  const place = memory.of(connection);
  const bound = place.prepare(flat(pairs));
  writer.reserve(bound);
  place.write(writer, 0x4a, flat(pairs));
  expect(writer.position).toBeLessThanOrEqual(bound);
  return Buffer.from(writer.take());
}

const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.constantFrom<AttributeValue>('GET', 'http', 80, 200, true, 1.5, -1, 'é', '\ud800', 'x'.repeat(700)),
  fc.string({ maxLength: 80 }),
  fc.integer(),
  fc.array(fc.string(), { maxLength: 3 }),
);
const pairs = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'url.path'), value), { maxLength: 40 });

describe('attributes by memory', () => {
  test('are the bytes of attributes without it, whatever came before', () => {
    fc.assert(
      fc.property(
        fc.array(pairs, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(3), { maxLength: 24 }),
        (lists, turns) => {
          const memory = new AttributeMemory();
          for (const turn of turns) {
            const list = lists[turn % lists.length] ?? [];
            // Connections 0 and 256 share a place.
            expect(remembered(memory, turn % 2 === 0 ? 0 : 256, list)).toEqual(plainly(list));
          }
        },
      ),
    );
  });

  test('a list is never taken for the same: it may have other items', () => {
    const memory = new AttributeMemory();
    const list = ['one'];
    const before: Pair[] = [
      ['a', 1],
      ['names', list],
    ];
    for (let turn = 0; turn < 3; turn++) remembered(memory, 7, before);
    list[0] = 'two';
    expect(remembered(memory, 7, before)).toEqual(plainly(before));
  });

  test('the second of equal spans teaches, a different one unlearns', () => {
    const memory = new AttributeMemory();
    const base: Pair[] = [
      ['a', 'x'],
      ['b', 'y'],
      ['url.path', '/1'],
    ];
    const other: Pair[] = [
      ['a', 'x'],
      ['b', 'z'],
      ['url.path', '/2'],
    ];
    for (const list of [base, base, base, other, base, other, other, base]) {
      expect(remembered(memory, 1, list)).toEqual(plainly(list));
    }
  });
});
