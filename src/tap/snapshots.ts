import type { KernelCounters } from '../kernel/types.ts';
import { ledgerOf, type TapCounters } from './ledger.ts';
import type { Output } from './output.ts';
import type { TapParts, WallTime } from './parts.ts';
import type { Ledger, MetricsSnapshot } from './protocol.ts';

export interface Collected {
  readonly snapshots: readonly MetricsSnapshot[];
  readonly ledger: Ledger;
}

/** Metrics of every receiver that wants them. The ledger travels with the first one. */
export function collectMetrics(
  parts: TapParts,
  outputs: readonly Output[],
  ledger: Ledger,
  start: WallTime,
  now: WallTime,
): Collected {
  const snapshots: MetricsSnapshot[] = [];
  let own = true;
  for (const output of outputs) {
    if (!output.receiver.metrics) continue;
    const receiver = output.receiver.id;
    const { bytes, points } = output.snapshot(now);
    if (points > 0) snapshots.push({ receiver, bytes, points });
    if (own) snapshots.push({ receiver, ...parts.ledgerMetrics(ledger, start, now) });
    own = false;
  }
  return { snapshots, ledger };
}

/** One reading of everything, so that the ledgers close. */
export function readLedger(
  kernel: KernelCounters,
  counters: TapCounters,
  outputs: readonly Output[],
  connections: number,
  memory: { readonly used: number; readonly refused: number },
): Ledger {
  let spansWaiting = 0;
  for (const output of outputs) spansWaiting += output.spansWaiting;
  const levels = { connections, heldBytes: memory.used, spansWaiting };
  return ledgerOf(kernel, counters, levels, memory.refused);
}
