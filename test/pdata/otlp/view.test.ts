import { describe, expect, test } from '@jest/globals';
import { encodeResource } from '../../../src/pdata/otlp/attributes.ts';
import { countItems } from '../../../src/pdata/otlp/count.ts';
import { decodeMessage } from '../../../src/pdata/otlp/decode.ts';
import { encodeMessage } from '../../../src/pdata/otlp/encode.ts';
import { OtlpError } from '../../../src/pdata/otlp/reader.ts';
import { requestOf } from '../../../src/pdata/otlp/schema.ts';
import { items, type Range, replaceResources, resources } from '../../../src/pdata/otlp/view.ts';
import type { Signal } from '../../../src/pdata/pdata.ts';
import { type OracleObject, oracleDecode } from '../../support/oracle.ts';
import { arbitraryMessage } from '../../support/otlp_arbitrary.ts';
import { samples } from '../../support/otlp_samples.ts';
import { fc } from '../../support/property.ts';

const signals = ['traces', 'metrics', 'logs', 'profiles'] as const;

const list = (value: unknown): OracleObject[] => (value ?? []) as OracleObject[];

/** Counted the slow way. */
function countDecoded(signal: Signal, request: OracleObject): number {
  const levels = {
    traces: ['resourceSpans', 'scopeSpans', 'spans'],
    metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
    logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
    profiles: ['resourceProfiles', 'scopeProfiles', 'profiles'],
  }[signal];
  let found = [request];
  for (const level of levels) found = found.flatMap((one) => list(one[level]));
  if (signal === 'profiles') return found.flatMap((profile) => list(profile.samples)).length;
  if (signal !== 'metrics') return found.length;
  const data = (metric: OracleObject): OracleObject =>
    metric.gauge ?? metric.sum ?? metric.histogram ?? metric.exponentialHistogram ?? metric.summary ?? {};
  return found.flatMap((metric) => list(data(metric).dataPoints)).length;
}

describe('items are counted', () => {
  test.each<[Signal, number]>([
    ['traces', 4],
    ['metrics', 11],
    ['logs', 3],
    ['profiles', 2],
  ])('%s of the sample', (signal, expected) => {
    expect(countItems(signal, encodeMessage(requestOf[signal], samples[signal]))).toBe(expected);
  });

  test.each(signals)('%s, as decoding would', (signal) => {
    fc.assert(
      fc.property(arbitraryMessage(requestOf[signal]), (message) => {
        expect(countItems(signal, encodeMessage(requestOf[signal], message))).toBe(countDecoded(signal, message));
      }),
    );
  });

  test.each(['0a05', '0a021205', '0a0412021205', '07'])('hostile: %s', (hex) => {
    for (const signal of signals) expect(() => countItems(signal, Buffer.from(hex, 'hex'))).toThrow(OtlpError);
  });
});

describe('views', () => {
  const bytes = encodeMessage(requestOf.traces, samples.traces);
  const slice = ({ start, end }: Range): Uint8Array => bytes.subarray(start, end);

  test('resources, scopes and spans by their offsets', () => {
    const views = [...resources(bytes)];
    const expected = samples.traces.resourceSpans ?? [];
    expect(views).toHaveLength(expected.length);
    const [first, second] = views;
    expect(decodeMessage('Resource', slice(first!.resource!))).toEqual(expected[0]?.resource);
    expect(second).toMatchObject({ resource: undefined, scopes: [] });
    const [scope, empty] = first!.scopes;
    expect(decodeMessage('InstrumentationScope', slice(scope!.scope!)).name).toBe('scope');
    expect(Buffer.from(slice(scope!.schemaUrl!)).toString()).toBe('https://opentelemetry.io/schemas/1.45.0');
    const names = [...items(bytes, scope!)].map((span) => decodeMessage('Span', slice(span)).name);
    expect(names).toEqual(['GET /', 'bare', undefined, undefined]);
    expect(empty).toMatchObject({ scope: undefined, schemaUrl: undefined });
  });

  test('a resource is replaced, the rest untouched', () => {
    const replacement = encodeResource({ 'service.name': 'other', 'long.one': 'x'.repeat(300) });
    const changed = replaceResources(bytes, (resource) => (resource.length > 0 ? replacement : undefined));
    const before = oracleDecode('traces', bytes);
    const after = oracleDecode('traces', changed);
    expect(after.resourceSpans[0].resource.attributes.map((a: OracleObject) => a.key)).toEqual([
      'service.name',
      'long.one',
    ]);
    delete before.resourceSpans[0].resource;
    delete after.resourceSpans[0].resource;
    expect(after).toEqual(before);
  });

  test('one that was missing is added, and one in pieces is seen whole', () => {
    const added = replaceResources(bytes, (resource) => (resource.length > 0 ? undefined : encodeResource({ a: 1 })));
    expect(oracleDecode('traces', added).resourceSpans[1].resource.attributes).toHaveLength(1);
    const pieces = Buffer.from('0a080a0210010a021002', 'hex');
    const seen: string[] = [];
    const result = replaceResources(pieces, (resource) => {
      seen.push(Buffer.from(resource).toString('hex'));
      return new Uint8Array(0);
    });
    expect(seen).toEqual(['10011002']);
    expect(Buffer.from(result).toString('hex')).toBe('0a020a00');
  });

  test('nothing replaced, nothing copied', () => {
    expect(replaceResources(bytes, () => undefined)).toBe(bytes);
  });

  test('the same resource in its place changes nothing else', () => {
    for (const signal of signals) {
      fc.assert(
        fc.property(arbitraryMessage(requestOf[signal]), (message) => {
          const request = encodeMessage(requestOf[signal], message);
          const again = replaceResources(request, (resource) => (resource.length > 0 ? resource : undefined));
          expect(Buffer.from(again).equals(request)).toBe(true);
        }),
        { numRuns: 30 },
      );
    }
  });
});
