import { createSecureContext } from 'node:tls';
import { grpc } from '../../transport/grpc.ts';
import { secureContextOptions } from '../../transport/tls_options.ts';
import type { TlsClientConfig } from '../../transport/tls_schema.ts';
import type { OtlpGrpcConfig } from './config.ts';
import { parseEndpoint } from './endpoint.ts';
import { failureOf } from './failure.ts';

const identity = (bytes: Buffer): Buffer => bytes;
/** The only answer is an Export*ServiceResponse. */
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;

/** One method of one server. Whatever goes wrong is a ConsumeError. */
export class GrpcClient {
  readonly #client: grpc.Client;
  readonly #metadata: grpc.Metadata;
  readonly #timeout: number;
  readonly #method: string;

  /** Reads the TLS files: throws when one is missing. */
  constructor(config: OtlpGrpcConfig, method: string, userAgent: string) {
    const { target, https } = parseEndpoint(config.endpoint);
    const { insecure, ca_file: caFile, ca_pem: caPem } = config.tls;
    const plain = insecure && caFile === '' && caPem === '' && !https;
    const credentials = plain ? grpc.credentials.createInsecure() : tlsCredentials(config.tls);
    this.#client = new grpc.Client(target, credentials, options(config, userAgent));
    this.#metadata = new grpc.Metadata({ waitForReady: config.wait_for_ready });
    for (const [name, value] of Object.entries(config.headers)) this.#metadata.set(name, String(value));
    this.#timeout = config.timeout;
    this.#method = method;
  }

  close(): void {
    this.#client.close();
  }

  async send(bytes: Uint8Array, abort: AbortSignal): Promise<Uint8Array> {
    const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new Promise((resolve, reject) => {
      const callOptions = this.#timeout > 0 ? { deadline: Date.now() + this.#timeout } : {};
      const stop = (): void => call.cancel();
      const call = this.#client.makeUnaryRequest(
        this.#method,
        identity,
        identity,
        message,
        this.#metadata,
        callOptions,
        (error, answer) => {
          abort.removeEventListener('abort', stop);
          if (error === null) {
            resolve(answer ?? Buffer.alloc(0));
            return;
          }
          const [details] = error.metadata?.get('grpc-status-details-bin') ?? [];
          reject(failureOf(error.code, error.details, typeof details === 'string' ? undefined : details));
        },
      );
      abort.addEventListener('abort', stop);
      if (abort.aborted) stop();
    });
  }
}

function tlsCredentials(tls: TlsClientConfig): grpc.ChannelCredentials {
  return grpc.credentials.createFromSecureContext(createSecureContext(secureContextOptions(tls)), {
    rejectUnauthorized: !tls.insecure_skip_verify,
  });
}

function options(config: OtlpGrpcConfig, userAgent: string): grpc.ClientOptions {
  const { compression, keepalive, authority, balancer_name: balancer } = config;
  const { server_name_override: serverName } = config.tls;
  return {
    'grpc.primary_user_agent': config.user_agent === '' ? userAgent : config.user_agent,
    'grpc.max_receive_message_length': MAX_RESPONSE_BYTES,
    'grpc.enable_channelz': 0,
    // Retries are the exporter's: it knows what may be sent again, and when.
    'grpc.enable_retries': 0,
    'grpc.default_compression_algorithm':
      compression === 'gzip' ? grpc.compressionAlgorithms.gzip : grpc.compressionAlgorithms.identity,
    ...(balancer === ''
      ? {}
      : { 'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ [balancer]: {} }] }) }),
    ...(authority === '' ? {} : { 'grpc.default_authority': authority }),
    ...(serverName === '' ? {} : { 'grpc.ssl_target_name_override': serverName }),
    ...(keepalive === undefined
      ? {}
      : {
          'grpc.keepalive_time_ms': keepalive.time,
          'grpc.keepalive_timeout_ms': keepalive.timeout,
          'grpc.keepalive_permit_without_calls': keepalive.permit_without_stream ? 1 : 0,
        }),
  };
}
