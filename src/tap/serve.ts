import type { MessagePort } from 'node:worker_threads';
import type { TapParts } from './parts.ts';
import type { ToTap } from './protocol.ts';
import { Tap } from './tap.ts';

/** Runs a tap behind a message port. */
export function serve(port: MessagePort, parts: TapParts): void {
  const tap = new Tap(parts, (message, transfer) => port.postMessage(message, transfer));
  port.on('message', (message: ToTap) => tap.handle(message));
}
