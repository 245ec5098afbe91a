import { describe, expect, test } from '@jest/globals';
import { SPAN_BUFFER_BYTES } from '../../src/tap/protocol.ts';
import { createSpanWriter } from '../../src/tap/span_writer.ts';
import type { SpanWriter } from '../../src/tap/types.ts';
import { AttributeKey, type AttributeValue } from '../../src/wire/attribute.ts';
import {
  attributes,
  clientDefinition,
  instance,
  operation,
  serverDefinition,
  spanContext,
} from '../support/operations.ts';
import { flat, type OracleObject, oracleDecode } from '../support/oracle.ts';
import { fc } from '../support/property.ts';

const options = { version: '0.1.0', schemaUrl: 'https://opentelemetry.io/schemas/1.45.0' };
const noOffset = [0, 0] as const;

function flushed(writer: SpanWriter, size = SPAN_BUFFER_BYTES): OracleObject {
  const into = new Uint8Array(size);
  return oracleDecode('traces', into.subarray(0, writer.flush(into)));
}

function theSpan(request: OracleObject): OracleObject {
  return request.resourceSpans[0].scopeSpans[0].spans[0];
}

test('a span with everything', () => {
  const writer = createSpanWriter(options);
  const parentSpanId = Uint8Array.from({ length: 8 }, () => 7);
  const context = spanContext({ parentSpanId, traceState: 'vendor=1', flags: 1 });
  expect(writer.add(instance(1), operation({ error: true }), context, [400_000_000, 4_294_967_295])).toBe(true);
  expect(writer.spans).toBe(1);
  const request = flushed(writer);
  const [{ resource, scopeSpans }] = request.resourceSpans;
  expect(flat(resource.attributes)).toEqual({ 'service.name': 'service-1', 'process.pid': '101' });
  expect(scopeSpans[0].scope).toEqual({ name: 'sonde.http1', version: '0.1.0' });
  expect(scopeSpans[0].schemaUrl).toBe(options.schemaUrl);
  const base = (400_000_000n << 32n) + 4_294_967_295n;
  expect(theSpan(request)).toEqual({
    traceId: Buffer.from(context.traceId),
    spanId: Buffer.from(context.spanId),
    parentSpanId: Buffer.from(parentSpanId),
    traceState: 'vendor=1',
    name: 'GET /users/{id}',
    kind: 2,
    startTimeUnixNano: String(base + 5_000_000_000n),
    endTimeUnixNano: String(base + 5_001_000_000n),
    attributes: [
      { key: 'http.request.method', value: { stringValue: 'GET' } },
      { key: 'http.response.status_code', value: { intValue: '200' } },
    ],
    status: { code: 2 },
    flags: 0x301,
  });
});

test('a root span without error, of a client', () => {
  const writer = createSpanWriter(options);
  writer.add(instance(1), operation({ definition: clientDefinition }), spanContext(), noOffset);
  const span = theSpan(flushed(writer));
  expect(span).toMatchObject({ kind: 3, flags: 1 });
  expect(Object.keys(span)).not.toEqual(expect.arrayContaining(['status']));
  expect(span.parentSpanId).toBeUndefined();
  expect(span.traceState).toBeUndefined();
});

test('times are exact to the nanosecond', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      fc.bigInt({ min: 0n, max: 2n ** 63n }),
      (monotonic, offset) => {
        const writer = createSpanWriter(options);
        const pair = [Number(offset >> 32n), Number(offset & 0xffff_ffffn)] as const;
        writer.add(instance(1), operation({ start: monotonic, end: monotonic }), spanContext(), pair);
        const expected = BigInt.asUintN(64, BigInt(monotonic) + offset);
        expect(theSpan(flushed(writer)).startTimeUnixNano ?? '0').toBe(String(expected));
      },
    ),
  );
});

const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ maxLength: 40 }),
  fc.maxSafeInteger(),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.array(fc.string({ unit: 'grapheme', maxLength: 90 }), { maxLength: 5 }),
);

function expectedValue(value: AttributeValue): unknown {
  if (typeof value !== 'number') return value;
  const isInt = Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63;
  return isInt ? String(BigInt(value)) : value;
}

test('every attribute value arrives, in the shortest encoding', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 200 }), (values, name) => {
      const writer = createSpanWriter({ ...options, maxBytes: 1 << 20 });
      const record = Object.fromEntries(
        values.map((value, i) => [i % 3 === 0 ? `${'k'.repeat(120)}${i}` : `k${i}`, value]),
      );
      expect(
        writer.add(instance(1), operation({ name, attributes: attributes(record) }), spanContext(), noOffset),
      ).toBe(true);
      const into = new Uint8Array(writer.bytes);
      const { bytes } = writer;
      expect(writer.flush(into)).toBe(bytes);
      const request = oracleDecode('traces', into);
      const span = theSpan(request);
      expect(span.name).toBe(name);
      const expected = Object.entries(record).map(([key, item]) => [key, expectedValue(item)]);
      expect(flat(span.attributes)).toEqual(Object.fromEntries(expected));
    }),
  );
});

test('lone surrogates become U+FFFD', () => {
  const writer = createSpanWriter(options);
  const texts = attributes({ short: 'a\ud800b', long: `${'x'.repeat(100)}\udc00` });
  writer.add(instance(1), operation({ attributes: texts }), spanContext(), noOffset);
  expect(flat(theSpan(flushed(writer)).attributes)).toEqual({ short: 'a\ufffdb', long: `${'x'.repeat(100)}\ufffd` });
});

describe('several instances and scopes', () => {
  test('are kept apart, in one request', () => {
    const writer = createSpanWriter(options);
    const other = { ...serverDefinition, scope: 'sonde.other' };
    const instances = [instance(1), instance(2)] as const;
    for (let i = 0; i < 6; i++) {
      const definition = i % 3 === 0 ? other : serverDefinition;
      writer.add(instances[i % 2] as never, operation({ name: `n${i}`, definition }), spanContext(), noOffset);
    }
    const { bytes } = writer;
    const into = new Uint8Array(bytes);
    expect(writer.flush(into)).toBe(bytes);
    expect([writer.spans, writer.bytes]).toEqual([0, 0]);
    const seen = oracleDecode('traces', into).resourceSpans.map((group: OracleObject) => [
      flat(group.resource.attributes)['service.name'],
      ...group.scopeSpans.map((scope: OracleObject) => [
        scope.scope.name,
        ...scope.spans.map((s: OracleObject) => s.name),
      ]),
    ]);
    expect(seen).toEqual([
      ['service-1', ['sonde.other', 'n0'], ['sonde.http1', 'n2', 'n4']],
      ['service-2', ['sonde.http1', 'n1', 'n5'], ['sonde.other', 'n3']],
    ]);
  });

  test('the latest resource is written', () => {
    const writer = createSpanWriter(options);
    writer.add(instance(1, 'early'), operation(), spanContext(), noOffset);
    writer.add(instance(1, 'known by now'), operation(), spanContext(), noOffset);
    const request = flushed(writer);
    expect(request.resourceSpans).toHaveLength(1);
    expect(flat(request.resourceSpans[0].resource.attributes)['service.name']).toBe('known by now');
  });

  test('what does not fit stays, whole', () => {
    const writer = createSpanWriter(options);
    for (const id of [1, 2, 3]) writer.add(instance(id), operation(), spanContext(), noOffset);
    const one = writer.bytes / 3;
    const into = new Uint8Array(Math.ceil(one * 2.5));
    expect(writer.flush(into)).toBe(one * 2);
    expect([writer.spans, writer.bytes]).toEqual([1, one]);
    expect(flushed(writer).resourceSpans).toHaveLength(1);
    expect(writer.flush(into)).toBe(0);
  });
});

describe('bounds', () => {
  test('a full writer refuses, and one flush empties it', () => {
    const writer = createSpanWriter(options);
    let added = 0;
    while (writer.add(instance(added % 5), operation(), spanContext(), noOffset)) added++;
    expect(writer.bytes).toBeLessThanOrEqual(SPAN_BUFFER_BYTES);
    expect(writer.bytes).toBeGreaterThan(SPAN_BUFFER_BYTES - 400);
    const spans = flushed(writer).resourceSpans.flatMap((group: OracleObject) => group.scopeSpans[0].spans);
    expect(spans).toHaveLength(added);
    expect([writer.spans, writer.bytes]).toEqual([0, 0]);
    expect(writer.add(instance(1), operation(), spanContext(), noOffset)).toBe(true);
  });

  test('a span over the limit is refused and leaves nothing behind', () => {
    const writer = createSpanWriter({ ...options, maxBytes: 1000 });
    const big = [500, 999, 100_000].map((n) => operation({ attributes: [AttributeKey.of('a'), 'é'.repeat(n)] }));
    for (const one of big) expect(writer.add(instance(1), one, spanContext(), noOffset)).toBe(false);
    expect([writer.spans, writer.bytes, writer.flush(new Uint8Array(1000))]).toEqual([0, 0, 0]);
    expect(writer.add(instance(1), operation(), spanContext(), noOffset)).toBe(true);
    const { bytes } = writer;
    for (const one of big) expect(writer.add(instance(1), one, spanContext(), noOffset)).toBe(false);
    expect([writer.spans, writer.bytes]).toEqual([1, bytes]);
    expect(theSpan(flushed(writer)).name).toBe('GET /users/{id}');
  });

  test('drop forgets and counts', () => {
    const writer = createSpanWriter(options);
    for (const id of [1, 2, 1]) writer.add(instance(id), operation(), spanContext(), noOffset);
    expect(writer.drop()).toBe(3);
    expect([writer.spans, writer.bytes, writer.drop()]).toEqual([0, 0, 0]);
  });
});
