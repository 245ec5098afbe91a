import { ConsumeError } from '../../service/component.ts';
import type { HttpResponse } from './client.ts';

/** The only codes that may be sent again: https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const retryable: readonly number[] = [429, 502, 503, 504];
const MAX_MESSAGE = 512;

export interface PartialSuccess {
  readonly rejected: number;
  readonly text: string;
}

export function responseError(url: URL, response: HttpResponse, now = Date.now()): ConsumeError {
  const { status, retryAfter } = response;
  const said = statusMessage(response);
  const text = `error exporting items, request to ${url.origin}${url.pathname} responded with HTTP Status Code ${status}`;
  const message = said === '' ? text : `${text}, Message=${said}`;
  if (!retryable.includes(status)) return new ConsumeError(message, { permanent: true });
  const wait = status === 429 || status === 503 ? parseRetryAfter(retryAfter, now) : undefined;
  return new ConsumeError(
    message,
    wait === undefined ? { permanent: false } : { permanent: false, retryAfterMs: wait },
  );
}

/** Seconds or an HTTP date, as milliseconds from now. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** What a 2xx answer says besides success; undefined: nothing. */
export function successMessage(response: HttpResponse): PartialSuccess | undefined {
  if (response.body.length === 0) return undefined;
  try {
    const partial = response.contentType.startsWith('application/json')
      ? fromJson(response.body)
      : response.contentType.startsWith('application/x-protobuf')
        ? fromProtobuf(response.body)
        : undefined;
    return partial === undefined || (partial.rejected === 0 && partial.text === '') ? undefined : partial;
  } catch {
    throw new ConsumeError('the answer of the upstream cannot be read', { permanent: true });
  }
}

function fromJson(body: Uint8Array): PartialSuccess | undefined {
  const answer = JSON.parse(Buffer.from(body).toString('utf8')) as { partialSuccess?: Record<string, unknown> };
  const { partialSuccess: partial } = answer;
  if (partial === undefined) return undefined;
  const rejected = Object.entries(partial).find(([key]) => key.startsWith('rejected'))?.[1];
  return { rejected: Number(rejected ?? 0), text: String(partial['errorMessage'] ?? '').slice(0, MAX_MESSAGE) };
}

/** Export*ServiceResponse: partial_success = 1 {rejected_* = 1, error_message = 2}. */
function fromProtobuf(body: Uint8Array): PartialSuccess | undefined {
  const partial = fields(body).get(1);
  if (!(partial instanceof Uint8Array)) return undefined;
  const inner = fields(partial);
  const text = inner.get(2);
  return {
    rejected: Number(inner.get(1) ?? 0),
    text: text instanceof Uint8Array ? Buffer.from(text).toString('utf8').slice(0, MAX_MESSAGE) : '',
  };
}

/** google.rpc.Status: message = 2; else the text of the answer. */
function statusMessage(response: HttpResponse): string {
  try {
    if (response.contentType.startsWith('application/x-protobuf')) {
      const message = fields(response.body).get(2);
      return message instanceof Uint8Array ? Buffer.from(message).toString('utf8').slice(0, MAX_MESSAGE) : '';
    }
    const text = Buffer.from(response.body.subarray(0, MAX_MESSAGE)).toString('utf8').trim();
    if (!response.contentType.startsWith('application/json')) return text;
    return String((JSON.parse(text) as { message?: unknown }).message ?? text);
  } catch {
    return '';
  }
}

/** Last value of each varint or length-delimited field; throws on anything that is no protobuf. */
function fields(bytes: Uint8Array): Map<number, number | Uint8Array> {
  const result = new Map<number, number | Uint8Array>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('bad varint');
  };
  while (at < bytes.length) {
    const tag = varint();
    const type = tag & 7;
    if (type === 0) result.set(tag >>> 3, varint());
    else if (type === 2) {
      const length = varint();
      if (length > bytes.length - at) throw new RangeError('bad length');
      result.set(tag >>> 3, bytes.subarray(at, at + length));
      at += length;
    } else if (type === 1) at += 8;
    else if (type === 5) at += 4;
    else throw new RangeError('bad wire type');
  }
  return result;
}
