import { platform } from 'node:os';
import type { Batch, Signal } from '../../pdata/pdata.ts';
import type { Component, Consumer, Settings } from '../../service/component.ts';
import { itemNames } from '../../transport/signals.ts';
import { secureContextOptions, watchTls } from '../../transport/tls_options.ts';
import { QueueSender } from '../helper/queue_sender.ts';
import { encodeBody } from './body.ts';
import { HttpClient } from './client.ts';
import type { OtlpHttpConfig } from './config.ts';
import { responseError, successMessage } from './response.ts';
import { tlsOptions } from './tls.ts';

/** OTLP over HTTP with queue and retry: https://opentelemetry.io/docs/specs/otlp/#otlphttp */
export async function createOtlpHttp(
  settings: Settings,
  config: OtlpHttpConfig,
  signal: Signal,
): Promise<Component & Consumer> {
  const exporter = new OtlpHttpExporter(settings, config, signal);
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

class OtlpHttpExporter {
  readonly #settings: Settings;
  readonly #config: OtlpHttpConfig;
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  #client: HttpClient | undefined;
  #stopWatching: () => void = () => undefined;

  constructor(settings: Settings, config: OtlpHttpConfig, signal: Signal) {
    this.#settings = settings;
    this.#config = config;
    this.#url = endpointOf(config, signal);
    const { command, version } = settings.buildInfo;
    this.#headers = {
      'user-agent': `${command}/${version} (${platform()}/${process.arch})`,
      'content-type': config.encoding === 'json' ? 'application/json' : 'application/x-protobuf',
      ...Object.fromEntries(
        Object.entries(config.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
      ),
    };
  }

  start(): void {
    this.#connect();
    if (this.#url.protocol !== 'https:') return;
    this.#stopWatching = watchTls(
      this.#config.tls,
      () => secureContextOptions(this.#config.tls),
      () => this.#connect(),
      (error) => this.#settings.logger.error('failed to reload TLS', { error }),
    );
  }

  close(): void {
    this.#stopWatching();
    this.#client?.close();
  }

  /** Requests under way end on the connections that they began on; those are not used again. */
  #connect(): void {
    const { timeout, idle_conn_timeout: idle, max_idle_conns: maxIdle, sending_queue: queue } = this.#config;
    this.#client?.retire();
    this.#client = new HttpClient({
      url: this.#url,
      timeoutMs: timeout,
      idleTimeoutMs: idle,
      maxIdle: Math.min(maxIdle, queue.num_consumers),
      tls: this.#url.protocol === 'https:' ? tlsOptions(this.#config.tls) : {},
    });
  }

  async send(batch: Batch, abort: AbortSignal): Promise<void> {
    if (this.#client === undefined) throw new Error('not started');
    const { body, contentEncoding } = await encodeBody(batch, this.#config);
    const headers =
      contentEncoding === undefined ? this.#headers : { ...this.#headers, 'content-encoding': contentEncoding };
    const response = await this.#client.post(body, headers, abort);
    if (response.status < 200 || response.status > 299) throw responseError(this.#url, response);
    const message = successMessage(response);
    if (message !== undefined) {
      const { rejected, text } = message;
      this.#settings.logger.warn('Partial success response', { message: text, rejected_items: rejected });
    }
  }
}

function endpointOf(config: OtlpHttpConfig, signal: Signal): URL {
  const own = signal === 'profiles' ? '' : config[`${signal}_endpoint`];
  if (own !== '') return new URL(own);
  if (config.endpoint === '') throw new Error(`either endpoint or ${signal}_endpoint must be specified`);
  const path = signal === 'profiles' ? 'v1development/profiles' : `v1/${signal}`;
  return new URL(config.endpoint.endsWith('/') ? `${config.endpoint}${path}` : `${config.endpoint}/${path}`);
}
