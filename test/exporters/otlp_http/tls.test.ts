import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { Batch } from '../../../src/pdata/pdata.ts';
import type { Component, Consumer } from '../../../src/service/component.ts';
import { TestAuthority } from '../../support/certificates.ts';
import { startOtlpHttp } from '../../support/otlp_http.ts';
import { OtlpSink } from '../../support/otlp_sink.ts';
import { type TestSettings, testSettings } from '../../support/settings.ts';

const authority = new TestAuthority();
const stranger = new TestAuthority();
afterAll(() => {
  authority.delete();
  stranger.delete();
});
const server = authority.issue('server');
const client = authority.issue('client');
const pem = (path: string): string => readFileSync(path, 'utf8');
const own = `cert_file: ${client.cert}, key_file: ${client.key}`;
const trust = `ca_file: ${authority.ca}`;
const DIRECT = 'sending_queue: {enabled: false}, retry_on_failure: {enabled: false}';

let sink: OtlpSink;
let url: string;
let settings: TestSettings;
const running: (Component & Consumer)[] = [];

/** Asks for a certificate that the authority has signed. */
beforeEach(async () => {
  sink = new OtlpSink({
    cert: pem(server.cert),
    key: pem(server.key),
    ca: pem(authority.ca),
    requestCert: true,
    rejectUnauthorized: true,
    maxVersion: 'TLSv1.2',
  });
  url = await sink.listen();
  settings = testSettings('otlp_http');
});
afterEach(async () => {
  for (const exporter of running.splice(0)) await exporter.shutdown(performance.now());
  await sink.close();
});

async function deliver(tls: string): Promise<void> {
  const exporter = await startOtlpHttp(settings, `{endpoint: "${url}", tls: {${tls}}, ${DIRECT}}`);
  running.push(exporter);
  await exporter.consume(new Batch('traces', [new Uint8Array([1])], 1));
}

test.each([
  ['files', `${trust}, ${own}`],
  [
    'texts',
    `ca_pem: "${pem(authority.ca).replaceAll('\n', '\\n')}", cert_pem: "${pem(client.cert).replaceAll('\n', '\\n')}", key_pem: "${pem(client.key).replaceAll('\n', '\\n')}"`,
  ],
  ['the system’s certificates as well', `${trust}, ${own}, include_system_ca_certs_pool: true`],
  ['a name that the certificate has', `${trust}, ${own}, server_name_override: localhost`],
  ['no verification', `insecure_skip_verify: true, ${own}`],
  [
    'a suite and a curve',
    `${trust}, ${own}, cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256], curve_preferences: [P256]`,
  ],
])('taken: %s', async (_, tls) => {
  await deliver(tls);
  expect(sink.received).toHaveLength(1);
});

test.each([
  ['an unknown authority', own, /unable to verify|self-signed/],
  ['another authority', `ca_file: ${stranger.ca}, ${own}`, /unable to verify|self-signed|signature/],
  ['no certificate of one’s own', trust, /./],
  ['a name that the certificate has not', `${trust}, ${own}, server_name_override: other`, /altnames|Hostname/],
  ['a version that the server has not', `${trust}, ${own}, min_version: "1.3"`, /./],
  ['a curve that the server has not', `${trust}, ${own}, cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]`, /./],
])('refused, retryable: %s', async (_, tls, message) => {
  await expect(deliver(tls)).rejects.toMatchObject({ permanent: false, message: expect.stringMatching(message) });
  expect(sink.received).toHaveLength(0);
});

test('a file that is missing fails the start', async () => {
  await expect(deliver('ca_file: /nowhere/ca.pem')).rejects.toThrow(/ENOENT/);
});

test('reload_interval: a new certificate is used for new connections; a bad one is told and the last one stays', async () => {
  const [cert, key] = [join(authority.directory, 'own.pem'), join(authority.directory, 'own.key')];
  copyFileSync(client.cert, cert);
  copyFileSync(client.key, key);
  const exporter = await startOtlpHttp(
    settings,
    `{endpoint: "${url}", tls: {${trust}, cert_file: ${cert}, key_file: ${key}, reload_interval: 20ms}, disable_keep_alives: true, ${DIRECT}}`,
  );
  running.push(exporter);
  const send = async (): Promise<void> => exporter.consume(new Batch('traces', [new Uint8Array([1])], 1));
  await send();
  // The server changes its authority: only the new certificate opens its door.
  sink.renew({ cert: pem(server.cert), key: pem(server.key), ca: pem(stranger.ca) });
  await expect(send()).rejects.toMatchObject({ permanent: false });
  const next = stranger.issue('client');
  copyFileSync(next.cert, cert);
  copyFileSync(next.key, key);
  const until = performance.now() + 5000;
  for (;;) {
    try {
      await send();
      break;
    } catch (error) {
      if (performance.now() > until) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(sink.received).toHaveLength(2);
});
