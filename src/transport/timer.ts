/** Node's timers wait no longer than this, ms: with more they fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** For a wait that a configuration or a peer asks for: 25 days stand for anything that is longer. */
export function timerMs(ms: number): number {
  return Math.min(ms, MAX_TIMER_MS);
}
