import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as https } from 'node:https';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { decode } from '../../../src/config/decode.ts';
import { formatDuration } from '../../../src/config/duration.ts';
import { Problems } from '../../../src/config/problem.ts';
import type { Schema } from '../../../src/config/schema.ts';
import { parseYaml } from '../../../src/config/yaml.ts';
import { type HealthCheckConfig, schema, validate } from '../../../src/extensions/health_check/config.ts';
import { HealthCheck } from '../../../src/extensions/health_check/health_check.ts';
import { type Certificate, TestAuthority } from '../../support/certificates.ts';
import { testSettings } from '../../support/settings.ts';

function configOf(yaml: string): HealthCheckConfig {
  const problems = new Problems();
  const node = parseYaml(yaml, 'test');
  const config = decode(node, schema as Schema, [], node, problems) as HealthCheckConfig;
  expect(problems.all).toEqual([]);
  return config;
}

let running: HealthCheck | undefined;
afterEach(() => running?.shutdown());

async function started(yaml = 'endpoint: localhost:0'): Promise<{ check: HealthCheck; get: Get }> {
  const check = new HealthCheck(testSettings('health_check'), configOf(yaml));
  running = check;
  await check.start();
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${check.port}${path}`);
    return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
  };
  return { check, get };
}
type Get = (path: string) => Promise<{ status: number; type: string | null; body: string }>;

describe('answers', () => {
  test('liveness is there from the start, readiness comes and goes', async () => {
    const { check, get } = await started();
    const statuses = async (): Promise<number[]> =>
      Promise.all(['/', '/anything', '/live', '/ready'].map(async (path) => (await get(path)).status));
    expect(await statuses()).toEqual([503, 503, 200, 503]);
    expect(JSON.parse((await get('/')).body)).toEqual({
      status: 'Server not available',
      upSince: '0001-01-01T00:00:00Z',
      uptime: '',
    });
    check.ready();
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    const { type, body } = await get('/');
    expect(type).toBe('application/json');
    expect(Object.keys(JSON.parse(body))).toEqual(['status', 'upSince', 'uptime']);
    expect(JSON.parse(body)).toMatchObject({ status: 'Server available', uptime: expect.stringMatching(/ms$|s$/) });
    check.notReady();
    expect(await statuses()).toEqual([503, 503, 200, 503]);
  });

  test('texts and a path of one’s own', async () => {
    const { check, get } = await started(
      'endpoint: localhost:0\npath: /health\nliveness_path: ""\nresponse_body: {healthy: fine, unhealthy: ill}\n',
    );
    expect(await get('/health')).toMatchObject({ status: 503, body: 'ill' });
    check.ready();
    expect(await get('/health')).toMatchObject({ status: 200, body: 'fine' });
    expect(await get('/health/x')).toMatchObject({ status: 404 });
    expect(await get('/live')).toMatchObject({ status: 404 });
  });

  test('TLS: the certificate is shown, and without one of the right authority no client is answered', async () => {
    const authority = new TestAuthority();
    try {
      const [server, client] = [authority.issue('server'), authority.issue('client')];
      const ask = async (port: number, certificate?: Certificate): Promise<number> => {
        const own =
          certificate === undefined ? {} : { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) };
        const options = { host: 'localhost', port, path: '/', ca: readFileSync(authority.ca), agent: false, ...own };
        return new Promise((resolve, reject) => {
          const request = https(options, (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          });
          request.on('error', reject).end();
        });
      };
      const files = `cert_file: ${server.cert}, key_file: ${server.key}`;
      const { check } = await started(`{endpoint: "localhost:0", tls: {${files}}}`);
      check.ready();
      expect(await ask(check.port)).toBe(200);
      await check.shutdown();
      const mutual = await started(`{endpoint: "localhost:0", tls: {${files}, client_ca_file: ${authority.ca}}}`);
      expect(await ask(mutual.check.port, client)).toBe(503);
      await expect(ask(mutual.check.port)).rejects.toThrow();
    } finally {
      authority.delete();
    }
  });

  test('connections that ask nothing keep no probe out', async () => {
    const { check, get } = await started();
    const idle = Array.from({ length: 120 }, () => connect(check.port, '127.0.0.1'));
    for (const each of idle) each.on('error', () => undefined);
    await Promise.all(idle.map((each) => once(each, 'connect')));
    expect((await get('/live')).status).toBe(200);
    for (const each of idle) each.destroy();
  });

  test('an address in use fails the start', async () => {
    const { check } = await started();
    const second = new HealthCheck(testSettings('health_check/2'), configOf(`endpoint: 127.0.0.1:${check.port}`));
    await expect(second.start()).rejects.toThrow(`failed to bind to address 127.0.0.1:${check.port}`);
  });
});

test.each([
  ['endpoint: ""', 'http endpoint required'],
  ['endpoint: localhost', 'address localhost: missing port in address'],
  ['path: x', 'path must start with /'],
  ['readiness_path: x', 'path must start with /'],
  ['http: {}', 'v2 healthcheck configuration (http/grpc fields) detected'],
  ['tls: {cert_file: a}', 'TLS configuration must include both certificate and key'],
])('%s is refused', (yaml, message) => {
  expect(validate(configOf(yaml)).map((problem) => problem.message)).toEqual([expect.stringContaining(message)]);
});

test.each([
  [0, '0s'],
  [0.0015, '1.5µs'],
  [15, '15ms'],
  [1483.323586, '1.483323586s'],
  [90_000, '1m30s'],
  [3_600_000, '1h0m0s'],
  [-1500, '-1.5s'],
])('Go writes %d ms as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
