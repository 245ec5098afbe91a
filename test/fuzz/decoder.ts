import { CLIENT, type Decoder, SERVER, type Side } from '../../src/wire/decoder.ts';
import { bytesOf, Driver, type WireCase } from '../wire/driver.ts';

/** mulberry32: small, seedable. */
export function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export function mutate(bytes: Uint8Array, roll: (below: number) => number): Uint8Array {
  let list = [...bytes];
  for (let times = roll(4); times > 0; times--) {
    const at = roll(list.length + 1);
    const length = roll(20);
    switch (roll(5)) {
      case 0:
        list.splice(at, length);
        break;
      case 1:
        list.splice(at, 0, ...list.slice(at, at + length));
        break;
      case 2:
        list[at] = roll(256);
        break;
      case 3:
        list.splice(at, 0, ...Array.from({ length }, () => roll(256)));
        break;
      default:
        list = list.slice(0, at);
    }
  }
  return Uint8Array.from(list.slice(0, 20_000));
}

/**
 * One connection made of mutated steps of the cases, with gaps, ends and cuts at random. Throws when the decoder
 * throws, breaks its contract (`Driver` looks at every call) or tells more than it was shown.
 */
export function fuzzOnce(decoder: Decoder, cases: readonly WireCase[], seed: number): void {
  const roll = random(seed);
  const kind = roll(2) === 0 ? 'client' : 'server';
  const driver = new Driver(decoder, { kind, joined: roll(3) === 0 });
  let time = 0;
  let shown = 0;
  for (let steps = 1 + roll(12); steps > 0; steps--) {
    const wire = cases[roll(cases.length)];
    const step = wire?.steps[roll(wire.steps.length)];
    if (step === undefined) continue;
    const side: Side = roll(10) === 0 ? SERVER : step[0].startsWith('client') ? CLIENT : SERVER;
    time += roll(3) === 0 ? 0 : roll(2e7);
    if (step[0] === 'client ends' || step[0] === 'server ends') {
      if (roll(3) === 0)
        driver.end(side, (['finished', 'reset', 'timeout', 'unknown'] as const)[roll(4)] ?? 'reset', time);
    } else if (typeof step[1] === 'number' || roll(12) === 0) {
      driver.gap(side, 1 + roll(roll(2) === 0 ? 20 : 200_000), time);
    } else {
      const bytes = mutate(bytesOf(step[1]), roll);
      shown += bytes.length;
      for (let from = 0; from < bytes.length; ) {
        const to = Math.min(bytes.length, from + 1 + roll(roll(2) === 0 ? 8 : 5000));
        driver.data(side, bytes.subarray(from, to), time, roll(2) === 0, roll(2) === 0);
        from = to;
      }
    }
  }
  driver.end(CLIENT, 'finished', time);
  driver.end(SERVER, 'finished', time);
  // The shortest message of a decoder has more than two bytes.
  if (driver.told.length > shown) throw new Error(`${driver.told.length} operations of ${shown} bytes`);
}
