import { setMaxListeners } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { connect as connectTcp, createServer as createTcpServer } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Batch } from '../../../src/pdata/pdata.ts';
import type { Compression } from '../../../src/transport/compression.ts';
import { GrpcClient } from '../../../src/transport/grpc/client.ts';
import type { GrpcClientOptions } from '../../../src/transport/grpc/options.ts';
import { nativeCompression } from '../../../src/transport/native_compression.ts';
import { Code } from '../../../src/transport/rpc_status.ts';
import { dnsServer } from '../../support/dns_server.ts';
import { freePort } from '../../support/ports.ts';
import { until } from '../../support/until.ts';

type Serve = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;
const METHOD = '/a.B/Export';
const never = new AbortController().signal;
setMaxListeners(0, never);
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Upstream {
  readonly port: number;
  readonly server: Http2Server;
  readonly sessions: ServerHttp2Session[];
  readonly pings: { count: number };
}

async function upstream(serve: Serve, host = '127.0.0.1', port = 0): Promise<Upstream> {
  const server = createServer();
  const sessions: ServerHttp2Session[] = [];
  const pings = { count: 0 };
  server.on('session', (session) => {
    sessions.push(session);
    session.on('ping', () => pings.count++);
    session.on('error', () => undefined);
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    serve(stream, headers);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  closing.push(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, server, sessions, pings };
}

function client(endpoint: string, options: Partial<GrpcClientOptions> = {}): GrpcClient {
  const made = new GrpcClient({
    ...{
      endpoint,
      method: METHOD,
      tls: undefined,
      userAgent: 'test/1',
      headers: {},
      compression: 'gzip',
      timeout: 5000,
    },
    ...options,
  });
  closing.push(() => made.close());
  return made;
}

/** A name with two addresses. */
async function named(port: number): Promise<string> {
  const names = await dnsServer(['127.0.0.1', '127.0.0.2']);
  closing.push(names.close);
  return `dns://127.0.0.1:${names.port}/upstream.example:${port}`;
}

const batch = (gzip?: Uint8Array): Batch => new Batch('traces', [Buffer.from('abc')], 1, gzip);

function frame(payload: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(payload.length, 1);
  return Buffer.concat([prefix, payload]);
}

function answer(stream: ServerHttp2Stream, body: Uint8Array, headers: Readonly<Record<string, string>> = {}): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...headers }, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(body);
}

const fine: Serve = (stream) => answer(stream, frame(Buffer.alloc(0)));
const headersOnly =
  (headers: Readonly<Record<string, string | number>>): Serve =>
  (stream) =>
    stream.respond(headers, { endStream: true });

describe('what comes back', () => {
  test.each<[string, Serve, string]>([
    ['grpc-status in the trailers', (stream) => answer(stream, frame(Buffer.from('ok'))), 'ok'],
    ['a compressed message', (stream) => answer(stream, frame(gzipSync('ok'), 1), { 'grpc-encoding': 'gzip' }), 'ok'],
    [
      'a message that cannot be read',
      (stream) => answer(stream, frame(Buffer.from('x'), 1), { 'grpc-encoding': 'br' }),
      '',
    ],
    ['no message at all', (stream) => answer(stream, Buffer.alloc(0)), ''],
  ])('%s', async (_, serve, expected) => {
    const { port } = await upstream(serve);
    expect(Buffer.from(await client(`127.0.0.1:${port}`).send(batch(), never)).toString()).toBe(expected);
  });

  test.each<[string, Serve, number, string]>([
    [
      'trailers only',
      headersOnly({ 'content-type': 'application/grpc', 'grpc-status': 3, 'grpc-message': 'no%20%C3%A9' }),
      Code.INVALID_ARGUMENT,
      'no é',
    ],
    [
      'a message that is not well escaped',
      headersOnly({ 'content-type': 'application/grpc', 'grpc-status': 3, 'grpc-message': '10 %' }),
      Code.INVALID_ARGUMENT,
      '10 %',
    ],
    [
      'a status that is no number',
      headersOnly({ 'content-type': 'application/grpc', 'grpc-status': 'x' }),
      Code.UNKNOWN,
      '',
    ],
    [
      'an HTTP server',
      headersOnly({ ':status': 404, 'content-type': 'text/html' }),
      Code.UNIMPLEMENTED,
      'unexpected HTTP status 404',
    ],
    ['a proxy whose server is gone', headersOnly({ ':status': 502 }), Code.UNAVAILABLE, 'unexpected HTTP status 502'],
    ['a reset', (stream) => stream.close(7), Code.UNAVAILABLE, ''],
    ['a reset for calm', (stream) => stream.close(11), Code.RESOURCE_EXHAUSTED, ''],
    [
      'no status',
      (stream) => {
        stream.respond({ 'content-type': 'application/grpc' });
        stream.end();
      },
      Code.INTERNAL,
      '',
    ],
    ['a lost connection', (stream) => stream.session?.destroy(), Code.UNAVAILABLE, ''],
    [
      'a response of 5 MiB',
      (stream) => answer(stream, frame(Buffer.alloc(5 << 20))),
      Code.RESOURCE_EXHAUSTED,
      'the response is too long',
    ],
  ])('%s', async (_, serve, code, text) => {
    const { port } = await upstream(serve);
    const failure = client(`127.0.0.1:${port}`).send(batch(), never);
    await expect(failure).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
  });
});

describe('what goes out', () => {
  test.each<[Compression | undefined, (payload: Buffer) => Buffer]>([
    [undefined, (payload: Buffer) => payload],
    ['gzip', gunzipSync],
    ['zstd', (payload: Buffer) => Buffer.from(nativeCompression().decompress('zstd', payload, 100) ?? [])],
  ])('compression %s', async (compression, decompress) => {
    let said: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    const { port } = await upstream((stream, headers) => {
      said = headers;
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => fine(stream, headers));
    });
    await client(`127.0.0.1:${port}`, { compression, headers: { 'X-A-Bin': 'ab', 'X-B': 'c' } }).send(batch(), never);
    const message = Buffer.concat(chunks);
    expect([message[0], message.readUInt32BE(1)]).toEqual([compression === undefined ? 0 : 1, message.length - 5]);
    expect(decompress(message.subarray(5)).toString()).toBe('abc');
    expect(said).toMatchObject({
      ':path': METHOD,
      ':authority': `127.0.0.1:${port}`,
      te: 'trailers',
      'grpc-timeout': '5000m',
      'x-a-bin': 'YWI=',
      'x-b': 'c',
      'user-agent': 'test/1',
    });
    expect(said['grpc-encoding']).toBe(compression);
  });

  test('what came as gzip leaves as it came', async () => {
    const chunks: Buffer[] = [];
    const { port } = await upstream((stream, headers) => {
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => fine(stream, headers));
    });
    const packed = gzipSync('abc', { level: 9 });
    await client(`127.0.0.1:${port}`).send(batch(packed), never);
    expect(Buffer.concat(chunks)).toEqual(frame(packed, 1));
  });

  test('a megabyte arrives whole', async () => {
    const big = Buffer.alloc(1 << 20, 'x');
    let length = 0;
    const { port } = await upstream((stream, headers) => {
      stream.on('data', (chunk: Buffer) => {
        length += chunk.length;
      });
      stream.on('end', () => fine(stream, headers));
    });
    await client(`127.0.0.1:${port}`, { compression: undefined }).send(new Batch('traces', [big], 1), never);
    expect(length).toBe(big.length + 5);
  });
});

describe('connections', () => {
  test('a name that is not found is asked for once a second, however many calls there are', async () => {
    const names = await dnsServer([]);
    closing.push(names.close);
    const caller = client(`dns://127.0.0.1:${names.port}/upstream.example:1`);
    const begin = performance.now();
    for (let round = 0; round < 3; round++) {
      const calls = Array.from({ length: 10 }, async () => caller.send(batch(), never));
      for (const call of await Promise.allSettled(calls)) {
        expect(call).toMatchObject({ status: 'rejected', reason: { code: Code.UNAVAILABLE } });
      }
    }
    // A and AAAA, each second again.
    const seconds = Math.floor((performance.now() - begin) / 1000);
    expect(names.queries()).toBeGreaterThanOrEqual(2);
    expect(names.queries()).toBeLessThanOrEqual(2 * (1 + seconds));
  });

  test('GOAWAY: the call under way ends, the next one has a new connection', async () => {
    const { port, sessions } = await upstream((stream, headers) => {
      stream.session?.goaway();
      setTimeout(() => fine(stream, headers), 50);
    });
    const sender = client(`127.0.0.1:${port}`);
    await sender.send(batch(), never);
    await sender.send(batch(), never);
    expect(sessions).toHaveLength(2);
  });

  test('GOAWAY in the middle: what the server has not looked at goes to a new connection, once', async () => {
    const seen: number[] = [];
    const { port, sessions } = await upstream((stream, headers) => {
      seen.push(sessions.length);
      if (sessions.length > 1) fine(stream, headers);
      else if (stream.id === 1) setTimeout(() => fine(stream, headers), 50);
      else if (seen.length === 3) stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 1);
    });
    const sender = client(`127.0.0.1:${port}`);
    await Promise.all([1, 2, 3].map(() => sender.send(batch(), never)));
    expect(seen).toEqual([1, 1, 1, 2, 2]);
  });

  test('what waited for its turn goes from one connection that ends to the next', async () => {
    const { port, server, sessions } = await upstream((stream, headers) => {
      stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 1);
      fine(stream, headers);
    });
    server.updateSettings({ maxConcurrentStreams: 1 });
    const sender = client(`127.0.0.1:${port}`);
    await Promise.all([1, 2, 3, 4, 5].map(() => sender.send(batch(), never)));
    expect(sessions).toHaveLength(5);
  });

  test('a server that refuses every stream is asked twice', async () => {
    let asked = 0;
    const { port } = await upstream((stream) => {
      asked++;
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
    });
    const sent = client(`127.0.0.1:${port}`).send(batch(), never);
    await expect(sent).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    expect(asked).toBe(2);
  });

  test('one connection for all calls, at once or one after the other', async () => {
    const { port, sessions } = await upstream(fine);
    const sender = client(`127.0.0.1:${port}`);
    await Promise.all(Array.from({ length: 20 }, () => sender.send(batch(), never)));
    await sender.send(batch(), never);
    expect(sessions).toHaveLength(1);
  });

  test.each([
    ['round_robin', [5, 5]],
    ['pick_first', [10, 0]],
  ])('%s over the addresses of a name', async (balancer, expected) => {
    const counts = [0, 0];
    const count =
      (which: number): Serve =>
      (stream, headers) => {
        counts[which] = (counts[which] ?? 0) + 1;
        fine(stream, headers);
      };
    const { port } = await upstream(count(0), '127.0.0.1', await freePort());
    await upstream(count(1), '127.0.0.2', port);
    const sender = client(await named(port), { balancer });
    // The other address may still be on its way.
    const everywhere = async (): Promise<boolean> => {
      await sender.send(batch(), never);
      return expected.every((calls, which) => calls === 0 || (counts[which] ?? 0) > 0);
    };
    await until(everywhere, 'a call to each address');
    counts.fill(0);
    for (let i = 0; i < 10; i++) await sender.send(batch(), never);
    expect(counts).toEqual(expected);
  });

  test('an address that refuses is passed over', async () => {
    const { port } = await upstream(fine, '127.0.0.2', await freePort());
    for (const balancer of ['round_robin', 'pick_first']) {
      await client(await named(port), { balancer }).send(batch(), never);
    }
  });

  test('nobody listens: UNAVAILABLE at once, and again until the backoff is over', async () => {
    const sender = client(`127.0.0.1:${await freePort()}`, { timeout: 60_000 });
    for (let i = 0; i < 2; i++) {
      const started = performance.now();
      const failure = sender.send(batch(), never);
      await expect(failure).rejects.toMatchObject({
        code: Code.UNAVAILABLE,
        message: expect.stringContaining('ECONNREFUSED'),
      });
      expect(performance.now() - started).toBeLessThan(10_000);
    }
  });

  test('a server that says nothing: DEADLINE_EXCEEDED after the timeout', async () => {
    const mute = createTcpServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    closing.push(() => mute.close());
    const { port } = mute.address() as { port: number };
    const failure = client(`127.0.0.1:${port}`, { timeout: 100 }).send(batch(), never);
    await expect(failure).rejects.toMatchObject({ code: Code.DEADLINE_EXCEEDED });
  });

  test('keepalive pings a silent server, and during calls only unless permitted', async () => {
    const { port, pings } = await upstream(fine);
    const sender = client(`127.0.0.1:${port}`, { keepalive: { time: 50, timeout: 500, permit_without_stream: true } });
    await sender.send(batch(), never);
    await until(() => pings.count > 2, 'pings');
    const quiet = client(`127.0.0.1:${port}`, { keepalive: { time: 50, timeout: 500, permit_without_stream: false } });
    const before = pings.count;
    sender.close();
    await quiet.send(batch(), never);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(pings.count - before).toBeLessThanOrEqual(1);
  });

  test('a server that does not answer the ping is left', async () => {
    const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    const deaf = createTcpServer((socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .write(settings),
    );
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    closing.push(() => deaf.close());
    const { port } = deaf.address() as { port: number };
    const keepalive = { time: 50, timeout: 50, permit_without_stream: false };
    const failure = client(`127.0.0.1:${port}`, { keepalive }).send(batch(), never);
    await expect(failure).rejects.toMatchObject({
      code: Code.UNAVAILABLE,
      message: expect.stringContaining('keepalive'),
    });
  });

  test('through the proxy of HTTPS_PROXY, which looks the name up', async () => {
    const { port } = await upstream(fine);
    const asked: string[] = [];
    const proxy = createHttpServer();
    proxy.on('connect', ({ url }, socket) => {
      asked.push(url ?? '');
      const onward = connectTcp(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      for (const each of [socket, onward]) each.on('error', () => undefined);
      socket.pipe(onward).pipe(socket);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    closing.push(() => proxy.close());
    const { port: proxyPort } = proxy.address() as { port: number };
    process.env['HTTPS_PROXY'] = `http://127.0.0.1:${proxyPort}`;
    try {
      await client('upstream.example:4317').send(batch(), never);
    } finally {
      delete process.env['HTTPS_PROXY'];
    }
    expect(asked).toEqual(['upstream.example:4317']);
  });

  test('an aborted call is cancelled', async () => {
    const { port } = await upstream(() => undefined);
    const abort = new AbortController();
    const failure = client(`127.0.0.1:${port}`, { timeout: 0 }).send(batch(), abort.signal);
    setTimeout(() => abort.abort(), 50);
    await expect(failure).rejects.toMatchObject({ code: Code.CANCELLED });
  });
});
