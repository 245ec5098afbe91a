/** What a replay counts besides the tap's own counters. */
export class ReplayCounters {
  packets = 0;
  bytes = 0;
  /** Packets of which the capture kept only the beginning. */
  cutPackets = 0;
  /** Segments that came before an earlier one. */
  outOfOrder = 0;
  /** Bytes that came again: retransmissions, copies of a packet, probes. */
  repeatedBytes = 0;
  /** Bytes behind a hole that nobody filled and nobody will: the connection was reset. */
  undeliveredBytes = 0;
  joined = 0;
  /** ns since the epoch would be too large for a number: seconds and the rest. */
  first: readonly [number, number] | undefined;
  last: readonly [number, number] = [0, 0];
  /** Why packets were left out. */
  readonly skipped = new Map<string, number>();

  skip(reason: string): void {
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + 1);
  }
}

export const STRAY = 'far outside of what their connection sends';
export const LATE = 'after the end of their connection';
export const LONE = 'of a connection of which nothing else is known';
