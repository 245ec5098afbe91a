/**
 * Tells when records come faster than they are handled. Spans are then given up, about half of the work, so that records
 * are not: the metrics go on counting every operation. From three quarters of what can wait until a quarter is left.
 */
export class Overload {
  active = false;

  /** `waiting`: bytes that a look found; `capacity`: those that can wait without loss. */
  looked(waiting: number, capacity: number): void {
    if (waiting >= (capacity / 4) * 3) this.active = true;
    else if (waiting < capacity / 4) this.active = false;
  }
}
