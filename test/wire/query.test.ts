import { expect, test } from '@jest/globals';
import { applyQueryPolicy, type QueryPolicy } from '../../src/wire/query.ts';

test.each<[string, QueryPolicy, string]>([
  ['a=1&b=two', 'scrub', 'a=REDACTED&b=REDACTED'],
  ['a=1&b=two', 'keep', 'a=1&b=two'],
  ['a=1&b=two', 'drop', ''],
  ['a=b=c', 'scrub', 'a=REDACTED'],
  ['a=&flag&b=1', 'scrub', 'a=&flag&b=REDACTED'],
  ['', 'scrub', ''],
  ['&&', 'scrub', '&&'],
  ['eyJhbGciOiJIUzI1NiJ9.e30.x', 'scrub', 'REDACTED'],
  ['4111111111111111', 'scrub', 'REDACTED'],
  ['=secret', 'scrub', '=REDACTED'],
  ['a=1;b=2', 'scrub', 'a=REDACTED'],
])('%s, %s', (query, policy, expected) => {
  expect(applyQueryPolicy(query, policy)).toBe(expected);
});
