import type { HttpClient, HttpResponse } from '../../transport/http_client.ts';
import { failure } from './failure.ts';

/** As Go's client. */
const MAX_REDIRECTS = 10;
/** What another host gets: it says what the body is. The configured ones, API keys among them, are for the configured host only. */
const ofBody: readonly string[] = ['content-encoding', 'content-type', 'user-agent'];

type Headers = Readonly<Record<string, string>>;

/**
 * Posts, and sends the same again to where 307 and 308 point (RFC 9110, 15.4.8). The other redirects would make it a GET: they are
 * the answer.
 */
export class RedirectingClient {
  readonly #url: URL;
  readonly #timeoutMs: number;
  readonly #make: (url: URL) => HttpClient;
  readonly #first: HttpClient;
  /** By URL, of those that it was sent on to. */
  readonly #others = new Map<string, HttpClient>();

  /** `make`: a client of one URL. */
  constructor(url: URL, timeoutMs: number, make: (url: URL) => HttpClient) {
    this.#url = url;
    this.#timeoutMs = timeoutMs;
    this.#make = make;
    this.#first = make(url);
  }

  close(): void {
    for (const client of [this.#first, ...this.#others.values()]) client.close();
  }

  retire(): void {
    for (const client of [this.#first, ...this.#others.values()]) client.retire();
  }

  /** With the URL that answered. */
  async post(body: Uint8Array, headers: Headers, abort: AbortSignal): Promise<HttpResponse & { readonly url: URL }> {
    const began = performance.now();
    let url = this.#url;
    for (let count = 0; ; count++) {
      const response = await this.#client(url).post(body, this.#headersFor(url, headers), abort);
      if (response.status !== 307 && response.status !== 308) return { ...response, url };
      if (count === MAX_REDIRECTS) throw failure(url, `stopped after ${MAX_REDIRECTS} redirects`);
      if (this.#timeoutMs > 0 && performance.now() - began > this.#timeoutMs) {
        throw failure(url, 'context deadline exceeded');
      }
      url = targetOf(url, response);
    }
  }

  /** Subdomains are the same host, plain text after TLS is not. */
  #headersFor(url: URL, headers: Headers): Headers {
    const { hostname, protocol } = this.#url;
    const same = url.hostname === hostname || url.hostname.endsWith(`.${hostname}`);
    if (same && (url.protocol === protocol || protocol === 'http:')) return headers;
    return Object.fromEntries(Object.entries(headers).filter(([name]) => ofBody.includes(name)));
  }

  #client(url: URL): HttpClient {
    if (url === this.#url) return this.#first;
    let client = this.#others.get(url.href);
    if (client === undefined) {
      client = this.#make(url);
      this.#others.set(url.href, client);
      for (const [oldest, each] of this.#others) {
        if (this.#others.size <= MAX_REDIRECTS) break;
        each.retire();
        this.#others.delete(oldest);
      }
    }
    return client;
  }
}

function targetOf(from: URL, { status, location }: HttpResponse): URL {
  if (location === undefined) throw failure(from, `${status} response missing Location header`);
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to === undefined || (to.protocol !== 'http:' && to.protocol !== 'https:')) {
    throw failure(from, `failed to parse Location header ${JSON.stringify(location.slice(0, 200))}`);
  }
  return to;
}
