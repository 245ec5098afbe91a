import { platform } from 'node:os';
import type { Batch, Signal } from '../../pdata/pdata.ts';
import { type Component, ConsumeError, type Consumer, type Settings } from '../../service/component.ts';
import { decodePartialSuccess } from '../../transport/rpc_status.ts';
import { grpcMethods, itemNames } from '../../transport/signals.ts';
import { secureContextOptions, watchTls } from '../../transport/tls_options.ts';
import { QueueSender } from '../helper/queue_sender.ts';
import { GrpcClient } from './client.ts';
import type { OtlpGrpcConfig } from './config.ts';

/** What the Collector calls the rejected items of a signal in its log. */
const droppedNames: Readonly<Record<Signal, string>> = {
  traces: 'dropped_spans',
  metrics: 'dropped_data_points',
  logs: 'dropped_log_records',
  profiles: 'dropped_profiles',
};

/** OTLP over gRPC with queue and retry: https://opentelemetry.io/docs/specs/otlp/#otlpgrpc */
export async function createOtlpGrpc(
  settings: Settings,
  config: OtlpGrpcConfig,
  signal: Signal,
): Promise<Component & Consumer> {
  const exporter = new OtlpGrpcExporter(settings, config, signal);
  const queue = new QueueSender(
    settings,
    config.sending_queue,
    config.retry_on_failure,
    async (batch, abort) => exporter.send(batch, abort),
    itemNames[signal],
  );
  return {
    start: async () => {
      exporter.start();
      await queue.start();
    },
    consume: async (batch) => queue.consume(batch),
    shutdown: async (deadline, successor) => {
      await queue.shutdown(deadline, successor);
      exporter.close();
    },
  };
}

class OtlpGrpcExporter {
  readonly #settings: Settings;
  readonly #config: OtlpGrpcConfig;
  readonly #signal: Signal;
  #client: GrpcClient | undefined;
  #stopWatching: () => void = () => undefined;

  constructor(settings: Settings, config: OtlpGrpcConfig, signal: Signal) {
    this.#settings = settings;
    this.#config = config;
    this.#signal = signal;
  }

  start(): void {
    this.#connect();
    const { tls } = this.#config;
    this.#stopWatching = watchTls(
      tls,
      () => secureContextOptions(tls),
      () => this.#connect(),
      (error) => this.#settings.logger.error('failed to reload TLS', { error }),
    );
  }

  close(): void {
    this.#stopWatching();
    this.#client?.close();
  }

  async send(batch: Batch, abort: AbortSignal): Promise<void> {
    if (this.#client === undefined) throw new Error('not started');
    const answer = await this.#client.send(batch.bytes(), abort);
    const partial = partialSuccess(answer);
    if (partial === undefined) return;
    const { message, rejected } = partial;
    this.#settings.logger.warn('Partial success response', { message, [droppedNames[this.#signal]]: rejected });
  }

  /** Calls under way end on the connection that they began on. */
  #connect(): void {
    const before = this.#client;
    const { command, version } = this.#settings.buildInfo;
    const userAgent = `${command}/${version} (${platform()}/${process.arch})`;
    this.#client = new GrpcClient(this.#config, grpcMethods[this.#signal], userAgent);
    before?.close();
  }
}

function partialSuccess(answer: Uint8Array): ReturnType<typeof decodePartialSuccess> {
  try {
    return decodePartialSuccess(answer);
  } catch (error) {
    throw new ConsumeError('the answer of the upstream cannot be read', { permanent: true, cause: error });
  }
}
