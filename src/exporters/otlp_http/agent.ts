import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { OtlpHttpConfig } from './config.ts';
import { tlsOptions } from './tls.ts';
import { TunnelAgent } from './tunnel.ts';

/** Of a tunnel, where requests have no limit. */
const CONNECT_TIMEOUT_MS = 30_000;

/** Kept connections to the URL, or to its proxy. Throws when a TLS file cannot be read: that fails the start. */
export function agentFor(url: URL, proxy: URL | undefined, config: OtlpHttpConfig): HttpAgent {
  const { idle_conn_timeout: timeout, max_idle_conns: idle, max_idle_conns_per_host: perHost } = config;
  const kept = {
    keepAlive: !config.disable_keep_alives,
    // Connections that no consumer can use are not kept.
    maxFreeSockets: Math.min(unlimited(idle), unlimited(perHost), config.sending_queue.num_consumers),
    maxSockets: unlimited(config.max_conns_per_host),
    ...(timeout > 0 ? { timeout } : {}),
  };
  const { insecure, ca_file, ca_pem } = config.tls;
  // Files that nobody needs are wrong all the same; when the Collector reads them.
  const tls = url.protocol === 'http:' && insecure && ca_file + ca_pem === '' ? {} : tlsOptions(config.tls);
  if (url.protocol === 'http:') return proxy?.protocol === 'https:' ? new HttpsAgent(kept) : new HttpAgent(kept);
  const secure = { ...kept, ...tls };
  return proxy === undefined
    ? new HttpsAgent(secure)
    : new TunnelAgent(proxy, config.timeout > 0 ? config.timeout : CONNECT_TIMEOUT_MS, secure);
}

/** 0 is no limit. */
function unlimited(limit: number): number {
  return limit === 0 ? Number.POSITIVE_INFINITY : limit;
}
