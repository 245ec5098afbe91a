import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { joinHostPort } from './listen.ts';
import { proxyAuthorization } from './proxy.ts';
import { timerMs } from './timer.ts';

/** A way to `host:port` through a proxy's CONNECT: RFC 9110, 9.3.6. Rejects with what the proxy said, or after `timeoutMs`. */
export function tunnel(proxy: URL, host: string, port: number | string, timeoutMs: number): Promise<Duplex> {
  const secure = proxy.protocol === 'https:';
  const authority = joinHostPort(host, port);
  const authorization = proxyAuthorization(proxy);
  return new Promise((resolve, reject) => {
    const request = (secure ? httpsRequest : httpRequest)({
      method: 'CONNECT',
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port === '' ? (secure ? 443 : 80) : proxy.port,
      path: authority,
      headers: { host: authority, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) },
      agent: false,
    });
    const timer = setTimeout(() => request.destroy(new Error('the proxy did not answer in time')), timerMs(timeoutMs));
    request.once('connect', ({ statusCode, statusMessage }, socket, head) => {
      clearTimeout(timer);
      if (statusCode === 200) {
        // Of a server that speaks first.
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      } else {
        socket.destroy();
        reject(new Error(`the proxy refused: ${statusCode} ${statusMessage}`));
      }
    });
    request.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.end();
  });
}
