import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gunzipSync, inflateSync } from 'node:zlib';
import { nativeCompression } from '../../src/transport/native_compression.ts';

export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Uint8Array;
  readonly at: number;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** An upstream that answers as the test says: one answer per request, the last one for all that follow. */
export class OtlpSink {
  readonly received: Received[] = [];
  readonly connections = { count: 0 };
  answers: Answer[] = [ok];
  readonly #server: ReturnType<typeof createServer> | Server;
  readonly #scheme: string;

  /** `tls`: https. */
  constructor(tls?: ServerOptions) {
    const handle = (request: IncomingMessage, response: ServerResponse): void => this.#handle(request, response);
    this.#server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
    this.#scheme = tls === undefined ? 'http' : 'https';
  }

  async listen(): Promise<string> {
    this.#server.on('connection', () => this.connections.count++);
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The certificate and what clients are verified against, for new connections. */
  renew(tls: ServerOptions): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(tls);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Uint8Array[] = [];
    request.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    request.on('end', () => {
      const { url = '', headers } = request;
      this.received.push({ path: url, headers, body: decoded(Buffer.concat(chunks), headers), at: performance.now() });
      const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
      answer?.(response, request);
    });
  }
}

function decoded(body: Uint8Array, headers: IncomingMessage['headers']): Uint8Array {
  const encoding = headers['content-encoding'];
  if (encoding === 'zstd' || encoding === 'lz4' || encoding === 'snappy' || encoding === 'x-snappy-framed') {
    return new Uint8Array(nativeCompression().decompress(encoding, body, 1e9) ?? []);
  }
  if (encoding === 'gzip') return new Uint8Array(gunzipSync(body));
  return encoding === 'deflate' || encoding === 'zlib' ? new Uint8Array(inflateSync(body)) : new Uint8Array(body);
}

export const ok: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
};
export const cut: Answer = (_, request) => request.socket.destroy();
export const hang: Answer = () => undefined;
export function status(code: number, headers: Record<string, string> = {}, body: string | Uint8Array = ''): Answer {
  return (response) => {
    response.writeHead(code, headers).end(body);
  };
}
