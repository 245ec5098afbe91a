/**
 * Tells when the ring fills faster than it is read. Spans are then given up, about half of the work, so that records are
 * not: the metrics go on counting every operation. From three quarters of the ring until a quarter is left.
 */
export class Overload {
  active = false;

  /** `waiting`: bytes that a look found in the ring of `ringBytes`. */
  looked(waiting: number, ringBytes: number): void {
    if (waiting >= (ringBytes / 4) * 3) this.active = true;
    else if (waiting < ringBytes / 4) this.active = false;
  }
}
