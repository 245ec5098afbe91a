import { platform } from 'node:os';
import type { Batch, Signal } from '../../pdata/pdata.ts';
import { type Component, ConsumeError, type Consumer, type Settings } from '../../service/component.ts';
import { decodePartialSuccess } from '../../transport/rpc_status.ts';
import { grpcMethods } from '../../transport/signals.ts';
import { tellPartialSuccess } from '../helper/partial_success.ts';
import { queued, type Upstream } from '../helper/queued.ts';
import { TlsClient } from '../helper/tls_client.ts';
import { GrpcClient } from './client.ts';
import type { OtlpGrpcConfig } from './config.ts';

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
  #client: TlsClient<GrpcClient> | undefined;

  constructor(settings: Settings, config: OtlpGrpcConfig, signal: Signal) {
    this.#settings = settings;
    this.#config = config;
    this.#signal = signal;
  }

  start(): void {
    const { command, version } = this.#settings.buildInfo;
    const userAgent = `${command}/${version} (${platform()}/${process.arch})`;
    this.#client = new TlsClient(
      this.#settings,
      this.#config.tls,
      () => new GrpcClient(this.#config, grpcMethods[this.#signal], userAgent),
      // Calls under way end on the connection that they began on.
      (before) => before.close(),
    );
  }

  close(): void {
    this.#client?.stop().close();
  }

  async send(batch: Batch, abort: AbortSignal): Promise<void> {
    if (this.#client === undefined) throw new Error('not started');
    const answer = await this.#client.current.send(batch.bytes(), abort);
    const partial = partialSuccess(answer);
    if (partial !== undefined) tellPartialSuccess(this.#settings, this.#signal, partial.message, partial.rejected);
  }
}

function partialSuccess(answer: Uint8Array): ReturnType<typeof decodePartialSuccess> {
  try {
    return decodePartialSuccess(answer);
  } catch (error) {
    throw new ConsumeError('the answer of the upstream cannot be read', { permanent: true, cause: error });
  }
}
