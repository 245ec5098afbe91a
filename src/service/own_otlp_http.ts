import { Agent, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { retryableStatuses } from '../transport/rpc_status.ts';
import { type OtlpSender, SendError, type SenderOptions } from './own_otlp.ts';

const compress = promisify(gzip);
/** An answer that is longer tells nothing more. */
const MAX_ANSWER = 64 * 1024;

/** OTLP/HTTP: https://opentelemetry.io/docs/specs/otlp/#otlphttp */
export class HttpSender implements OtlpSender {
  readonly #options: SenderOptions;
  readonly #agent: Agent;

  constructor(options: SenderOptions) {
    this.#options = options;
    const tls = options.url.protocol === 'https:';
    this.#agent = tls ? new TlsAgent({ keepAlive: true, ...options.tls }) : new Agent({ keepAlive: true });
  }

  async send(body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const { url, contentType, gzip: zipped } = this.#options;
    const bytes = zipped ? await compress(body) : body;
    const headers = {
      ...this.#options.headers,
      'content-type': contentType,
      'content-length': bytes.length,
      ...(zipped ? { 'content-encoding': 'gzip' } : {}),
    };
    const begin = url.protocol === 'https:' ? tlsRequest : request;
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => reject(new SendError(`${url.href}: ${error.message}`, true));
      const outgoing = begin(url, { method: 'POST', headers, agent: this.#agent, signal }, (answer) => {
        const chunks: Buffer[] = [];
        let length = 0;
        answer.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length <= MAX_ANSWER) chunks.push(chunk);
        });
        answer.on('error', failed);
        answer.on('end', () => {
          const { statusCode: status = 0 } = answer;
          if (status >= 200 && status < 300) resolve(length > MAX_ANSWER ? new Uint8Array(0) : Buffer.concat(chunks));
          else reject(new SendError(`${url.href} answered ${status}`, retryableStatuses.includes(status)));
        });
      });
      outgoing.on('error', failed);
      outgoing.end(bytes);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
