import { MAX_SECONDS } from './packet.ts';

const TWO_32 = 2 ** 32;
/** Below it a remainder times 10^9 is exact. */
const EXACT_UNITS = 1e6;
/** Units of an interface's clock above which every time is within a second: the year 2242 has fewer in any sane unit. */
const MAX_EXPONENT = 63;

/** Timestamps of one pcapng interface: 64 bits in units of 10^-n or 2^-n seconds (if_tsresol, if_tsoffset). */
export class Resolution {
  /** Of the last `read`. */
  seconds = 0;
  nanos = 0;
  private readonly perSecond: bigint;
  private readonly units: number;
  private readonly offset: number;

  /** `exponent`: as in if_tsresol, the uppermost bit tells the base. `offset`: seconds. */
  constructor(exponent: number, offset: number) {
    const power = BigInt(Math.min(exponent & 0x7f, MAX_EXPONENT));
    this.perSecond = (exponent & 0x80) === 0 ? 10n ** power : 2n ** power;
    this.units = Number(this.perSecond);
    this.offset = offset;
  }

  read(high: number, low: number): void {
    let seconds: number;
    // 2^53 µs are 285 years, so nearly every file goes this way.
    if (this.units <= EXACT_UNITS && high < 2 ** 21) {
      const time = high * TWO_32 + low;
      seconds = Math.floor(time / this.units);
      this.nanos = Math.floor(((time - seconds * this.units) * 1e9) / this.units);
    } else {
      const time = (BigInt(high) << 32n) | BigInt(low);
      seconds = Number(time / this.perSecond);
      this.nanos = Number(((time % this.perSecond) * 1_000_000_000n) / this.perSecond);
    }
    this.seconds = Math.min(Math.max(seconds + this.offset, 0), MAX_SECONDS);
  }
}
