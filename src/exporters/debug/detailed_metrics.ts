import type { OtlpObject } from '../../pdata/otlp/schema.ts';
import { Lines } from './detailed.ts';
import { fixedFloat, type KeyValues, timeText } from './values.ts';

const temporalities = ['Unspecified', 'Delta', 'Cumulative'];

export function detailedMetrics(data: OtlpObject<'ExportMetricsServiceRequest'>): string {
  const out = new Lines();
  for (const [i, { resource, schemaUrl, scopeMetrics }] of (data.resourceMetrics ?? []).entries()) {
    out.resource('ResourceMetrics', i, schemaUrl, resource);
    for (const [j, scope] of (scopeMetrics ?? []).entries()) {
      out.scope('ScopeMetrics', j, scope.schemaUrl, scope.scope);
      for (const [k, metric] of (scope.metrics ?? []).entries()) {
        out.add(`Metric #${k}`);
        descriptor(out, metric);
        points(out, metric);
      }
    }
  }
  return out.text;
}

function descriptor(out: Lines, metric: OtlpObject<'Metric'>): void {
  const { gauge, sum, histogram, exponentialHistogram, summary } = metric;
  const types = [
    [gauge, 'Gauge'],
    [sum, 'Sum'],
    [histogram, 'Histogram'],
    [exponentialHistogram, 'ExponentialHistogram'],
    [summary, 'Summary'],
  ] as const;
  const type = types.find(([data]) => data !== undefined)?.[1] ?? 'Empty';
  out.add('Descriptor:');
  out.add(`     -> Name: ${metric.name ?? ''}`);
  out.add(`     -> Description: ${metric.description ?? ''}`);
  out.add(`     -> Unit: ${metric.unit ?? ''}`);
  out.add(`     -> DataType: ${type}`);
  if (sum !== undefined) out.add(`     -> IsMonotonic: ${sum.isMonotonic ?? false}`);
  const temporal = sum ?? histogram ?? exponentialHistogram;
  if (temporal !== undefined) {
    out.add(`     -> AggregationTemporality: ${temporalities[temporal.aggregationTemporality ?? 0] ?? ''}`);
  }
}

interface Point {
  readonly attributes?: KeyValues;
  readonly startTimeUnixNano?: bigint;
  readonly timeUnixNano?: bigint;
}

function head(out: Lines, title: string, index: number, point: Point): void {
  out.add(`${title} #${index}`);
  out.attributes('Data point attributes', point.attributes);
  out.add(`StartTimestamp: ${timeText(point.startTimeUnixNano)}`);
  out.add(`Timestamp: ${timeText(point.timeUnixNano)}`);
}

function points(out: Lines, metric: OtlpObject<'Metric'>): void {
  for (const [i, point] of ((metric.gauge ?? metric.sum)?.dataPoints ?? []).entries()) {
    head(out, 'NumberDataPoints', i, point);
    out.add(`Value: ${point.asInt?.toString() ?? fixedFloat(point.asDouble ?? 0)}`);
    exemplars(out, point.exemplars);
  }
  for (const [i, point] of (metric.histogram?.dataPoints ?? []).entries()) {
    head(out, 'HistogramDataPoints', i, point);
    statistics(out, point);
    for (const [j, bound] of (point.explicitBounds ?? []).entries()) {
      out.add(`ExplicitBounds #${j}: ${fixedFloat(bound)}`);
    }
    for (const [j, count] of (point.bucketCounts ?? []).entries()) out.add(`Buckets #${j}, Count: ${count}`);
    exemplars(out, point.exemplars);
  }
  for (const [i, point] of (metric.exponentialHistogram?.dataPoints ?? []).entries()) {
    head(out, 'ExponentialHistogramDataPoints', i, point);
    statistics(out, point);
    exponentialBuckets(out, point);
    exemplars(out, point.exemplars);
  }
  for (const [i, point] of (metric.summary?.dataPoints ?? []).entries()) {
    head(out, 'SummaryDataPoints', i, point);
    out.add(`Count: ${point.count ?? 0n}`);
    out.add(`Sum: ${fixedFloat(point.sum ?? 0)}`);
    for (const [j, { quantile, value }] of (point.quantileValues ?? []).entries()) {
      out.add(`QuantileValue #${j}: Quantile ${fixedFloat(quantile ?? 0)}, Value ${fixedFloat(value ?? 0)}`);
    }
  }
}

function statistics(out: Lines, point: { count?: bigint; sum?: number; min?: number; max?: number }): void {
  out.add(`Count: ${point.count ?? 0n}`);
  if (point.sum !== undefined) out.add(`Sum: ${fixedFloat(point.sum)}`);
  if (point.min !== undefined) out.add(`Min: ${fixedFloat(point.min)}`);
  if (point.max !== undefined) out.add(`Max: ${fixedFloat(point.max)}`);
}

function exponentialBuckets(out: Lines, point: OtlpObject<'ExponentialHistogramDataPoint'>): void {
  const factor = 2 ** -(point.scale ?? 0) * Math.LN2;
  const bound = (index: number): string => fixedFloat(Math.exp(index * factor));
  const negative = point.negative?.bucketCounts ?? [];
  for (let i = negative.length - 1; i >= 0; i--) {
    const index = (point.negative?.offset ?? 0) + i;
    out.add(`Bucket [-${bound(index + 1)}, -${bound(index)}), Count: ${negative[i] ?? 0n}`);
  }
  if ((point.zeroCount ?? 0n) !== 0n) out.add(`Bucket [0, 0], Count: ${point.zeroCount}`);
  for (const [i, count] of (point.positive?.bucketCounts ?? []).entries()) {
    const index = (point.positive?.offset ?? 0) + i;
    out.add(`Bucket (${bound(index)}, ${bound(index + 1)}], Count: ${count}`);
  }
}

function exemplars(out: Lines, list: readonly OtlpObject<'Exemplar'>[] | undefined): void {
  if (list === undefined || list.length === 0) return;
  out.add('Exemplars:');
  for (const [i, exemplar] of list.entries()) {
    out.add(`Exemplar #${i}`);
    out.add(`     -> Trace ID: ${Buffer.from(exemplar.traceId ?? []).toString('hex')}`);
    out.add(`     -> Span ID: ${Buffer.from(exemplar.spanId ?? []).toString('hex')}`);
    out.add(`     -> Timestamp: ${timeText(exemplar.timeUnixNano)}`);
    out.add(`     -> Value: ${exemplar.asInt?.toString() ?? fixedFloat(exemplar.asDouble ?? 0)}`);
    out.attributes('     -> FilteredAttributes', exemplar.filteredAttributes, '          ');
  }
}
