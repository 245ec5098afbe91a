import { promises as dns } from 'node:dns';
import type { Server } from 'node:net';

interface ListenAddress {
  /** Empty: every address. */
  readonly host: string;
  readonly port: number;
}

/** Go's net.SplitHostPort with its error texts: `host:port`, `[::1]:port`, `:port`. */
export function splitHostPort(text: string): { readonly host: string; readonly port: string } | string {
  const colon = text.lastIndexOf(':');
  if (colon < 0) return `address ${text}: missing port in address`;
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    if (end < 0) return `address ${text}: missing ']' in address`;
    if (end + 1 !== colon) return `address ${text}: missing port in address`;
    return { host: text.slice(1, end), port: text.slice(colon + 1) };
  }
  const host = text.slice(0, colon);
  if (host.includes(':')) return `address ${text}: too many colons in address`;
  return { host, port: text.slice(colon + 1) };
}

/** Go's net.JoinHostPort. */
export function joinHostPort(host: string, port: number | string): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The address to listen on, or what is wrong with it. */
export function parseListen(endpoint: string): ListenAddress | string {
  const parts = splitHostPort(endpoint);
  if (typeof parts === 'string') return parts;
  if (!/^\d{1,5}$/.test(parts.port) || Number(parts.port) > 65_535) return `invalid port "${parts.port}"`;
  return { host: parts.host, port: Number(parts.port) };
}

/** What to bind: a name becomes its first address, IPv4 before IPv6, as Go does. */
export async function bindAddress(endpoint: string): Promise<ListenAddress> {
  const address = parseListen(endpoint);
  if (typeof address === 'string') throw new Error(address);
  if (address.host === '') return address;
  const [found] = await dns.lookup(address.host, { all: true, verbatim: false });
  return found === undefined ? address : { host: found.address, port: address.port };
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address already in use: set another endpoint, or end what listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'permission denied: ports below 1024 need CAP_NET_BIND_SERVICE, a socket a directory to write to',
  ENOENT: 'no such directory',
  ENOTFOUND: 'the name is not known',
};

/** Listens on `host:port` or, for `unix`, on a path. Returns what it is bound to, in the same form. */
export async function listen(server: Server, endpoint: string, transport = 'tcp'): Promise<string> {
  try {
    return await bind(server, endpoint, transport);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new Error(`listen ${transport} ${endpoint}: ${reasons[code] ?? message}`, { cause: error });
  }
}

async function bind(server: Server, endpoint: string, transport: string): Promise<string> {
  const where = transport === 'unix' ? { path: endpoint } : await bindAddress(endpoint);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(
      'path' in where ? where : { port: where.port, ...(where.host === '' ? {} : { host: where.host }) },
      () => {
        server.removeListener('error', reject);
        resolve();
      },
    );
  });
  const address = server.address();
  if (address === null || typeof address === 'string') return address ?? '';
  return joinHostPort(address.address, address.port);
}
