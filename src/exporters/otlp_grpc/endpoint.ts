import { splitHostPort } from '../../transport/listen.ts';

export interface Target {
  /** A gRPC name: https://github.com/grpc/grpc/blob/master/doc/naming.md */
  readonly target: string;
  /** `https://` asks for TLS even where `tls.insecure` is set. */
  readonly https: boolean;
}

/** Rules of the Collector's configgrpc: http and https are stripped, schemes of gRPC's resolvers kept. */
export function parseEndpoint(endpoint: string): Target {
  const https = endpoint.startsWith('https://');
  if (https || endpoint.startsWith('http://')) return { target: hostPort(endpoint), https };
  if (endpoint.startsWith('unix://')) return { target: `unix:${endpoint.slice('unix://'.length)}`, https: false };
  // Names are looked up by DNS unless said otherwise; grpc-js knows no passthrough.
  return { target: endpoint.replace(/^passthrough:\/\/\/?/, ''), https: false };
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
