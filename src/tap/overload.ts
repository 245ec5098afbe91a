/** Of the ring, in quarters: so much read in one go, and still more to read. */
const BEHIND_QUARTERS = 3;

/**
 * Tells when the ring fills about as fast as it is read. Spans are then given up, about half of the work, so that records
 * are not: the metrics go on counting every operation. It is over when the ring was read to its end.
 */
export class Overload {
  active = false;
  private behind = 0;

  /** After each look: the bytes read, and whether one look may not read more. */
  looked(bytes: number, full: boolean, ringBytes: number): void {
    this.behind = full ? this.behind + bytes : 0;
    this.active = full && (this.active || this.behind >= (ringBytes / 4) * BEHIND_QUARTERS);
  }
}
