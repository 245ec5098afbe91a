import { platform } from 'node:os';
import type { Batch, Signal } from '../../pdata/pdata.ts';
import { type HttpExchange, httpReport, type Report } from '../../service/call_report.ts';
import type { Component, Consumer, MetricAttributes, Settings } from '../../service/component.ts';
import { HttpClient } from '../../transport/http_client.ts';
import { proxyFor } from '../../transport/proxy.ts';
import { httpPaths } from '../../transport/signals.ts';
import { tellPartialSuccess } from '../helper/partial_success.ts';
import { queued, type Upstream } from '../helper/queued.ts';
import { TlsClient } from '../helper/tls_client.ts';
import { agentFor } from './agent.ts';
import { encodeBody, passesGzip } from './body.ts';
import type { OtlpHttpConfig } from './config.ts';
import { failure } from './failure.ts';
import { RedirectingClient } from './redirect.ts';
import { responseError, successMessage } from './response.ts';

/** OTLP over HTTP with queue and retry: https://opentelemetry.io/docs/specs/otlp/#otlphttp */
export async function createOtlpHttp(
  settings: Settings,
  config: OtlpHttpConfig,
  signal: Signal,
): Promise<Component & Consumer> {
  return queued(settings, config, signal, new OtlpHttpUpstream(settings, config, signal));
}

class OtlpHttpUpstream implements Upstream {
  readonly #settings: Settings;
  readonly #config: OtlpHttpConfig;
  readonly #signal: Signal;
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly attributes: MetricAttributes;
  readonly passesGzip: boolean;
  readonly #report: Report<HttpExchange>;
  #client: TlsClient<RedirectingClient> | undefined;

  constructor(settings: Settings, config: OtlpHttpConfig, signal: Signal) {
    this.#settings = settings;
    this.#config = config;
    this.#signal = signal;
    this.#url = endpointOf(config, signal);
    this.passesGzip = passesGzip(config);
    const { hostname, port, protocol, pathname } = this.#url;
    this.attributes = {
      'server.address': hostname.replace(/^\[(.*)\]$/, '$1'),
      'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
      'url.path': pathname,
    };
    this.#report = httpReport(settings.telemetry, 'client');
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
    const { proxy_url, tls, timeout: timeoutMs } = this.#config;
    const clientOf = (url: URL): HttpClient => {
      const proxy = proxyFor(url, proxy_url, process.env);
      const failed = (reason: string, cause?: unknown): Error => failure(url, reason, cause);
      return new HttpClient({ url, timeoutMs, agent: agentFor(url, proxy, this.#config), proxy, failure: failed });
    };
    this.#client = new TlsClient(
      this.#settings,
      tls,
      () => new RedirectingClient(this.#url, timeoutMs, clientOf),
      (before) => before.retire(),
    );
  }

  close(): void {
    this.#client?.stop().close();
  }

  async send(batch: Batch, abort: AbortSignal): Promise<void> {
    if (this.#client === undefined) throw new Error('not started');
    const { body, contentEncoding } = await encodeBody(batch, this.#config);
    const headers =
      contentEncoding === undefined ? this.#headers : { ...this.#headers, 'content-encoding': contentEncoding };
    const began = performance.now();
    const response = await this.#client.current.post(body, headers, abort).catch((error: unknown) => {
      this.#tell(began, errorType(error), body.length);
      throw error;
    });
    this.#tell(began, response.status, body.length);
    if (response.status < 200 || response.status > 299) throw responseError(response.url, response);
    const partial = successMessage(response);
    if (partial !== undefined) tellPartialSuccess(this.#settings, this.#signal, partial, 'dropped_samples');
  }

  #tell(began: number, status: number | string, requestBytes: number): void {
    if (!this.#report.enabled) return;
    const { host: authority, protocol } = this.#url;
    const scheme = protocol.slice(0, -1);
    this.#report.record({
      ...{ method: 'POST', status, authority, scheme, version: '1.1' },
      began,
      requestBytes,
      responseBytes: 0,
    });
  }
}

/** Of the system's error, where there is one: ECONNREFUSED. */
function errorType(error: unknown): string {
  const { cause } = error instanceof Error ? error : { cause: undefined };
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '_OTHER';
}

function endpointOf(config: OtlpHttpConfig, signal: Signal): URL {
  const own = config[`${signal}_endpoint`];
  if (own !== '') return new URL(own);
  if (config.endpoint === '') throw new Error(`either endpoint or ${signal}_endpoint must be specified`);
  return new URL(config.endpoint.replace(/\/$/, '') + httpPaths[signal]);
}
