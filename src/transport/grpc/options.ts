import type { SecureContextOptions } from 'node:tls';
import type { Compression } from '../compression.ts';

/** https://pkg.go.dev/google.golang.org/grpc/keepalive#ClientParameters; times in ms. */
export interface ClientKeepalive {
  readonly time: number;
  readonly timeout: number;
  readonly permit_without_stream: boolean;
}

export interface ClientTls {
  readonly context: SecureContextOptions;
  /** Takes only a certificate that is valid for the server's name. */
  readonly verify: boolean;
  /** Instead of the endpoint's host, where not empty. */
  readonly serverName: string;
}

/** What a client of one method of one server is made of. */
export interface GrpcClientOptions {
  /** As `parseEndpoint` reads it. */
  readonly endpoint: string;
  /** `/package.Service/Method`. */
  readonly method: string;
  /** Undefined: no TLS. */
  readonly tls: ClientTls | undefined;
  readonly userAgent: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: Compression | undefined;
  /** Of a call, ms; 0: none. */
  readonly timeout: number;
  /** Overrides `:authority` where not empty. */
  readonly authority?: string;
  /** A call waits for a connection until its timeout instead of failing. */
  readonly waitForReady?: boolean;
  /** Over the addresses of a name; default: pick_first. */
  readonly balancer?: string;
  readonly keepalive?: ClientKeepalive | undefined;
}
