import { ConsumeError } from '../../service/component.ts';
import type { HttpResponse } from '../../transport/http_client.ts';
import {
  decodePartialSuccess,
  fields,
  type PartialSuccess,
  refusals,
  retryableStatuses,
  text,
} from '../../transport/rpc_status.ts';

const codes = new Map(refusals);
const MAX_MESSAGE = 512;

export function responseError(url: URL, response: HttpResponse, now = Date.now()): ConsumeError {
  const { status, retryAfter } = response;
  const said = statusMessage(response);
  const text = `error exporting items, request to ${url.origin}${url.pathname} responded with HTTP Status Code ${status}`;
  const message = said === '' ? text : `${text}, Message=${said}`;
  if (!retryableStatuses.includes(status)) {
    const code = codes.get(status);
    return new ConsumeError(message, code === undefined ? { permanent: true } : { permanent: true, code });
  }
  const wait = status === 429 || status === 503 ? parseRetryAfter(retryAfter, now) : undefined;
  return new ConsumeError(
    message,
    wait === undefined ? { permanent: false } : { permanent: false, retryAfterMs: wait },
  );
}

/** Seconds or an HTTP date, as milliseconds from now; undefined also for a number that is no time. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
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
    return partial === undefined || (partial.rejected === 0 && partial.message === '') ? undefined : partial;
  } catch {
    throw new ConsumeError('the answer of the upstream cannot be read', { permanent: true });
  }
}

function fromJson(body: Uint8Array): PartialSuccess | undefined {
  const answer = JSON.parse(Buffer.from(body).toString('utf8')) as { partialSuccess?: Record<string, unknown> };
  const { partialSuccess: partial } = answer;
  if (partial === undefined) return undefined;
  const rejected = Object.entries(partial).find(([key]) => key.startsWith('rejected'))?.[1];
  return { rejected: Number(rejected ?? 0), message: String(partial['errorMessage'] ?? '').slice(0, MAX_MESSAGE) };
}

function fromProtobuf(body: Uint8Array): PartialSuccess | undefined {
  const partial = decodePartialSuccess(body);
  return partial && { rejected: partial.rejected, message: partial.message.slice(0, MAX_MESSAGE) };
}

/** google.rpc.Status: message = 2; else the text of the answer. */
function statusMessage(response: HttpResponse): string {
  try {
    if (response.contentType.startsWith('application/x-protobuf')) {
      // Not all of the Status: details that cannot be read do not cost the message.
      let message = '';
      fields(response.body, (number, value) => {
        if (number === 2 && typeof value !== 'number') message = text(value).slice(0, MAX_MESSAGE);
      });
      return message;
    }
    const plain = text(response.body.subarray(0, MAX_MESSAGE)).trim();
    if (!response.contentType.startsWith('application/json')) return plain;
    return String((JSON.parse(plain) as { message?: unknown }).message ?? plain);
  } catch {
    return '';
  }
}
