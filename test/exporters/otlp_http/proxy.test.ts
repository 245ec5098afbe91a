import { readFileSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Batch } from '../../../src/pdata/pdata.ts';
import type { Component, Consumer } from '../../../src/service/component.ts';
import { TestAuthority } from '../../support/certificates.ts';
import { startOtlpHttp } from '../../support/otlp_http.ts';
import { OtlpSink } from '../../support/otlp_sink.ts';
import { testSettings } from '../../support/settings.ts';
import { until } from '../../support/until.ts';

const authority = new TestAuthority();
afterAll(() => authority.delete());
const certificate = authority.issue('server');
const DIRECT = 'sending_queue: {enabled: false}, retry_on_failure: {enabled: false}';

/** A proxy for http and https that remembers what it was asked. */
class TestProxy {
  readonly asked: { readonly line: string; readonly authorization: string | undefined }[] = [];
  /** `hang`: never answers. */
  answer: 'ok' | 'refuse' | 'hang' = 'ok';
  readonly sockets = new Set<Socket>();
  readonly #server: Server = createServer((request, response) => {
    this.#remember(request);
    const onward = httpRequest(request.url ?? '', { method: 'POST', headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500);
      answer.pipe(response);
    });
    request.pipe(onward);
  });

  async listen(): Promise<string> {
    this.#server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    this.#server.on('connect', (request, socket) => {
      this.#remember(request);
      if (this.answer === 'hang') {
        socket.resume().on('end', () => socket.end());
        return;
      }
      if (this.answer === 'refuse') {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      const [host, port] = (request.url ?? '').split(':');
      const onward = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #remember({ method, url, headers }: IncomingMessage): void {
    this.asked.push({ line: `${method} ${url}`, authorization: headers['proxy-authorization'] });
  }
}

describe.each(['http', 'https'])('to %s', (scheme) => {
  let proxy: TestProxy;
  let address: string;
  let sink: OtlpSink;
  let url: string;
  let exporter: (Component & Consumer) | undefined;

  beforeEach(async () => {
    proxy = new TestProxy();
    address = await proxy.listen();
    sink = new OtlpSink(
      scheme === 'https' ? { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) } : undefined,
    );
    url = await sink.listen();
  });
  afterEach(async () => {
    await exporter?.shutdown(performance.now());
    await sink.close();
    await proxy.close();
  });

  async function deliver(keys: string, times = 1): Promise<void> {
    const yaml = `{endpoint: "${url}", tls: {ca_file: ${authority.ca}}, ${DIRECT}, ${keys}}`;
    exporter = await startOtlpHttp(testSettings('otlp_http'), yaml);
    for (let i = 0; i < times; i++) await exporter.consume(new Batch('traces', [new TextEncoder().encode('abc')], 1));
  }

  test('through the proxy, with user and password, over kept connections', async () => {
    await deliver(`proxy_url: "http://us%40er:secret@${address}"`, 3);
    const line = scheme === 'http' ? `POST ${url}/v1/traces` : `CONNECT ${new URL(url).host}`;
    const authorization = `Basic ${Buffer.from('us@er:secret').toString('base64')}`;
    expect(proxy.asked).toEqual(Array(scheme === 'http' ? 3 : 1).fill({ line, authorization }));
    expect(sink.received.map(({ body }) => Buffer.from(body).toString())).toEqual(['abc', 'abc', 'abc']);
    expect(sink.received[0]?.headers['proxy-authorization'] === undefined || scheme === 'http').toBe(true);
    expect(sink.received[0]?.headers['host']).toBe(new URL(url).host);
    expect(proxy.sockets.size).toBe(1);
  });

  test('a proxy that is away is retryable', async () => {
    await expect(deliver('proxy_url: "http://127.0.0.1:1"')).rejects.toMatchObject({ permanent: false });
    expect(sink.received).toHaveLength(0);
  });
});

describe('a tunnel', () => {
  let proxy: TestProxy;
  let exporter: Component & Consumer;
  afterEach(async () => {
    await exporter.shutdown(performance.now());
    await proxy.close();
  });

  test.each([
    ['refuse', '30s', /the proxy refused: 407 Proxy Authentication Required/],
    ['hang', '100ms', /the proxy did not answer in time|context deadline exceeded/],
  ] as const)(
    'that the proxy does not make (%s) is retryable, and leaves no connection',
    async (answer, timeout, message) => {
      proxy = new TestProxy();
      proxy.answer = answer;
      const yaml = `{endpoint: "https://upstream:4318", proxy_url: "http://${await proxy.listen()}", timeout: ${timeout}, ${DIRECT}}`;
      exporter = await startOtlpHttp(testSettings('otlp_http'), yaml);
      await expect(exporter.consume(new Batch('traces', [new Uint8Array(1)], 1))).rejects.toMatchObject({
        permanent: false,
        message: expect.stringMatching(message),
      });
      await until(() => proxy.sockets.size === 0, 'no connection');
    },
  );
});
