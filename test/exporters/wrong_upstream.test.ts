import { readFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type OtlpGrpcConfig, schema, validate } from '../../src/exporters/otlp_grpc/config.ts';
import { createOtlpGrpc } from '../../src/exporters/otlp_grpc/otlp_grpc.ts';
import { Batch } from '../../src/pdata/pdata.ts';
import type { Component, Consumer } from '../../src/service/component.ts';
import { TestAuthority } from '../support/certificates.ts';
import { componentConfig } from '../support/component_config.ts';
import { startOtlpHttp } from '../support/otlp_http.ts';
import { testSettings } from '../support/settings.ts';

const authority = new TestAuthority();
const { cert, key } = authority.issue('server');
const certificate = { cert: readFileSync(cert), key: readFileSync(key) };
const servers: Readonly<Record<string, Server>> = {
  http: createHttp((_, response) => response.end()),
  http2: createHttp2(),
  // As a server of HTTPS does with what is no TLS: it closes.
  tls: createTls(certificate).on('tlsClientError', (_, socket) => socket.destroy()),
};
const DIRECT = 'sending_queue: {enabled: false}, retry_on_failure: {enabled: false}, timeout: 60s';

beforeAll(async () => {
  for (const server of Object.values(servers)) {
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  }
});
afterAll(() => {
  authority.delete();
  for (const server of Object.values(servers)) server.close();
});

function portOf(name: string): number {
  const address = servers[name]?.address() as AddressInfo | null | undefined;
  return address?.port ?? 0;
}

async function startGrpc(yaml: string): Promise<Component & Consumer> {
  const { config } = componentConfig<OtlpGrpcConfig>(schema, yaml, validate);
  const exporter = await createOtlpGrpc(testSettings('otlp_grpc'), config, 'traces');
  await exporter.start();
  return exporter;
}

/** What the user reads of one batch that could not be delivered. */
async function refusal(exporter: Component & Consumer): Promise<string> {
  try {
    await exporter.consume(new Batch('traces', [new Uint8Array([1])], 1));
    return 'delivered';
  } catch (error) {
    return (error as Error).message;
  } finally {
    await exporter.shutdown(performance.now());
  }
}

test.each([
  ['https to plain HTTP', 'https', 'http', / wrong version number \(the server does not speak TLS: write http:/],
  ['http to TLS', 'http', 'tls', /socket hang up \(.*does it expect TLS \(https:\/\/\)\?\)$/],
  ['http to gRPC', 'http', 'http2', /\(the answer is no HTTP\/1\.1: is this the port of gRPC or of TLS\?\)$/],
  ['an unknown authority', 'https', 'tls', /\(the certificate is not signed .*: set tls::ca_file\)$/],
  ['a port where nobody listens', 'http', 'nobody', /connect ECONNREFUSED/],
])('otlp_http, %s: the refusal says what is wrong', async (_, scheme, server, text) => {
  const endpoint = `${scheme}://localhost:${portOf(server) || 1}`;
  expect(await refusal(await startOtlpHttp(testSettings('otlp_http'), `{endpoint: "${endpoint}", ${DIRECT}}`))).toMatch(
    text,
  );
});

test.each([
  ['TLS to plain', '', 'http2', / wrong version number \(the server does not speak TLS: .*tls::insecure\)$/],
  ['plain to TLS', 'tls: {insecure: true},', 'tls', /\(does it expect TLS \(without tls::insecure\)\?\)$/],
  [
    'HTTP/1.1',
    'tls: {insecure: true},',
    'http',
    /\(the server does not speak HTTP\/2: is this the port of OTLP\/HTTP\?\)$/,
  ],
])('otlp_grpc, %s: the refusal says what is wrong', async (_, tls, server, text) => {
  expect(await refusal(await startGrpc(`{endpoint: "localhost:${portOf(server)}", ${tls} ${DIRECT}}`))).toMatch(text);
});

test('a name that nobody knows', async () => {
  const yaml = `{endpoint: "http://nosuch.invalid:4318", ${DIRECT}}`;
  expect(await refusal(await startOtlpHttp(testSettings('otlp_http'), yaml))).toMatch(
    /nosuch\.invalid \(no such host:/,
  );
});
