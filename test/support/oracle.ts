/** OpenTelemetry JavaScript's own protobuf code (protobufjs, generated): an independent reader and writer of OTLP. */
import { createRequire } from 'node:module';

/** What protobufjs' toObject gives: int64 as strings, bytes as Buffers, enums as numbers, absent fields absent. */
// biome-ignore lint/suspicious/noExplicitAny: the oracle's objects are looked at with toEqual and paths only
export type OracleObject = any;

interface OracleType {
  decode(bytes: Uint8Array): object;
  encode(message: object): { finish(): Uint8Array };
  fromObject(object: object): object;
  toObject(message: object, options: object): OracleObject;
}

const { opentelemetry } = createRequire(import.meta.url)('otlp-oracle/build/src/generated/root.js') as OracleObject;

const { collector } = opentelemetry.proto;
const types: Record<'traces' | 'metrics' | 'logs', OracleType> = {
  traces: collector.trace.v1.ExportTraceServiceRequest,
  metrics: collector.metrics.v1.ExportMetricsServiceRequest,
  logs: collector.logs.v1.ExportLogsServiceRequest,
};

export const resourceType: OracleType = opentelemetry.proto.resource.v1.Resource;

export function oracleDecode(type: keyof typeof types | OracleType, bytes: Uint8Array): OracleObject {
  const oracle = typeof type === 'string' ? types[type] : type;
  return oracle.toObject(oracle.decode(bytes), { longs: String, bytes: Buffer, json: false });
}

export function oracleEncode(type: keyof typeof types, object: object): Uint8Array {
  const oracle = types[type];
  return oracle.encode(oracle.fromObject(object)).finish();
}

/** Attribute lists as plain objects: `[{key, value: {stringValue}}]` → `{key: value}`. Integers come as strings. */
export function flat(attributes: OracleObject[] | undefined): Record<string, unknown> {
  return Object.fromEntries((attributes ?? []).map(({ key, value }) => [key, plain(value)]));
}

function plain(value: OracleObject): unknown {
  if (value === undefined) return undefined;
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plain);
  if (value.kvlistValue !== undefined) return flat(value.kvlistValue.values);
  return Object.values(value)[0];
}

/** Decoded and encoded by the oracle. */
export function oracleReencode(type: keyof typeof types, bytes: Uint8Array): Uint8Array {
  return types[type].encode(types[type].decode(bytes)).finish();
}
