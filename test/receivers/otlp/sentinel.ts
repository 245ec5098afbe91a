import { encodeMessage } from '../../../src/pdata/otlp/encode.ts';
import type { Signal } from '../../../src/pdata/pdata.ts';

/** A request with one item, told from all others by its number. */
export function sentinel(signal: Signal, number: number): Uint8Array {
  const name = String(number);
  const value = BigInt(number);
  switch (signal) {
    case 'traces':
      return encodeMessage('ExportTraceServiceRequest', { resourceSpans: [{ scopeSpans: [{ spans: [{ name }] }] }] });
    case 'metrics':
      return encodeMessage('ExportMetricsServiceRequest', {
        resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name, gauge: { dataPoints: [{ asInt: value }] } }] }] }],
      });
    case 'logs':
      return encodeMessage('ExportLogsServiceRequest', {
        resourceLogs: [{ scopeLogs: [{ logRecords: [{ eventName: name }] }] }],
      });
    case 'profiles':
      return encodeMessage('ExportProfilesServiceRequest', {
        resourceProfiles: [{ scopeProfiles: [{ profiles: [{ samples: [{ values: [value] }] }] }] }],
      });
  }
}
