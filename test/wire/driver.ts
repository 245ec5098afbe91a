import { AttributeKey } from '../../src/wire/attribute.ts';
import {
  CLIENT,
  type ConnectionContext,
  type Decoder,
  type End,
  HOLD,
  SERVER,
  type Session,
  type Side,
} from '../../src/wire/decoder.ts';
import type { Operation } from '../../src/wire/operation.ts';

/** What passes on a connection, in order. Text is Latin-1; a number is a gap of so many bytes. */
export type Step =
  | readonly ['client' | 'server', string | Uint8Array | number]
  | readonly ['client ends' | 'server ends', End];

/** Attributes by name, and `name`, `error`, `otlp`, `traceparent`, `tracestate`, `start`, `end` of the operation. */
export type Told = Readonly<Record<string, unknown>>;

export interface WireCase {
  readonly name: string;
  /** Where the bytes come from: a document, or a program that sends them. */
  readonly from: string;
  readonly steps: readonly Step[];
  /** Operations in order; what is not named is not compared. `undefined`: absent. */
  readonly expect: readonly Told[];
  readonly rejects?: Readonly<Record<string, number>>;
  readonly kind?: 'client' | 'server';
  readonly joined?: boolean;
  readonly opaque?: boolean;
  /** The steps open a connection: they do not come twice on one. */
  readonly once?: boolean;
  /** The outcome depends on where socket operations begin, so it is not split. */
  readonly whole?: boolean;
  /** What is told depends on how the connection began: not after garbage, and not twice. */
  readonly fromStart?: boolean;
}

export const context: ConnectionContext = {
  kind: 'server',
  transport: 'tcp',
  networkType: 'ipv4',
  local: { address: '10.0.0.1', port: 8080 },
  remote: { address: '10.0.0.2', port: 40000 },
  joined: false,
  secure: false,
};

/** Between two steps. */
export const STEP_NS = 10e6;

export interface Outcome {
  readonly told: Told[];
  readonly rejects: Record<string, number>;
  readonly opaque: boolean;
}

export function told(operation: Operation): Told {
  const record: Record<string, unknown> = {
    name: operation.name,
    error: operation.error,
    otlp: operation.otlp,
    traceparent: operation.traceparent,
    tracestate: operation.tracestate,
    start: operation.start,
    end: operation.end,
    metricValues: [...operation.metricValues],
    measurements: [...operation.measurements],
  };
  const { attributes } = operation;
  for (let at = 0; at < attributes.length; at += 2) {
    const key = attributes[at];
    if (!(key instanceof AttributeKey)) throw new Error(`no key at ${at}`);
    if (key.name in record) throw new Error(`${key.name} twice`);
    record[key.name] = attributes[at + 1];
  }
  return record;
}

/** Plays the tap's part: keeps what was not taken, presents held responses again. */
export class Driver {
  readonly told: Told[] = [];
  readonly rejects: Record<string, number> = {};
  readonly session: Session;
  readonly #decoder: Decoder;
  readonly #pending: [Uint8Array, Uint8Array] = [new Uint8Array(), new Uint8Array()];
  readonly #boundary: [boolean, boolean] = [false, false];
  readonly #held: { side: Side; time: number }[] = [];

  constructor(decoder: Decoder, overrides: Partial<ConnectionContext> = {}) {
    this.#decoder = decoder;
    this.session = decoder.open(
      { ...context, ...overrides },
      {
        operation: (operation) => {
          if (!(operation.end >= operation.start)) throw new Error('negative duration');
          this.told.push(told(operation));
        },
        reject: (reason) => {
          if (!decoder.rejects.includes(reason)) throw new Error(`unlisted reject ${reason}`);
          this.rejects[reason] = (this.rejects[reason] ?? 0) + 1;
        },
      },
    );
  }

  get pendingBytes(): number {
    return this.#pending[CLIENT].length + this.#pending[SERVER].length;
  }

  data(side: Side, bytes: Uint8Array, time: number, boundary: boolean, mayHold = true): void {
    const before = this.#pending[side];
    // Other bytes around, as in the ring: a decoder must not look at them.
    const all = new Uint8Array(before.length + bytes.length + 6).fill(0x0a);
    all.set(before, 3);
    all.set(bytes, 3 + before.length);
    const end = all.length - 3;
    const starts = before.length > 0 ? this.#boundary[side] : boundary;
    let from = 3;
    let taken: number;
    // What is left may be the beginning of a message that has to be held: only asking again tells.
    do {
      taken = this.session.data(side, all, from, end, time, starts && from === 3, mayHold);
      if (taken !== HOLD && !(taken >= 0 && taken <= end - from)) throw new Error(`took ${taken} of ${end - from}`);
      from += Math.max(0, taken);
    } while (taken > 0 && from < end && !this.session.opaque);
    // Nothing of the caller's memory may be kept.
    const kept = all.slice(from, end);
    all.fill(0x58);
    if (kept.length > this.#decoder.maxPending && taken !== HOLD) throw new Error(`${kept.length} bytes untaken`);
    this.#pending[side] = kept;
    this.#boundary[side] = from === 3 && starts;
    if (taken === HOLD) {
      this.#held.push({ side, time });
    } else {
      this.#release(side, true);
    }
  }

  /** Held bytes come again when the other side went on, or at last without leave to hold. */
  #release(after: Side, mayHold: boolean): void {
    for (const held of this.#held.splice(0)) {
      if (held.side === after && mayHold) this.#held.push(held);
      else this.data(held.side, new Uint8Array(), held.time, true, mayHold);
    }
  }

  gap(side: Side, length: number, time: number): void {
    const pending = this.#take(side);
    this.session.gap(side, pending, 0, pending.length, length, time);
    this.#release(side, true);
  }

  end(side: Side, how: End, time: number): void {
    this.#release(side === CLIENT ? SERVER : CLIENT, false);
    const pending = this.#take(side);
    this.session.end(side, pending, 0, pending.length, how, time);
  }

  #take(side: Side): Uint8Array {
    const pending = this.#pending[side];
    this.#pending[side] = new Uint8Array();
    return pending;
  }

  step(step: Step, at: number, cuts: readonly number[] = [], boundaries = true): void {
    const time = at * STEP_NS;
    const [what, value] = step;
    const side = what.startsWith('client') ? CLIENT : SERVER;
    if (what === 'client ends' || what === 'server ends') {
      this.end(side, value as End, time);
    } else if (typeof value === 'number') {
      this.gap(side, value, time);
    } else {
      const bytes = bytesOf(value);
      let from = 0;
      for (const to of [...cuts, bytes.length]) {
        this.data(side, bytes.subarray(from, to), time, from === 0 || boundaries);
        from = to;
      }
    }
  }

  outcome(): Outcome {
    return { told: this.told, rejects: this.rejects, opaque: this.session.opaque };
  }
}

export const bytesOf = (value: string | Uint8Array): Uint8Array =>
  typeof value === 'string' ? Buffer.from(value, 'latin1') : value;

export const lengthOf = (step: Step): number =>
  step[0].endsWith('ends') || typeof step[1] === 'number' ? 0 : bytesOf(step[1]).length;
