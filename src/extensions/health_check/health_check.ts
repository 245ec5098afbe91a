import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { formatDuration } from '../../config/duration.ts';
import type { Extension, Settings } from '../../service/component.ts';
import { ConnectionLimit, connectionKey } from '../../transport/connection_limit.ts';
import { listen } from '../../transport/listen.ts';
import { serverContextOptions, watchTls } from '../../transport/tls_options.ts';
import type { HealthCheckConfig } from './config.ts';

/** A probe is small and quick: more at a time is no probe. */
const MAX_CONNECTIONS = 100;

/** Answers probes over HTTP: from the moment it starts, which is before any other component. */
export class HealthCheck implements Extension {
  readonly #settings: Settings;
  readonly #config: HealthCheckConfig;
  #server: Server | undefined;
  #connections: ConnectionLimit | undefined;
  #endWatch: () => void = () => undefined;
  #since: Date | undefined;

  constructor(settings: Settings, config: HealthCheckConfig) {
    this.#settings = settings;
    this.#config = config;
  }

  /** Of the listening socket: tests ask for port 0. */
  get port(): number {
    return (this.#server?.address() as AddressInfo | null)?.port ?? 0;
  }

  async start(): Promise<void> {
    const { endpoint, read_timeout, read_header_timeout, idle_timeout } = this.#config;
    const server = this.#make();
    this.#server = server;
    this.#connections = new ConnectionLimit(server, MAX_CONNECTIONS, () => undefined);
    server.requestTimeout = read_timeout;
    server.headersTimeout = read_header_timeout;
    server.keepAliveTimeout = idle_timeout;
    await listen(server, endpoint).catch((cause: Error) => {
      throw new Error(`failed to bind to address ${endpoint}: ${cause.message}`, { cause });
    });
    server.on('error', (error) => this.#settings.logger.error('health check server failed', { error }));
  }

  async shutdown(): Promise<void> {
    this.#endWatch();
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  ready(): void {
    if (this.#since !== undefined) return;
    this.#since = new Date();
    this.#settings.logger.info('Health Check state change', { status: 'ready' });
  }

  notReady(): void {
    if (this.#since === undefined) return;
    this.#since = undefined;
    this.#settings.logger.info('Health Check state change', { status: 'unavailable' });
  }

  #make(): Server {
    const answer = (request: IncomingMessage, response: ServerResponse): void => this.#answer(request, response);
    const { tls } = this.#config;
    if (tls === undefined) return createServer(answer);
    const read = (): ReturnType<typeof serverContextOptions> => serverContextOptions(tls);
    const clients = tls.client_ca_file !== '';
    const server = createTlsServer({ ...read(), requestCert: clients, rejectUnauthorized: clients }, answer);
    this.#endWatch = watchTls(
      tls,
      read,
      (options) => server.setSecureContext(options),
      (error) => this.#settings.logger.error('certificates could not be read again', { error }),
    );
    return server;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { path, liveness_path, readiness_path, keep_alives_enabled, response_headers } = this.#config;
    const [asked = ''] = (request.url ?? '').split('?', 1);
    request.resume();
    this.#connections?.used(connectionKey(request.socket));
    for (const [name, value] of Object.entries(response_headers)) response.setHeader(name, value);
    if (!keep_alives_enabled) response.setHeader('Connection', 'close');
    if (asked === liveness_path) this.#send(response, true, { status: 'Server alive' });
    else if (asked === readiness_path || asked === path || (path.endsWith('/') && asked.startsWith(path))) {
      this.#status(response, asked === readiness_path);
    } else response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
  }

  #status(response: ServerResponse, own: boolean): void {
    const since = this.#since;
    const texts = this.#config.response_body;
    if (texts !== undefined && !own) {
      response.writeHead(since === undefined ? 503 : 200, { 'Content-Type': 'text/plain; charset=utf-8' });
      response.end(since === undefined ? texts.unhealthy : texts.healthy);
      return;
    }
    // Go's zero time, as the Collector says it before it is ready.
    const body =
      since === undefined
        ? { status: 'Server not available', upSince: '0001-01-01T00:00:00Z', uptime: '' }
        : {
            status: 'Server available',
            upSince: since.toISOString(),
            uptime: formatDuration(Date.now() - since.getTime()),
          };
    this.#send(response, since !== undefined, body);
  }

  #send(response: ServerResponse, ok: boolean, body: object): void {
    response.writeHead(ok ? 200 : 503, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  }
}
