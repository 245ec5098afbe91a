import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { countItems } from '../../../src/pdata/otlp/count.ts';
import { decodeMessage } from '../../../src/pdata/otlp/decode.ts';
import { encodeMessage } from '../../../src/pdata/otlp/encode.ts';
import { fromJson } from '../../../src/pdata/otlp/from_json.ts';
import { MAX_DEPTH, OtlpError } from '../../../src/pdata/otlp/reader.ts';
import { type MessageName, requestOf } from '../../../src/pdata/otlp/schema.ts';
import { toJson } from '../../../src/pdata/otlp/to_json.ts';
import { arbitraryMessage, messageNames, normalized } from '../../support/otlp_arbitrary.ts';
import { samples } from '../../support/otlp_samples.ts';
import { fc } from '../../support/property.ts';

const signals = ['traces', 'metrics', 'logs', 'profiles'] as const;

const json = (name: MessageName, hex: string): string =>
  Buffer.from(toJson(name, Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toString();
const text = (name: MessageName, bytes: Uint8Array): string => Buffer.from(toJson(name, bytes)).toString();

describe('to JSON', () => {
  test.each(signals)('%s: the line of the Collector, byte for byte', (signal) => {
    const golden = readFileSync(new URL(`../../fixtures/otlp/${signal}.jsonl`, import.meta.url), 'utf8');
    expect(`${text(requestOf[signal], encodeMessage(requestOf[signal], samples[signal]))}\n`).toBe(golden);
  });

  test.each<[string, MessageName, string, string]>([
    ['fields in any order', 'Status', '1802 120161', '{"message":"a","code":2}'],
    ['repeated values apart from each other', 'Span', '5a00 2a0161 5a00', '{"name":"a","events":[{},{}],"status":{}}'],
    ['pieces of a message', 'Span', '7a03120161 2a0162 7a021802', '{"name":"b","status":{"message":"a","code":2}}'],
    ['the last of a oneof', 'AnyValue', '0a0161 1001', '{"boolValue":true}'],
    ['the last of the same oneof member', 'AnyValue', '0a0161 0a0162', '{"stringValue":"b"}'],
    ['a oneof back and forth', 'AnyValue', '0a0161 1001 0a0162', '{"stringValue":"b"}'],
    ['unknown fields', 'Status', '0801 3b 0801 3c 1801', '{"code":1}'],
    ['a list packed and not', 'Stack', '0a020102 0803 0a00 0a0104', '{"locationIndices":[1,2,3,4]}'],
    ['a packed list of nothing', 'Stack', '0a00', '{}'],
    ['a tag in more bytes than needed', 'Stack', '8a8000020102', '{"locationIndices":[1,2]}'],
    ['an id of zeros', 'Link', '0a10 00000000000000000000000000000000', '{}'],
    ['bytes that are no UTF-8 stay', 'Status', '1203 41ff42', '{"message":"A\ufffdB"}'],
    ['nothing', 'ExportTraceServiceRequest', '', '{}'],
    ['a response', 'ExportTraceServiceResponse', '', '{"partialSuccess":{}}'],
  ])('%s', (_, name, hex, expected) => expect(json(name, hex)).toBe(expected));

  test.each([
    [0n, '"0"'],
    [9n, '"9"'],
    [10n, '"10"'],
    [10n ** 9n, '"1000000000"'],
    [2n ** 32n - 1n, '"4294967295"'],
    [2n ** 32n, '"4294967296"'],
    [10n ** 18n, '"1000000000000000000"'],
    [2n ** 64n - 1n, '"18446744073709551615"'],
  ])('%d', (value, expected) => {
    expect(text('HistogramDataPoint', encodeMessage('HistogramDataPoint', { bucketCounts: [value] }))).toBe(
      `{"bucketCounts":[${expected}]}`,
    );
  });

  test('64-bit integers are exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (intValue) => {
        expect(text('AnyValue', encodeMessage('AnyValue', { intValue }))).toBe(`{"intValue":"${intValue}"}`);
      }),
    );
  });

  test.each(messageNames)('%s: is JSON, and comes back the same', (name) => {
    fc.assert(
      fc.property(arbitraryMessage(name), (message) => {
        const line = text(name, encodeMessage(name, message));
        expect(() => JSON.parse(line)).not.toThrow();
        expect(text(name, fromJson(name, line))).toBe(line);
      }),
      { numRuns: 30 },
    );
  });

  test.each(['18ff', '120261', '1a0161', '24', '7a05'])('hostile: %s', (hex) => {
    expect(() => json('Status', hex)).toThrow(OtlpError);
  });
});

describe('from JSON', () => {
  const id = '0123456789abcdef';

  test.each(signals)('%s: a line of the Collector', (signal) => {
    const name = requestOf[signal];
    const golden = readFileSync(new URL(`../../fixtures/otlp/${signal}.jsonl`, import.meta.url));
    const bytes = fromJson(name, golden);
    expect(`${text(name, bytes)}\n`).toBe(golden.toString());
    expect(normalized(name, decodeMessage(name, bytes))).toEqual(decodeMessage(name, bytes));
  });

  test.each<[string, MessageName, string, object]>([
    [
      'snake_case',
      'SpanLink',
      '{"trace_state":"a","dropped_attributes_count":1}',
      { traceState: 'a', droppedAttributesCount: 1 },
    ],
    [
      'ids in upper case',
      'SpanLink',
      `{"spanId":"${id.toUpperCase()}"}`,
      { spanId: new Uint8Array(Buffer.from(id, 'hex')) },
    ],
    ['an empty id', 'SpanLink', '{"spanId":""}', {}],
    ['64 bits as number', 'SpanEvent', '{"timeUnixNano":18446744073709551615}', { timeUnixNano: 2n ** 64n - 1n }],
    ['64 bits as text', 'AnyValue', '{"intValue":"-9223372036854775808"}', { intValue: -(2n ** 63n) }],
    ['64 bits with exponent', 'AnyValue', '{"intValue":1.5e3}', { intValue: 1500n }],
    ['32 bits as text', 'SpanEvent', '{"droppedAttributesCount":"7"}', { droppedAttributesCount: 7 }],
    ['an enum as number', 'Span', '{"kind":2}', { kind: 2 }],
    [
      'an enum by name',
      'Span',
      '{"kind":"SPAN_KIND_CLIENT","status":{"code":"STATUS_CODE_ERROR"}}',
      { kind: 3, status: { code: 2 } },
    ],
    ['a severity by name', 'LogRecord', '{"severityNumber":"SEVERITY_NUMBER_INFO2"}', { severityNumber: 10 }],
    [
      'a double as text',
      'ValueAtQuantile',
      '{"quantile":"1e3","value":"-Infinity"}',
      { quantile: 1000, value: Number.NEGATIVE_INFINITY },
    ],
    ['NaN', 'AnyValue', '{"doubleValue":"NaN"}', { doubleValue: Number.NaN }],
    ['base64', 'AnyValue', '{"bytesValue":"AP8="}', { bytesValue: Uint8Array.of(0, 255) }],
    ['base64 for addresses, unpadded', 'AnyValue', '{"bytesValue":"-_8"}', { bytesValue: Uint8Array.of(0xfb, 0xff) }],
    ['escapes', 'Status', '{"message":"\\u00e9\\n\\"\\\\\\/\\ud83d\\ude80"}', { message: 'é\n"\\/🚀' }],
    ['null', 'Span', '{"name":null,"events":null,"status":null,"kind":null}', {}],
    ['unknown keys', 'Status', '{"x":{"y":[1,"z",null,true,{}]},"code":1,"w":-1.5e-7}', { code: 1 }],
    ['white space', 'Status', ' {\r\n "code" :\t1 } ', { code: 1 }],
    ['a key twice', 'AnyValue', '{"arrayValue":{"values":[{}]},"stringValue":"a"}', { stringValue: 'a' }],
    [
      'a key twice, zero the second time',
      'Status',
      '{"code":1,"message":"a","code":0,"message":""}',
      { code: 0, message: '' },
    ],
    [
      'a list twice',
      'Stack',
      '{"locationIndices":[1],"locationIndices":[],"locationIndices":[2,3]}',
      { locationIndices: [1, 2, 3] },
    ],
    [
      'a message twice',
      'Span',
      '{"status":{"code":1},"status":{"message":"a"}}',
      { status: { code: 1, message: 'a' } },
    ],
    ['an empty list', 'Stack', '{"locationIndices":[]}', {}],
    ['zero of a oneof', 'AnyValue', '{"intValue":0}', { intValue: 0n }],
    ['a status of RPC', 'RpcStatus', '{"code":14,"message":"busy"}', { code: 14, message: 'busy' }],
  ])('%s', (_, name, line, expected) => expect(decodeMessage(name, fromJson(name, line))).toEqual(expected));

  test('many small values take no more memory than their bytes', () => {
    const line = `{"resourceSpans":[{"scopeSpans":[{"spans":[${'{},'.repeat(2_000_000)}{}]}]}]}`;
    const { heapUsed } = process.memoryUsage();
    const bytes = fromJson('ExportTraceServiceRequest', line);
    // As objects they were 230 MB; what may be is garbage of the youngest generation.
    expect(process.memoryUsage().heapUsed - heapUsed).toBeLessThan(100e6);
    expect(countItems('traces', bytes)).toBe(2_000_001);
  });

  test.each<[string, MessageName, string, number]>([
    ['no object', 'Status', '[]', 0],
    ['nothing', 'Status', '', 0],
    ['cut off', 'Status', '{"code":', 8],
    ['a comma too many', 'Status', '{"code":1,}', 10],
    ['text after the end', 'Status', '{} {}', 3],
    ['a string for a list', 'Span', '{"events":"x"}', 10],
    ['a string cut off', 'Status', '{"message":"abc', 15],
    ['a string cut off in an escape', 'Status', '{"message":"abc\\', 17],
    ['a bad escape', 'Status', '{"message":"\\x"}', 11],
    ['a control character', 'Status', '{"message":"a\nb"}', 13],
    ['a trace id of 4 digits', 'Link', '{"traceId":"0123"}', 11],
    ['an id in base64', 'Link', '{"spanId":"AAAAAAAAAAAAAAA="}', 10],
    ['a number over 64 bits', 'SpanEvent', '{"timeUnixNano":18446744073709551616}', 16],
    ['a negative unsigned number', 'SpanEvent', '{"timeUnixNano":"-1"}', 16],
    ['a fraction for an integer', 'AnyValue', '{"intValue":0.5}', 12],
    ['hex for an integer', 'AnyValue', '{"intValue":"0x10"}', 12],
    ['a very long integer', 'AnyValue', `{"intValue":"${'9'.repeat(100_000)}"}`, 12],
    ['an unknown enum name', 'Span', '{"kind":"SERVER"}', 8],
    ['a number for a bool', 'AnyValue', '{"boolValue":1}', 13],
    ['bad base64', 'AnyValue', '{"bytesValue":"*"}', 14],
    ['a double that is none', 'AnyValue', '{"doubleValue":"1.2.3"}', 15],
    ['a literal that is none', 'Status', '{"x":nul}', 5],
  ])('refuses %s', (_, name, line, offset) => {
    expect(() => fromJson(name, line)).toThrow(OtlpError);
    expect(() => fromJson(name, line)).toThrow(expect.objectContaining({ offset }));
  });

  test('depth, also of what is passed over', () => {
    const deep = (n: number): string => `${'{"arrayValue":{"values":['.repeat(n)}{}${']}}'.repeat(n)}`;
    expect(() => fromJson('AnyValue', deep(MAX_DEPTH / 2 - 1))).not.toThrow();
    expect(() => fromJson('AnyValue', deep(MAX_DEPTH))).toThrow('nested too deeply');
    expect(() => fromJson('Status', `{"x":${'['.repeat(100_000)}`)).toThrow('nested too deeply');
  });
});
