import { ConsumeError } from '../../service/component.ts';
import { Code, decodeStatus, retryableCodes } from '../../transport/rpc_status.ts';

const MAX_MESSAGE = 512;
/** As Go writes them. */
const names = new Map(
  Object.entries({ ...Code, CANCELED: Code.CANCELLED }).map(([name, code]) => [
    code as number,
    name.toLowerCase().replaceAll(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase()),
  ]),
);

/** `details`: the bytes of grpc-status-details-bin, a google.rpc.Status. */
export function failureOf(code: number, text: string, details?: Uint8Array): ConsumeError {
  const delay = retryDelay(details);
  const name = names.get(code) ?? `Code(${code})`;
  const message = `rpc error: code = ${name} desc = ${text.slice(0, MAX_MESSAGE)}`;
  // A server that is exhausted says with RetryInfo that it can recover.
  const again = retryableCodes.includes(code) || (code === Code.RESOURCE_EXHAUSTED && delay !== undefined);
  if (!again) return new ConsumeError(message, { permanent: true, code });
  return new ConsumeError(
    message,
    delay === undefined ? { permanent: false } : { permanent: false, retryAfterMs: delay },
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
