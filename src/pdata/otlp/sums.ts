import { type Attributes, encodeScope, writeAttributes } from './attributes.ts';
import { ByteWriter, type Fixed64 } from './writer.ts';

/** Counters and gauges of Sonde itself as OTLP metrics: opentelemetry/proto/metrics/v1/metrics.proto */
export interface NumberPoint {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** `counter`: a monotonic sum; `updown`: a sum that may fall; `gauge`: the last value. */
  readonly kind: 'counter' | 'updown' | 'gauge';
  readonly value: number;
  readonly attributes: Attributes;
}

const CUMULATIVE = 2;

export interface SumsScope {
  readonly name: string;
  readonly version: string;
}

/** Wall clock, ns as [high, low]: since when the sums count, and now. */
export interface SumsTimes {
  readonly start: Fixed64;
  readonly now: Fixed64;
}

/** ExportMetricsServiceRequest with one resource (see encodeResource) and one scope; points of one name make one metric. */
export function writeSums(
  resource: Uint8Array,
  scope: SumsScope,
  points: readonly NumberPoint[],
  times: SumsTimes,
): Uint8Array {
  const writer = new ByteWriter(4096);
  if (points.length === 0) return writer.take();
  const resourceMetrics = writer.begin(0x0a);
  writer.bytesField(0x0a, resource);
  const scopeMetrics = writer.begin(0x12);
  writer.bytesField(0x0a, encodeScope(scope.name, scope.version));
  for (const metric of byName(points).values()) writeMetric(writer, metric, times);
  writer.end(scopeMetrics);
  writer.end(resourceMetrics);
  return writer.take();
}

function byName(points: readonly NumberPoint[]): Map<string, NumberPoint[]> {
  const metrics = new Map<string, NumberPoint[]>();
  for (const point of points) {
    const metric = metrics.get(point.name);
    if (metric === undefined) metrics.set(point.name, [point]);
    else metric.push(point);
  }
  return metrics;
}

function writeMetric(writer: ByteWriter, points: readonly NumberPoint[], times: SumsTimes): void {
  const [first] = points;
  if (first === undefined) return;
  const metric = writer.begin(0x12);
  writer.stringField(0x0a, first.name);
  writer.stringField(0x12, first.description);
  writer.stringField(0x1a, first.unit);
  const data = writer.begin(first.kind === 'gauge' ? 0x2a : 0x3a);
  for (const point of points) writePoint(writer, point, times);
  writer.reserve(4);
  if (first.kind !== 'gauge') {
    writer.byte(0x10);
    writer.byte(CUMULATIVE);
  }
  if (first.kind === 'counter') {
    writer.byte(0x18);
    writer.byte(1);
  }
  writer.end(data);
  writer.end(metric);
}

/** NumberDataPoint: as_int for whole numbers, else as_double. */
function writePoint(writer: ByteWriter, point: NumberPoint, { start, now }: SumsTimes): void {
  const mark = writer.begin(0x0a);
  writer.reserve(32);
  if (point.kind !== 'gauge') {
    writer.byte(0x11);
    writer.fixed64(start[0], start[1]);
  }
  writer.byte(0x19);
  writer.fixed64(now[0], now[1]);
  if (Number.isSafeInteger(point.value)) {
    writer.byte(0x31);
    writer.fixed64Number(point.value);
  } else {
    writer.byte(0x21);
    writer.double(point.value);
  }
  writeAttributes(writer, 0x3a, point.attributes);
  writer.end(mark);
}
