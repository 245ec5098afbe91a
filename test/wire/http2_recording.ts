import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type SessionOptions,
} from 'node:http2';
import { type AddressInfo, createServer as createProxy, connect as dial, type Socket } from 'node:net';
import { CLIENT, SERVER, type Side } from '../../src/wire/decoder.ts';

/** One chunk as it passed. */
export interface Chunk {
  readonly side: Side;
  readonly bytes: Uint8Array;
}

export interface Peers {
  readonly client: ClientHttp2Session;
  readonly server: Http2Server;
  session(): ServerHttp2Session | undefined;
}

/** Lets Node's own HTTP/2 (nghttp2) talk over loopback, and returns the bytes of both directions in order. */
export async function record(
  work: (peers: Peers) => Promise<void>,
  options: { readonly client?: SessionOptions; readonly server?: SessionOptions } = {},
): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  const server = createServer(options.server ?? {});
  let session: ServerHttp2Session | undefined;
  server.on('session', (one) => {
    session = one;
  });
  server.on('sessionError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets: Socket[] = [];
  const proxy = createProxy((near) => {
    const far = dial((server.address() as AddressInfo).port, '127.0.0.1');
    sockets.push(near, far);
    const pass = (from: Socket, to: Socket, side: Side): void => {
      from.on('data', (bytes: Buffer) => {
        chunks.push({ side, bytes: Uint8Array.from(bytes) });
        to.write(bytes);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
    };
    pass(near, far, CLIENT);
    pass(far, near, SERVER);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const client = connect(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, options.client);
  client.on('error', () => undefined);
  try {
    await work({ client, server, session: () => session });
  } finally {
    await new Promise<void>((resolve) => {
      client.close(resolve);
      setTimeout(resolve, 500).unref();
    });
    for (const socket of sockets) socket.destroy();
    proxy.close();
    server.close();
  }
  return chunks;
}
