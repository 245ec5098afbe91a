import type { End } from '../wire/decoder.ts';
import type { Environment } from './environment.ts';
import { Held, type HeldItem } from './held.ts';
import type { StreamTarget } from './stream.ts';

/** Where it goes when it is held no longer. */
export interface Presenter extends StreamTarget {
  /** Nobody wants it any more. */
  readonly opaque: boolean;
  /** As `bytes`, of what nothing is held in front of. */
  readonly present: StreamTarget['bytes'];
}

/**
 * What a session said HOLD to, and all of its direction that came since: answers whose requests come a little later. It
 * is shown again whenever the other direction has moved, and must be taken when its time is over.
 */
export class Holding {
  private readonly held: [Held | undefined, Held | undefined] = [undefined, undefined];
  private releasing = false;
  private readonly target: Presenter;
  private readonly env: Environment;

  constructor(target: Presenter, env: Environment) {
    this.target = target;
    this.env = env;
  }

  get any(): boolean {
    return this.held[0] !== undefined || this.held[1] !== undefined;
  }

  /** True: kept behind what is held of this direction. */
  bytes(direction: number, bytes: Uint8Array, start: number, end: number, time: number, boundary: boolean): boolean {
    const held = this.of(direction);
    if (held === undefined) return false;
    if (held.addBytes(bytes, start, end, time, boundary)) return true;
    this.release(direction, false);
    return false;
  }

  gap(direction: number, length: number, time: number): boolean {
    const held = this.of(direction);
    if (held === undefined) return false;
    if (held.addGap(length, time)) return true;
    this.release(direction, false);
    return false;
  }

  end(direction: number, how: End, time: number): boolean {
    const held = this.of(direction);
    held?.addEnd(how, time);
    return held !== undefined;
  }

  /** The session said HOLD. False: there is no room for it. */
  begin(direction: number, bytes: Uint8Array, start: number, end: number, time: number, boundary: boolean): boolean {
    const held = new Held(this.env);
    if (!held.addBytes(bytes, start, end, time, boundary)) return false;
    this.env.counters.held++;
    this.held[direction] = held;
    return true;
  }

  /** The other direction has moved: what is held of `direction` may be wanted now. */
  moved(direction: number): void {
    const held = this.of(direction);
    if (held !== undefined && !this.releasing) this.release(direction, !held.exhausted);
  }

  /** The other direction has a gap, seen at `time`: what was held before belongs to it, not to what comes next. */
  movedByGap(direction: number, time: number): void {
    const held = this.of(direction);
    if (held !== undefined && held.time < time && !this.releasing) this.release(direction, false);
    else this.moved(direction);
  }

  /** Gives up waiting for what is overdue at `now`. */
  expire(now: number): void {
    for (let direction = 0; direction < 2; direction++) {
      const held = this.of(direction);
      if (held !== undefined && held.deadline <= now) this.release(direction, false);
    }
  }

  discard(): void {
    for (const held of this.held) held?.discard();
    this.held[0] = this.held[1] = undefined;
  }

  /** Presents what was held again. `mayHold` false: the session has to take it now. */
  private release(direction: number, mayHold: boolean): void {
    const before = this.of(direction);
    if (before === undefined) return;
    this.held[direction] = undefined;
    const nested = this.releasing;
    this.releasing = true;
    for (const item of before.items) {
      const heldAgain = this.of(direction) !== undefined;
      this.show(direction, item, mayHold);
      if (!heldAgain) this.of(direction)?.continues(before);
    }
    before.discard();
    this.releasing = nested;
  }

  private show(direction: number, item: HeldItem, mayHold: boolean): void {
    const { target } = this;
    if (target.opaque) return;
    if (item.kind === 'gap') target.gap(direction, item.length, item.time);
    else if (item.kind === 'end') target.finish(direction, item.how, item.time);
    else if (item.bytes !== undefined) {
      const { bytes, length, time, boundary } = item;
      if (this.of(direction) !== undefined) target.bytes(direction, bytes, 0, length, time, boundary, mayHold);
      else target.present(direction, bytes, 0, length, time, boundary, mayHold);
    }
  }

  private of(direction: number): Held | undefined {
    return direction === 0 ? this.held[0] : this.held[1];
  }
}
