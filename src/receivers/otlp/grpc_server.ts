import {
  constants,
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Signal } from '../../pdata/pdata.ts';
import { type Report, type RpcExchange, rpcReport } from '../../service/call_report.ts';
import type { Component, Settings } from '../../service/component.ts';
import { withRemoteParent } from '../../service/remote_parent.ts';
import { type ConnectionLimit, connectionKey } from '../../transport/connection_limit.ts';
import { listen } from '../../transport/listen.ts';
import { Code, codeName } from '../../transport/rpc_status.ts';
import { grpcMethods } from '../../transport/signals.ts';
import { serverContextOptions, watchTls } from '../../transport/tls_options.ts';
import { statusOf } from './answer.ts';
import { isOneMember } from './body.ts';
import type { GrpcConfig } from './config.ts';
import { answerError, answerOk, checkHead, refuseOtherHttp, unknownMethod } from './grpc_call.ts';
import { GrpcConnection } from './grpc_connection.ts';
import { readMessage } from './grpc_message.ts';
import { HeldBodies, REQUEST_BYTES } from './held_bodies.ts';
import type { Intake } from './intake.ts';
import { guardConnections, type Rejected, rejectCounter } from './rejects.ts';

const MIB = 1024 * 1024;
const DEFAULT_MAX_MESSAGE = 4 * MIB;
/** Flow control, bytes: a message of a few hundred KiB comes without waiting for the server. */
const STREAM_WINDOW = MIB;
const CONNECTION_WINDOW = 4 * MIB;
/** Node ends a connection whose streams hold more; bodies are bounded by HeldBodies. MB. */
const MAX_SESSION_MEMORY = 1024;
/** For answers that are given at the deadline, ms. */
const LAST_WORDS = 100;
/** A client that sends nothing of its message, or takes nothing of the answer, for this long has given up. ms. */
const SILENCE_MS = 60_000;
const SILENT = { code: Code.DEADLINE_EXCEEDED, message: 'the message did not come in time' };
const SHUTTING_DOWN = { code: Code.UNAVAILABLE, message: 'the server is shutting down' };

/**
 * OTLP/gRPC: unary calls over HTTP/2 whose messages stay bytes, and compressed when nobody has to look.
 * https://opentelemetry.io/docs/specs/otlp/#otlpgrpc, https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export class GrpcReceiver implements Component {
  readonly #settings: Settings;
  readonly #config: GrpcConfig;
  readonly #intake: Intake;
  readonly #silenceMs: number;
  readonly #methods: ReadonlyMap<string, Signal>;
  readonly #services: readonly string[];
  readonly #limit: number;
  readonly #bodies: HeldBodies;
  readonly #connections = new Map<Http2Session, GrpcConnection>();
  readonly #calls = new Set<ServerHttp2Stream>();
  readonly #report: Report<RpcExchange>;
  readonly #rejected: Rejected;
  #server: Http2Server | Http2SecureServer | undefined;
  #connectionLimit: ConnectionLimit | undefined;
  #stopWatching: () => void = () => undefined;

  constructor(
    settings: Settings,
    config: GrpcConfig,
    intake: Intake,
    silenceMs = SILENCE_MS,
    bodies: HeldBodies = new HeldBodies(),
  ) {
    this.#settings = settings;
    this.#config = config;
    this.#intake = intake;
    this.#silenceMs = silenceMs;
    this.#bodies = bodies;
    this.#report = rpcReport(settings.telemetry, 'server');
    this.#rejected = rejectCounter(settings.telemetry, 'grpc');
    this.#methods = new Map(intake.signals.map((signal) => [grpcMethods[signal], signal]));
    this.#services = [...this.#methods.keys()].map((method) => method.slice(1, method.lastIndexOf('/')));
    this.#limit = config.max_recv_msg_size_mib > 0 ? config.max_recv_msg_size_mib * MIB : DEFAULT_MAX_MESSAGE;
  }

  async start(): Promise<void> {
    const server = this.#create();
    this.#server = server;
    this.#connectionLimit = guardConnections(server, this.#rejected, this.#settings.logger);
    server.on('sessionError', ({ code = '' }: NodeJS.ErrnoException) => {
      if (code.startsWith('ERR_HTTP2_')) this.#rejected('malformed');
    });
    server.on('session', (session) => this.#connected(session));
    server.on('stream', (stream, headers) => void this.#called(stream, headers));
    const bound = await listen(server, this.#config.endpoint, this.#config.transport);
    server.on('error', (error: Error) => this.#settings.fail(error));
    this.#settings.logger.info('Starting GRPC server', { endpoint: bound });
  }

  /** Clients are told to go elsewhere; calls under way have until the deadline, then they are told to come back. */
  async shutdown(deadline: number): Promise<void> {
    this.#stopWatching();
    const server = this.#server;
    if (server?.listening !== true) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const connection of this.#connections.values()) connection.leave('shutting down');
    const left = Math.max(0, deadline - performance.now());
    const refuse = setTimeout(() => {
      for (const stream of this.#calls) answerError(stream, SHUTTING_DOWN);
    }, left);
    const destroy = setTimeout(() => {
      for (const connection of this.#connections.values()) connection.destroy();
      this.#connectionLimit?.destroyAll();
    }, left + LAST_WORDS);
    await closed;
    clearTimeout(refuse);
    clearTimeout(destroy);
  }

  #create(): Http2Server | Http2SecureServer {
    const { tls, max_concurrent_streams: streams } = this.#config;
    const options = {
      maxSessionMemory: MAX_SESSION_MEMORY,
      settings: {
        initialWindowSize: STREAM_WINDOW,
        enablePush: false,
        ...(streams > 0 ? { maxConcurrentStreams: streams } : {}),
      },
    };
    if (tls === undefined) return createServer(options);
    const mutual = tls.client_ca_file !== '';
    const server = createSecureServer({
      ...options,
      ...serverContextOptions(tls),
      requestCert: mutual,
      rejectUnauthorized: mutual,
    });
    this.#stopWatching = watchTls(
      tls,
      () => serverContextOptions(tls),
      (context) => server.setSecureContext(context),
      (error) => this.#settings.logger.error('failed to reload TLS', { error }),
    );
    return server;
  }

  #connected(session: ServerHttp2Session): void {
    session.setLocalWindowSize(CONNECTION_WINDOW);
    const key = connectionKey(session.socket);
    const used = (): void => this.#connectionLimit?.used(key);
    this.#connections.set(session, new GrpcConnection(session, this.#config.keepalive, used));
    session.once('close', () => this.#connections.delete(session));
  }

  async #called(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    stream.on('error', () => undefined);
    const connection = stream.session === undefined ? undefined : this.#connections.get(stream.session);
    connection?.streamBegins();
    const held = this.#bodies.body();
    stream.once('close', () => {
      held.release();
      this.#calls.delete(stream);
      connection?.streamEnds();
    });
    if (refuseOtherHttp(stream, headers)) {
      this.#rejected('no_grpc');
      return;
    }
    this.#calls.add(stream);
    let working = false;
    stream.setTimeout(this.#silenceMs, () => {
      if (working) return;
      answerError(stream, SILENT);
      stream.close(constants.NGHTTP2_CANCEL);
    });
    const path = headers[':path'] ?? '';
    const began = this.#report.enabled ? performance.now() : undefined;
    let code: number = Code.OK;
    try {
      held.hold(REQUEST_BYTES);
      const signal = this.#methods.get(path);
      if (signal === undefined) throw unknownMethod(path, this.#services);
      const { bytes, payload, encoding } = await readMessage(stream, checkHead(headers), this.#limit, held);
      const gzip = encoding === 'gzip' && isOneMember(payload, bytes) ? payload : undefined;
      working = true;
      await withRemoteParent(headers, () => this.#intake.protobuf(signal, bytes, gzip)).finally(() => {
        working = false;
      });
      answerOk(stream);
    } catch (error) {
      const status = statusOf(error);
      code = status.code;
      this.#rejected(codeName(code));
      answerError(stream, status);
    } finally {
      // An answer that nobody reads keeps its stream.
      held.release(stream.destroyed ? 0 : REQUEST_BYTES);
      // Of what nobody serves the name is the sender's choice.
      const method = this.#methods.has(path) ? path : '/_OTHER';
      if (began !== undefined) this.#report.record({ method, code: codeName(code), began });
    }
  }
}
