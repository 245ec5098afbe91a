import { describe, expect, test } from '@jest/globals';
import { decodeMessage } from '../../../src/pdata/otlp/decode.ts';
import { encodeMessage } from '../../../src/pdata/otlp/encode.ts';
import { OtlpError } from '../../../src/pdata/otlp/reader.ts';
import { requestOf } from '../../../src/pdata/otlp/schema.ts';
import { validateRequest } from '../../../src/pdata/otlp/validate.ts';
import { type Signal, signals } from '../../../src/pdata/pdata.ts';
import { samples } from '../../support/otlp_samples.ts';
import { fc } from '../../support/property.ts';

/** Undefined: taken. */
function refusal(run: () => unknown): number | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof OtlpError) return error.offset;
    throw error;
  }
}

function same(signal: Signal, bytes: Uint8Array): void {
  const decoded = refusal(() => decodeMessage(requestOf[signal], bytes));
  const walked = refusal(() => validateRequest(signal, bytes));
  expect(walked === undefined).toBe(decoded === undefined);
}

describe.each(signals)('%s', (signal) => {
  const sample = encodeMessage(requestOf[signal], samples[signal]);

  test('a request of every field is taken; cut at any length it is what the decoder says', () => {
    expect(refusal(() => validateRequest(signal, sample))).toBeUndefined();
    for (let length = 0; length < sample.length; length++) same(signal, sample.subarray(0, length));
  });

  test('any byte changed: refused exactly when the decoder refuses', () => {
    const change = fc.record({ at: fc.nat(sample.length - 1), to: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Uint8Array.from(sample);
        for (const { at, to } of changes) bytes[at] = to;
        same(signal, bytes);
      }),
      { numRuns: 2000 },
    );
  });

  test('any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => same(signal, bytes)),
      { numRuns: 2000 },
    );
  });

  test('the bytes around it are not looked at', () => {
    const around = new Uint8Array(sample.length + 20).fill(0x0a);
    around.set(sample, 10);
    expect(refusal(() => validateRequest(signal, around.subarray(10, 10 + sample.length)))).toBeUndefined();
    for (let length = 0; length < sample.length; length += 7) same(signal, around.subarray(10, 10 + length));
  });
});

test('deep nesting is refused, not followed', () => {
  let value = Uint8Array.of(0x0a, 0);
  const wrap = (tag: number, inner: Uint8Array): Uint8Array => {
    const length = inner.length;
    return Uint8Array.of(tag, (length & 127) | 128, ((length >> 7) & 127) | 128, length >> 14, ...inner);
  };
  // AnyValue.array_value.values, 400 times.
  for (let i = 0; i < 400; i++) value = new Uint8Array(wrap(0x2a, wrap(0x0a, value)));
  const span = wrap(0x12, wrap(0x4a, wrap(0x12, value)));
  expect(refusal(() => validateRequest('traces', wrap(0x0a, wrap(0x12, span))))).toBeGreaterThan(0);
});
