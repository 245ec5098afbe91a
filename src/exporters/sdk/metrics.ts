import { decodeMessage } from '../../pdata/otlp/decode.ts';
import type { OtlpObject } from '../../pdata/otlp/schema.ts';
import type { Batch } from '../../pdata/pdata.ts';
import { attributesOf, hrTime, resourceOf, scopeOf } from './values.ts';

/** DataPointType of @opentelemetry/sdk-metrics. */
const HISTOGRAM = 0;
const EXPONENTIAL_HISTOGRAM = 1;
const GAUGE = 2;
const SUM = 3;
/** ValueType of @opentelemetry/api. */
const INT = 0;
const DOUBLE = 1;

interface SdkMetrics {
  /** ResourceMetrics of the SDK. */
  readonly resources: object[];
  /** Points of summaries, which the SDK does not have. */
  readonly left: number;
}

/** Throws only OtlpError. */
export function sdkMetrics(batch: Batch): SdkMetrics {
  const { resourceMetrics = [] } = decodeMessage('ExportMetricsServiceRequest', batch.bytes());
  let left = 0;
  const resources = resourceMetrics.map(({ resource, schemaUrl, scopeMetrics = [] }) => ({
    resource: resourceOf(resource, schemaUrl),
    scopeMetrics: scopeMetrics.map(({ scope, schemaUrl: scopeUrl, metrics = [] }) => ({
      scope: scopeOf(scope, scopeUrl),
      metrics: metrics.flatMap((metric) => {
        left += metric.summary?.dataPoints?.length ?? 0;
        return metricData(metric) ?? [];
      }),
    })),
  }));
  return { resources, left };
}

function metricData(metric: OtlpObject<'Metric'>): object | undefined {
  const { gauge, sum, histogram, exponentialHistogram } = metric;
  if (gauge !== undefined)
    return numbers(metric, gauge.dataPoints, { dataPointType: GAUGE, aggregationTemporality: 1 });
  if (sum !== undefined) {
    const isMonotonic = sum.isMonotonic ?? false;
    return numbers(metric, sum.dataPoints, { dataPointType: SUM, isMonotonic, ...temporality(sum) });
  }
  if (histogram !== undefined) {
    const dataPoints = (histogram.dataPoints ?? []).map((point) => ({
      ...common(point),
      value: histogramValue(point),
    }));
    return { ...described(metric, DOUBLE), dataPointType: HISTOGRAM, ...temporality(histogram), dataPoints };
  }
  if (exponentialHistogram === undefined) return undefined;
  const points = exponentialHistogram.dataPoints ?? [];
  const dataPoints = points.map((point) => ({ ...common(point), value: exponentialValue(point) }));
  const rest = { dataPointType: EXPONENTIAL_HISTOGRAM, ...temporality(exponentialHistogram), dataPoints };
  return { ...described(metric, DOUBLE), ...rest };
}

function numbers(metric: OtlpObject<'Metric'>, points: OtlpObject<'NumberDataPoint'>[] = [], kind: object): object {
  const whole = points.every(({ asInt }) => asInt !== undefined);
  const dataPoints = points.map((point) => ({
    ...common(point),
    value: point.asInt === undefined ? (point.asDouble ?? 0) : Number(point.asInt),
  }));
  return { ...described(metric, whole ? INT : DOUBLE), ...kind, dataPoints };
}

function described({ name = '', description = '', unit = '' }: OtlpObject<'Metric'>, valueType: number): object {
  return { descriptor: { name, description, unit, valueType, advice: {} } };
}

/** The SDK counts from DELTA = 0; OTLP has UNSPECIFIED before it. */
function temporality({ aggregationTemporality = 2 }: { aggregationTemporality?: number }): object {
  return { aggregationTemporality: Math.max(0, aggregationTemporality - 1) };
}

function common(point: {
  startTimeUnixNano?: bigint;
  timeUnixNano?: bigint;
  attributes?: OtlpObject<'KeyValue'>[];
}): object {
  return {
    startTime: hrTime(point.startTimeUnixNano),
    endTime: hrTime(point.timeUnixNano),
    attributes: attributesOf(point.attributes),
  };
}

function histogramValue(point: OtlpObject<'HistogramDataPoint'>): object {
  return {
    ...extremes(point),
    buckets: { boundaries: point.explicitBounds ?? [], counts: (point.bucketCounts ?? []).map(Number) },
  };
}

function exponentialValue(point: OtlpObject<'ExponentialHistogramDataPoint'>): object {
  const buckets = (side: OtlpObject<'Buckets'> | undefined): object => ({
    offset: side?.offset ?? 0,
    bucketCounts: (side?.bucketCounts ?? []).map(Number),
  });
  return {
    ...extremes(point),
    scale: point.scale ?? 0,
    zeroCount: Number(point.zeroCount ?? 0n),
    positive: buckets(point.positive),
    negative: buckets(point.negative),
  };
}

function extremes({ min, max, sum, count }: { min?: number; max?: number; sum?: number; count?: bigint }): object {
  return {
    count: Number(count ?? 0n),
    ...(sum === undefined ? {} : { sum }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
}
