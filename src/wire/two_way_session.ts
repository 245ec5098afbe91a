import { Closing } from './closing.ts';
import { CLIENT, type End, type Session, type Side } from './decoder.ts';

/** What one end sends. `bytes[start, end)` as in `Session`. */
export interface SideReader {
  /** The bytes do not fit the protocol, or are no longer for us. */
  readonly opaque: boolean;
  /** Where messages begin is not known. */
  readonly lost: boolean;
  readonly ended: boolean;
  read(bytes: Uint8Array, start: number, end: number, time: number, boundary: boolean, mayHold: boolean): number;
  /** `length` bytes are missing behind those, which were left or held. */
  gap(bytes: Uint8Array, start: number, end: number, length: number, time: number): void;
  /** This side sends no more. `left`: bytes of a message that will never be whole. */
  end(left: boolean, how: End): void;
}

/** Requests one way and answers the other: which reader gets which bytes, and what an end means to those that wait. */
export abstract class TwoWaySession<Requests extends SideReader, Responses extends SideReader> implements Session {
  protected readonly requests: Requests;
  protected readonly responses: Responses;
  readonly #closing = new Closing();

  constructor(requests: Requests, responses: Responses) {
    this.requests = requests;
    this.responses = responses;
  }

  /** What waits will not be answered, as is known since `time`. */
  protected abstract fail(errorType: string, time: number): void;
  /** Nobody looks any longer: what becomes of those that wait is not known. */
  protected abstract abandon(): void;

  get opaque(): boolean {
    return this.requests.opaque || this.responses.opaque;
  }

  lost(side: Side): boolean {
    return this.#reader(side).lost;
  }

  data(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    boundary: boolean,
    mayHold: boolean,
  ): number {
    if (this.opaque) return end - start;
    return this.#reader(side).read(bytes, start, end, time, boundary, mayHold);
  }

  gap(side: Side, bytes: Uint8Array, start: number, end: number, length: number, time: number): void {
    if (!this.opaque) this.#reader(side).gap(bytes, start, end, length, time);
  }

  end(side: Side, bytes: Uint8Array, start: number, end: number, how: End, time: number): void {
    const reader = this.#reader(side);
    if (this.opaque || reader.ended) return;
    const taken = reader.read(bytes, start, end, time, false, false);
    if (this.opaque) return;
    reader.end(start + taken < end, how);
    if (how === 'unknown') this.abandon();
    else if (this.#closing.ended(side, how, this.responses.ended)) this.fail(this.#closing.errorType, time);
  }

  #reader(side: Side): SideReader {
    return side === CLIENT ? this.requests : this.responses;
  }
}
