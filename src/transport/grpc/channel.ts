import { promises as dns } from 'node:dns';
import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions, connect as connectTls, createSecureContext } from 'node:tls';
import type { HeaderField } from '../http2/constant_header.ts';
import { joinHostPort } from '../listen.ts';
import { networkReason } from '../network_reason.ts';
import { proxyFor } from '../proxy.ts';
import { Code } from '../rpc_status.ts';
import { tunnel } from '../tunnel.ts';
import { RpcError } from './call.ts';
import { Connection, type Dial } from './connection.ts';
import { parseEndpoint, type Target } from './endpoint.ts';
import type { ClientTls, GrpcClientOptions } from './options.ts';

/** A name is looked up again when a connection is missing, but not more often, ms; sooner when it was not found. */
const MIN_BETWEEN_LOOKUPS = 5_000;
const MIN_AFTER_FAILURE = 1_000;
/** Until a proxy has answered, ms. */
const PROXY_TIMEOUT = 20_000;

/** The connections to all addresses of one endpoint, and which of them takes the next call. */
export class Channel {
  readonly #header: readonly HeaderField[];
  readonly #options: GrpcClientOptions;
  readonly #target: Target;
  readonly #dial: (address: string) => Dial;
  /** HTTPS_PROXY, as gRPC for Go has it: whether the connection has TLS or not. The proxy then looks names up. */
  readonly #proxy: URL | undefined;
  #connections: ReadonlyMap<string, Connection> = new Map();
  #lookedUp = Number.NEGATIVE_INFINITY;
  /** The last one, or the one that is under way: calls share it. */
  #lookup: Promise<void> = Promise.resolve();
  #next = 0;

  /** `fields`: of each call's header, with those of HTTP/2 first; the channel adds who is called. */
  constructor(options: GrpcClientOptions, fields: Readonly<Record<string, string>>) {
    this.#options = options;
    this.#target = parseEndpoint(options.endpoint);
    const { host, port } = this.#target;
    const { authority = '', tls } = options;
    const name = tls === undefined || tls.serverName === '' ? host : tls.serverName;
    const called = authority !== '' ? authority : port === undefined ? 'localhost' : joinHostPort(name, port);
    this.#header = Object.entries({ ':scheme': tls === undefined ? 'http' : 'https', ':authority': called, ...fields });
    this.#proxy =
      port === undefined ? undefined : proxyFor(new URL(`https://${joinHostPort(host, port)}`), '', process.env);
    const secured = tls === undefined ? undefined : secure(tls, name);
    this.#dial = (address) => async () => {
      const through = this.#proxy;
      if (through !== undefined && port !== undefined) {
        const socket = await tunnel(through, address, port, PROXY_TIMEOUT);
        return secured === undefined ? socket : secured({ socket, host: address });
      }
      const to = port === undefined ? { path: address } : { host: address, port, noDelay: true };
      return secured === undefined ? connectTcp(to) : secured(to);
    };
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close();
  }

  /**
   * A connection that is ready. Rejects with UNAVAILABLE when none can be made, at once while the next attempts are not
   * due; with `waitForReady` only `abort` ends the waiting.
   */
  async pick(abort: AbortSignal): Promise<Connection> {
    const aborted = once(abort);
    try {
      for (;;) {
        try {
          return await Promise.race([this.#ready(), aborted.promise]);
        } catch (error) {
          if (abort.aborted || this.#options.waitForReady !== true) throw error;
        }
        const due = Math.min(...[...this.#connections.values()].map(({ retryAt }) => retryAt));
        const wait = Number.isFinite(due) ? Math.max(0, due - performance.now()) : MIN_BETWEEN_LOOKUPS;
        await Promise.race([sleep(wait, undefined, { signal: abort }), aborted.promise]);
      }
    } finally {
      aborted.stop();
    }
  }

  /** Of those that are ready, where nobody has to be looked up or asked. */
  chosen(): Connection | undefined {
    const known = [...this.#connections.values()];
    if (this.#options.balancer !== 'round_robin') return known.find(({ ready }) => ready);
    return known.every(({ ready }) => ready) ? known[this.#next++ % known.length] : undefined;
  }

  async #ready(): Promise<Connection> {
    const chosen = this.chosen();
    if (chosen !== undefined) return chosen;
    await this.#lookUp();
    return this.#options.balancer === 'round_robin' ? this.#roundRobin() : this.#first();
  }

  /** The first that can be had, in the order of the addresses. */
  async #first(): Promise<Connection> {
    let failure: Error | undefined;
    for (const connection of this.#connections.values()) {
      failure = connection.failure;
      if (failure !== undefined) continue;
      try {
        return await connection.connect();
      } catch (error) {
        failure = error as Error;
      }
    }
    throw unavailable(failure);
  }

  /** One after the other of those that are ready; the others are tried beside. */
  async #roundRobin(): Promise<Connection> {
    const all = [...this.#connections.values()];
    const attempts = all.filter(({ ready, failure }) => !ready && failure === undefined).map((each) => each.connect());
    const ready = all.filter((each) => each.ready);
    const chosen = ready[this.#next++ % Math.max(1, ready.length)];
    try {
      const made = Promise.any(attempts);
      if (chosen === undefined) return await made;
      made.catch(() => undefined);
      return chosen;
    } catch (error) {
      const [failed] = error instanceof AggregateError ? (error.errors as readonly unknown[]) : [error];
      throw unavailable(failed instanceof Error ? failed : all.find(({ failure }) => failure !== undefined)?.failure);
    }
  }

  #lookUp(): Promise<void> {
    const now = performance.now();
    if (now - this.#lookedUp >= (this.#connections.size > 0 ? MIN_BETWEEN_LOOKUPS : MIN_AFTER_FAILURE)) {
      this.#lookedUp = Number.POSITIVE_INFINITY;
      this.#lookup = this.#newAddresses().finally(() => {
        this.#lookedUp = performance.now();
      });
    }
    return this.#lookup;
  }

  /** Addresses that are new get a connection, those that are gone lose theirs. */
  async #newAddresses(): Promise<void> {
    let addresses: readonly string[];
    try {
      addresses = this.#proxy === undefined ? await addressesOf(this.#target) : [this.#target.host];
    } catch (error) {
      // What was found before may still be right.
      if (this.#connections.size > 0) return;
      throw unavailable(error instanceof Error ? error : undefined);
    }
    const before = this.#connections;
    this.#connections = new Map(
      addresses.map((address) => [address, before.get(address) ?? this.#connection(address)] as const),
    );
    for (const [address, connection] of before) if (!this.#connections.has(address)) connection.close();
  }

  #connection(address: string): Connection {
    return new Connection(this.#header, this.#dial(address), this.#options.keepalive);
  }
}

function secure(tls: ClientTls, name: string): (to: ConnectionOptions) => Duplex {
  const options = {
    secureContext: createSecureContext(tls.context),
    ALPNProtocols: ['h2'],
    rejectUnauthorized: tls.verify,
    // An address is no server name (RFC 6066, 3), it is verified as the host.
    ...(isIP(name) === 0 ? { servername: name } : {}),
  };
  return (to) => connectTls({ ...options, ...to });
}

async function addressesOf({ host, port, nameServer }: Target): Promise<readonly string[]> {
  if (port === undefined || isIP(host) !== 0) return [host];
  if (nameServer === undefined) {
    const found = await dns.lookup(host === '' ? 'localhost' : host, { all: true, verbatim: false });
    return found.map(({ address }) => address);
  }
  const resolver = new dns.Resolver();
  resolver.setServers([nameServer]);
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const found = [...(v4.status === 'fulfilled' ? v4.value : []), ...(v6.status === 'fulfilled' ? v6.value : [])];
  if (found.length === 0 && v4.status === 'rejected') throw v4.reason;
  return found;
}

function unavailable(cause: Error | undefined): RpcError {
  return new RpcError(
    Code.UNAVAILABLE,
    `connection error: ${cause === undefined ? 'no address was found' : networkReason(cause)}`,
  );
}

/** Rejects when `signal` aborts, until it is stopped. */
function once(signal: AbortSignal): { readonly promise: Promise<never>; stop(): void } {
  let stop = (): void => undefined;
  const promise = new Promise<never>((_, reject) => {
    const abort = (): void => reject(new RpcError(Code.CANCELLED, 'context canceled'));
    stop = () => signal.removeEventListener('abort', abort);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  });
  promise.catch(() => undefined);
  return { promise, stop: () => stop() };
}
