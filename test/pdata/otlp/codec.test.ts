import { describe, expect, test } from '@jest/globals';
import { decodeMessage } from '../../../src/pdata/otlp/decode.ts';
import { encodeMessage } from '../../../src/pdata/otlp/encode.ts';
import { MAX_DEPTH, OtlpError } from '../../../src/pdata/otlp/reader.ts';
import { type MessageName, messages, requestOf, UNKNOWN } from '../../../src/pdata/otlp/schema.ts';
import { messageType } from '../../../src/pdata/otlp/types.ts';
import { oracleDecode, oracleReencode } from '../../support/oracle.ts';
import { arbitraryMessage, messageNames, normalized } from '../../support/otlp_arbitrary.ts';
import { samples } from '../../support/otlp_samples.ts';
import { fc } from '../../support/property.ts';

const signals = ['traces', 'metrics', 'logs', 'profiles'] as const;
const oracleSignals = ['traces', 'metrics', 'logs'] as const;

/** Fields younger than the oracle. */
const younger = new Set(['stringValueStrindex', 'keyStrindex', 'entityRefs']);

describe('schema', () => {
  test.each(messageNames)('%s: numbers and names are unique, references known', (name) => {
    const fields = Object.entries(messages[name]);
    expect(new Set(fields.map(([, [number]]) => number)).size).toBe(fields.length);
    expect(messageType(name).fields).toHaveLength(fields.length);
    expect(fields.length).toBeLessThanOrEqual(16);
    for (const field of messageType(name).fields) expect(field.kind === 'message').toBe(field.message !== undefined);
  });
});

test.each(signals)('%s: encoded and decoded again', (signal) => {
  const name = requestOf[signal];
  const bytes = encodeMessage(name, samples[signal]);
  expect(decodeMessage(name, bytes)).toEqual(normalized(name, samples[signal]));
  expect(encodeMessage(name, decodeMessage(name, bytes))).toEqual(bytes);
});

test.each(messageNames)('%s: any object, encoded and decoded again', (name) => {
  fc.assert(
    fc.property(arbitraryMessage(name), (message) => {
      const bytes = encodeMessage(name, message);
      expect(decodeMessage(name, bytes)).toEqual(normalized(name, message));
    }),
    { numRuns: 30 },
  );
});

describe('against the oracle', () => {
  test.each(oracleSignals)('%s: it reads what we write, and we read what it writes', (signal) => {
    fc.assert(
      fc.property(arbitraryMessage(requestOf[signal], younger), (message) => {
        const bytes = encodeMessage(requestOf[signal], message);
        const again = oracleReencode(signal, bytes);
        expect(decodeMessage(requestOf[signal], again)).toEqual(decodeMessage(requestOf[signal], bytes));
      }),
      { numRuns: 100 },
    );
  });

  test('values arrive at their names', () => {
    const [{ resource, scopeSpans }] = oracleDecode(
      'traces',
      encodeMessage(requestOf.traces, samples.traces),
    ).resourceSpans;
    expect(resource.droppedAttributesCount).toBe(3);
    expect(scopeSpans[0].spans[0]).toMatchObject({
      name: 'GET /',
      kind: 2,
      startTimeUnixNano: '1763700000123456789',
      status: { code: 2, message: 'no' },
      traceState: 'a=1,b=2',
      flags: 0x301,
    });
    const { resourceMetrics } = oracleDecode('metrics', encodeMessage(requestOf.metrics, samples.metrics));
    expect(resourceMetrics[0].scopeMetrics[0].metrics[3].exponentialHistogram.dataPoints[0]).toMatchObject({
      scale: -3,
      positive: { offset: 2, bucketCounts: ['1', '0', '18446744073709551615'] },
      negative: { offset: -2147483648 },
      zeroThreshold: 1e-9,
    });
  });
});

describe('what protobuf allows', () => {
  const status = (hex: string) => decodeMessage('Status', Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  const point = (hex: string) => decodeMessage('HistogramDataPoint', Buffer.from(hex.replaceAll(' ', ''), 'hex'));

  test.each([
    ['the last scalar wins', '1801 1802', { code: 2 }],
    ['a varint in more bytes than needed', '18 82 80 00', { code: 2 }],
    ['a tag in more bytes than needed', '98 80 00 02', { code: 2 }],
    ['an enum of 64 bits keeps 32', '18 82 80 80 80 80 80 80 80 80 01', { code: 2 }],
    ['a negative enum', '18 ff ff ff ff ff ff ff ff ff 01', { code: -1 }],
  ])('%s', (_, hex, expected) => expect(status(hex)).toEqual(expected));

  test('unknown fields of every wire type are kept, in their order', () => {
    const unknown = ['0801', '2903000000000000 00', '320161', '3b 0801 43 44 3c', '4d01000000'].map((hex) =>
      hex.replaceAll(' ', ''),
    );
    const message = status(`${unknown[0]}${unknown[1]}1801${unknown.slice(2).join('')}`);
    expect(message.code).toBe(1);
    expect(message[UNKNOWN]?.map((raw) => Buffer.from(raw).toString('hex'))).toEqual(unknown);
    expect(Buffer.from(encodeMessage('Status', message)).toString('hex')).toBe(`1801${unknown.join('')}`);
  });

  test('repeated numbers packed, one by one, and both', () => {
    const one = '0100000000000000';
    const two = '0200000000000000';
    expect(point(`32 10 ${one} ${two}`).bucketCounts).toEqual([1n, 2n]);
    expect(point(`31 ${one} 31 ${two}`).bucketCounts).toEqual([1n, 2n]);
    expect(point(`32 08 ${one} 31 ${two} 32 00`).bucketCounts).toEqual([1n, 2n]);
  });

  test('pieces of a message are merged; of a oneof the last stays', () => {
    const span = decodeMessage('Span', Buffer.from('7a0212007a021802', 'hex'));
    expect(span.status).toEqual({ message: '', code: 2 });
    expect(decodeMessage('AnyValue', Buffer.from('0a01611001', 'hex'))).toEqual({ boolValue: true });
  });
});

/** n messages within each other: AnyValue > ArrayValue > AnyValue ... */
function nested(levels: number): Uint8Array {
  let bytes = Buffer.alloc(0);
  for (let level = levels - 1; level > 0; level--) {
    const length: number[] = [];
    for (let rest = bytes.length; ; rest >>>= 7) {
      length.push(rest > 127 ? (rest & 127) | 128 : rest);
      if (rest <= 127) break;
    }
    bytes = Buffer.concat([Buffer.of(level % 2 === 1 ? 0x2a : 0x0a, ...length), bytes]);
  }
  return bytes;
}

describe('hostile bytes', () => {
  test.each<[string, MessageName, string, number]>([
    ['a varint cut off', 'Status', '18ff', 1],
    ['a varint of 11 bytes', 'Status', '18ffffffffffffffffffff01', 1],
    ['a length beyond the end', 'Status', '120261', 1],
    ['a length of 2^32', 'Status', '128080808010', 1],
    ['a length of 2^64 - 1', 'Status', '12ffffffffffffffffff01', 1],
    ['a length beyond the message around it', 'Span', '7a0212057878787878', 3],
    ['field number 0', 'Status', '0001', 0],
    ['a field number over 2^29', 'Status', '8080808080808080800100', 0],
    ['wire type 6', 'Status', '26', 1],
    ['the end of no group', 'Status', '24', 1],
    ['a group without end', 'Status', '2308', 2],
    ['a wrong wire type', 'Status', '1201', 1],
    ['a string as a number', 'Status', '1a0161', 0],
    ['a trace id of 3 bytes', 'Span', '0a03010203', 2],
    ['a fixed64 cut off', 'SpanEvent', '09010203', 1],
    ['packed numbers that end in the middle', 'HistogramDataPoint', '320900000000000000000a', 10],
  ])('%s', (_, name, hex, offset) => {
    const decoded = (): unknown => decodeMessage(name, Buffer.from(hex, 'hex'));
    expect(decoded).toThrow(OtlpError);
    expect(decoded).toThrow(expect.objectContaining({ offset }));
  });

  test('depth', () => {
    expect(() => decodeMessage('AnyValue', nested(MAX_DEPTH))).not.toThrow();
    expect(() => decodeMessage('AnyValue', nested(MAX_DEPTH + 1))).toThrow('nested too deeply');
    expect(() => decodeMessage('AnyValue', nested(50_000))).toThrow('nested too deeply');
  });

  test('groups within groups use no stack', () => {
    expect(() => decodeMessage('Status', Buffer.alloc(1 << 20, 0x23))).toThrow(OtlpError);
  });

  test('an object too deep to be read again is not written', () => {
    let value = {};
    for (let level = 0; level < MAX_DEPTH; level++) value = { arrayValue: { values: [value] } };
    expect(() => encodeMessage('AnyValue', value)).toThrow(OtlpError);
  });
});
