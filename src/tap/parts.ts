import type { KernelTap, KernelTapOptions } from '../kernel/types.ts';
import type { Decoder } from '../wire/decoder.ts';
import type { ProcessTable } from './processes.ts';
import type { Ledger, TapReceiver } from './protocol.ts';
import type { MetricAggregator, ServiceInstance, SpanWriter } from './types.ts';

export type Processes = Pick<ProcessTable, 'owner' | 'exec' | 'fork' | 'exit' | 'sweep'>;

/** Wall clock, ns, as [high, low] unsigned halves. */
export type WallTime = readonly [number, number];

/** What of a receiver's configuration its decoders are made from. */
export type DecoderConfig = Pick<TapReceiver, 'http' | 'db'>;

/** Everything the tap is put together from: worker.ts has the real parts, tests have their own. */
export interface TapParts {
  openKernelTap(options: KernelTapOptions): KernelTap;
  /** `onRetire`: an instance is gone and its metric series may go too. */
  processes(onRetire: (instance: ServiceInstance) => void): Processes;
  decoders(receiver: DecoderConfig): readonly Decoder[];
  spanWriter(): SpanWriter;
  metricAggregator(start: WallTime): MetricAggregator;
  /** The ledger as an ExportMetricsServiceRequest on Sonde's own resource. */
  ledgerMetrics(
    ledger: Ledger,
    start: WallTime,
    now: WallTime,
  ): { readonly bytes: Uint8Array; readonly points: number };
}
