import type { OtlpObject } from '../../pdata/otlp/schema.ts';

export type Value = OtlpObject<'AnyValue'>;
export type KeyValues = readonly OtlpObject<'KeyValue'>[] | undefined;

/** pcommon.Value.AsString. */
export function valueText(value: Value | undefined): string {
  if (value === undefined) return '';
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.boolValue !== undefined) return String(value.boolValue);
  if (value.intValue !== undefined) return value.intValue.toString();
  if (value.doubleValue !== undefined) return jsonFloat(value.doubleValue);
  if (value.bytesValue !== undefined) return Buffer.from(value.bytesValue).toString('base64');
  if (value.arrayValue !== undefined || value.kvlistValue !== undefined) return goJson(value);
  return '';
}

/** `Str(x)`, `Int(1)` …: the detailed form. */
export function typedText(value: Value | undefined): string {
  const text = valueText(value);
  if (value?.stringValue !== undefined) return `Str(${text})`;
  if (value?.boolValue !== undefined) return `Bool(${text})`;
  if (value?.intValue !== undefined) return `Int(${text})`;
  if (value?.doubleValue !== undefined) return `Double(${text})`;
  if (value?.bytesValue !== undefined) return `Bytes(${text})`;
  if (value?.arrayValue !== undefined) return `Slice(${text})`;
  if (value?.kvlistValue !== undefined) return `Map(${text})`;
  return 'Empty()';
}

function goJson(value: Value | undefined): string {
  if (value === undefined) return 'null';
  if (value.arrayValue !== undefined) return `[${(value.arrayValue.values ?? []).map(goJson).join(',')}]`;
  if (value.kvlistValue !== undefined) {
    // Go writes the keys of a map in order.
    const pairs = (value.kvlistValue.values ?? []).map((pair) => [pair.key ?? '', goJson(pair.value)] as const);
    pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${pairs.map(([key, text]) => `${goString(key)}:${text}`).join(',')}}`;
  }
  if (value.stringValue !== undefined) return goString(value.stringValue);
  if (value.bytesValue !== undefined) return goString(valueText(value));
  const text = valueText(value);
  return text === '' ? 'null' : text;
}

/** encoding/json escapes what HTML would read. */
function goString(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** encoding/json: exponent below 1e-6 and from 1e21. */
function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

/** fmt's %v: exponent below 1e-4 and from 1e21, of at least two digits. */
export function goFloat(value: number): string {
  if (!Number.isFinite(value) || Object.is(value, -0)) return jsonFloat(value);
  const size = Math.abs(value);
  const text = size !== 0 && size < 1e-4 ? value.toExponential() : String(value);
  return text.replace(/e([-+])(\d)$/, 'e$10$2');
}

/** fmt's %f. */
export function fixedFloat(value: number): string {
  if (!Number.isFinite(value)) return jsonFloat(value);
  // toFixed turns to exponents at 1e21, as Go does not.
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}

export function hex(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes).toString('hex');
}

/** Go's time.Time.String() of a UTC time. */
export function timeText(nanoseconds: bigint | undefined): string {
  const ns = nanoseconds ?? 0n;
  const iso = new Date(Number(ns / 1_000_000n)).toISOString();
  const fraction = (ns % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${fraction === '' ? '' : `.${fraction}`} +0000 UTC`;
}
