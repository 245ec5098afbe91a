import { expect, test } from '@jest/globals';
import { CLIENT, type Decoder, SERVER } from '../../src/wire/decoder.ts';
import { fc } from '../support/property.ts';
import { bytesOf, Driver, lengthOf, type Outcome, STEP_NS, type Step, type Told, type WireCase } from './driver.ts';

type Cuts = (step: number) => readonly number[];

function play(decoder: Decoder, wire: WireCase, cuts: Cuts = () => [], boundaries = true): Outcome {
  const driver = new Driver(decoder, { kind: wire.kind ?? 'server', joined: wire.joined ?? false });
  wire.steps.forEach((step, at) => {
    driver.step(step, at + 1, cuts(at), boundaries);
  });
  return driver.outcome();
}

const withoutTimes = (list: readonly Told[]): string =>
  JSON.stringify(list, (key, value) =>
    key === 'start' || key === 'end' || key === 'measurements' ? undefined : value,
  );

/** Runs every case whole, and then split in every way, cut, after garbage and twice. */
export function runWireCases(make: () => Decoder, cases: readonly WireCase[]): void {
  const decoder = make();
  const rows = cases.map((wire) => [wire.name, wire] as const);
  test.each(rows)('%s', (_, wire) => {
    const whole = play(decoder, wire);
    expect(whole.told).toHaveLength(wire.expect.length);
    wire.expect.forEach((expected, at) => {
      expect(whole.told[at]).toEqual(expect.objectContaining(present(expected)));
      for (const [name, value] of Object.entries(expected))
        if (value === undefined) expect(whole.told[at]).not.toHaveProperty([name]);
    });
    expect(whole.rejects).toEqual(wire.rejects ?? {});
    expect(whole.opaque).toBe(wire.opaque ?? false);
  });
  test.each(rows)('%s, otherwise divided', (_, wire) => {
    const whole = play(decoder, wire);
    cutAtEveryLength(decoder, wire, whole);
    if (wire.whole === true) return;
    splitEverywhere(decoder, wire, whole);
    if (wire.fromStart === true) return;
    afterGarbage(decoder, wire, whole);
    if (wire.once !== true) twice(decoder, wire, whole);
  });
}

const present = (expected: Told): Told =>
  Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined));

function splitEverywhere(decoder: Decoder, wire: WireCase, whole: Outcome): void {
  const same = (cuts: Cuts, boundaries: boolean): void => {
    const split = play(decoder, wire, cuts, boundaries);
    // One comparison by text: `expect` on each of some ten thousand outcomes would take most of the time.
    if (withoutTimes(split.told) === withoutTimes(whole.told) && split.opaque === whole.opaque) {
      if (JSON.stringify(split.rejects) === JSON.stringify(whole.rejects)) return;
    }
    expect(split).toEqual(whole);
  };
  const everyByte: Cuts = (at) => Array.from({ length: lengthOf(wire.steps[at] as Step) }, (_, byte) => byte).slice(1);
  same(everyByte, true);
  same(everyByte, false);
  wire.steps.forEach((step, split) => {
    const length = lengthOf(step);
    if (length >= 4096) return;
    for (let cut = 1; cut < length; cut++) same((at) => (at === split ? [cut] : []), cut % 2 === 0);
  });
  const partition = fc.array(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 }), {
    minLength: wire.steps.length,
    maxLength: wire.steps.length,
  });
  fc.assert(
    fc.property(partition, fc.boolean(), (parts, boundaries) => {
      const cuts: Cuts = (at) =>
        (parts[at] ?? []).map((part) => Math.floor(part * lengthOf(wire.steps[at] as Step))).sort((a, b) => a - b);
      same(cuts, boundaries);
    }),
    { numRuns: 10 },
  );
}

/** A connection that ends anywhere tells nothing that the whole one does not. */
function cutAtEveryLength(decoder: Decoder, wire: WireCase, whole: Outcome): void {
  const key = (one: Told | undefined): string =>
    JSON.stringify([one?.['http.response.status_code'], one?.['url.path']]);
  const total = wire.steps.reduce((sum, step) => sum + lengthOf(step), 0);
  // Every length of usual cases; a spread of them where there are tens of thousands.
  const stride = Math.ceil(total / 3000);
  wire.steps.forEach((step, last) => {
    for (let cut = 0; cut < lengthOf(step); cut += stride) {
      const driver = new Driver(decoder, { kind: wire.kind ?? 'server', joined: wire.joined ?? false });
      wire.steps.slice(0, last).forEach((before, at) => {
        driver.step(before, at + 1);
      });
      const side = step[0] === 'client' ? CLIENT : SERVER;
      driver.data(side, bytesOf(step[1] as string).subarray(0, cut), (last + 1) * STEP_NS, true);
      driver.end(CLIENT, 'finished', (last + 2) * STEP_NS);
      driver.end(SERVER, 'finished', (last + 2) * STEP_NS);
      driver.told.forEach((one, at) => {
        const complete = one['error.type'] === undefined && one['sonde.partial'] === undefined;
        if (complete && key(one) !== key(whole.told[at])) expect(one).toEqual(whole.told[at]);
      });
    }
  });
}

function afterGarbage(decoder: Decoder, wire: WireCase, whole: Outcome): void {
  for (const garbage of ['\0\x01\x02\x03', '{"a":1}\r\n\r\n', 'x'.repeat(300)]) {
    const steps: Step[] = [['client', garbage], ['server', garbage], ...wire.steps];
    const outcome = play(decoder, { ...wire, steps, joined: true });
    expect(withoutTimes(outcome.told)).toBe(withoutTimes(whole.told));
  }
}

function twice(decoder: Decoder, wire: WireCase, whole: Outcome): void {
  if (whole.opaque || wire.steps.some((step) => step[0].endsWith('ends'))) return;
  const outcome = play(decoder, { ...wire, steps: [...wire.steps, ...wire.steps] });
  expect(withoutTimes(outcome.told)).toBe(withoutTimes([...whole.told, ...whole.told]));
}
