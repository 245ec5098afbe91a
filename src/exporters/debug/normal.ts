import type { OtlpObject } from '../../pdata/otlp/schema.ts';
import { attributeAt } from './profile_attributes.ts';
import { fixedFloat, goFloat, hex, type KeyValues, valueText } from './values.ts';

/** One line per span, point or record: exporter/debugexporter/internal/normal of the Collector. */
export function normalTraces(data: OtlpObject<'ExportTraceServiceRequest'>): string {
  let out = '';
  for (const [i, { resource, schemaUrl, scopeSpans }] of (data.resourceSpans ?? []).entries()) {
    out += resourceLine('ResourceTraces', i, schemaUrl, resource?.attributes);
    for (const [j, scope] of (scopeSpans ?? []).entries()) {
      out += scopeLine('ScopeTraces', j, scope);
      for (const { name, traceId, spanId, attributes } of scope.spans ?? []) {
        out += line([name ?? '', hex(traceId), hex(spanId), ...pairs(attributes)]);
      }
    }
  }
  return out;
}

export function normalLogs(data: OtlpObject<'ExportLogsServiceRequest'>): string {
  let out = '';
  for (const [i, { resource, schemaUrl, scopeLogs }] of (data.resourceLogs ?? []).entries()) {
    out += resourceLine('ResourceLog', i, schemaUrl, resource?.attributes);
    for (const [j, scope] of (scopeLogs ?? []).entries()) {
      out += scopeLine('ScopeLog', j, scope);
      for (const { body, attributes } of scope.logRecords ?? []) {
        out += line([valueText(body), ...pairs(attributes)]);
      }
    }
  }
  return out;
}

export function normalProfiles(data: OtlpObject<'ExportProfilesServiceRequest'>): string {
  let out = '';
  for (const [i, { resource, schemaUrl, scopeProfiles }] of (data.resourceProfiles ?? []).entries()) {
    out += resourceLine('ResourceProfiles', i, schemaUrl, resource?.attributes);
    for (const [j, scope] of (scopeProfiles ?? []).entries()) {
      out += scopeLine('ScopeProfiles', j, scope);
      for (const { profileId, samples = [], attributeIndices = [] } of scope.profiles ?? []) {
        const attributes = attributeIndices.map((index) => {
          const found = attributeAt(data.dictionary, index);
          return typeof found === 'string' ? found : `${found.key}=${valueText(found.value)}`;
        });
        out += line([hex(profileId), `samples=${samples.length}`, ...attributes]);
      }
    }
  }
  return out;
}

export function normalMetrics(data: OtlpObject<'ExportMetricsServiceRequest'>): string {
  let out = '';
  for (const [i, { resource, schemaUrl, scopeMetrics }] of (data.resourceMetrics ?? []).entries()) {
    out += resourceLine('ResourceMetrics', i, schemaUrl, resource?.attributes);
    for (const [j, scope] of (scopeMetrics ?? []).entries()) {
      out += scopeLine('ScopeMetrics', j, scope);
      for (const metric of scope.metrics ?? []) out += pointLines(metric);
    }
  }
  return out;
}

function pointLines(metric: OtlpObject<'Metric'>): string {
  const head = (attributes: KeyValues): string => `${metric.name ?? ''}{${pairs(attributes).join(',')}}`;
  let out = '';
  for (const point of (metric.gauge ?? metric.sum)?.dataPoints ?? []) {
    out += line([head(point.attributes), point.asInt?.toString() ?? goFloat(point.asDouble ?? 0)]);
  }
  for (const point of metric.histogram?.dataPoints ?? []) {
    const bounds = point.explicitBounds ?? [];
    const buckets = (point.bucketCounts ?? []).map((count, i) => {
      const bound = bounds[i];
      return bound === undefined ? String(count) : `le${goFloat(bound)}=${count}`;
    });
    out += line([head(point.attributes), ...summaryOf(point), ...buckets]);
  }
  for (const point of metric.exponentialHistogram?.dataPoints ?? []) {
    out += line([head(point.attributes), ...summaryOf(point), ...exponentialBuckets(point)]);
  }
  for (const point of metric.summary?.dataPoints ?? []) {
    const quantiles = (point.quantileValues ?? []).map((q) => `q${goFloat(q.quantile ?? 0)}=${goFloat(q.value ?? 0)}`);
    const { count = 0n, sum = 0 } = point;
    out += line([head(point.attributes), `count=${count}`, `sum=${fixedFloat(sum)}`, ...quantiles]);
  }
  return out;
}

function summaryOf(point: { count?: bigint; sum?: number; min?: number; max?: number }): string[] {
  const out = [`count=${point.count ?? 0n}`];
  for (const key of ['sum', 'min', 'max'] as const) {
    const value = point[key];
    if (value !== undefined) out.push(`${key}=${goFloat(value)}`);
  }
  return out;
}

function exponentialBuckets(point: OtlpObject<'ExponentialHistogramDataPoint'>): string[] {
  const out: string[] = [];
  // As the Collector computes it, so that the last digits agree.
  const factor = Math.LN2 * 2 ** -(point.scale ?? 0);
  const bound = (index: number): number => Math.exp(index * factor);
  const negative = point.negative?.bucketCounts ?? [];
  for (let i = negative.length - 1; i >= 0; i--) {
    const count = negative[i] ?? 0n;
    if (count > 0n) out.push(`le${goFloat(-bound((point.negative?.offset ?? 0) + i))}=${count}`);
  }
  if ((point.zeroCount ?? 0n) > 0n) out.push(`zero=${point.zeroCount}`);
  for (const [i, count] of (point.positive?.bucketCounts ?? []).entries()) {
    if (count > 0n) out.push(`le${goFloat(bound((point.positive?.offset ?? 0) + i + 1))}=${count}`);
  }
  return out;
}

function resourceLine(title: string, index: number, schemaUrl: string | undefined, attributes: KeyValues): string {
  return line([`${title} #${index}`, ...schemaOf(schemaUrl), ...pairs(attributes)]);
}

function scopeLine(
  title: string,
  index: number,
  { scope, schemaUrl }: { scope?: OtlpObject<'InstrumentationScope'>; schemaUrl?: string },
): string {
  const { name = '', version = '', attributes } = scope ?? {};
  const id = version === '' ? name : `${name}@${version}`;
  return line([`${title} #${index}`, ...(id === '' ? [] : [id]), ...schemaOf(schemaUrl), ...pairs(attributes)]);
}

function schemaOf(url: string | undefined): string[] {
  return url === undefined || url === '' ? [] : [`[${url}]`];
}

function pairs(attributes: KeyValues): string[] {
  return (attributes ?? []).map(({ key, value }) => `${key ?? ''}=${valueText(value)}`);
}

function line(parts: readonly string[]): string {
  return `${parts.join(' ')}\n`;
}
