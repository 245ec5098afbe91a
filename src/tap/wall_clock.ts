/** More than any clock discipline slews in a second (500 ppm, adjtimex(2)): the wall clock was set. */
const STEP_NS = 1e6;
const TWO_32 = 2 ** 32;

/** CLOCK_REALTIME − CLOCK_MONOTONIC, as measured last. Nanoseconds as [high, low] unsigned halves. */
export class WallClock {
  offset: readonly [number, number];

  constructor(offset: readonly [number, number]) {
    this.offset = offset;
  }

  /** Takes a new measurement; returns by how many ns the wall clock was set since the last one, 0 if it was not. */
  measure(offset: readonly [number, number]): number {
    const step = (offset[0] - this.offset[0]) * TWO_32 + (offset[1] - this.offset[1]);
    this.offset = offset;
    return Math.abs(step) > STEP_NS ? step : 0;
  }

  /** Wall clock at a monotonic time. */
  at(monotonic: number): readonly [number, number] {
    const low = this.offset[1] + (monotonic % TWO_32);
    const carry = low >= TWO_32 ? 1 : 0;
    return [this.offset[0] + Math.floor(monotonic / TWO_32) + carry, low - carry * TWO_32];
  }
}
