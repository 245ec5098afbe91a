import type { Server, Socket } from 'node:net';

/** What identifies a connection also to who has only its TLS or HTTP/2 end. */
type Peer = Pick<Socket, 'remoteAddress' | 'remotePort'>;
export type ConnectionKey = string | Peer;

/** A Unix socket's peer has no address: it is itself. */
export function connectionKey(peer: Peer): ConnectionKey {
  return peer.remotePort === undefined ? peer : `${peer.remoteAddress} ${peer.remotePort}`;
}

/**
 * The connections of one server. Who comes when it is full takes the place of that which was of no use for the longest time, so that
 * idle and slow ones keep nobody out.
 */
export class ConnectionLimit {
  /** The first was of no use for the longest time. Those too that TLS's handshake has not left. */
  readonly #sockets = new Map<ConnectionKey, Socket>();

  /** `displaced`: a connection was ended for another. */
  constructor(server: Server, limit: number, displaced: () => void) {
    server.on('connection', (socket) => {
      const key = connectionKey(socket);
      this.#sockets.set(key, socket);
      socket.once('close', () => {
        if (this.#sockets.get(key) === socket) this.#sockets.delete(key);
      });
      if (this.#sockets.size > limit) {
        this.#endFirst();
        displaced();
      }
    });
  }

  /** A request was answered on it. */
  used(key: ConnectionKey): void {
    const socket = this.#sockets.get(key);
    if (socket === undefined) return;
    this.#sockets.delete(key);
    this.#sockets.set(key, socket);
  }

  destroyAll(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }

  #endFirst(): void {
    for (const [key, socket] of this.#sockets) {
      this.#sockets.delete(key);
      socket.destroy();
      return;
    }
  }
}
