import { type AgentOptions, Agent as HttpsAgent, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { tunnel } from '../../transport/tunnel.ts';

type Made = (error: Error | null, socket?: Duplex) => void;

/** TLS connections through a proxy. What the proxy refuses is an error, never the upstream's answer. */
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
    tunnel(this.#proxy, String(options.host ?? ''), options.port ?? 443, this.#timeoutMs).then(
      (socket) => made(null, connectTls({ ...options, socket })),
      made,
    );
    return undefined;
  }
}
