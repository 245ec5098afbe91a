import { describe, expect, test } from '@jest/globals';
import { Detector } from '../../src/tap/detection.ts';
import type { Decoder } from '../../src/wire/decoder.ts';
import { createDecoders } from '../../src/wire/decoders.ts';
import { targets } from '../fuzz/targets.ts';
import { fc } from '../support/property.ts';
import { bytesOf, type Step } from '../wire/driver.ts';

const decoders = createDecoders({
  http: { routes: [], maxRoutes: 5, headers: { request: [], response: [] }, query: 'scrub' },
  db: { query: 'drop' },
});

/** More bytes than detection looks at. */
const LOOKED_AT = 1100;
/** Cases about bytes of another protocol. */
const MEANT_FOR_OTHERS: Readonly<Record<string, string>> = {
  'http2: not HTTP/2': 'http1',
  'redis: bytes of something else': 'http1',
};

const firstOf = (steps: readonly Step[], who: 'client' | 'server'): Uint8Array | undefined => {
  const step = steps.find(([what]) => what === who);
  return step === undefined || typeof step[1] === 'number' ? undefined : bytesOf(step[1] as string);
};

/** Who claims the bytes. */
const claims = (bytes: Uint8Array, length = bytes.length): string[] =>
  decoders.filter((decoder: Decoder) => decoder.detect(bytes, 0, length) > 1).map(({ name }) => name);

const samples = Object.entries(targets).flatMap(([protocol, { corpus }]) =>
  corpus.flatMap((wire) =>
    wire.steps.flatMap(([what, value]) =>
      what.endsWith('ends') || typeof value === 'number'
        ? []
        : [{ protocol, case: `${protocol}: ${wire.name}`, bytes: bytesOf(value as string) }],
    ),
  ),
);

test('whatever passes in the cases of a decoder, no other one claims, at any length', () => {
  expect(samples.length).toBeGreaterThan(500);
  for (const { protocol, case: name, bytes } of samples) {
    const owner = MEANT_FOR_OTHERS[name] ?? protocol;
    for (let length = 1; length <= Math.min(bytes.length, LOOKED_AT); length++) {
      const wrong = claims(bytes, length).filter((one) => one !== owner);
      if (wrong.length > 0 && name !== 'redis: bytes of something else') expect([name, length, wrong]).toEqual([]);
    }
  }
});

describe.each(Object.keys(targets))('%s', (protocol) => {
  /** Conversations from their beginning, as a client and a server would have them. */
  const whole = (targets[protocol]?.corpus ?? []).filter(
    ({ name, joined, opaque }) =>
      joined !== true &&
      (opaque !== true || protocol === 'tls') &&
      MEANT_FOR_OTHERS[`${protocol}: ${name}`] === undefined,
  );

  test('is found in the first bytes of either end, by one decoder', () => {
    let found = 0;
    for (const { steps } of whole) {
      for (const who of ['client', 'server'] as const) {
        const bytes = firstOf(steps, who);
        if (bytes === undefined) continue;
        const detector = new Detector(false);
        const verdict = detector.look(decoders, 'client', who === 'client' ? 0 : 1, bytes, 0, bytes.length, true);
        if (verdict !== 'found') continue;
        expect([detector.decoder?.name, detector.request]).toEqual([protocol, who === 'client']);
        found++;
      }
    }
    expect(found).toBeGreaterThan(10);
  });

  test('is not found where the known role contradicts', () => {
    for (const { steps } of whole) {
      const bytes = firstOf(steps, 'client');
      if (bytes === undefined || decoders.every((decoder) => decoder.detect(bytes, 0, bytes.length) !== 2)) continue;
      const detector = new Detector(false);
      expect(detector.look(decoders, 'client', 1, bytes, 0, bytes.length, true)).not.toBe('found');
    }
  });
});

/** The head of a Bind of 265 bytes, and the last packet of a MySQL result of 66. */
const TWO_CLAIM = Uint8Array.of(66, 0, 0, 1, 9, 162, 8, 0, 0, 0, 0, 1, 45, ...new Uint8Array(23));

test.each([
  ['in the middle of a connection', true, 'none'],
  ['at its beginning', false, 'more'],
] as const)('what two decoders claim is nobody’s: %s', (_, midway, verdict) => {
  expect(claims(TWO_CLAIM)).toEqual(['postgresql', 'mysql']);
  const detector = new Detector(midway);
  expect(detector.look(decoders, 'unknown', 0, TWO_CLAIM, 0, TWO_CLAIM.length, true)).toBe(verdict);
  expect(detector.decoder).toBeUndefined();
});

test('mutated and random bytes hardly ever have two claimants', () => {
  const magic = fc.constantFrom(...new Set(samples.map(({ bytes }) => String(bytes[0] ?? 0)))).map(Number);
  const random = fc
    .tuple(magic, fc.uint8Array({ maxLength: 80 }))
    .map(([first, rest]) => Uint8Array.of(first, ...rest));
  const mutated = fc
    .tuple(fc.constantFrom(...samples), fc.nat(60), fc.integer({ min: 0, max: 255 }), fc.nat(200))
    .map(([{ bytes }, at, value, length]) => {
      const copy = bytes.slice(0, length);
      if (at < copy.length) copy[at] = value;
      return copy;
    });
  let both = 0;
  const numRuns = 20_000;
  fc.assert(
    fc.property(fc.oneof(random, mutated), (bytes) => {
      if (claims(bytes).length > 1) both++;
    }),
    { numRuns },
  );
  expect(both).toBeLessThan(numRuns / 2000);
});
