import type { KernelTap, KernelTapOptions } from '../kernel/types.ts';
import type { Decoder } from '../wire/decoder.ts';
import type { ProcessTable } from './processes.ts';
import type { HttpConfig, Ledger } from './protocol.ts';
import type { MetricAggregator, ServiceInstance, SpanWriter } from './types.ts';

export type Processes = Pick<ProcessTable, 'owner' | 'exec' | 'fork' | 'exit' | 'sweep'>;

/** Wall clock, ns, as [high, low] unsigned halves. */
export type WallTime = readonly [number, number];

/** Everything the tap is put together from: worker.ts has the real parts, tests have their own. */
export interface TapParts {
  openKernelTap(options: KernelTapOptions): KernelTap;
  /** `onRetire`: an instance is gone and its metric series may go too. */
  processes(onRetire: (instance: ServiceInstance) => void): Processes;
  decoders(http: HttpConfig): readonly Decoder[];
  spanWriter(): SpanWriter;
  metricAggregator(start: WallTime): MetricAggregator;
  /** The ledger as an ExportMetricsServiceRequest on Sonde's own resource. */
  ledgerMetrics(
    ledger: Ledger,
    start: WallTime,
    now: WallTime,
  ): { readonly bytes: Uint8Array; readonly points: number };
}
