import type { IncomingMessage, ServerResponse } from 'node:http';

const MAX_DRAINED_BYTES = 256 * 1024;
const LINGER_MS = 2_000;

/** A sender that still writes would never read the answer if the connection were reset: its bytes are read away for a while. */
export function discardRest(response: ServerResponse): void {
  const { req: request } = response;
  if (request.complete) return;
  request.removeAllListeners('data');
  request.on('error', () => undefined);
  request.resume();
  const timer = setTimeout(() => request.destroy(), LINGER_MS);
  timer.unref();
  request.once('close', () => clearTimeout(timer));
}

/** Node reads a short rest away itself, and the connection can be used again. */
export function hasLongRest(request: IncomingMessage): boolean {
  if (request.complete) return false;
  const { 'content-length': length, 'transfer-encoding': transfer } = request.headers;
  return transfer !== undefined || Number(length ?? 0) > MAX_DRAINED_BYTES;
}
