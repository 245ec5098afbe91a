import { request as httpRequest } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { proxyAuthorization } from '../../transport/proxy.ts';

type Made = (error: Error | null, socket?: Duplex) => void;

/** TLS connections through a proxy's CONNECT: RFC 9110, 9.3.6. What the proxy refuses is an error, never the upstream's answer. */
export class TunnelAgent extends HttpsAgent {
  readonly #proxy: URL;
  readonly #timeoutMs: number;

  /** `timeoutMs`: longest time until the proxy has answered. */
  constructor(proxy: URL, timeoutMs: number, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
    this.#timeoutMs = timeoutMs;
  }

  // Node passes the merged options of the agent and of the request, and takes the socket from the callback.
  override createConnection(options: RequestOptions & ConnectionOptions, made: Made): undefined {
    const { hostname, port, protocol } = this.#proxy;
    const host = String(options.host ?? '');
    const authority = `${host.includes(':') ? `[${host}]` : host}:${options.port ?? 443}`;
    const authorization = proxyAuthorization(this.#proxy);
    const request = (protocol === 'https:' ? httpsRequest : httpRequest)({
      method: 'CONNECT',
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? (protocol === 'https:' ? 443 : 80) : port,
      path: authority,
      headers: { host: authority, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) },
      agent: false,
    });
    const timer = setTimeout(() => request.destroy(new Error('the proxy did not answer in time')), this.#timeoutMs);
    request.once('connect', ({ statusCode, statusMessage }, socket) => {
      clearTimeout(timer);
      if (statusCode === 200) {
        made(null, connectTls({ ...options, socket }));
      } else {
        socket.destroy();
        made(new Error(`the proxy refused: ${statusCode} ${statusMessage}`));
      }
    });
    request.once('error', (error) => {
      clearTimeout(timer);
      made(error);
    });
    request.end();
    return undefined;
  }
}
