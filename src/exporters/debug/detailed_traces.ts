import type { OtlpObject } from '../../pdata/otlp/schema.ts';
import { Lines } from './detailed.ts';
import { hex, timeText } from './values.ts';

const kinds = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const codes = ['Unset', 'Ok', 'Error'];

export function detailedTraces(data: OtlpObject<'ExportTraceServiceRequest'>): string {
  const out = new Lines();
  for (const [i, { resource, schemaUrl, scopeSpans }] of (data.resourceSpans ?? []).entries()) {
    out.resource('ResourceSpans', i, schemaUrl, resource);
    for (const [j, scope] of (scopeSpans ?? []).entries()) {
      out.scope('ScopeSpans', j, scope.schemaUrl, scope.scope);
      for (const [k, span] of (scope.spans ?? []).entries()) {
        out.add(`Span #${k}`);
        spanLines(out, span);
      }
    }
  }
  return out.text;
}

function spanLines(out: Lines, span: OtlpObject<'Span'>): void {
  const given = (name: string, value: string): void => out.add(`    ${name.padEnd(14)} : ${value}`);
  given('Trace ID', hex(span.traceId));
  given('Parent ID', hex(span.parentSpanId));
  given('ID', hex(span.spanId));
  given('Name', span.name ?? '');
  given('Kind', kinds[span.kind ?? 0] ?? '');
  if (span.traceState !== undefined && span.traceState !== '') given('TraceState', span.traceState);
  given('Start time', timeText(span.startTimeUnixNano));
  given('End time', timeText(span.endTimeUnixNano));
  given('Status code', codes[span.status?.code ?? 0] ?? '');
  given('Status message', span.status?.message ?? '');
  out.add(`    DroppedAttributesCount: ${span.droppedAttributesCount ?? 0}`);
  out.add(`    DroppedEventsCount: ${span.droppedEventsCount ?? 0}`);
  out.add(`    DroppedLinksCount: ${span.droppedLinksCount ?? 0}`);
  out.attributes('Attributes', span.attributes);
  const { events = [], links = [] } = span;
  if (events.length > 0) out.add('Events:');
  for (const [i, event] of events.entries()) {
    out.add(`SpanEvent #${i}`);
    out.add(`     -> Name: ${event.name ?? ''}`);
    out.add(`     -> Timestamp: ${timeText(event.timeUnixNano)}`);
    out.add(`     -> DroppedAttributesCount: ${event.droppedAttributesCount ?? 0}`);
    out.attributes('     -> Attributes:', event.attributes, '          ');
  }
  if (links.length > 0) out.add('Links:');
  for (const [i, link] of links.entries()) {
    out.add(`SpanLink #${i}`);
    out.add(`     -> Trace ID: ${hex(link.traceId)}`);
    out.add(`     -> ID: ${hex(link.spanId)}`);
    out.add(`     -> TraceState: ${link.traceState ?? ''}`);
    out.add(`     -> DroppedAttributesCount: ${link.droppedAttributesCount ?? 0}`);
    out.attributes('     -> Attributes:', link.attributes, '          ');
  }
}
