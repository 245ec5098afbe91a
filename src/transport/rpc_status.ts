import { ByteReader } from '../pdata/otlp/reader.ts';
import { LENGTH, VARINT } from '../pdata/otlp/types.ts';
import { ByteWriter } from '../pdata/otlp/writer.ts';

/** google.rpc.Status, what OTLP answers errors with: https://opentelemetry.io/docs/specs/otlp/#failures-1 */
export const Code = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

const names = new Map<number, string>(Object.entries(Code).map(([name, code]) => [code, name]));
/** Go writes CANCELLED with one L. */
const goNames = new Map<number, string>(
  Object.entries({ ...Code, CANCELED: Code.CANCELLED }).map(([name, code]) => [
    code,
    name === 'OK'
      ? name
      : name.toLowerCase().replaceAll(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase()),
  ]),
);

/** As the specification writes it: INVALID_ARGUMENT. */
export function codeName(code: number): string {
  return names.get(code) ?? `CODE(${code})`;
}

/** As Go writes it: InvalidArgument. */
export function goCodeName(code: number): string {
  return goNames.get(code) ?? `Code(${code})`;
}

/** What may be sent again: https://opentelemetry.io/docs/specs/otlp/#failures */
export const retryableCodes: readonly number[] = [
  Code.CANCELLED,
  Code.DEADLINE_EXCEEDED,
  Code.ABORTED,
  Code.OUT_OF_RANGE,
  Code.UNAVAILABLE,
  Code.DATA_LOSS,
];

/** And of HTTP's: https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
export const retryableStatuses: readonly number[] = [429, 502, 503, 504];

/**
 * What is refused for good, HTTP's status and the code that says the same:
 * https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md, and 400 as the Collector has it.
 */
export const refusals: readonly (readonly [status: number, code: number])[] = [
  [400, Code.INVALID_ARGUMENT],
  [401, Code.UNAUTHENTICATED],
  [403, Code.PERMISSION_DENIED],
  [404, Code.UNIMPLEMENTED],
];

export interface RpcStatus {
  readonly code: number;
  readonly message: string;
  /** From google.rpc.RetryInfo. */
  readonly retryDelayMs?: number;
}

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';
/** Of a message that somebody else wrote. */
const MAX_MESSAGE = 4096;

/** Status {code = 1, message = 2, details = 3 {type_url = 1, value = 2}}. */
export function encodeStatus({ code, message, retryDelayMs }: RpcStatus): Uint8Array {
  const writer = new ByteWriter(64 + message.length);
  writer.reserve(16);
  writer.varint(1 * 8 + VARINT);
  writer.varint(code);
  writer.stringField(2 * 8 + LENGTH, message);
  if (retryDelayMs !== undefined) {
    const any = writer.begin(3 * 8 + LENGTH);
    writer.stringField(1 * 8 + LENGTH, RETRY_INFO);
    writer.bytesField(2 * 8 + LENGTH, encodeRetryInfo(retryDelayMs));
    writer.end(any);
  }
  return writer.take();
}

/** RetryInfo {retry_delay = 1 {seconds = 1, nanos = 2}}. */
function encodeRetryInfo(delayMs: number): Uint8Array {
  const writer = new ByteWriter(32);
  const duration = writer.begin(1 * 8 + LENGTH);
  writer.reserve(32);
  writer.varint(1 * 8 + VARINT);
  writer.integer(Math.floor(delayMs / 1000));
  writer.varint(2 * 8 + VARINT);
  writer.integer(Math.round((delayMs % 1000) * 1e6));
  writer.end(duration);
  return writer.take();
}

/** As protojson writes it. */
export function statusJson({ code, message, retryDelayMs }: RpcStatus): string {
  const details =
    retryDelayMs === undefined ? {} : { details: [{ '@type': RETRY_INFO, retryDelay: `${retryDelayMs / 1000}s` }] };
  return JSON.stringify({ code, message, ...details });
}

/** Throws OtlpError on what is no Status. */
export function decodeStatus(bytes: Uint8Array): RpcStatus {
  let code = 0;
  let message = '';
  let retryDelayMs: number | undefined;
  fields(bytes, (number, value) => {
    if (number === 1 && typeof value === 'number') code = value;
    else if (number === 2 && typeof value !== 'number') message = text(value).slice(0, MAX_MESSAGE);
    else if (number === 3 && typeof value !== 'number') retryDelayMs = retryDelay(value) ?? retryDelayMs;
  });
  return retryDelayMs === undefined ? { code, message } : { code, message, retryDelayMs };
}

function retryDelay(any: Uint8Array): number | undefined {
  let delay: number | undefined;
  let isRetryInfo = false;
  fields(any, (number, value) => {
    if (typeof value === 'number') return;
    if (number === 1) isRetryInfo = text(value) === RETRY_INFO;
    else if (number === 2 && isRetryInfo) {
      delay = 0;
      fields(value, (inner, duration) => {
        if (inner === 1 && typeof duration !== 'number') delay = durationMs(duration);
      });
    }
  });
  return delay;
}

function durationMs(bytes: Uint8Array): number {
  let ms = 0;
  fields(bytes, (number, value) => {
    if (typeof value !== 'number') return;
    if (number === 1) ms += value * 1000;
    else if (number === 2) ms += value / 1e6;
  });
  return ms;
}

export interface PartialSuccess {
  readonly rejected: number;
  readonly message: string;
}

/** Export*ServiceResponse {partial_success = 1 {rejected_* = 1, error_message = 2}}; undefined: all was taken. */
export function decodePartialSuccess(bytes: Uint8Array): PartialSuccess | undefined {
  let rejected = 0;
  let message = '';
  fields(bytes, (number, value) => {
    if (number !== 1 || typeof value === 'number') return;
    fields(value, (inner, each) => {
      if (inner === 1 && typeof each === 'number') rejected = each;
      else if (inner === 2 && typeof each !== 'number') message = text(each).slice(0, MAX_MESSAGE);
    });
  });
  return rejected === 0 && message === '' ? undefined : { rejected, message };
}

/** Varints (up to 2^53) and length-delimited fields. Throws OtlpError on what is no protobuf. */
export function fields(bytes: Uint8Array, field: (number: number, value: number | Uint8Array) => void): void {
  const reader = new ByteReader(bytes);
  while (reader.position < bytes.length) {
    const tag = reader.tag(bytes.length);
    if ((tag & 7) === VARINT) {
      const low = reader.varint(bytes.length);
      field(tag >>> 3, reader.high * 2 ** 32 + low);
    } else if ((tag & 7) === LENGTH) {
      const end = reader.lengthEnd(bytes.length);
      field(tag >>> 3, bytes.subarray(reader.position, end));
      reader.position = end;
    } else reader.skip(tag, bytes.length);
  }
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
