import { isUtf8 } from 'node:buffer';
import { expect, test } from '@jest/globals';
import { countItems } from '../../src/pdata/otlp/count.ts';
import { decodeMessage } from '../../src/pdata/otlp/decode.ts';
import { encodeMessage } from '../../src/pdata/otlp/encode.ts';
import { fromJson } from '../../src/pdata/otlp/from_json.ts';
import { OtlpError } from '../../src/pdata/otlp/reader.ts';
import { requestOf } from '../../src/pdata/otlp/schema.ts';
import { toJson } from '../../src/pdata/otlp/to_json.ts';
import { items, replaceResources, resources } from '../../src/pdata/otlp/view.ts';
import { samples } from '../support/otlp_samples.ts';
import { fc } from '../support/property.ts';

/** Hostile input: a result or an OtlpError, and all readers of one input agree. */
const signals = ['traces', 'metrics', 'logs', 'profiles'] as const;
const corpus = signals.map((signal) => encodeMessage(requestOf[signal], samples[signal]));
const lines = signals.map((signal, i) => Buffer.from(toJson(requestOf[signal], corpus[i]!)).toString());

function attempt<Result>(run: () => Result): Result | OtlpError {
  try {
    return run();
  } catch (error) {
    if (error instanceof OtlpError) return error;
    throw error;
  }
}

const edit = fc.record({
  at: fc.nat(4000),
  kind: fc.constantFrom('flip', 'cut', 'insert', 'repeat'),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 6 }),
});

function edited(input: Uint8Array, edits: { at: number; kind: string; bytes: Uint8Array }[]): Buffer {
  let out = Buffer.from(input);
  for (const { at, kind, bytes } of edits) {
    const position = out.length === 0 ? 0 : at % out.length;
    if (kind === 'flip') out.set(bytes.subarray(0, out.length - position), position);
    else if (kind === 'cut') out = Buffer.concat([out.subarray(0, position), out.subarray(position + bytes.length)]);
    else if (kind === 'insert') out = Buffer.concat([out.subarray(0, position), bytes, out.subarray(position)]);
    else out = Buffer.concat([out, out.subarray(position, position + 200)]);
  }
  return out;
}

function check(signal: (typeof signals)[number], bytes: Uint8Array): void {
  const name = requestOf[signal];
  const decoded = attempt(() => decodeMessage(name, bytes));
  const json = attempt(() => toJson(name, bytes));
  const count = attempt(() => countItems(signal, bytes));
  attempt(() => replaceResources(bytes, (resource) => resource));
  attempt(() => {
    for (const view of resources(bytes)) for (const scope of view.scopes) for (const _ of items(bytes, scope));
  });
  if (decoded instanceof OtlpError) return;
  expect(count).not.toBeInstanceOf(OtlpError);
  expect(json).not.toBeInstanceOf(OtlpError);
  const again = encodeMessage(name, decoded);
  expect(countItems(signal, again)).toBe(count);
  // Bytes that are no UTF-8 are copied by one and replaced by the other.
  const text = (value: Uint8Array): string => Buffer.from(value).toString();
  if (isUtf8(json as Uint8Array)) expect(text(toJson(name, again))).toBe(text(json as Uint8Array));
}

test('random bytes', () => {
  fc.assert(fc.property(fc.constantFrom(...signals), fc.uint8Array({ maxLength: 200 }), check), { numRuns: 2000 });
});

test('requests with damage', () => {
  fc.assert(
    fc.property(fc.nat(3), fc.array(edit, { minLength: 1, maxLength: 4 }), (index, edits) =>
      check(signals[index]!, edited(corpus[index]!, edits)),
    ),
    { numRuns: 2000 },
  );
});

test('requests cut at every length', () => {
  corpus.forEach((bytes, i) => {
    for (let length = 0; length < bytes.length; length++) check(signals[i]!, bytes.subarray(0, length));
  });
});

test('JSON with damage', () => {
  fc.assert(
    fc.property(fc.nat(3), fc.array(edit, { minLength: 1, maxLength: 4 }), (index, edits) => {
      const text = edited(Buffer.from(lines[index]!), edits).toString();
      const name = requestOf[signals[index]!];
      const bytes = attempt(() => fromJson(name, text));
      if (bytes instanceof OtlpError) return;
      expect(decodeMessage(name, bytes)).toBeDefined();
    }),
    { numRuns: 2000 },
  );
});
