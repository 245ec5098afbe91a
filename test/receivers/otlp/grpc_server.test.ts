import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { connect as connectRaw } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { encodeMessage } from '../../../src/pdata/otlp/encode.ts';
import { requestOf } from '../../../src/pdata/otlp/schema.ts';
import type { Batch } from '../../../src/pdata/pdata.ts';
import { GrpcReceiver } from '../../../src/receivers/otlp/grpc_server.ts';
import { HeldBodies } from '../../../src/receivers/otlp/held_bodies.ts';
import { Intake } from '../../../src/receivers/otlp/intake.ts';
import type { Component } from '../../../src/service/component.ts';
import { ConsumeError } from '../../../src/service/component.ts';
import { compress } from '../../../src/transport/compression.ts';
import { grpcMethods } from '../../../src/transport/signals.ts';
import { receiverConfig, startReceiver } from '../../support/otlp_receivers.ts';
import { samples } from '../../support/otlp_samples.ts';
import { testSettings } from '../../support/settings.ts';
import { until } from '../../support/until.ts';

const body = Buffer.from(encodeMessage(requestOf.traces, samples.traces));
const receivers: Component[] = [];
const sessions: ClientHttp2Session[] = [];

afterEach(async () => {
  for (const session of sessions.splice(0)) session.destroy();
  for (const receiver of receivers.splice(0)) await receiver.shutdown(performance.now());
});

async function start(keys = '', consume: (batch: Batch) => Promise<void> = async () => undefined) {
  const yaml = `protocols: {grpc: {endpoint: 127.0.0.1:0, ${keys}}}`;
  const started = await startReceiver(yaml, { traces: { consume } });
  receivers.push(started.receiver);
  const session = connect(`http://127.0.0.1:${started.grpc}`);
  sessions.push(session);
  session.on('error', () => undefined);
  await once(session, 'remoteSettings');
  return { ...started, session };
}

interface Patience {
  readonly silenceMs?: number;
  readonly bodies?: HeldBodies;
}

/** A server of this patience; returns its port. */
async function startWith(
  keys: string,
  consume: (batch: Batch) => Promise<void>,
  { silenceMs, bodies }: Patience,
): Promise<number> {
  const settings = testSettings('otlp');
  const config = receiverConfig(`protocols: {grpc: {endpoint: 127.0.0.1:0, ${keys}}}`).protocols.grpc;
  if (config === undefined) throw new Error('no gRPC');
  const receiver = new GrpcReceiver(
    settings,
    config,
    new Intake(settings, { traces: { consume } }, 'grpc'),
    silenceMs,
    bodies,
  );
  receivers.push(receiver);
  await receiver.start();
  const { endpoint = '' } = (settings.lines[0]?.fields ?? {}) as { endpoint?: string };
  return Number(endpoint.slice(endpoint.lastIndexOf(':') + 1));
}

function open(port: number, initialWindowSize = 65_535): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize } });
  session.on('error', () => undefined);
  sessions.push(session);
  return session;
}

/** On a busy machine a large body takes its time, and is not to be given up for it. */
const startPatient = (): Promise<number> =>
  startWith('max_recv_msg_size_mib: 200', async () => undefined, { bodies: new HeldBodies(Number.POSITIVE_INFINITY) });

function frame(message: Uint8Array, { flag = 0, length = message.length } = {}): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

interface Answer {
  readonly http: number;
  readonly grpc: string | undefined;
  readonly message: string | undefined;
  readonly body: Buffer;
}

const HEADERS = { ':method': 'POST', ':path': grpcMethods.traces, 'content-type': 'application/grpc', te: 'trailers' };

async function post(
  session: ClientHttp2Session,
  pieces: readonly Uint8Array[],
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const stream = session.request({ ...HEADERS, ...headers });
  let said: Readonly<Record<string, unknown>> = {};
  const chunks: Buffer[] = [];
  stream.on('response', (response) => {
    said = { ...said, ...response };
  });
  stream.on('trailers', (trailers) => {
    said = { ...said, ...trailers };
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (const piece of pieces) stream.write(piece);
  stream.end();
  await once(stream, 'close');
  return {
    http: Number(said[':status'] ?? 0),
    grpc: said['grpc-status'] as string | undefined,
    message: said['grpc-message'] as string | undefined,
    body: Buffer.concat(chunks),
  };
}

const EMPTY_MESSAGE = Buffer.alloc(5);

describe('a call', () => {
  const whole = frame(body);
  const zipped = gzipSync(body);
  test.each<{
    readonly name: string;
    readonly pieces: readonly Uint8Array[];
    readonly headers?: Readonly<Record<string, string>>;
    readonly grpc: string | undefined;
    readonly http?: number;
    readonly message?: string;
  }>([
    { name: 'in one piece', pieces: [whole], grpc: '0' },
    { name: 'byte by byte', pieces: Array.from(whole, (_, i) => whole.subarray(i, i + 1)), grpc: '0' },
    {
      name: 'with parameters in the type',
      pieces: [whole],
      headers: { 'content-type': 'application/grpc+proto' },
      grpc: '0',
    },
    { name: 'gzip', pieces: [frame(zipped, { flag: 1 })], headers: { 'grpc-encoding': 'gzip' }, grpc: '0' },
    { name: 'that says gzip and is not compressed', pieces: [whole], headers: { 'grpc-encoding': 'gzip' }, grpc: '0' },
    {
      name: 'compressed without an encoding',
      pieces: [frame(zipped, { flag: 1 })],
      grpc: '13',
      message: 'grpc: compressed flag set with identity or empty encoding',
    },
    { name: 'that is no gzip', pieces: [frame(body, { flag: 1 })], headers: { 'grpc-encoding': 'gzip' }, grpc: '3' },
    {
      name: 'of an unknown encoding',
      pieces: [frame(body, { flag: 1 })],
      headers: { 'grpc-encoding': 'br' },
      grpc: '12',
      message: 'grpc: Decompressor is not installed for grpc-encoding "br"',
    },
    { name: 'without a message', pieces: [], grpc: '13', message: 'grpc: unexpected EOF' },
    { name: 'that is cut', pieces: [whole.subarray(0, -1)], grpc: '13', message: 'grpc: unexpected EOF' },
    {
      name: 'of two messages',
      pieces: [whole, whole],
      grpc: '13',
      message: 'grpc: more than one message in a unary call',
    },
    {
      name: 'that announces 4 GiB',
      pieces: [frame(body, { length: 2 ** 32 - 1 })],
      grpc: '8',
      message: 'grpc: received message larger than max (4294967295 vs. 4194304)',
    },
    {
      name: 'of an unknown service',
      pieces: [whole],
      headers: { ':path': '/a.B/C' },
      grpc: '12',
      message: 'unknown service a.B',
    },
    {
      name: 'of an unknown method',
      pieces: [whole],
      headers: { ':path': `${grpcMethods.traces}2` },
      grpc: '12',
      message: 'unknown method Export2 for service opentelemetry.proto.collector.trace.v1.TraceService',
    },
    {
      name: 'of no method',
      pieces: [whole],
      headers: { ':path': '/x%' },
      grpc: '12',
      message: 'malformed method name: "/x%25"',
    },
    {
      name: 'of another type',
      pieces: [whole],
      headers: { 'content-type': 'application/json' },
      http: 415,
      grpc: undefined,
    },
    { name: 'by GET', pieces: [], headers: { ':method': 'GET' }, http: 405, grpc: undefined },
  ])('$name', async ({ pieces, headers, http = 200, grpc, message }) => {
    const { session } = await start();
    const answer = await post(session, pieces, headers);
    expect([answer.http, answer.grpc]).toEqual([http, grpc]);
    if (message !== undefined) expect(answer.message).toBe(message);
    expect(answer.body).toEqual(grpc === '0' ? EMPTY_MESSAGE : Buffer.alloc(0));
    expect((await post(session, [frame(body)])).grpc).toBe('0');
  });

  test.each(['zstd'] as const)('%s', async (encoding) => {
    const batches: Batch[] = [];
    const { session } = await start('', async (batch) => void batches.push(batch));
    const packed = await compress(encoding, body, 0);
    expect((await post(session, [frame(packed, { flag: 1 })], { 'grpc-encoding': encoding })).grpc).toBe('0');
    expect(Buffer.from(batches[0]?.bytes() ?? [])).toEqual(body);
  });

  test('in gzip keeps that form for who sends gzip', async () => {
    const batches: Batch[] = [];
    const { session } = await start('', async (batch) => void batches.push(batch));
    await post(session, [frame(gzipSync(body), { flag: 1 })], { 'grpc-encoding': 'gzip' });
    expect(Buffer.from(batches[0]?.gzip ?? [])).toEqual(gzipSync(body));
  });

  test('is refused with a text of any characters', async () => {
    const { session } = await start('', () => Promise.reject(new ConsumeError('10 % voll: é\n', { permanent: false })));
    expect(await post(session, [frame(body)])).toMatchObject({ grpc: '14', message: '10 %25 voll: %C3%A9%0A' });
  });

  test('that the client gives up releases what it holds, and the others go on', async () => {
    const { session } = await start('max_recv_msg_size_mib: 100');
    for (let i = 0; i < 3; i++) {
      const stream = session.request(HEADERS);
      stream.on('error', () => undefined);
      stream.write(frame(body, { length: 100 * 1024 * 1024 }));
      await new Promise((resolve) => setTimeout(resolve, 20));
      stream.close(constants.NGHTTP2_CANCEL);
      await once(stream, 'close');
    }
    expect((await post(session, [frame(body)])).grpc).toBe('0');
  });

  test('beyond the memory of all bodies is told to come back', async () => {
    const session = open(await startPatient());
    const length = 130 * 1024 * 1024;
    const large = session.request(HEADERS);
    large.on('error', () => undefined);
    large.write(frame(Buffer.alloc(0), { length }));
    await new Promise<void>((resolve) => large.write(Buffer.alloc(length - 1), () => resolve()));
    await until(async () => (await post(session, [frame(body)])).grpc === '14', 'the refusal');
    large.close(constants.NGHTTP2_CANCEL);
    await once(large, 'close');
    await until(async () => (await post(session, [frame(body)])).grpc === '0', 'its room');
  });

  test('whose answer nobody reads keeps its place until it ends', async () => {
    const port = await startPatient();
    const session = open(port);
    // Beside this body there is room for 256 calls.
    const length = 126 * 1024 * 1024;
    const large = session.request(HEADERS);
    large.on('error', () => undefined);
    large.write(frame(Buffer.alloc(0), { length }));
    await new Promise<void>((resolve) => large.write(Buffer.alloc(length - 1), () => resolve()));
    // What was sent before it has come when a ping is answered.
    await new Promise<void>((resolve) => session.ping(() => resolve()));
    const deaf = connect(`http://127.0.0.1:${port}`, { maxSessionMemory: 1000, settings: { initialWindowSize: 0 } });
    sessions.push(deaf);
    deaf.on('error', () => undefined);
    // Errors are headers, which no window holds back.
    let refused = 0;
    for (let i = 0; i < 400; i++) {
      const stream = deaf.request(HEADERS);
      stream.on('response', (headers) => {
        if (headers['grpc-status'] === '14') refused++;
      });
      stream.end(EMPTY_MESSAGE);
    }
    await until(() => refused > 100, 'refusals');
    deaf.destroy();
    await until(async () => (await post(session, [frame(body)])).grpc === '0', 'the places');
  });

  test('that only announces its message takes no room', async () => {
    const { session } = await start('max_recv_msg_size_mib: 100');
    for (let i = 0; i < 3; i++) {
      const stream = session.request(HEADERS);
      stream.on('error', () => undefined);
      stream.write(frame(Buffer.alloc(0), { length: 100 * 1024 * 1024 }));
    }
    expect((await post(session, [frame(body)])).grpc).toBe('0');
  });
});

describe('silence', () => {
  const SILENCE = 100;
  async function startSilent(consume: (batch: Batch) => Promise<void> = async () => undefined) {
    const port = await startWith('', consume, { silenceMs: SILENCE });
    return (initialWindowSize: number): ClientHttp2Session => open(port, initialWindowSize);
  }

  test('in the middle of a message ends the call', async () => {
    const session = (await startSilent())(65_535);
    const stream = session.request(HEADERS);
    const status = new Promise((resolve) => stream.on('response', (headers) => resolve(headers['grpc-status'])));
    stream.on('error', () => undefined);
    stream.write(frame(body).subarray(0, 3));
    expect(await status).toBe('4');
  });

  test('of a client that takes no answer ends it', async () => {
    const stream = (await startSilent())(0).request(HEADERS);
    stream.on('error', () => undefined);
    stream.end(frame(body));
    stream.resume();
    await once(stream, 'close');
    expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
  });

  test('while the pipeline works is none', async () => {
    const session = (await startSilent(() => new Promise((resolve) => setTimeout(resolve, 4 * SILENCE))))(65_535);
    expect((await post(session, [frame(body)])).grpc).toBe('0');
  });
});

describe('a connection', () => {
  const parameters = (keys: string): string => `keepalive: {server_parameters: {${keys}}}`;
  const goaway = (session: ClientHttp2Session): Promise<string> =>
    new Promise((resolve) => session.once('goaway', (code, _, data) => resolve(`${code} ${data?.toString() ?? ''}`)));

  test('is ended when it is idle, and not during a call', async () => {
    let release = (): void => undefined;
    const { session } = await start(
      parameters('max_connection_idle: 500ms'),
      () =>
        new Promise((resolve) => {
          release = resolve;
        }),
    );
    const told = goaway(session);
    const call = post(session, [frame(body)]);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(session.closed).toBe(false);
    release();
    expect((await call).grpc).toBe('0');
    expect(await told).toBe('0 max_idle');
    await until(() => session.closed, 'the end');
  });

  test('is ended when it is old; a call under way has its answer', async () => {
    const { session } = await start(
      parameters('max_connection_age: 500ms'),
      () => new Promise((resolve) => setTimeout(resolve, 1000)),
    );
    const told = goaway(session);
    const call = post(session, [frame(body)]);
    expect(await told).toBe('0 max_age');
    expect((await call).grpc).toBe('0');
  });

  test('is cut when the grace is over', async () => {
    const { session } = await start(
      parameters('max_connection_age: 50ms, max_connection_age_grace: 50ms'),
      () => new Promise(() => undefined),
    );
    expect((await post(session, [frame(body)])).grpc).toBeUndefined();
    expect(session.destroyed).toBe(true);
  });

  test('that answers pings lives, and one that does not is cut', async () => {
    const { session, grpc } = await start(parameters('time: 50ms, timeout: 1s'));
    const silent = connectRaw(grpc, '127.0.0.1');
    silent.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
    silent.on('error', () => undefined).resume();
    await once(silent, 'close');
    expect(session.closed).toBe(false);
    expect((await post(session, [frame(body)])).grpc).toBe('0');
  });

  test('that pings too often is ended, as the policy says', async () => {
    const { session } = await start();
    const told = goaway(session);
    for (let i = 0; i < 5; i++) session.ping(() => undefined);
    expect(await told).toBe(`${constants.NGHTTP2_ENHANCE_YOUR_CALM} too_many_pings`);
  });

  test('may ping as often as the policy allows', async () => {
    const { session } = await start('keepalive: {enforcement_policy: {min_time: 0s, permit_without_stream: true}}');
    for (let i = 0; i < 20; i++) {
      await new Promise<void>((resolve, reject) => {
        session.ping((error) => (error === null ? resolve() : reject(error)));
      });
    }
    expect((await post(session, [frame(body)])).grpc).toBe('0');
  });

  test('whose client answers no ping is closed at the stop all the same', async () => {
    const { grpc, receiver } = await start();
    const silent = connectRaw(grpc, '127.0.0.1');
    silent.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
    silent.on('error', () => undefined);
    // The server's settings: it has begun.
    await once(silent, 'data');
    const began = performance.now();
    await receiver.shutdown(began + 10_000);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
