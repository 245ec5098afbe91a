import { describe, expect, test } from '@jest/globals';
import { parseDuration } from '../../src/config/duration.ts';
import { parseId } from '../../src/config/id.ts';
import { resolveScalar } from '../../src/config/scalar.ts';

describe('scalars are typed as go-yaml v3 types them', () => {
  test.each([
    ['', null],
    ['~', null],
    ['null', null],
    ['nULL', 'nULL'],
    ['true', true],
    ['False', false],
    ['yes', 'yes'],
    ['on', 'on'],
    ['t', 't'],
    ['5', 5],
    ['-5', -5],
    ['+5', 5],
    ['0123', 83],
    ['-0123', -83],
    ['0o17', 15],
    ['0b11', 3],
    ['0x1F', 31],
    ['1_000', 1000],
    ['0129', 129],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['.inf', Number.POSITIVE_INFINITY],
    ['-.Inf', Number.NEGATIVE_INFINITY],
    ['.nan', Number.NaN],
    ['1.2.3', '1.2.3'],
    ['5s', '5s'],
    ['-', '-'],
    ['9223372036854775807', 9223372036854775807n],
    ['18446744073709551615', 18446744073709551615n],
    ['18446744073709551616', 2 ** 64],
    ['2001-01-01', '2001-01-01'],
  ])('%s', (text, expected) => {
    expect(resolveScalar(text)).toEqual(expected);
  });
});

test.each([
  ['5s', 5000],
  ['200ms', 200],
  ['1h30m', 5_400_000],
  ['1.5s', 1500],
  ['-1s', -1000],
  ['100us', 0.1],
  ['100µs', 0.1],
  ['1ns', 1e-6],
  ['0', 0],
  ['.5s', 500],
  ['', undefined],
  ['5', undefined],
  ['s', undefined],
  ['5 s', undefined],
  ['5d', undefined],
  ['1e3s', undefined],
  ['9999999999h', undefined],
])('duration %s', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test.each([
  ['debug', 'debug'],
  [' debug / a ', 'debug/a'],
  ['debug/a/b', 'debug/a/b'],
])('id %s', (text, expected) => {
  expect(parseId(text)).toMatchObject({ text: expected });
});
