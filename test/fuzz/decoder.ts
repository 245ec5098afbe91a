import { CLIENT, type Decoder, type End, SERVER, type Side } from '../../src/wire/decoder.ts';
import { bytesOf, Driver, type Step, type WireCase } from '../wire/driver.ts';
import { mutate, type Roll, random } from './mutate.ts';

const ends: readonly End[] = ['finished', 'reset', 'timeout', 'unknown'];

/** A case's step. Without bytes it is a gap or an end. */
interface Piece {
  readonly side: Side;
  readonly bytes?: Uint8Array;
  readonly end?: boolean;
}

function pieceOf([what, value]: Step): Piece {
  const side = what.startsWith('client') ? CLIENT : SERVER;
  if (what.endsWith('ends')) return { side, end: true };
  return typeof value === 'number' ? { side } : { side, bytes: bytesOf(value) };
}

/** One connection of a decoder, that is shown what a seed says. */
class Connection {
  /** Mutated steps. Those that are shown as they are, gaps and ends do not count. */
  inputs = 0;
  readonly driver: Driver;
  readonly #roll: Roll;
  readonly #mayHold: boolean;
  #time = 0;
  #shown = 0;
  #told = 0;

  constructor(decoder: Decoder, roll: Roll, mayHold: boolean) {
    const kind = roll(2) === 0 ? 'client' : 'server';
    this.driver = new Driver(decoder, { kind, joined: roll(3) === 0 });
    this.#roll = roll;
    this.#mayHold = mayHold;
  }

  show({ side, bytes, end }: Piece, mutated: boolean): void {
    const roll = this.#roll;
    this.#time += roll(3) === 0 ? 0 : roll(2e7);
    if (end === true) {
      if (roll(3) === 0) this.driver.end(side, ends[roll(4)] ?? 'reset', this.#time);
    } else if (bytes === undefined || (mutated && roll(12) === 0)) {
      this.driver.gap(side, 1 + roll(roll(2) === 0 ? 20 : 200_000), this.#time);
    } else if (mutated) {
      this.inputs++;
      this.#send(roll(20) === 0 ? (side === CLIENT ? SERVER : CLIENT) : side, mutate(bytes, roll));
    } else {
      this.#send(side, bytes);
    }
    this.#told += this.driver.told.length;
    this.driver.told.length = 0;
  }

  #send(side: Side, bytes: Uint8Array): void {
    const roll = this.#roll;
    const most = roll(3) === 0 ? bytes.length : roll(2) === 0 ? 1 + bytes.length / 8 : 5000;
    this.#shown += bytes.length;
    for (let from = 0; from < bytes.length; ) {
      const to = Math.min(bytes.length, from + 1 + roll(most));
      this.driver.data(side, bytes.subarray(from, to), this.#time, roll(2) === 0, this.#mayHold && roll(2) === 0);
      from = to;
    }
  }

  /** The shortest message of a decoder has more than two bytes. */
  close(): number {
    this.driver.end(CLIENT, 'finished', this.#time);
    this.driver.end(SERVER, 'finished', this.#time);
    this.#told += this.driver.told.length;
    if (this.#told > this.#shown) throw new Error(`${this.#told} operations of ${this.#shown} bytes`);
    return this.inputs;
  }
}

/** A decoder's cases as steps to mutate. */
export class DecoderFuzz {
  readonly #decoder: Decoder;
  readonly #cases: readonly (readonly Piece[])[];

  constructor(decoder: Decoder, cases: readonly WireCase[]) {
    this.#decoder = decoder;
    this.#cases = cases.map(({ steps }) => steps.map(pieceOf)).filter((steps) => steps.length > 0);
  }

  /**
   * One connection: steps of any case in any order, or cases from their beginning with few steps mutated, so that
   * what comes late is reached too. Throws when the decoder throws, breaks its contract (`Driver` looks at every
   * call) or tells more than it was shown. Returns the number of inputs.
   */
  once(seed: number): number {
    const roll = random(seed);
    const connection = new Connection(this.#decoder, roll, true);
    if (roll(2) === 0) {
      for (let steps = 1 + roll(12); steps > 0; steps--) {
        const wire = this.#case(roll);
        const piece = wire[roll(wire.length)];
        if (piece !== undefined) connection.show(piece, roll(6) > 0);
      }
    } else {
      const one = 1 + roll(4);
      for (let times = 1 + roll(2); times > 0; times--)
        for (const piece of this.#case(roll).slice(0, 40)) connection.show(piece, roll(one) === 0);
    }
    return connection.close();
  }

  /** Many steps on one connection, few of them mutated. `kept` is asked while the session still has its state. */
  long(seed: number, steps: number, kept: () => void): number {
    const roll = random(seed);
    const connection = new Connection(this.#decoder, roll, false);
    while (steps > 0 && !connection.driver.session.opaque) {
      for (const piece of this.#case(roll)) {
        connection.show(piece, roll(20) === 0);
        steps--;
      }
    }
    kept();
    return connection.close();
  }

  #case(roll: Roll): readonly Piece[] {
    return this.#cases[roll(this.#cases.length)] ?? [];
  }
}
