import { splitHostPort } from '../listen.ts';

export interface Target {
  /** A name or an address, or the path of a Unix socket. */
  readonly host: string;
  /** Undefined: a Unix socket. */
  readonly port: number | undefined;
  /** Asked instead of the system's: `dns://SERVER/host:port`. */
  readonly nameServer: string | undefined;
  /** `https://` asks for TLS even where `tls.insecure` is set. */
  readonly https: boolean;
}

/** Rules of the Collector's configgrpc and of https://github.com/grpc/grpc/blob/master/doc/naming.md; the endpoint is a valid one. */
export function parseEndpoint(endpoint: string): Target {
  const https = endpoint.startsWith('https://');
  if (endpoint.startsWith('unix://')) {
    return { host: endpoint.slice('unix://'.length), port: undefined, nameServer: undefined, https: false };
  }
  const parts = splitHostPort(hostPort(endpoint));
  if (typeof parts === 'string') throw new Error(parts);
  const nameServer = /^dns:\/\/([^/]+)\//.exec(endpoint)?.[1];
  return { host: parts.host, port: Number(parts.port), nameServer, https };
}

/** The first thing that is wrong, as the Collector says it. */
export function endpointProblem(endpoint: string): string | undefined {
  if (endpoint.startsWith('unix://')) {
    return endpoint === 'unix://' ? 'unix socket path cannot be empty' : undefined;
  }
  const address = hostPort(endpoint);
  if (address === '') return 'requires a non-empty "endpoint"';
  const parts = splitHostPort(address);
  if (typeof parts === 'string') return parts;
  return /^[+-]?\d+$/.test(parts.port) ? undefined : `invalid port "${parts.port}"`;
}

/** Without scheme and without the authority of a resolver. */
function hostPort(endpoint: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(endpoint)?.[1];
  if (scheme === undefined) return endpoint;
  const rest = endpoint.slice(scheme.length + 3);
  if (scheme === 'http' || scheme === 'https') return rest;
  const slash = rest.indexOf('/');
  return slash < 0 ? '' : rest.slice(slash + 1);
}
