import { withLoss } from '../kernel/losing_tap.ts';
import { openKernelTap } from '../kernel/tap.ts';
import { encodeResource } from '../pdata/otlp/attributes.ts';
import { SCHEMA_URL } from '../pdata/otlp/schema_url.ts';
import { writeSums } from '../pdata/otlp/sums.ts';
import { VERSION } from '../version.ts';
import { createDecoders } from '../wire/decoders.ts';
import { readHost } from './host_resource.ts';
import { ledgerPoints } from './ledger.ts';
import { createMetricAggregator } from './metric_aggregator.ts';
import type { TapParts } from './parts.ts';
import { ProcReader } from './process_info.ts';
import { ProcessTable } from './processes.ts';
import type { TapWorkerData } from './protocol.ts';
import { createSpanWriter } from './span_writer.ts';

/** The real parts. */
export function workerParts({ restarts }: TapWorkerData): TapParts {
  const resource = encodeResource({ 'service.name': 'sonde', 'service.version': VERSION });
  return {
    openKernelTap: (options) => withLoss(openKernelTap(options), process.env['SONDE_LOSE_RECORDS']),
    processes: (onRetire) =>
      new ProcessTable({
        host: readHost(),
        reader: new ProcReader(),
        version: VERSION,
        encode: encodeResource,
        onRetire,
      }),
    decoders: createDecoders,
    spanWriter: () => createSpanWriter({ version: VERSION, schemaUrl: SCHEMA_URL }),
    metricAggregator: (start) => createMetricAggregator({ version: VERSION, schemaUrl: SCHEMA_URL, start }),
    ledgerMetrics: (ledger, start, now) => {
      const points = ledgerPoints({ ...ledger, restarts });
      const scope = { name: 'sonde.tap', version: VERSION };
      return { bytes: writeSums(resource, scope, points, { start, now }), points: points.length };
    },
  };
}
