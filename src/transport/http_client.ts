import {
  type Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { networkReason } from './network_reason.ts';
import { proxyAuthorization } from './proxy.ts';
import { timerMs } from './timer.ts';

/** What the Collector reads of a response. */
const MAX_RESPONSE_BYTES = 64 * 1024;
/** Beyond it the connection is given up instead. */
const MAX_DISCARDED_BYTES = 4 * 1024 * 1024;

interface HttpClientOptions {
  readonly url: URL;
  /** 0: none. */
  readonly timeoutMs: number;
  /** Makes the connections; with `https:` through a proxy, if there is one. */
  readonly agent: Agent;
  readonly proxy: URL | undefined;
  /** Makes an error of what goes wrong on the way. */
  readonly failure: (reason: string, cause?: unknown) => Error;
}

export interface HttpResponse {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  readonly location: string | undefined;
  readonly body: Uint8Array;
}

/** Posts to one URL over kept connections. Whatever goes wrong on the way is a `failure`. */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #agent: Agent;
  /** Where requests go: the URL, or a proxy that is asked for it. */
  readonly #target: RequestOptions;
  readonly #proxyHeaders: Readonly<Record<string, string>>;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#agent = options.agent;
    const { url, proxy } = options;
    // The agent makes the tunnel for https; http is asked for with the whole URL (RFC 9112, 3.2.2).
    const viaProxy = url.protocol === 'http:' ? proxy : undefined;
    const authorization = viaProxy === undefined ? undefined : proxyAuthorization(viaProxy);
    this.#target =
      viaProxy === undefined
        ? urlToHttpOptions(url)
        : {
            protocol: viaProxy.protocol,
            hostname: viaProxy.hostname.replace(/^\[|\]$/g, ''),
            port: viaProxy.port,
            path: url.href,
          };
    this.#proxyHeaders =
      viaProxy === undefined
        ? {}
        : { host: url.host, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) };
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Idle connections end now, the others after their answer. */
  retire(): void {
    this.#agent.maxFreeSockets = 0;
    for (const sockets of Object.values(this.#agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }

  async post(body: Uint8Array, headers: Readonly<Record<string, string>>, abort: AbortSignal): Promise<HttpResponse> {
    const result = await this.#attempt(body, headers, abort);
    // The server may close a kept connection just as it is used: then nothing was taken, and another connection is due.
    return result === 'stale' ? this.#fresh(body, headers, abort) : result;
  }

  async #fresh(body: Uint8Array, headers: Readonly<Record<string, string>>, abort: AbortSignal): Promise<HttpResponse> {
    const result = await this.#attempt(body, headers, abort);
    if (result === 'stale') throw this.#options.failure('connection reset');
    return result;
  }

  async #attempt(
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
    abort: AbortSignal,
  ): Promise<HttpResponse | 'stale'> {
    const { failure, timeoutMs } = this.#options;
    if (abort.aborted) throw failure(reasonOf(abort));
    return new Promise((resolve, reject) => {
      const send = this.#target.protocol === 'https:' ? httpsRequest : httpRequest;
      const request: ClientRequest = send({
        ...this.#target,
        method: 'POST',
        agent: this.#agent,
        headers: { ...this.#proxyHeaders, ...headers, 'content-length': body.length },
      });
      // The whole exchange is limited, not only silence on the socket.
      const timer =
        timeoutMs > 0
          ? setTimeout(() => request.destroy(new Error('context deadline exceeded')), timerMs(timeoutMs))
          : undefined;
      const stop = (): void => {
        request.destroy(new Error(reasonOf(abort)));
      };
      abort.addEventListener('abort', stop);
      const finish = (): void => {
        clearTimeout(timer);
        abort.removeEventListener('abort', stop);
      };
      request.on('error', (error: NodeJS.ErrnoException) => {
        finish();
        if (request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) resolve('stale');
        else reject(failure(networkReason(error), error));
      });
      let answered = false;
      // Also behind 101, for which there is no `response`.
      request.on('close', () => {
        if (answered) return;
        finish();
        reject(failure('connection closed'));
      });
      request.on('response', (response) => {
        answered = true;
        readBody(response).then(
          (bytes) => {
            finish();
            resolve({
              status: response.statusCode ?? 0,
              contentType: response.headers['content-type'] ?? '',
              retryAfter: response.headers['retry-after'],
              location: response.headers.location,
              body: bytes,
            });
          },
          (error: Error) => {
            finish();
            reject(failure(networkReason(error), error));
          },
        );
      });
      request.end(body);
    });
  }
}

/** Keeps the first 64 KiB and reads the rest away, so that the connection can be used again. */
async function readBody(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    if (length >= MAX_RESPONSE_BYTES) {
      // A server that never ends its answer is cut by the request's timeout; one that is merely long is cut here.
      length += chunk.length;
      if (length > MAX_DISCARDED_BYTES) break;
      continue;
    }
    const part = chunk.subarray(0, MAX_RESPONSE_BYTES - length);
    chunks.push(part);
    length += part.length;
  }
  return Buffer.concat(chunks);
}

/** Who aborts may say why. */
function reasonOf({ reason }: AbortSignal): string {
  return typeof reason === 'string' ? reason : 'shutting down';
}
