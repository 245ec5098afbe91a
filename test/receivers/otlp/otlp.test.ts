import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import * as grpc from '@grpc/grpc-js';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import type { Batch } from '../../../src/pdata/pdata.ts';
import { type Component, ConsumeError, type Consumer } from '../../../src/service/component.ts';
import { decodeStatus } from '../../../src/transport/rpc_status.ts';
import { grpcMethods } from '../../../src/transport/signals.ts';
import { TestAuthority } from '../../support/certificates.ts';
import { call } from '../../support/grpc_client.ts';
import { receiverConfig, send, startReceiver } from '../../support/otlp_receivers.ts';
import { counted, type TestSettings } from '../../support/settings.ts';
import { until } from '../../support/until.ts';
import { sentinel } from './sentinel.ts';

const PROTOBUF = 'application/x-protobuf';
const body = sentinel('traces', 1);
const both = 'protocols: {grpc: {endpoint: 127.0.0.1:0}, http: {endpoint: 127.0.0.1:0}}';

let running: Component[] = [];
afterEach(async () => {
  for (const component of running) await component.shutdown(performance.now() + 1000);
  running = [];
});

async function start(
  yaml: string,
  consume: (batch: Batch) => Promise<void> = async () => undefined,
): Promise<{
  readonly http: number;
  readonly grpc: number;
  readonly settings: TestSettings;
  readonly receiver: Component;
}> {
  const consumer: Consumer = { consume };
  const started = await startReceiver(yaml, { traces: consumer });
  running.push(started.receiver);
  return started;
}

const post = (headers: Record<string, string> = {}, bytes: Uint8Array = body): Parameters<typeof send>[1] => ({
  headers: { 'content-type': PROTOBUF, ...headers },
  body: bytes,
});

test('acknowledges only what the pipeline took, and counts it', async () => {
  let release: (() => void) | undefined;
  const { http, settings } = await start(both, () => new Promise((resolve) => (release = resolve)));
  let answered = false;
  const answer = send(http, post()).then((each) => {
    answered = true;
    return each;
  });
  await until(() => release !== undefined, 'the request');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(answered).toBe(false);
  release?.();
  expect((await answer).status).toBe(200);
  expect(counted(settings, 'otelcol_receiver_accepted_spans')).toBe(1);
});

test.each([
  ['retryable', new ConsumeError('full', { permanent: false }), 503, 14, undefined],
  ['retryable with a delay', new ConsumeError('full', { permanent: false, retryAfterMs: 1500 }), 503, 14, '2'],
  ['permanent', new ConsumeError('bad', { permanent: true }), 500, 13, undefined],
  ['a fault', new TypeError('oops'), 500, 13, undefined],
])('%s error of the pipeline', async (_, error, status, code, retryAfter) => {
  const { http, grpc: port, settings } = await start(both, () => Promise.reject(error));
  const answer = await send(http, post());
  expect(answer.status).toBe(status);
  expect(answer.type).toBe(PROTOBUF);
  expect(answer.headers['retry-after']).toBe(retryAfter);
  const delay = error instanceof ConsumeError ? error.retryAfterMs : undefined;
  const expected = { code, message: error.message, ...(delay === undefined ? {} : { retryDelayMs: delay }) };
  expect(decodeStatus(answer.body)).toEqual(expected);

  const json = await send(http, {
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"resourceSpans":[{"scopeSpans":[{"spans":[{}]}]}]}'),
  });
  expect(JSON.parse(json.body.toString())).toMatchObject({ code, message: error.message });

  const called = await call(`127.0.0.1:${port}`, grpcMethods.traces, body);
  expect(called).toMatchObject({ code, details: error.message });
  const [details] = called.metadata?.get('grpc-status-details-bin') ?? [];
  if (delay === undefined) expect(details).toBeUndefined();
  else expect(decodeStatus(details as Buffer)).toEqual(expected);
  expect(counted(settings, 'otelcol_receiver_accepted_spans')).toBe(0);
  const name = error instanceof ConsumeError ? 'refused' : 'failed';
  expect(counted(settings, `otelcol_receiver_${name}_spans`)).toBe(3);
});

test('bytes go on as they are, and a gzip body beside them when it is one member', async () => {
  const batches: Batch[] = [];
  const { http } = await start(both, async (batch) => void batches.push(batch));
  const zipped = gzipSync(body);
  await send(http, post());
  await send(http, post({ 'content-encoding': 'gzip' }, zipped));
  await send(http, post({ 'content-encoding': 'gzip' }, Buffer.concat([zipped, zipped])));
  expect(batches.map(({ itemCount }) => itemCount)).toEqual([1, 1, 2]);
  for (const batch of batches.slice(0, 2)) expect(Buffer.from(batch.bytes())).toEqual(Buffer.from(body));
  expect(batches.map(({ gzip }) => gzip?.length)).toEqual([undefined, zipped.length, undefined]);
});

test('a body that does not end in time, and one that is cut, take nothing', async () => {
  const batches: Batch[] = [];
  const { http } = await start('protocols: {http: {endpoint: 127.0.0.1:0}}', async (batch) => void batches.push(batch));
  const request = httpRequest({
    port: http,
    host: '127.0.0.1',
    method: 'POST',
    path: '/v1/traces',
    headers: { 'content-type': PROTOBUF, 'content-length': String(body.length) },
  });
  request.on('error', () => undefined);
  request.write(body.subarray(0, 3));
  await new Promise((resolve) => setTimeout(resolve, 50));
  request.destroy();
  expect((await send(http, post())).status).toBe(200);
  expect(batches.length).toBe(1);
});

test.each([
  ['announced', { 'content-length': '2000' }],
  ['chunked', { 'transfer-encoding': 'chunked' }],
])('413 for a body that is %s too large, and the connection ends', async (_, headers) => {
  const { http } = await start('protocols: {http: {endpoint: 127.0.0.1:0, max_request_body_size: 1000}}');
  const answer = await new Promise<{ status: number | undefined; connection: string | undefined }>(
    (resolve, reject) => {
      const request = httpRequest({
        port: http,
        host: '127.0.0.1',
        method: 'POST',
        path: '/v1/traces',
        headers: { 'content-type': PROTOBUF, ...headers },
      });
      request.on('error', reject);
      request.on('response', (response) => {
        response.resume();
        resolve({ status: response.statusCode, connection: response.headers.connection });
      });
      request.end(Buffer.alloc(2000));
    },
  );
  expect(answer.status).toBe(413);
});

test('who writes on after the answer can: the connection is not reset', async () => {
  const { http } = await start('protocols: {http: {endpoint: 127.0.0.1:0, max_request_body_size: 1000000}}');
  // More than the kernel keeps for both ends.
  const length = 12 * 1024 * 1024;
  const socket = connect({ port: http, host: '127.0.0.1', allowHalfOpen: true });
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString('latin1');
  });
  socket.write(`POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: ${PROTOBUF}\r\nContent-Length: ${length}\r\n\r\n`);
  // An error of the socket rejects it.
  await once(socket, 'end');
  expect(answer).toMatch(/^HTTP\/1.1 413 /);
  const closed = once(socket, 'close');
  socket.end(Buffer.alloc(length));
  expect(await closed).toEqual([false]);
});

test('bodies under way are bounded; what is beyond may come again', async () => {
  const { http } = await start('protocols: {http: {endpoint: 127.0.0.1:0, max_request_body_size: 200000000}}');
  const begin = (length: number, bytes: number): ReturnType<typeof httpRequest> => {
    const request = httpRequest({
      port: http,
      host: '127.0.0.1',
      method: 'POST',
      path: '/v1/traces',
      agent: false,
      headers: { 'content-type': PROTOBUF, 'content-length': String(length) },
    });
    request.on('error', () => undefined);
    request.write(Buffer.alloc(bytes));
    return request;
  };
  const status = async (): Promise<number> => (await send(http, post())).status;
  // What is only announced takes no room.
  const idle = [1, 2, 3].map(() => begin(90_000_000, 1));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await status()).toBe(200);
  const slow = begin(140_000_000, 139_000_000);
  // Where it takes more than 5 s to come, it is the one that is refused.
  let itself: number | undefined;
  slow.on('response', ({ statusCode }) => {
    itself = statusCode;
  });
  for (const each of idle) each.destroy();
  await until(async () => (await status()) === 503 || itself === 503, 'the refusal');
  slow.destroy();
  await until(async () => (await status()) === 200, 'its room');
});

test.each([
  ['zeros', Buffer.alloc(100)],
  ['random bytes', randomBytes(4096)],
  ['a head without end', Buffer.from(`POST /v1/traces HTTP/1.1\r\nX: ${'a'.repeat(100_000)}`)],
  [
    'two lengths',
    Buffer.from('POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'),
  ],
  [
    'a chunk of 2^64',
    Buffer.from('POST /v1/traces HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\na'),
  ],
  [
    'the preface of HTTP/2 and garbage',
    Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), randomBytes(500)]),
  ],
])('%s instead of a request harm nobody', async (_, bytes) => {
  const { http, grpc: port } = await start(both);
  for (const each of [http, port]) {
    const socket = connect(each, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(bytes);
    await new Promise((resolve) => setTimeout(resolve, 30));
    socket.destroy();
  }
  expect((await send(http, post())).status).toBe(200);
  expect((await call(`127.0.0.1:${port}`, grpcMethods.traces, body)).code).toBe(0);
});

test('every reject is counted, by what it was', async () => {
  const { http, grpc: port, settings } = await start(both);
  const rejects = (): Record<string, number> =>
    Object.fromEntries(
      settings.registry
        .snapshot()
        .filter(({ name }) => name === 'sonde.receiver.rejects')
        .map(({ attributes, value }) => [`${attributes['transport']} ${attributes['error.type']}`, value]),
    );
  await send(http, post({}, Buffer.from([1])));
  await send(http, post({ 'content-encoding': 'br' }));
  await send(http, post({ 'content-type': 'text/plain' }));
  await send(http, { ...post(), path: '/nowhere' });
  await send(http, { method: 'GET' });
  await send(http, post({ 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(21_000_000))));
  await call(`127.0.0.1:${port}`, grpcMethods.traces, Buffer.from([1]));
  await call(`127.0.0.1:${port}`, grpcMethods.logs, body);
  for (const [each, text] of [
    [http, 'no request\r\n\r\n'],
    [port, 'no preface of HTTP/2, but as long\r\n\r\n'],
  ] as const) {
    const socket = connect(each, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    socket.end(text);
    await once(socket, 'close');
  }
  const expected = {
    'http 400': 2,
    'http 404': 1,
    'http 405': 1,
    'http 413': 1,
    'http 415': 1,
    'http malformed': 1,
    'grpc INVALID_ARGUMENT': 1,
    'grpc UNIMPLEMENTED': 1,
    'grpc malformed': 1,
  };
  await until(async () => isDeepStrictEqual(rejects(), expected), JSON.stringify(expected)).catch(() => undefined);
  expect(rejects()).toEqual(expected);
});

test('stops: what is under way is answered, then nothing is taken any more', async () => {
  let release: (() => void) | undefined;
  const {
    http,
    grpc: port,
    receiver,
  } = await start(
    both,
    () =>
      new Promise((resolve) => {
        release = resolve;
      }),
  );
  const answer = send(http, post());
  await until(() => release !== undefined, 'the request');
  const stopped = receiver.shutdown(performance.now() + 5000);
  await expect(send(http, post())).rejects.toThrow();
  release?.();
  expect((await answer).status).toBe(200);
  await stopped;
  expect((await call(`127.0.0.1:${port}`, grpcMethods.traces, body)).code).toBe(grpc.status.UNAVAILABLE);
});

test('the deadline ends what does not end', async () => {
  const { http, grpc: port, receiver } = await start(both, () => new Promise(() => undefined));
  const failed = Promise.allSettled([send(http, post()), call(`127.0.0.1:${port}`, grpcMethods.traces, body)]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const started = performance.now();
  await receiver.shutdown(started + 200);
  expect(performance.now() - started).toBeLessThan(10_000);
  await failed;
});

describe('TLS', () => {
  const authority = new TestAuthority();
  afterAll(() => authority.delete());
  const server = authority.issue('server');
  const client = authority.issue('client');
  const tls = `tls: {cert_file: ${server.cert}, key_file: ${server.key}, client_ca_file: ${authority.ca}, reload_interval: 50ms}`;

  async function handshake(port: number, certificate?: { cert: string; key: string }): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = tlsConnect({
        port,
        host: '127.0.0.1',
        ca: readFileSync(authority.ca),
        ALPNProtocols: ['h2', 'http/1.1'],
        ...(certificate === undefined
          ? {}
          : { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) }),
      });
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('closed')));
      // TLS 1.3 tells a refused client only after the handshake; who is not refused is answered.
      socket.on('secureConnect', () => {
        const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0';
        socket.write(socket.alpnProtocol === 'h2' ? preface : 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      });
      socket.on('data', () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
    });
  }

  test('clients need a certificate; a new one of the server is taken without a restart', async () => {
    const { http, grpc: port } = await start(
      `protocols: {grpc: {endpoint: 127.0.0.1:0, ${tls}}, http: {endpoint: 127.0.0.1:0, ${tls}}}`,
    );
    for (const each of [http, port]) {
      await expect(handshake(each)).rejects.toThrow();
      const before = await handshake(each, client);
      authority.issue('server');
      await until(async () => (await handshake(each, client)) !== before, 'the new certificate');
    }
    const credentials = grpc.credentials.createSsl(
      readFileSync(authority.ca),
      readFileSync(client.key),
      readFileSync(client.cert),
    );
    expect((await call(`127.0.0.1:${port}`, grpcMethods.traces, body, { credentials })).code).toBe(0);
    expect((await call(`127.0.0.1:${port}`, grpcMethods.traces, body)).code).toBe(grpc.status.UNAVAILABLE);
  });

  test('the deadline ends a handshake', async () => {
    const {
      receiver,
      http,
      grpc: port,
    } = await start(`protocols: {http: {endpoint: 127.0.0.1:0, ${tls}}, grpc: {endpoint: 127.0.0.1:0, ${tls}}}`);
    for (const each of [http, port]) connect(each, '127.0.0.1').on('error', () => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const began = performance.now();
    await receiver.shutdown(began + 200);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test('a file that is missing fails the start', async () => {
    const yaml = `protocols: {http: {endpoint: 127.0.0.1:0, tls: {cert_file: /nowhere/c.pem, key_file: ${server.key}}}}`;
    await expect(start(yaml)).rejects.toThrow(/failed to load TLS config: .*ENOENT/);
  });
});

describe('CORS', () => {
  const yaml =
    'protocols: {http: {endpoint: 127.0.0.1:0, response_headers: {X-A: b}, cors: {allowed_origins: ["https://*.example.com"], allowed_headers: [X-B], exposed_headers: [x-c], max_age: 60}}}';
  const preflight = (origin: string, header: string): Parameters<typeof send>[1] => ({
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': header },
  });

  test('preflight', async () => {
    const { http } = await start(yaml);
    const answer = await send(http, preflight('https://a.example.com', 'x-b'));
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://a.example.com',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'x-b',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '60',
      'x-a': 'b',
    });
    for (const [origin, header] of [
      ['https://example.org', 'x-b'],
      ['https://a.example.com', 'x-z'],
    ] as const) {
      const refused = await send(http, preflight(origin, header));
      expect(refused.status).toBe(204);
      expect(refused.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  test('request', async () => {
    const { http } = await start(yaml);
    const answer = await send(http, post({ origin: 'https://a.example.com' }));
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://a.example.com',
      'access-control-expose-headers': 'X-C',
      vary: 'Origin',
    });
    expect(
      (await send(http, post({ origin: 'https://b.org' }))).headers['access-control-allow-origin'],
    ).toBeUndefined();
  });
});

test.each([
  ['{}', ': must specify at least one protocol when using the OTLP receiver'],
  ['protocols: {}', ': must specify at least one protocol when using the OTLP receiver'],
  ['protocols: {http: {enabled: false}}', ': must specify at least one protocol when using the OTLP receiver'],
  ['protocols: {thrift: }', 'protocols: has invalid keys: thrift'],
  ['protocols: {http: {endpoint: localhost}}', 'protocols::http::endpoint: address localhost: missing port in address'],
  [
    'protocols: {http: {traces_url_path: ":invalid"}}',
    'protocols::http::traces_url_path: invalid HTTP URL path set for signal: parse ":invalid": missing protocol scheme',
  ],
  [
    'protocols: {grpc: {tls: {}}}',
    'protocols::grpc::tls: TLS configuration must include both certificate and key for server connections',
  ],
  [
    'protocols: {grpc: {tls: {cert_file: a, key_file: b, min_version: asd}}}',
    'protocols::grpc::tls::min_version: invalid TLS min_version: unsupported TLS version: "asd"',
  ],
  [
    'protocols: {http: {auth: {authenticator: basicauth}}}',
    'protocols::http::auth::authenticator: failed to resolve authenticator "basicauth": Sonde has no authenticator extensions; use tls::client_ca_file',
  ],
  [
    'protocols: {grpc: {middlewares: [{id: limiter}]}}',
    'protocols::grpc::middlewares::0: failed to resolve middleware "limiter": Sonde has no middleware extensions',
  ],
  [
    'protocols: {http: {compression_algorithms: [gzip, br]}}',
    'protocols::http::compression_algorithms::1: unsupported compression algorithm "br"; supported: gzip, zstd, zlib, snappy, deflate, lz4, x-snappy-framed and ""',
  ],
])('%s: %s', (yaml, message) => {
  expect(() => receiverConfig(yaml)).toThrow(message);
});

test('an empty section switches a protocol on', () => {
  const { protocols } = receiverConfig('protocols: {grpc: , http: }');
  expect(protocols.grpc?.endpoint).toBe('localhost:4317');
  expect(protocols.http?.endpoint).toBe('localhost:4318');
});

test('paths and encodings are as configured', async () => {
  const { http } = await start(
    'protocols: {http: {endpoint: 127.0.0.1:0, traces_url_path: in/traces, compression_algorithms: [""]}}',
  );
  expect((await send(http, post())).status).toBe(404);
  expect((await send(http, { ...post(), path: '/in/traces' })).status).toBe(200);
  expect(
    (await send(http, { ...post({ 'content-encoding': 'gzip' }, gzipSync(body)), path: '/in/traces' })).status,
  ).toBe(400);
});

test('only signals of pipelines are served', async () => {
  const { http, grpc: port } = await start(both);
  expect((await send(http, { ...post(), path: '/v1/logs' })).status).toBe(404);
  expect((await call(`127.0.0.1:${port}`, grpcMethods.logs, body)).code).toBe(grpc.status.UNIMPLEMENTED);
});
