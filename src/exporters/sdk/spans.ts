import { decodeMessage } from '../../pdata/otlp/decode.ts';
import type { OtlpObject } from '../../pdata/otlp/schema.ts';
import type { Batch } from '../../pdata/pdata.ts';
import { attributesOf, hrTime, resourceOf, scopeOf } from './values.ts';

const NO_SPAN = '0000000000000000';

/** A batch as ReadableSpans. Throws only OtlpError. */
export function readableSpans(batch: Batch): object[] {
  const { resourceSpans = [] } = decodeMessage('ExportTraceServiceRequest', batch.bytes());
  return resourceSpans.flatMap(({ resource: body, schemaUrl, scopeSpans = [] }) => {
    const resource = resourceOf(body, schemaUrl);
    return scopeSpans.flatMap(({ scope: instrumentation, schemaUrl: scopeUrl, spans = [] }) => {
      const scope = scopeOf(instrumentation, scopeUrl);
      return spans.map((span) => readableSpan(span, resource, scope));
    });
  });
}

function readableSpan(span: OtlpObject<'Span'>, resource: object, instrumentationScope: object): object {
  const { startTimeUnixNano: start = 0n, endTimeUnixNano: end = 0n } = span;
  const context = contextOf(span);
  const parent = hex(span.parentSpanId);
  return {
    name: span.name ?? '',
    // The API counts from INTERNAL = 0; OTLP has UNSPECIFIED before it.
    kind: Math.max(0, (span.kind ?? 0) - 1),
    spanContext: () => context,
    ...(parent === '' || parent === NO_SPAN ? {} : { parentSpanContext: { ...context, spanId: parent } }),
    startTime: hrTime(start),
    endTime: hrTime(end),
    duration: hrTime(end > start ? end - start : 0n),
    ended: true,
    status: { code: span.status?.code ?? 0, ...(span.status?.message ? { message: span.status.message } : {}) },
    attributes: attributesOf(span.attributes),
    links: (span.links ?? []).map((link) => ({
      context: contextOf(link),
      attributes: attributesOf(link.attributes),
      droppedAttributesCount: link.droppedAttributesCount ?? 0,
    })),
    events: (span.events ?? []).map((event) => ({
      time: hrTime(event.timeUnixNano),
      name: event.name ?? '',
      attributes: attributesOf(event.attributes),
      droppedAttributesCount: event.droppedAttributesCount ?? 0,
    })),
    resource,
    instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount ?? 0,
    droppedEventsCount: span.droppedEventsCount ?? 0,
    droppedLinksCount: span.droppedLinksCount ?? 0,
  };
}

function contextOf({ traceId, spanId, flags, traceState = '' }: OtlpObject<'SpanLink'> | OtlpObject<'Span'>) {
  return {
    traceId: hex(traceId),
    spanId: hex(spanId),
    traceFlags: (flags ?? 0) & 0xff,
    ...(traceState === '' ? {} : { traceState: { serialize: () => traceState } }),
  };
}

function hex(id: Uint8Array | undefined): string {
  return Buffer.from(id ?? []).toString('hex');
}
