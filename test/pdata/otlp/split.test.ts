import { expect, test } from '@jest/globals';
import { countItems } from '../../../src/pdata/otlp/count.ts';
import { decodeMessage } from '../../../src/pdata/otlp/decode.ts';
import { encodeMessage } from '../../../src/pdata/otlp/encode.ts';
import { OtlpError } from '../../../src/pdata/otlp/reader.ts';
import { type OtlpObject, requestOf } from '../../../src/pdata/otlp/schema.ts';
import { type SplitLimit, splitBatch } from '../../../src/pdata/otlp/split.ts';
import { Batch, type Signal } from '../../../src/pdata/pdata.ts';
import { arbitraryMessage } from '../../support/otlp_arbitrary.ts';
import * as samples from '../../support/otlp_samples.ts';
import { fc } from '../../support/property.ts';

const splittable = ['traces', 'metrics', 'logs'] as const;

function batchOf(signal: Signal, ...messages: object[]): Batch {
  const chunks = messages.map((message) => encodeMessage(requestOf[signal], message as never));
  const items = chunks.reduce((sum, chunk) => sum + countItems(signal, chunk), 0);
  return new Batch(signal, chunks, items);
}

function parts(batch: Batch, limit: SplitLimit): Batch[] {
  const result: Batch[] = [];
  for (let rest: Batch | undefined = batch; rest !== undefined; ) {
    const [head, tail]: readonly [Batch, Batch?] = splitBatch(rest, limit);
    result.push(head);
    rest = tail;
  }
  return result;
}

/** Every item with its resource and scope, in order: what must be the same before and after. */
function leaves(batch: Batch): string[] {
  const result: string[] = [];
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, each: unknown) =>
      typeof each === 'bigint' ? `${each}n` : Number.isNaN(each) ? 'NaN' : Object.is(each, -0) ? '-0' : each,
    );
  for (const chunk of batch.chunks) {
    const request = decodeMessage(requestOf[batch.signal], chunk) as Record<string, Record<string, unknown>[]>;
    for (const resource of Object.values(request).flat()) {
      const { scopeSpans, scopeMetrics, scopeLogs, ...resourceFields } = resource;
      for (const scope of (scopeSpans ?? scopeMetrics ?? scopeLogs ?? []) as Record<string, unknown>[]) {
        const { spans, metrics, logRecords, ...scopeFields } = scope;
        for (const item of (spans ?? logRecords ?? []) as object[])
          result.push(text([resourceFields, scopeFields, item]));
        for (const metric of (metrics ?? []) as OtlpObject<'Metric'>[]) {
          for (const kind of ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const) {
            const { dataPoints = [], ...data } = metric[kind] ?? {};
            const { [kind]: _, ...fields } = metric;
            for (const point of dataPoints) result.push(text([resourceFields, scopeFields, fields, data, point]));
          }
        }
      }
    }
  }
  return result;
}

test.each(splittable)('%s: every cut keeps each item with its resource and scope', (signal) => {
  const message = arbitraryMessage(requestOf[signal]) as fc.Arbitrary<object>;
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 6 }), (messages, max) => {
      const batch = batchOf(signal, ...messages);
      const cut = parts(batch, { sizer: 'items', max });
      for (const part of cut) {
        expect(part.itemCount).toBeLessThanOrEqual(max);
        expect(part.chunks.reduce((sum, chunk) => sum + countItems(signal, chunk), 0)).toBe(part.itemCount);
      }
      if (batch.itemCount > 0) expect(cut.length).toBe(Math.ceil(batch.itemCount / max));
      expect(cut.flatMap(leaves)).toEqual(leaves(batch));
    }),
    { numRuns: 150 },
  );
});

test.each(splittable)('%s: by bytes, no part is larger than asked unless it is one item', (signal) => {
  const message = arbitraryMessage(requestOf[signal]) as fc.Arbitrary<object>;
  fc.assert(
    fc.property(message, fc.integer({ min: 20, max: 2000 }), (one, max) => {
      const batch = batchOf(signal, one);
      const cut = parts(batch, { sizer: 'bytes', max });
      for (const part of cut) if (part.itemCount > 1) expect(part.byteLength).toBeLessThanOrEqual(max);
      expect(cut.flatMap(leaves)).toEqual(leaves(batch));
    }),
    { numRuns: 150 },
  );
});

test('what fits, and profiles, stay as they are', () => {
  const batch = batchOf('traces', samples.traces);
  expect(splitBatch(batch, { sizer: 'items', max: batch.itemCount })).toEqual([batch]);
  const profiles = new Batch('profiles', [new Uint8Array(9)], 50);
  expect(splitBatch(profiles, { sizer: 'items', max: 1 })).toEqual([profiles]);
});

test('hostile bytes throw nothing but OtlpError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...splittable), (bytes, signal) => {
      try {
        splitBatch(new Batch(signal, [bytes], 10), { sizer: 'items', max: 3 });
      } catch (error) {
        expect(error).toBeInstanceOf(OtlpError);
      }
    }),
  );
});
