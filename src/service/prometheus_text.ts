import type { PrometheusReader } from '../config/telemetry.ts';
import type { MetricValue } from './component.ts';

type Attributes = Readonly<Record<string, string>>;
export type NameStyle = Pick<PrometheusReader, 'without_scope_info' | 'without_type_suffix' | 'without_units'>;

/** https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md */
export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';

const units: Readonly<Record<string, string>> = { s: 'seconds', ms: 'milliseconds', By: 'bytes', '%': 'percent' };
/** Labels of attribute sets that live as long as their counter. */
const labels = new WeakMap<Attributes, string>();

export function prometheusText(metrics: readonly MetricValue[], resource: Attributes, style: NameStyle): string {
  const families = new Map<string, { readonly head: string; readonly points: string[] }>();
  for (const metric of metrics) {
    const name = nameOf(metric, style);
    let family = families.get(name);
    if (family === undefined) {
      const help = `# HELP ${name} ${metric.description.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`;
      family = { head: `${help}# TYPE ${name} ${metric.monotonic ? 'counter' : 'gauge'}\n`, points: [] };
      families.set(name, family);
    }
    const text = labelsOf(metric.attributes);
    const scope = style.without_scope_info
      ? ''
      : `${text === '' ? '' : ','}otel_scope_name="sonde",otel_scope_version=""`;
    const all = `${text}${scope}`;
    family.points.push(`${name}${all === '' ? '' : `{${all}}`} ${metric.value}\n`);
  }
  let text = '';
  for (const [, { head, points }] of [...families].sort(([a], [b]) => (a < b ? -1 : 1)))
    text += head + points.sort().join('');
  return `${text}# HELP target_info Target metadata\n# TYPE target_info gauge\ntarget_info{${labelsOf(resource)}} 1\n`;
}

function nameOf({ name, unit, monotonic }: MetricValue, style: NameStyle): string {
  let result = sanitize(name);
  const suffix = style.without_units ? undefined : units[unit];
  if (suffix !== undefined && !result.split('_').includes(suffix)) result += `_${suffix}`;
  if (monotonic && !style.without_type_suffix && !result.endsWith('_total')) result += '_total';
  return result;
}

function labelsOf(attributes: Attributes): string {
  let text = labels.get(attributes);
  if (text === undefined) {
    text = Object.entries(attributes)
      .map(([key, value]) => [sanitize(key), quoted(value)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}="${value}"`)
      .join(',');
    labels.set(attributes, text);
  }
  return text;
}

function sanitize(name: string): string {
  const plain = name.replaceAll(/[^a-zA-Z0-9_]/g, '_');
  return /^\d/.test(plain) ? `_${plain}` : plain;
}

function quoted(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
