import type { Attributes } from '@opentelemetry/api';
import type { Histogram, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { PrometheusReader } from '../config/telemetry.ts';

type NameStyle = Pick<
  PrometheusReader,
  'without_scope_info' | 'without_type_suffix' | 'without_units' | 'with_resource_constant_labels'
>;

/** https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md */
export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';

const units: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  '%': 'percent',
};

type Labels = ReadonlyMap<string, string>;
interface Family {
  readonly head: string;
  readonly lines: string[];
}

/** What the SDK collected, as the Collector's exporter writes it. */
export function prometheusText({ resource, scopeMetrics }: ResourceMetrics, style: NameStyle): string {
  const families = new Map<string, Family>();
  const constant = labelsOf(chosen(resource.attributes, style.with_resource_constant_labels));
  for (const { scope, metrics } of scopeMetrics) {
    const info = {
      otel_scope_name: scope.name,
      otel_scope_schema_url: scope.schemaUrl ?? '',
      otel_scope_version: scope.version ?? '',
    };
    const common = new Map([...constant, ...labelsOf(style.without_scope_info ? {} : info)]);
    for (const metric of metrics) write(families, metric, common, style);
  }
  const text = [...families].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { head, lines }]) => head + lines.join(''));
  const target = labelText(labelsOf(resource.attributes));
  return `${text.join('')}# HELP target_info Target metadata\n# TYPE target_info gauge\ntarget_info${target} 1\n`;
}

function write(families: Map<string, Family>, metric: MetricData, common: Labels, style: NameStyle): void {
  const type = typeOf(metric);
  if (type === undefined) return;
  const name = nameOf(metric, type, style);
  let family = families.get(name);
  if (family === undefined) {
    const help = metric.descriptor.description.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
    family = { head: `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`, lines: [] };
    families.set(name, family);
  }
  const points: [labels: Labels, value: number | Histogram][] = [];
  for (const { attributes, value } of metric.dataPoints) {
    // Prometheus has no exponential buckets in its text.
    if (typeof value === 'object' && !('buckets' in value)) continue;
    points.push([new Map([...common, ...labelsOf(attributes)]), value]);
  }
  const sorted = points.map(([labels, value]) => [labelText(labels), labels, value] as const);
  sorted.sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [text, labels, value] of sorted) {
    if (typeof value === 'number') family.lines.push(`${name}${text} ${numberText(value)}\n`);
    else family.lines.push(...histogramLines(name, text, labels, value));
  }
}

function histogramLines(name: string, text: string, labels: Labels, { buckets, sum = 0, count }: Histogram): string[] {
  const lines: string[] = [];
  let below = 0;
  for (const [i, bound] of [...buckets.boundaries, Number.POSITIVE_INFINITY].entries()) {
    below += buckets.counts[i] ?? 0;
    lines.push(`${name}_bucket${labelText(labels, numberText(bound))} ${below}\n`);
  }
  lines.push(`${name}_sum${text} ${numberText(sum)}\n`, `${name}_count${text} ${count}\n`);
  return lines;
}

function typeOf({ dataPoints, ...metric }: MetricData): 'counter' | 'gauge' | 'histogram' | undefined {
  const [first] = dataPoints;
  if (first === undefined) return undefined;
  if (typeof first.value === 'object') return 'buckets' in first.value ? 'histogram' : undefined;
  return 'isMonotonic' in metric && metric.isMonotonic ? 'counter' : 'gauge';
}

/** The Collector leaves suffixes out only when neither kind is wanted. */
function nameOf({ descriptor: { name, unit } }: MetricData, type: string, style: NameStyle): string {
  const plain = sanitize(name);
  if (style.without_units && style.without_type_suffix) return plain;
  const words = plain.split('_').filter((word) => word !== '');
  const total = type === 'counter';
  const rest = total ? words.filter((word) => word !== 'total') : words;
  const suffix = units[unit];
  if (suffix !== undefined && !rest.includes(suffix)) rest.push(suffix);
  return [...rest, ...(total ? ['total'] : [])].join('_');
}

function chosen(attributes: Attributes, lists: NameStyle['with_resource_constant_labels']): Attributes {
  if (lists === undefined) return {};
  const { included, excluded } = lists;
  return Object.fromEntries(
    Object.entries(attributes).filter(
      ([key]) => !excluded.includes(key) && (included.length === 0 || included.includes(key)),
    ),
  );
}

function labelsOf(attributes: Attributes): Map<string, string> {
  return new Map(Object.entries(attributes).map(([key, value]) => [sanitize(key), quoted(String(value))]));
}

function labelText(labels: Labels, le?: string): string {
  const all = [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
  if (le !== undefined) all.push(['le', le]);
  return all.length === 0 ? '' : `{${all.map(([key, value]) => `${key}="${value}"`).join(',')}}`;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

function sanitize(name: string): string {
  const plain = name.replaceAll(/[^a-zA-Z0-9_]/g, '_');
  return /^\d/.test(plain) ? `_${plain}` : plain;
}

function quoted(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
