import { describe, expect, test } from '@jest/globals';
import { joinTracestate, readTraceparent } from '../../src/wire/traceparent.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const good = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('traceparent (W3C Trace Context Level 2, section 3.2)', () => {
  test.each([
    ['version 00', good, good],
    ['not sampled', good.replace(/01$/, '00'), good.replace(/01$/, '00')],
    ['random flag', good.replace(/01$/, '03'), good.replace(/01$/, '03')],
    ['a higher version', `cc${good.slice(2)}`, `cc${good.slice(2)}`],
    ['a higher version with more', `cc${good.slice(2)}-what-the-future`, `cc${good.slice(2)}`],
    ['a higher version with more but no dash', `cc${good.slice(2)}.what`, ''],
    ['version 00 with more', `${good}-what`, ''],
    ['version ff', `ff${good.slice(2)}`, ''],
    ['upper case', good.toUpperCase(), ''],
    ['trace id of zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, ''],
    ['parent id of zeros', `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`, ''],
    ['too short', good.slice(0, -1), ''],
    ['no hexadecimal', good.replace('b7ad', 'b7xd'), ''],
    ['dashes elsewhere', good.replaceAll('-', '_'), ''],
    ['empty', '', ''],
  ])('%s', (_, header, expected) => {
    expect(readTraceparent(bytes(header), 0, header.length)).toBe(expected);
  });
});

describe('tracestate (section 3.3)', () => {
  const join = (...fields: string[]) =>
    fields.reduce<string | undefined>(
      (before, field) => (before === undefined ? undefined : joinTracestate(before, bytes(field), 0, field.length)),
      '',
    );
  const members = (count: number) => Array.from({ length: count }, (_, at) => `k${at}=v`).join(',');

  test.each([
    ['one', ['a=1'], 'a=1'],
    ['fields are joined', ['a=1', 'b=2'], 'a=1,b=2'],
    ['an empty field is nothing', ['', 'b=2'], 'b=2'],
    ['32 members', [members(32)], members(32)],
    ['33 members', [members(33)], undefined],
    ['33 members in two fields', [members(32), 'z=1'], undefined],
    ['512 bytes', [`a=${'x'.repeat(510)}`], `a=${'x'.repeat(510)}`],
    ['513 bytes', [`a=${'x'.repeat(511)}`], undefined],
    ['control characters', ['a=\x01'], undefined],
    ['not ASCII', ['a=\xe9'], undefined],
  ])('%s', (_, fields, expected) => {
    expect(join(...fields)).toBe(expected);
  });
});
