import type { OtlpObject } from '../../pdata/otlp/schema.ts';
import { Lines } from './detailed.ts';
import { hex, timeText, typedText } from './values.ts';

const severities = ['Trace', 'Debug', 'Info', 'Warn', 'Error', 'Fatal'];

export function detailedLogs(data: OtlpObject<'ExportLogsServiceRequest'>): string {
  const out = new Lines();
  for (const [i, { resource, schemaUrl, scopeLogs }] of (data.resourceLogs ?? []).entries()) {
    out.resource('ResourceLog', i, schemaUrl, resource);
    for (const [j, scope] of (scopeLogs ?? []).entries()) {
      out.scope('ScopeLogs', j, scope.schemaUrl, scope.scope);
      for (const [k, record] of (scope.logRecords ?? []).entries()) {
        out.add(`LogRecord #${k}`);
        recordLines(out, record);
      }
    }
  }
  return out.text;
}

function recordLines(out: Lines, record: OtlpObject<'LogRecord'>): void {
  const number = record.severityNumber ?? 0;
  out.add(`ObservedTimestamp: ${timeText(record.observedTimeUnixNano)}`);
  out.add(`Timestamp: ${timeText(record.timeUnixNano)}`);
  out.add(`SeverityText: ${record.severityText ?? ''}`);
  out.add(`SeverityNumber: ${severityName(number)}(${number})`);
  if (record.eventName !== undefined && record.eventName !== '') out.add(`EventName: ${record.eventName}`);
  out.add(`Body: ${typedText(record.body)}`);
  out.attributes('Attributes', record.attributes);
  out.add(`Trace ID: ${hex(record.traceId)}`);
  out.add(`Span ID: ${hex(record.spanId)}`);
  out.add(`Flags: ${record.flags ?? 0}`);
}

/** 1 Trace, 2 Trace2 … 24 Fatal4. */
function severityName(number: number): string {
  const name = severities[Math.floor((number - 1) / 4)];
  if (name === undefined) return number === 0 ? 'Unspecified' : '';
  const rank = ((number - 1) % 4) + 1;
  return rank === 1 ? name : `${name}${rank}`;
}
