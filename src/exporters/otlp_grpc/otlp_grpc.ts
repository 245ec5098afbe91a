import { platform } from 'node:os';
import type { Batch, Signal } from '../../pdata/pdata.ts';
import { type Report, type RpcExchange, rpcReport } from '../../service/call_report.ts';
import {
  type Component,
  ConsumeError,
  type Consumer,
  type MetricAttributes,
  type Settings,
} from '../../service/component.ts';
import { RpcError } from '../../transport/grpc/call.ts';
import { GrpcClient } from '../../transport/grpc/client.ts';
import { parseEndpoint } from '../../transport/grpc/endpoint.ts';
import type { ClientTls } from '../../transport/grpc/options.ts';
import { Code, codeName, decodePartialSuccess } from '../../transport/rpc_status.ts';
import { grpcMethods } from '../../transport/signals.ts';
import { secureContextOptions } from '../../transport/tls_options.ts';
import { tellPartialSuccess } from '../helper/partial_success.ts';
import { queued, type Upstream } from '../helper/queued.ts';
import { TlsClient } from '../helper/tls_client.ts';
import type { OtlpGrpcConfig } from './config.ts';
import { failureOf } from './failure.ts';

/** OTLP over gRPC with queue and retry: https://opentelemetry.io/docs/specs/otlp/#otlpgrpc */
export async function createOtlpGrpc(
  settings: Settings,
  config: OtlpGrpcConfig,
  signal: Signal,
): Promise<Component & Consumer> {
  return queued(settings, config, signal, new OtlpGrpcUpstream(settings, config, signal));
}

class OtlpGrpcUpstream implements Upstream {
  readonly #settings: Settings;
  readonly #config: OtlpGrpcConfig;
  readonly #signal: Signal;
  readonly attributes: MetricAttributes;
  readonly passesGzip: boolean;
  readonly #report: Report<RpcExchange>;
  #client: TlsClient<GrpcClient> | undefined;

  constructor(settings: Settings, config: OtlpGrpcConfig, signal: Signal) {
    this.#settings = settings;
    this.#config = config;
    this.#signal = signal;
    this.passesGzip = config.compression === 'gzip';
    const { host, port } = parseEndpoint(config.endpoint);
    this.attributes = { 'server.address': host, ...(port === undefined ? {} : { 'server.port': port }) };
    this.#report = rpcReport(settings.telemetry, 'client', this.attributes);
  }

  start(): void {
    const { command, version } = this.#settings.buildInfo;
    const own = `${command}/${version} (${platform()}/${process.arch})`;
    const userAgent = this.#config.user_agent === '' ? own : this.#config.user_agent;
    this.#client = new TlsClient(
      this.#settings,
      this.#config.tls,
      () => clientOf(this.#config, grpcMethods[this.#signal], userAgent),
      // Calls under way end on the connection that they began on.
      (before) => before.close(),
    );
  }

  close(): void {
    this.#client?.stop().close();
  }

  async send(batch: Batch, abort: AbortSignal): Promise<void> {
    if (this.#client === undefined) throw new Error('not started');
    const began = performance.now();
    const answer = await this.#client.current.send(batch, abort).catch((error: unknown) => {
      const failed = error instanceof RpcError;
      this.#tell(began, failed ? error.code : Code.UNKNOWN);
      throw failed ? failureOf(error.code, error.message, error.details, error) : error;
    });
    this.#tell(began, Code.OK);
    const partial = partialSuccess(answer);
    if (partial !== undefined) tellPartialSuccess(this.#settings, this.#signal, partial, 'dropped_profiles');
  }

  #tell(began: number, code: number): void {
    if (!this.#report.enabled) return;
    this.#report.record({ method: grpcMethods[this.#signal], code: codeName(code), began });
  }
}

/** Reads the TLS files: throws when one is missing. */
function clientOf(config: OtlpGrpcConfig, method: string, userAgent: string): GrpcClient {
  const { authority, balancer_name: balancer, compression, endpoint, headers, keepalive, timeout } = config;
  return new GrpcClient({
    ...{ endpoint, method, userAgent, timeout, authority, balancer, keepalive },
    tls: tlsOf(config),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    compression: compression === '' || compression === 'none' ? undefined : compression,
    waitForReady: config.wait_for_ready,
  });
}

/** Undefined: no TLS, for `insecure` without a CA, unless the endpoint says https. */
function tlsOf({ endpoint, tls }: OtlpGrpcConfig): ClientTls | undefined {
  if (tls.insecure && tls.ca_file === '' && tls.ca_pem === '' && !parseEndpoint(endpoint).https) return undefined;
  return {
    context: secureContextOptions(tls),
    verify: !tls.insecure_skip_verify,
    serverName: tls.server_name_override,
  };
}

function partialSuccess(answer: Uint8Array): ReturnType<typeof decodePartialSuccess> {
  try {
    return decodePartialSuccess(answer);
  } catch (error) {
    throw new ConsumeError('the answer of the upstream cannot be read', { permanent: true, cause: error });
  }
}
