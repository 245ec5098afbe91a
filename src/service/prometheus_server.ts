import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConnectionLimit, connectionKey } from '../transport/connection_limit.ts';
import { listen } from '../transport/listen.ts';
import { prometheusType } from './prometheus_text.ts';

const MAX_CONNECTIONS = 20;

/** Serves /metrics. */
export class PrometheusServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(endpoint: string, text: () => Promise<string>): Promise<PrometheusServer> {
    const server = createServer((request, response) => {
      request.resume();
      connections.used(connectionKey(request.socket));
      const [path] = (request.url ?? '').split('?', 1);
      if (path !== '/metrics') {
        response.writeHead(404, { 'Content-Type': 'text/plain' }).end('404 page not found\n');
        return;
      }
      text().then(
        (body) => response.writeHead(200, { 'Content-Type': prometheusType }).end(body),
        (error: unknown) => response.writeHead(500, { 'Content-Type': 'text/plain' }).end(`${String(error)}\n`),
      );
    });
    const connections = new ConnectionLimit(server, MAX_CONNECTIONS, () => undefined);
    await listen(server, endpoint).catch((cause: Error) => {
      throw new Error(`binding address ${endpoint} for Prometheus exporter: ${cause.message}`, { cause });
    });
    server.on('error', () => undefined);
    // Metrics alone are no reason to go on.
    server.unref();
    return new PrometheusServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
