/** OTLP JSON as the file exporter writes it, flattened for assertions. */

export type Attributes = Readonly<Record<string, string | number | boolean | readonly unknown[]>>;

export interface Span {
  readonly resource: Attributes;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: 'server' | 'client' | 'other';
  /** ns since the epoch. */
  readonly start: bigint;
  readonly end: bigint;
  readonly seconds: number;
  readonly attributes: Attributes;
  readonly status: { readonly code?: number; readonly message?: string };
}

export interface Point {
  readonly resource: Attributes;
  readonly scope: string;
  readonly metric: string;
  readonly unit: string;
  readonly attributes: Attributes;
  /** Of the series: it begins again when what it counts was forgotten. */
  readonly start: string;
  readonly time: bigint;
  /** Number points. */
  readonly value: number | undefined;
  /** Histogram points. */
  readonly count: number | undefined;
  readonly sum: number | undefined;
}

interface Value {
  readonly stringValue?: string;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values?: readonly Value[] };
}

interface KeyValue {
  readonly key: string;
  readonly value: Value;
}

interface RawPoint {
  readonly attributes?: readonly KeyValue[];
  readonly startTimeUnixNano?: string;
  readonly timeUnixNano: string;
  readonly asInt?: string | number;
  readonly asDouble?: number;
  readonly count?: string | number;
  readonly sum?: number;
}

interface RawMetric {
  readonly name: string;
  readonly unit?: string;
  readonly sum?: { readonly dataPoints?: readonly RawPoint[] };
  readonly gauge?: { readonly dataPoints?: readonly RawPoint[] };
  readonly histogram?: { readonly dataPoints?: readonly RawPoint[] };
}

interface RawSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind?: number;
  /** Left out when 0: a capture may have no times. */
  readonly startTimeUnixNano?: string;
  readonly endTimeUnixNano?: string;
  readonly attributes?: readonly KeyValue[];
  readonly status?: { readonly code?: number; readonly message?: string };
}

interface Line {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly scopeSpans?: readonly { readonly spans?: readonly RawSpan[] }[];
  }[];
  readonly resourceMetrics?: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly scopeMetrics?: readonly {
      readonly scope?: { readonly name?: string };
      readonly metrics?: readonly RawMetric[];
    }[];
  }[];
}

function plain(value: Value): string | number | boolean | readonly unknown[] {
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plain);
  return value.stringValue ?? value.doubleValue ?? value.boolValue ?? '';
}

const flat = (pairs: readonly KeyValue[] = []): Attributes =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, plain(value)]));

const KINDS = new Map<number | undefined, Span['kind']>([
  [2, 'server'],
  [3, 'client'],
]);

/** The last line may still be being written. */
function parseLines(text: string): Line[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

export function spansOf(text: string): Span[] {
  return parseLines(text)
    .flatMap((line) => line.resourceSpans ?? [])
    .flatMap(({ resource, scopeSpans = [] }) => {
      const attributes = flat(resource?.attributes);
      return scopeSpans.flatMap(({ spans = [] }) => spans.map((span) => spanOf(span, attributes)));
    });
}

function spanOf(span: RawSpan, resource: Attributes): Span {
  const start = BigInt(span.startTimeUnixNano ?? 0);
  const end = BigInt(span.endTimeUnixNano ?? 0);
  return {
    resource,
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? '',
    name: span.name,
    kind: KINDS.get(span.kind) ?? 'other',
    start,
    end,
    seconds: Number(end - start) / 1e9,
    attributes: flat(span.attributes),
    status: span.status ?? {},
  };
}

export function pointsOf(text: string): Point[] {
  return parseLines(text)
    .flatMap((line) => line.resourceMetrics ?? [])
    .flatMap(({ resource, scopeMetrics = [] }) =>
      scopeMetrics.flatMap(({ scope, metrics = [] }) =>
        metrics.flatMap((metric) => metricPoints(metric, flat(resource?.attributes), scope?.name ?? '')),
      ),
    );
}

function metricPoints(metric: RawMetric, resource: Attributes, scope: string): Point[] {
  const { dataPoints = [] } = metric.sum ?? metric.gauge ?? metric.histogram ?? {};
  return dataPoints.map((point) => ({
    resource,
    scope,
    metric: metric.name,
    unit: metric.unit ?? '',
    attributes: flat(point.attributes),
    start: point.startTimeUnixNano ?? '',
    time: BigInt(point.timeUnixNano),
    value: point.asDouble ?? (point.asInt === undefined ? undefined : Number(point.asInt)),
    count: point.count === undefined ? undefined : Number(point.count),
    sum: point.sum,
  }));
}

/** Cumulative points repeat at every export: only each series' last one counts, and those of a series that began again. */
export function lastPoints(points: readonly Point[]): Point[] {
  const series = new Map<string, Point>();
  for (const point of points) {
    const key = JSON.stringify([
      point.scope,
      point.metric,
      point.start,
      sorted(point.resource),
      sorted(point.attributes),
    ]);
    const known = series.get(key);
    if (known === undefined || known.time <= point.time) series.set(key, point);
  }
  return [...series.values()];
}

const sorted = (attributes: Attributes): readonly unknown[] =>
  Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
