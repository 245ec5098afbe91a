import { ConsumeError } from '../../service/component.ts';
import { Code, decodeStatus, goCodeName, retryableCodes } from '../../transport/rpc_status.ts';

const MAX_MESSAGE = 512;

/** `details`: the bytes of grpc-status-details-bin, a google.rpc.Status. `cause`: what the code is of. */
export function failureOf(code: number, text: string, details?: Uint8Array, cause?: unknown): ConsumeError {
  const delay = retryDelay(details);
  const message = `rpc error: code = ${goCodeName(code)} desc = ${text.slice(0, MAX_MESSAGE)}`;
  // A server that is exhausted says with RetryInfo that it can recover.
  const again = retryableCodes.includes(code) || (code === Code.RESOURCE_EXHAUSTED && delay !== undefined);
  if (!again) return new ConsumeError(message, { permanent: true, code, cause });
  return new ConsumeError(
    message,
    delay === undefined ? { permanent: false, cause } : { permanent: false, retryAfterMs: delay, cause },
  );
}

function retryDelay(details: Uint8Array | undefined): number | undefined {
  if (details === undefined) return undefined;
  try {
    return decodeStatus(details).retryDelayMs;
  } catch {
    return undefined;
  }
}
