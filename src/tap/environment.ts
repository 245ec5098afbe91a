import type { PolicyMode } from '../kernel/types.ts';
import type { Connection } from './connection.ts';
import type { TapCounters } from './ledger.ts';
import type { HeldMemory } from './memory.ts';

/** How long something waits for a record that may still come: the ring is in reservation order, not causality. */
export const HOLD_NS = 100e6;
/** The same while the ring refuses records: what is missing then is lost, and waiting only costs. */
export const HOLD_LOSSY_NS = 10e6;
/** Most bytes of one direction that wait for an earlier record. */
export const HOLD_BYTES = 64 * 1024;
/** Most records of one direction that wait. */
export const HOLD_RECORDS = 256;

/** Of a connection that somebody follows, and of one that nobody does. */
export const POLICY_ALL: PolicyMode = 0;
export const POLICY_COUNT: PolicyMode = 2;

/** What every connection shares. */
export interface Environment {
  readonly memory: HeldMemory;
  readonly counters: TapCounters;
  /** Connections with something that waits for time to pass. */
  readonly waiting: Set<Connection>;
  /** CLOCK_MONOTONIC at the beginning of the drain, ns. */
  now: number;
  /** HOLD_NS or HOLD_LOSSY_NS. */
  holdNs: number;
  setPolicy(cookie: number, mode: PolicyMode): void;
  /** A decoder threw. */
  failed(error: unknown): void;
}
