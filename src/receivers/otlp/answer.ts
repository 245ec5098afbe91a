import { OtlpError } from '../../pdata/otlp/reader.ts';
import { ConsumeError } from '../../service/component.ts';
import { Code, type RpcStatus, refusals } from '../../transport/rpc_status.ts';

/** What went wrong before a request reached a pipeline; `http` is the answer's status. */
export class RequestError extends Error {
  readonly http: number;
  readonly code: number;

  constructor(http: number, code: number, message: string) {
    super(message);
    this.name = 'RequestError';
    this.http = http;
    this.code = code;
  }
}

/** What an upstream refused for good, by its code: whoever sent the data is to blame, and gets the same answer. */
const statuses = new Map(refusals.map(([status, code]) => [code, status]));

/** https://opentelemetry.io/docs/specs/otlp/#failures: bad data is final, what the pipeline cannot take now is not. */
export function statusOf(error: unknown): RpcStatus & { readonly http: number } {
  if (error instanceof OtlpError) return { http: 400, code: Code.INVALID_ARGUMENT, message: error.message };
  if (error instanceof RequestError) return { http: error.http, code: error.code, message: error.message };
  if (error instanceof ConsumeError && !error.permanent) {
    const { message, retryAfterMs } = error;
    const status = { http: 503, code: Code.UNAVAILABLE, message };
    return retryAfterMs === undefined ? status : { ...status, retryDelayMs: retryAfterMs };
  }
  if (error instanceof ConsumeError && error.code !== undefined) {
    const http = statuses.get(error.code);
    if (http !== undefined) return { http, code: error.code, message: error.message };
  }
  return { http: 500, code: Code.INTERNAL, message: error instanceof Error ? error.message : String(error) };
}
