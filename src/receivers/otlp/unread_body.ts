import type { IncomingMessage, ServerResponse } from 'node:http';

const MAX_DRAINED_BYTES = 256 * 1024;
const LINGER_MS = 2_000;

/**
 * A sender that still writes would never read the answer if the connection were reset: the connection ends on this side
 * only, and what comes is read away for a while. RFC 9112, 9.6.
 */
export function discardRest(response: ServerResponse): void {
  const { req: request, socket } = response;
  if (request.complete || socket === null) return;
  request.removeAllListeners('data');
  request.on('error', () => undefined);
  request.resume();
  // Node calls it when the answer is written, and would not wait for the sender.
  const close = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    socket.end();
  };
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  timer.unref();
  request.once('close', () => {
    clearTimeout(timer);
    close();
  });
}

/** Node reads a short rest away itself, and the connection can be used again. */
export function hasLongRest(request: IncomingMessage): boolean {
  if (request.complete) return false;
  const { 'content-length': length, 'transfer-encoding': transfer } = request.headers;
  return transfer !== undefined || Number(length ?? 0) > MAX_DRAINED_BYTES;
}
