import { formatDuration } from '../config/duration.ts';
import { valueText } from '../exporters/debug/values.ts';
import type { OtlpObject } from '../pdata/otlp/schema.ts';

/** A text of several lines is one line here, and nothing of it reaches the terminal as a command. */
const control = /\p{Cc}/gu;

/**
 * A line per span: when it began (UTC), how long it took, its decoder and server, its name and attributes. The trace is told where the
 * capture has it; other ids are made for each replay and mean nothing.
 */
export function spansText(data: OtlpObject<'ExportTraceServiceRequest'>): string {
  let out = '';
  for (const { resource, scopeSpans } of data.resourceSpans ?? []) {
    const server = (resource?.attributes ?? []).find(({ key }) => key === 'service.instance.id');
    for (const { scope, spans } of scopeSpans ?? []) {
      const decoder = scope?.name?.replace(/^sonde\./, '') ?? '';
      for (const span of spans ?? []) out += `${spanLine(span, decoder, valueText(server?.value))}\n`;
    }
  }
  return out;
}

function spanLine(span: OtlpObject<'Span'>, decoder: string, server: string): string {
  const { name = '', startTimeUnixNano: start = 0n, endTimeUnixNano: end = 0n, traceId, parentSpanId } = span;
  const pairs = (span.attributes ?? []).map(({ key = '', value }) => `${key}=${valueText(value)}`);
  if (traceId !== undefined && parentSpanId !== undefined && parentSpanId.length > 0) {
    pairs.unshift(`trace=${Buffer.from(traceId).toString('hex')}`);
  }
  const line = [timeText(start), formatDuration(Number(end - start) / 1e6), decoder, server, name, ...pairs].join(' ');
  return line.replaceAll(control, (char) => JSON.stringify(char).slice(1, -1));
}

/** To the microsecond, as captures have it. */
function timeText(nanoseconds: bigint): string {
  const micros = String((nanoseconds / 1000n) % 1_000_000n).padStart(6, '0');
  return `${new Date(Number(nanoseconds / 1_000_000n)).toISOString().slice(0, -5)}.${micros}Z`;
}
