import type { Server } from 'node:net';
import type { ComponentTelemetry, Logger } from '../../service/component.ts';
import { ConnectionLimit } from '../../transport/connection_limit.ts';

/** An HTTP/2 connection takes some 60 KiB, however little it sends. */
const MAX_CONNECTIONS = 4096;

/** Counts what was not taken; `reason` is one of few: a status of HTTP or gRPC, or what was wrong with the connection. */
export type Rejected = (reason: string) => void;

export function rejectCounter(telemetry: ComponentTelemetry, transport: 'grpc' | 'http'): Rejected {
  const count = telemetry.counter('sonde.receiver.rejects', {
    description: 'Requests that were answered with an error, and connections that were ended.',
    unit: '{rejects}',
  });
  return (reason) => count(1, { transport, 'error.type': reason });
}

/** Counts connections that were ended for others, and handshakes of TLS that failed. */
export function guardConnections(server: Server, rejected: Rejected, logger: Logger): ConnectionLimit {
  server.on('tlsClientError', () => rejected('tls'));
  return new ConnectionLimit(server, MAX_CONNECTIONS, () => {
    rejected('displaced');
    logger.warn('There are too many connections: the least used one was ended', { limit: MAX_CONNECTIONS });
  });
}
