import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Signal } from '../../pdata/pdata.ts';
import { type HttpExchange, httpReport, type Report } from '../../service/call_report.ts';
import type { Component, Settings } from '../../service/component.ts';
import { withRemoteParent } from '../../service/remote_parent.ts';
import { type ConnectionLimit, connectionKey } from '../../transport/connection_limit.ts';
import { listen } from '../../transport/listen.ts';
import { encodeStatus, type RpcStatus, statusJson } from '../../transport/rpc_status.ts';
import { httpPaths } from '../../transport/signals.ts';
import { serverContextOptions, watchTls } from '../../transport/tls_options.ts';
import { statusOf } from './answer.ts';
import { decodeBody, isOneMember, readBody, unsupportedEncoding } from './body.ts';
import type { HttpConfig } from './config.ts';
import { Cors } from './cors.ts';
import { HeldBodies, REQUEST_BYTES } from './held_bodies.ts';
import type { Intake } from './intake.ts';
import { guardConnections, type Rejected, rejectCounter } from './rejects.ts';
import { urlPath } from './rules.ts';
import { discardRest, hasLongRest } from './unread_body.ts';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
const DEFAULT_MAX_BODY = 20 * 1024 * 1024;
/** Answers of success are empty in protobuf: partial_success is never set. */
const EMPTY = new Uint8Array(0);
const JSON_SUCCESS = '{"partialSuccess":{}}';

/** OTLP/HTTP: https://opentelemetry.io/docs/specs/otlp/#otlphttp */
export class HttpReceiver implements Component {
  readonly #settings: Settings;
  readonly #config: HttpConfig;
  readonly #intake: Intake;
  readonly #routes: ReadonlyMap<string, Signal>;
  readonly #cors: Cors | undefined;
  readonly #limit: number;
  #server: Server | SecureServer | undefined;
  #connections: ConnectionLimit | undefined;
  #stopWatching: () => void = () => undefined;
  #stopping = false;
  readonly #bodies = new HeldBodies();
  readonly #report: Report<HttpExchange>;
  readonly #rejected: Rejected;
  /** Requests that are measured. */
  readonly #measured = new WeakMap<IncomingMessage, Measured>();

  constructor(settings: Settings, config: HttpConfig, intake: Intake) {
    this.#settings = settings;
    this.#config = config;
    this.#intake = intake;
    this.#report = httpReport(settings.telemetry, 'server');
    this.#rejected = rejectCounter(settings.telemetry, 'http');
    const paths: Readonly<Record<Signal, string>> = {
      traces: config.traces_url_path,
      metrics: config.metrics_url_path,
      logs: config.logs_url_path,
      profiles: httpPaths.profiles,
    };
    this.#routes = new Map(intake.signals.map((signal) => [urlPath(paths[signal]) ?? '', signal]));
    this.#cors =
      config.cors !== undefined && config.cors.allowed_origins.length > 0 ? new Cors(config.cors) : undefined;
    this.#limit = config.max_request_body_size > 0 ? config.max_request_body_size : DEFAULT_MAX_BODY;
  }

  async start(): Promise<void> {
    const { cors, endpoint, transport, tls } = this.#config;
    if (cors !== undefined && this.#cors === undefined && cors.allowed_headers.length > 0) {
      this.#settings.logger.warn(
        'The CORS configuration specifies allowed headers but no allowed origins, and is therefore ignored.',
      );
    }
    const server = this.#create();
    this.#server = server;
    this.#connections = guardConnections(server, this.#rejected, this.#settings.logger);
    countMalformed(server, this.#rejected);
    const bound = await listen(server, endpoint, transport);
    server.on('error', (error: Error) => this.#settings.fail(error));
    this.#settings.logger.info('Starting HTTP server', { endpoint: bound });
    if (tls !== undefined) {
      this.#stopWatching = watchTls(
        tls,
        () => serverContextOptions(tls),
        (options) => (server as SecureServer).setSecureContext(options),
        (error) => this.#settings.logger.error('failed to reload TLS', { error }),
      );
    }
  }

  async shutdown(deadline: number): Promise<void> {
    this.#stopWatching();
    this.#stopping = true;
    const server = this.#server;
    if (server?.listening !== true) return;
    const timer = setTimeout(() => this.#connections?.destroyAll(), Math.max(0, deadline - performance.now()));
    await new Promise<void>((resolve) => server.close(() => resolve()));
    clearTimeout(timer);
  }

  #create(): Server | SecureServer {
    const { tls, read_timeout, read_header_timeout, idle_timeout } = this.#config;
    const headersTimeout = read_header_timeout > 0 ? read_header_timeout : read_timeout;
    const options = {
      requestTimeout: Math.max(0, read_timeout),
      // Node wants it not to be longer than the time of the whole request.
      headersTimeout: read_timeout > 0 ? Math.min(headersTimeout, read_timeout) : headersTimeout,
      keepAliveTimeout: idle_timeout > 0 ? idle_timeout : read_timeout,
      connectionsCheckingInterval: 5_000,
    };
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      this.#handle(request, response).catch((error: unknown) => {
        this.#settings.logger.error('failed to answer', { error });
        response.destroy();
      });
    };
    if (tls === undefined) return createServer(options, handle);
    const mutual = tls.client_ca_file !== '';
    return createSecureServer(
      { ...options, ...serverContextOptions(tls), requestCert: mutual, rejectUnauthorized: mutual },
      handle,
    );
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const measured: Measured | undefined = this.#report.enabled ? { began: performance.now(), bytes: 0 } : undefined;
    if (measured !== undefined) this.#measured.set(request, measured);
    for (const [name, value] of Object.entries(this.#config.response_headers)) response.setHeader(name, String(value));
    if (this.#cors?.handle(request, response) === true) return;
    const encoding = request.headers['content-encoding'] ?? '';
    const type = mediaType(request.headers['content-type']);
    // In the Collector's order: encoding, path, method, type.
    if (!this.#config.compression_algorithms.includes(encoding)) {
      this.#refuse(response, type, unsupportedEncoding(encoding));
      return;
    }
    const path = pathOf(request.url ?? '');
    const signal = this.#routes.get(path);
    if (measured !== undefined && signal !== undefined) measured.route = path;
    if (signal === undefined) this.#text(response, 404, '404 page not found\n');
    else if (request.method !== 'POST') this.#text(response, 405, '405 method not allowed, supported: [POST]');
    else if (type !== PROTOBUF && type !== JSON_TYPE) {
      this.#text(response, 415, `415 unsupported media type, supported: [${JSON_TYPE}, ${PROTOBUF}]`);
    } else await this.#take(request, response, signal, type, encoding);
  }

  async #take(
    request: IncomingMessage,
    response: ServerResponse,
    signal: Signal,
    type: string,
    encoding: string,
  ): Promise<void> {
    const held = this.#bodies.body();
    try {
      held.hold(REQUEST_BYTES);
      const body = await readBody(request, this.#limit, held);
      const measured = this.#measured.get(request);
      if (measured !== undefined) measured.bytes = body.length;
      const bytes = await decodeBody(encoding, body, this.#limit, held);
      const gzip = encoding === 'gzip' && isOneMember(body, bytes) ? body : undefined;
      await withRemoteParent(request.headers, () =>
        type === JSON_TYPE ? this.#intake.json(signal, bytes, held.hold) : this.#intake.protobuf(signal, bytes, gzip),
      );
      this.#send(response, 200, type, type === JSON_TYPE ? JSON_SUCCESS : EMPTY);
    } catch (error) {
      this.#refuse(response, type, error);
    } finally {
      held.release();
    }
  }

  #refuse(response: ServerResponse, type: string, error: unknown): void {
    const status: RpcStatus & { readonly http: number } = statusOf(error);
    const { http, retryDelayMs } = status;
    // Whole seconds, never earlier than asked for.
    if (retryDelayMs !== undefined) response.setHeader('Retry-After', String(Math.ceil(retryDelayMs / 1000)));
    if (type === PROTOBUF) this.#send(response, http, type, encodeStatus(status));
    else this.#send(response, http, JSON_TYPE, statusJson(status));
  }

  #text(response: ServerResponse, status: number, text: string): void {
    this.#send(response, status, 'text/plain', text);
  }

  #send(response: ServerResponse, status: number, type: string, body: string | Uint8Array): void {
    const { write_timeout: limit, keep_alives_enabled: keepAlive } = this.#config;
    // What is left of a refused body would be read as the next request.
    const close = this.#stopping || !keepAlive || hasLongRest(response.req);
    response.writeHead(status, {
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(body),
      ...(close ? { Connection: 'close' } : {}),
    });
    if (limit > 0 && response.socket !== null) response.setTimeout(limit, () => response.destroy());
    response.end(body);
    if (status >= 400) this.#rejected(String(status));
    this.#connections?.used(connectionKey(response.req.socket));
    if (close) discardRest(response);
    const measured = this.#measured.get(response.req);
    if (measured !== undefined) this.#tell(response.req, measured, status, Buffer.byteLength(body));
  }

  #tell(
    { method = '', headers, httpVersion }: IncomingMessage,
    measured: Measured,
    status: number,
    bytes: number,
  ): void {
    this.#report.record({
      method,
      status,
      ...(measured.route === undefined ? {} : { route: measured.route }),
      authority: headers.host ?? '',
      scheme: this.#config.tls === undefined ? 'http' : 'https',
      version: httpVersion,
      began: measured.began,
      requestBytes: measured.bytes,
      responseBytes: bytes,
    });
  }
}

interface Measured {
  /** Of performance.now(). */
  readonly began: number;
  bytes: number;
  route?: string;
}

/** What Node answers by itself: heads that are no HTTP, too long, or too slow. */
function countMalformed(server: Server | SecureServer, rejected: Rejected): void {
  server.on(server instanceof SecureServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    socket.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
      if (code === 'ERR_HTTP_REQUEST_TIMEOUT') rejected('timeout');
      else if (code.startsWith('HPE_')) rejected('malformed');
    });
  });
}

const PARAMETERS = /^(\s*;\s*[\w!#$&^.+-]+=([\w!#$&^.+-]+|"[^"]*"))*\s*;?\s*$/;

/** The type without its parameters; empty when these are malformed, as Go's mime.ParseMediaType has it. */
function mediaType(header: string | undefined): string {
  if (header === undefined) return '';
  const end = header.indexOf(';');
  if (end < 0) return header.trim().toLowerCase();
  return PARAMETERS.test(header.slice(end)) ? header.slice(0, end).trim().toLowerCase() : '';
}

/** Who believes to talk to a proxy says the whole URL: RFC 9112, 3.2.2. */
function pathOf(url: string): string {
  const target = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?]*/i, '');
  const end = target.indexOf('?');
  const path = end < 0 ? target : target.slice(0, end);
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
