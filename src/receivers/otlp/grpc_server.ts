import type { Server, ServerUnaryCall, ServiceDefinition, sendUnaryData, UntypedHandleCall } from '@grpc/grpc-js';
import type { Signal } from '../../pdata/pdata.ts';
import type { Component, Settings } from '../../service/component.ts';
import { grpc } from '../../transport/grpc.ts';
import { bindAddress } from '../../transport/listen.ts';
import { Code, encodeStatus } from '../../transport/rpc_status.ts';
import { grpcMethods } from '../../transport/signals.ts';
import { serverContextOptions, watchTls } from '../../transport/tls_options.ts';
import { statusOf } from './answer.ts';
import type { GrpcConfig } from './config.ts';
import { TlsCredentials } from './grpc_credentials.ts';
import type { Intake } from './intake.ts';

const MIB = 1024 * 1024;
const DEFAULT_MAX_MESSAGE = 4 * MIB;
/** Details travel in a header; longer ones are cut. */
const MAX_DETAILS = 1024;
/** For answers that are given at the deadline. */
const LAST_WORDS_MS = 100;

/** OTLP/gRPC. Messages stay bytes: nothing is decoded on the way. https://opentelemetry.io/docs/specs/otlp/#otlpgrpc */
export class GrpcReceiver implements Component {
  readonly #settings: Settings;
  readonly #config: GrpcConfig;
  readonly #intake: Intake;
  #server: Server | undefined;
  /** Of calls under way: each refuses its own. */
  readonly #pending = new Set<() => void>();
  #stopWatching: () => void = () => undefined;

  constructor(settings: Settings, config: GrpcConfig, intake: Intake) {
    this.#settings = settings;
    this.#config = config;
    this.#intake = intake;
  }

  async start(): Promise<void> {
    const server = new grpc.Server(this.#options());
    this.#server = server;
    for (const signal of this.#intake.signals) {
      const handler = (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void => {
        void this.#export(signal, call.request, answer);
      };
      server.addService(serviceOf(signal), { export: handler as UntypedHandleCall });
    }
    const { endpoint, transport } = this.#config;
    const credentials = this.#credentials();
    const target = transport === 'unix' ? `unix:${endpoint}` : await bindTarget(endpoint);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(target, credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
    });
    const shown = transport === 'unix' ? endpoint : target.replace(/:\d+$/, `:${port}`);
    this.#settings.logger.info('Starting GRPC server', { endpoint: shown });
  }

  async shutdown(deadline: number): Promise<void> {
    this.#stopWatching();
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    // Sends GOAWAY, takes no call any more and waits for those under way; at the deadline they are told to come back.
    const ended = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    const timer = setTimeout(
      () => {
        for (const refuse of this.#pending) refuse();
      },
      Math.max(0, deadline - performance.now()),
    );
    const late = setTimeout(() => server.forceShutdown(), Math.max(0, deadline - performance.now()) + LAST_WORDS_MS);
    await Promise.race([
      ended,
      new Promise((resolve) => setTimeout(resolve, deadline - performance.now() + 2 * LAST_WORDS_MS).unref()),
    ]);
    clearTimeout(timer);
    clearTimeout(late);
  }

  async #export(signal: Signal, bytes: Buffer, reply: sendUnaryData<Buffer>): Promise<void> {
    // One answer: the deadline's or the pipeline's.
    const answer: sendUnaryData<Buffer> = (error, value) => {
      if (this.#pending.delete(refuse)) reply(error, value);
    };
    const refuse = (): void => answer({ code: Code.UNAVAILABLE, details: 'the server is shutting down' });
    this.#pending.add(refuse);
    try {
      await this.#intake.protobuf(signal, bytes);
      answer(null, EMPTY);
    } catch (error) {
      const status = statusOf(error);
      const metadata = new grpc.Metadata();
      if (status.retryDelayMs !== undefined) {
        metadata.set('grpc-status-details-bin', Buffer.from(encodeStatus(status)));
      }
      answer({ code: status.code, details: status.message.slice(0, MAX_DETAILS), metadata });
    }
  }

  #credentials(): TlsCredentials {
    const { tls } = this.#config;
    if (tls === undefined) return new TlsCredentials(null);
    const mutual = tls.client_ca_file !== '';
    const credentials = new TlsCredentials(
      { requestCert: mutual, rejectUnauthorized: mutual },
      serverContextOptions(tls),
    );
    this.#stopWatching = watchTls(
      tls,
      () => serverContextOptions(tls),
      (options) => credentials.use(options),
      (error) => this.#settings.logger.error('failed to reload TLS', { error }),
    );
    return credentials;
  }

  #options(): Record<string, number> {
    const { max_recv_msg_size_mib: maxMib, max_concurrent_streams: streams, keepalive } = this.#config;
    const {
      max_connection_idle: idle,
      max_connection_age: age,
      max_connection_age_grace: grace,
      time,
      timeout,
    } = keepalive.server_parameters;
    return {
      'grpc.max_receive_message_length': maxMib > 0 ? maxMib * MIB : DEFAULT_MAX_MESSAGE,
      'grpc.enable_channelz': 0,
      ...(streams > 0 ? { 'grpc.max_concurrent_streams': streams } : {}),
      ...(idle > 0 ? { 'grpc.max_connection_idle_ms': idle } : {}),
      ...(age > 0 ? { 'grpc.max_connection_age_ms': age } : {}),
      ...(grace > 0 ? { 'grpc.max_connection_age_grace_ms': grace } : {}),
      ...(time > 0 ? { 'grpc.keepalive_time_ms': time } : {}),
      ...(timeout > 0 ? { 'grpc.keepalive_timeout_ms': timeout } : {}),
    };
  }
}

/** Export*ServiceResponse without partial_success. */
const EMPTY = Buffer.alloc(0);
const identity = (bytes: Buffer): Buffer => bytes;

function serviceOf(signal: Signal): ServiceDefinition {
  return {
    export: {
      path: grpcMethods[signal],
      requestStream: false,
      responseStream: false,
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    },
  };
}

async function bindTarget(endpoint: string): Promise<string> {
  const { host, port } = await bindAddress(endpoint);
  if (host === '') return `[::]:${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
