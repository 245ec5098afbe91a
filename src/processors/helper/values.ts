import { createHash } from 'node:crypto';
import type { AnyValue } from '../../pdata/otlp/amend.ts';

/** Values as the Collector's pcommon.Value has them. */
export function anyValueOf(raw: unknown): AnyValue {
  if (typeof raw === 'string') return { stringValue: raw };
  if (typeof raw === 'boolean') return { boolValue: raw };
  if (typeof raw === 'bigint') return { intValue: raw };
  if (typeof raw === 'number') return Number.isSafeInteger(raw) ? { intValue: BigInt(raw) } : { doubleValue: raw };
  if (Array.isArray(raw)) return { arrayValue: { values: raw.map(anyValueOf) } };
  if (raw === null || typeof raw !== 'object') return {};
  return { kvlistValue: { values: Object.entries(raw).map(([key, value]) => ({ key, value: anyValueOf(value) })) } };
}

/** Value.AsString: scalars as text, bytes as base64, lists and maps as JSON with sorted keys. */
export function asString(value: AnyValue): string {
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.bytesValue !== undefined) return Buffer.from(value.bytesValue).toString('base64');
  const json = asJson(value);
  return json === 'null' ? '' : json;
}

function asJson(value: AnyValue): string {
  if (value.stringValue !== undefined) return quoted(value.stringValue);
  if (value.boolValue !== undefined) return String(value.boolValue);
  if (value.intValue !== undefined) return String(value.intValue);
  if (value.doubleValue !== undefined) return doubleText(value.doubleValue);
  if (value.bytesValue !== undefined) return quoted(Buffer.from(value.bytesValue).toString('base64'));
  if (value.arrayValue !== undefined) return `[${(value.arrayValue.values ?? []).map(asJson).join(',')}]`;
  if (value.kvlistValue === undefined) return 'null';
  const members = new Map((value.kvlistValue.values ?? []).map(({ key = '', value: each = {} }) => [key, each]));
  const sorted = [...members].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${sorted.map(([key, each]) => `${quoted(key)}:${asJson(each)}`).join(',')}}`;
}

/** Go's encoding/json escapes line separators, too. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(/[\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
}

function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** SHA-256 in hexadecimal of the text, or of 8 little-endian bytes, or of one byte 0 or 1; of all else the empty string. */
export function hashed(value: AnyValue): AnyValue {
  const bytes = hashInput(value);
  return { stringValue: bytes === undefined ? '' : createHash('sha256').update(bytes).digest('hex') };
}

function hashInput(value: AnyValue): Buffer | undefined {
  if (value.stringValue !== undefined) return Buffer.from(value.stringValue);
  if (value.boolValue !== undefined) return Buffer.from([value.boolValue ? 1 : 0]);
  const bytes = Buffer.alloc(8);
  if (value.intValue !== undefined) bytes.writeBigInt64LE(value.intValue);
  else if (value.doubleValue !== undefined) bytes.writeDoubleLE(value.doubleValue);
  else return undefined;
  return bytes;
}

/** undefined: it stays as it is. */
export function converted(value: AnyValue, to: string): AnyValue | undefined {
  if (to === 'string') return value.stringValue === undefined ? { stringValue: asString(value) } : undefined;
  return to === 'int' ? toInt(value) : toDouble(value);
}

function toInt({ doubleValue, boolValue, stringValue }: AnyValue): AnyValue | undefined {
  if (doubleValue !== undefined) return { intValue: truncated(doubleValue) };
  if (boolValue !== undefined) return { intValue: boolValue ? 1n : 0n };
  if (stringValue === undefined || !/^[+-]?\d+$/.test(stringValue)) return undefined;
  const value = BigInt(stringValue.replace('+', ''));
  return BigInt.asIntN(64, value) === value ? { intValue: value } : undefined;
}

/** As amd64 converts: what does not fit becomes the smallest number. */
function truncated(value: number): bigint {
  return Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : -(2n ** 63n);
}

function toDouble({ intValue, boolValue, stringValue }: AnyValue): AnyValue | undefined {
  if (intValue !== undefined) return { doubleValue: Number(intValue) };
  if (boolValue !== undefined) return { doubleValue: boolValue ? 1 : 0 };
  if (stringValue === undefined) return undefined;
  const text = stringValue.toLowerCase();
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? { doubleValue: value } : undefined;
  }
  const special = /^([+-]?)(inf|infinity|nan)$/.exec(text);
  if (special === null) return undefined;
  if (special[2] === 'nan') return special[1] === '' ? { doubleValue: Number.NaN } : undefined;
  return { doubleValue: special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY };
}
