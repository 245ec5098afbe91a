import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { HttpClient } from '../transport/http_client.ts';
import { retryableStatuses } from '../transport/rpc_status.ts';
import { type OtlpSender, SendError, type SenderOptions } from './own_otlp.ts';

const compress = promisify(gzip);

/** OTLP/HTTP: https://opentelemetry.io/docs/specs/otlp/#otlphttp */
export class HttpSender implements OtlpSender {
  readonly #options: SenderOptions;
  readonly #client: HttpClient;
  readonly #name: string;

  constructor(options: SenderOptions) {
    this.#options = options;
    const { url, tls } = options;
    // Without user, password and query.
    this.#name = url.origin + url.pathname;
    this.#client = new HttpClient({
      url,
      // The exporter's signal limits all attempts together.
      timeoutMs: 0,
      agent: url.protocol === 'https:' ? new TlsAgent({ keepAlive: true, ...tls }) : new Agent({ keepAlive: true }),
      proxy: undefined,
      failure: (reason) => new SendError(`${this.#name}: ${reason}`, true),
    });
  }

  async send(body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const { contentType, gzip: zipped, headers: own } = this.#options;
    const bytes = zipped ? await compress(body) : body;
    const headers = { ...own, 'content-type': contentType, ...(zipped ? { 'content-encoding': 'gzip' } : {}) };
    const { status, body: answer } = await this.#client.post(bytes, headers, signal);
    if (status >= 200 && status < 300) return answer;
    throw new SendError(`${this.#name} answered ${status}`, retryableStatuses.includes(status));
  }

  close(): void {
    this.#client.close();
  }
}
