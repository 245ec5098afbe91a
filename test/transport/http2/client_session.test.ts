import { once } from 'node:events';
import { createServer as createHttp2Server, type Settings } from 'node:http2';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ClientSession } from '../../../src/transport/http2/client_session.ts';
import type { ResponseSink } from '../../../src/transport/http2/client_stream.ts';
import { ConstantHeader, type HeaderField } from '../../../src/transport/http2/constant_header.ts';
import {
  ErrorCode,
  type Frame,
  FrameReader,
  frame,
  frameOf,
  headerFrames,
  Setting,
  settingsFrame,
} from '../../../src/transport/http2/frames.ts';
import {
  ACK,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  GOAWAY,
  HEADERS,
  PADDED,
  PING,
  PREFACE,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  uint32,
  WINDOW_UPDATE,
} from '../../../src/wire/http2_frames.ts';
import { fc } from '../../support/property.ts';
import { until } from '../../support/until.ts';

const HEADER: readonly HeaderField[] = [
  [':scheme', 'http'],
  [':authority', 'a'],
  [':method', 'POST'],
  [':path', '/a'],
  ['x-long', 'y'.repeat(300)],
];
/** `:status: 200` of the static table. */
const OK = Buffer.of(0x88);
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Ended {
  readonly reset?: number;
  readonly lost?: Error;
  readonly head?: string | undefined;
  readonly trailer?: string | undefined;
  readonly body: string;
}

function listen(server: Server): Promise<number> {
  closing.push(() => server.close());
  server.listen(0, '127.0.0.1');
  return once(server, 'listening').then(() => (server.address() as AddressInfo).port);
}

/** A server whose frames the test writes; it has sent its SETTINGS unless the test has its own first words. */
class Peer {
  readonly frames: Frame[] = [];
  readonly session: ClientSession;
  readonly told: string[] = [];
  readonly #socket: Socket;

  private constructor(session: ClientSession, socket: Socket, told: string[]) {
    this.session = session;
    this.told = told;
    this.#socket = socket;
    const reader = new FrameReader((each) => this.frames.push(each));
    let preface = PREFACE.length;
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      const skipped = Math.min(preface, chunk.length);
      preface -= skipped;
      reader.push(chunk.subarray(skipped));
    });
  }

  static async connect(first: Uint8Array = settingsFrame(), firstId?: number): Promise<Peer> {
    const server = createServer();
    const port = await listen(server);
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const told: string[] = [];
    const events = {
      ready: () => told.push('ready'),
      leaving: () => told.push('leaving'),
      closed: (cause: Error) => told.push(`closed: ${cause.message}`),
    };
    const names = [':status', 'x-end'];
    const session = new ClientSession(connect(port, '127.0.0.1'), new ConstantHeader(HEADER), names, events, firstId);
    closing.push(() => session.destroy(new Error('the test is over')));
    const [socket] = await accepted;
    closing.push(() => socket.destroy());
    const peer = new Peer(session, socket, told);
    peer.say(first);
    await until(() => told.length > 0, 'the session has heard of the server');
    return peer;
  }

  say(...frames: readonly Uint8Array[]): void {
    this.#socket.write(Buffer.concat(frames));
  }

  hangUp(): void {
    this.#socket.end();
  }

  of(type: number): Frame[] {
    return this.frames.filter((each) => each.type === type);
  }

  /** Of the body that came on a stream. */
  length(stream: number): number {
    return this.of(DATA).reduce((sum, each) => sum + (each.stream === stream ? each.end - each.start : 0), 0);
  }

  request(bytes = 5): { readonly ended: Promise<Ended>; cancel(): void } {
    let settle: (ended: Ended) => void = () => undefined;
    const ended = new Promise<Ended>((resolve) => {
      settle = resolve;
    });
    let [head, trailer, body] = ['', '', ''];
    const sink: ResponseSink = {
      head: (fields) => {
        head = fields.get(':status') ?? '';
      },
      trailers: (fields) => {
        trailer = fields.get('x-end') ?? '';
      },
      data: (chunk) => {
        body += Buffer.from(chunk).toString();
        return body.length < 1000;
      },
      closed: (end) => settle({ head, trailer, body, ...end }),
    };
    const stream = this.session.request([Buffer.alloc(bytes)], sink);
    return { ended, cancel: () => this.session.cancel(stream) };
  }
}

const literal = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.of(0, name.length), Buffer.from(name), Buffer.of(value.length), Buffer.from(value)]);
const whole = (type: number, flags: number, stream: number, payload: Uint8Array): Buffer => {
  const made = frame(type, flags, stream, payload.length);
  made.set(payload, made.length - payload.length);
  return made;
};
const head = (stream: number, flags = 0): Buffer => headerFrames(flags, stream, OK, 16_384);
const trailers = (stream: number, value: string): Buffer =>
  headerFrames(END_STREAM, stream, literal('x-end', value), 16_384);

describe('answers', () => {
  test.each<[string, Buffer[], Partial<Ended>]>([
    [
      'head, body, trailers',
      [head(1), whole(DATA, 0, 1, Buffer.from('ab')), whole(DATA, 0, 1, Buffer.from('c')), trailers(1, '0')],
      { head: '200', body: 'abc', trailer: '0' },
    ],
    ['a body that ends the stream', [head(1), whole(DATA, END_STREAM, 1, Buffer.from('a'))], { body: 'a' }],
    ['a head alone', [head(1, END_STREAM)], { head: '200', body: '' }],
    [
      'padding and a priority',
      [
        whole(HEADERS, END_HEADERS | PADDED | 0x20, 1, Buffer.of(2, 0, 0, 0, 0, 9, 0x88, 0, 0)),
        whole(DATA, END_STREAM | PADDED, 1, Buffer.from('\x01a\0')),
      ],
      { head: '200', body: 'a' },
    ],
    [
      'a header block in pieces',
      [
        whole(HEADERS, END_STREAM, 1, Buffer.of()),
        whole(CONTINUATION, 0, 1, Buffer.of(0x88, 0)),
        whole(CONTINUATION, END_HEADERS, 1, literal('a', 'b').subarray(1)),
      ],
      { head: '200' },
    ],
    [
      '103 before the head',
      [headerFrames(0, 1, literal(':status', '103'), 16_384), head(1, END_STREAM)],
      { head: '200', trailer: '' },
    ],
    ['a reset', [frameOf(RST_STREAM, 1, 11)], { reset: 11 }],
    ['GOAWAY that did not look at it', [frameOf(GOAWAY, 0, 0, 0)], { reset: ErrorCode.REFUSED_STREAM }],
    [
      'frames that nobody knows, and those that change nothing',
      [
        whole(PRIORITY, 0, 9, Buffer.alloc(5)),
        whole(0x77, 0xff, 1, Buffer.from('?')),
        whole(SETTINGS, ACK, 0, Buffer.of()),
        settingsFrame([0x99, 7]),
        head(1, END_STREAM),
      ],
      { head: '200' },
    ],
    [
      'frames of a stream that has ended',
      [
        head(1, END_STREAM),
        frameOf(RST_STREAM, 1, 0),
        frameOf(WINDOW_UPDATE, 1, 0),
        whole(DATA, 0, 1, Buffer.from('x')),
        trailers(1, '0'),
      ],
      { head: '200', body: '' },
    ],
  ])('%s', async (_, frames, expected) => {
    const peer = await Peer.connect();
    const { ended } = peer.request();
    peer.say(...frames);
    expect(await ended).toMatchObject(expected);
    expect(peer.told.filter((each) => each !== 'leaving' && each !== 'closed: the connection was closed')).toEqual([
      'ready',
    ]);
  });

  test('bytes that come one by one', async () => {
    const peer = await Peer.connect();
    const { ended } = peer.request();
    for (const byte of Buffer.concat([head(1), whole(DATA, 0, 1, Buffer.from('abc')), trailers(1, '7')])) {
      peer.say(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await ended).toMatchObject({ head: '200', body: 'abc', trailer: '7' });
  });

  test('an answer of which no more is wanted is reset', async () => {
    const peer = await Peer.connect();
    const { ended } = peer.request();
    peer.say(head(1), whole(DATA, 0, 1, Buffer.alloc(2000)));
    expect(await ended).toMatchObject({ reset: ErrorCode.CANCEL });
    await until(() => peer.of(RST_STREAM).length === 1, 'a reset');
  });

  test('the windows are opened again as an answer comes', async () => {
    const peer = await Peer.connect();
    peer.request();
    // Of a stream that is over the bytes count for the connection all the same.
    peer.say(head(1, END_STREAM), ...Array.from({ length: 4 }, () => whole(DATA, 0, 1, Buffer.alloc(16_384))));
    await until(() => peer.of(WINDOW_UPDATE).length === 2, 'two window updates');
    const widened = peer.of(WINDOW_UPDATE).map(({ stream, bytes, start }) => [stream, uint32(bytes, start)]);
    expect(widened).toEqual([
      [0, 32_768],
      [0, 32_768],
    ]);
  });
});

describe('a server that breaks the rules: the connection and its calls end', () => {
  const { PROTOCOL_ERROR, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, COMPRESSION_ERROR, ENHANCE_YOUR_CALM } = ErrorCode;
  test.each<[string, Buffer[], number]>([
    ['a frame that is too long', [whole(DATA, 0, 1, Buffer.alloc(16_385))], FRAME_SIZE_ERROR],
    ['DATA of no stream', [whole(DATA, 0, 0, Buffer.of(1))], PROTOCOL_ERROR],
    ['DATA of a stream that was not begun', [whole(DATA, 0, 3, Buffer.of(1))], PROTOCOL_ERROR],
    ['HEADERS of a stream of the server', [head(2)], PROTOCOL_ERROR],
    ['a reset of a stream that was not begun', [frameOf(RST_STREAM, 5, 0)], PROTOCOL_ERROR],
    ['more padding than payload', [whole(DATA, PADDED, 1, Buffer.of(3, 0, 0))], PROTOCOL_ERROR],
    ['padding of nothing', [whole(DATA, PADDED, 1, Buffer.of())], PROTOCOL_ERROR],
    ['an interrupted header block', [whole(HEADERS, 0, 1, OK), whole(PING, 0, 0, Buffer.alloc(8))], PROTOCOL_ERROR],
    [
      'a header block that goes on elsewhere',
      [whole(HEADERS, 0, 1, OK), whole(CONTINUATION, END_HEADERS, 3, OK)],
      PROTOCOL_ERROR,
    ],
    ['CONTINUATION of nothing', [whole(CONTINUATION, END_HEADERS, 1, OK)], PROTOCOL_ERROR],
    [
      'a header block without end',
      [whole(HEADERS, 0, 1, OK), ...Array.from({ length: 5 }, () => whole(CONTINUATION, 0, 1, Buffer.alloc(16_384)))],
      ENHANCE_YOUR_CALM,
    ],
    [
      'a header block of frames without bytes',
      [whole(HEADERS, 0, 1, OK), ...Array.from({ length: 16 }, () => whole(CONTINUATION, 0, 1, Buffer.of()))],
      ENHANCE_YOUR_CALM,
    ],
    ['a header block that is none', [headerFrames(0, 1, Buffer.of(0xff, 0xff, 0xff), 100)], COMPRESSION_ERROR],
    ['an entry of the table that is not there', [headerFrames(0, 1, Buffer.of(0xbe), 100)], COMPRESSION_ERROR],
    ['a push', [whole(PUSH_PROMISE, END_HEADERS, 1, Buffer.of(0, 0, 0, 2, 0x88))], PROTOCOL_ERROR],
    ['SETTINGS of odd length', [whole(SETTINGS, 0, 0, Buffer.alloc(5))], PROTOCOL_ERROR],
    ['a window of 2 GiB', [settingsFrame([Setting.INITIAL_WINDOW_SIZE, 2 ** 31])], FLOW_CONTROL_ERROR],
    ['frames of 1 byte', [settingsFrame([Setting.MAX_FRAME_SIZE, 1])], PROTOCOL_ERROR],
    ['a window that becomes too large', [frameOf(WINDOW_UPDATE, 0, 2 ** 31 - 1)], FLOW_CONTROL_ERROR],
    ['a window update by nothing', [frameOf(WINDOW_UPDATE, 0, 0)], PROTOCOL_ERROR],
    ['PING of 7 bytes', [whole(PING, 0, 0, Buffer.alloc(7))], PROTOCOL_ERROR],
    [
      'thousands of pings in one turn',
      Array.from({ length: 50_000 }, () => whole(PING, 0, 0, Buffer.alloc(8))),
      ENHANCE_YOUR_CALM,
    ],
  ])('%s', async (_, frames, code) => {
    const peer = await Peer.connect();
    const { ended } = peer.request();
    peer.say(...frames);
    expect((await ended).lost).toMatchObject({ code });
    expect(peer.told.at(-1)).toMatch(/^closed/);
  });

  test('it is told why', async () => {
    const peer = await Peer.connect();
    peer.say(frameOf(WINDOW_UPDATE, 0, 0));
    await until(() => peer.of(GOAWAY).length === 1, 'GOAWAY');
    const [{ bytes, start } = { bytes: Buffer.alloc(8), start: 0 }] = peer.of(GOAWAY);
    expect(uint32(bytes, start + 4)).toBe(PROTOCOL_ERROR);
  });

  test.each([
    ['HTTP/1', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['something else before SETTINGS', whole(PING, 0, 0, Buffer.alloc(8))],
  ])('%s', async (_, first) => {
    const peer = await Peer.connect(first);
    expect(peer.told).toEqual(['closed: Protocol error before SETTINGS']);
  });

  test('who hangs up ends the calls', async () => {
    const peer = await Peer.connect();
    const { ended } = peer.request();
    peer.hangUp();
    expect((await ended).lost?.message).toBe('the server closed the connection');
  });
});

describe('requests', () => {
  test('a ping is answered with its bytes, one of the client’s is heard', async () => {
    const peer = await Peer.connect();
    peer.say(whole(PING, 0, 0, Buffer.from('12345678')));
    await until(() => peer.of(PING).length === 1, 'PING');
    const [{ bytes, start, end, flags } = { bytes: Buffer.of(), start: 0, end: 0, flags: 0 }] = peer.of(PING);
    expect([Buffer.from(bytes.subarray(start, end)).toString(), flags]).toEqual(['12345678', ACK]);
    const answered = new Promise<void>((resolve) => peer.session.ping(resolve));
    peer.say(whole(PING, ACK, 0, Buffer.alloc(8)));
    await answered;
  });

  test('no more of a body than the windows allow, of the stream and of the connection', async () => {
    const peer = await Peer.connect(settingsFrame([Setting.INITIAL_WINDOW_SIZE, 10]));
    const { ended } = peer.request(100_000);
    await until(() => peer.length(1) === 10, 'the first bytes');
    // Negative from now on: 10 were sent.
    peer.say(settingsFrame([Setting.INITIAL_WINDOW_SIZE, 0]), frameOf(WINDOW_UPDATE, 1, 15));
    await until(() => peer.length(1) === 15, 'five more');
    peer.say(frameOf(WINDOW_UPDATE, 1, 1_000_000));
    await until(() => peer.length(1) === 65_535, 'the window of the connection');
    peer.say(frameOf(WINDOW_UPDATE, 0, 1_000_000));
    await until(() => peer.length(1) === 100_000, 'the rest');
    expect(
      peer
        .of(DATA)
        .map(({ flags }) => flags & END_STREAM)
        .filter((last) => last !== 0),
    ).toHaveLength(1);
    peer.say(head(1, END_STREAM));
    expect(await ended).toMatchObject({ head: '200' });
  });

  test('an answer that does not wait for the body ends it', async () => {
    const peer = await Peer.connect();
    const { ended } = peer.request(100_000);
    peer.say(head(1, END_STREAM));
    await ended;
    await until(() => peer.of(RST_STREAM).length === 1, 'a reset');
    peer.say(frameOf(WINDOW_UPDATE, 0, 1_000_000));
    const next = peer.request();
    peer.say(head(3, END_STREAM));
    await next.ended;
    expect(peer.length(1)).toBe(65_535);
  });

  test('as many at once as the server takes; the others wait', async () => {
    const peer = await Peer.connect(settingsFrame([Setting.MAX_CONCURRENT_STREAMS, 1]));
    const calls = [peer.request(), peer.request(), peer.request()];
    const [first, second, third] = calls;
    await until(() => peer.of(HEADERS).length === 1, 'the first');
    second?.cancel();
    expect(await second?.ended).toMatchObject({ reset: ErrorCode.CANCEL });
    peer.say(head(1, END_STREAM));
    await first?.ended;
    await until(() => peer.of(HEADERS).length === 2, 'the third');
    peer.say(head(3, END_STREAM));
    expect(await third?.ended).toMatchObject({ head: '200' });
    // Nobody was told of what never began.
    expect(peer.of(RST_STREAM)).toEqual([]);
  });

  test('GOAWAY: what the server still takes ends there, what waits is refused', async () => {
    const peer = await Peer.connect(settingsFrame([Setting.MAX_CONCURRENT_STREAMS, 2]));
    const [first, second, third] = [peer.request(), peer.request(), peer.request()];
    peer.say(frameOf(GOAWAY, 0, 1, 0));
    for (const { ended } of [second, third]) expect(await ended).toMatchObject({ reset: ErrorCode.REFUSED_STREAM });
    expect([peer.told, peer.session.open]).toEqual([['ready', 'leaving'], false]);
    peer.say(head(1, END_STREAM));
    expect(await first.ended).toMatchObject({ head: '200' });
    expect(peer.told.at(-1)).toBe('closed: the connection was closed');
  });

  test('when the last identifier is used the session ends with its calls; others are refused', async () => {
    const last = 2 ** 31 - 1;
    const peer = await Peer.connect(settingsFrame([Setting.MAX_CONCURRENT_STREAMS, 1]), last - 2);
    const [first, second, third] = [peer.request(), peer.request(), peer.request()];
    peer.say(head(last - 2, END_STREAM));
    expect(await first.ended).toMatchObject({ head: '200' });
    expect(await third.ended).toMatchObject({ reset: ErrorCode.REFUSED_STREAM });
    expect([peer.told, peer.session.open]).toEqual([['ready', 'leaving'], false]);
    await until(() => peer.of(HEADERS).length === 2, 'two requests');
    expect(peer.of(HEADERS).map(({ stream }) => stream)).toEqual([last - 2, last]);
    peer.say(head(last, END_STREAM));
    expect(await second.ended).toMatchObject({ head: '200' });
    expect(peer.told.at(-1)).toBe('closed: the connection was closed');
  });

  test('a session that is closed ends with its last call', async () => {
    const peer = await Peer.connect();
    const { ended } = peer.request();
    peer.session.close();
    expect(peer.told).toEqual(['ready']);
    peer.say(head(1, END_STREAM));
    await ended;
    expect(peer.told).toEqual(['ready', 'closed: the connection was closed']);
  });

  test('a header that comes again takes a byte for each field', async () => {
    const peer = await Peer.connect();
    peer.request();
    peer.request();
    await until(() => peer.of(HEADERS).length === 2, 'two requests');
    const [first = 0, second = 0] = peer.of(HEADERS).map(({ start, end }) => end - start);
    expect(first).toBeGreaterThan(300);
    expect(second).toBe(HEADER.length);
  });
});

test('a real server, whatever it settles, gets every header and body whole', async () => {
  const property = fc.asyncProperty(
    fc.record({
      headerTableSize: fc.constantFrom(0, 100, 4096, 65_536),
      initialWindowSize: fc.integer({ min: 1000, max: 200_000 }),
      maxFrameSize: fc.integer({ min: 16_384, max: 100_000 }),
      maxConcurrentStreams: fc.integer({ min: 1, max: 5 }),
    }),
    fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 8 }),
    async (settings: Settings, lengths) => {
      const server = createHttp2Server({ settings });
      const seen: string[] = [];
      server.on('stream', (stream, headers) => {
        let length = 0;
        stream.on('data', (chunk: Buffer) => {
          length += chunk.length;
        });
        stream.on('end', () => {
          seen.push(`${headers[':path']} ${headers['x-long']} ${length}`);
          stream.respond({ ':status': 200 }, { waitForTrailers: true });
          stream.on('wantTrailers', () => stream.sendTrailers({ 'x-end': String(length) }));
          stream.end('ok');
        });
      });
      const port = await listen(server);
      let ready: () => void = () => undefined;
      const begun = new Promise<void>((resolve) => {
        ready = resolve;
      });
      const session = new ClientSession(connect(port, '127.0.0.1'), new ConstantHeader(HEADER), ['x-end'], {
        ...{ ready, leaving: () => undefined, closed: () => undefined },
      });
      await begun;
      const ends = lengths.map(
        (length) =>
          new Promise<string>((resolve) => {
            let end = '';
            session.request([Buffer.alloc(1), Buffer.alloc(length - 1)], {
              head: () => undefined,
              trailers: (fields) => {
                end = fields.get('x-end') ?? '';
              },
              data: () => true,
              closed: ({ lost, reset }) => resolve(`${end}${lost?.message ?? ''}${reset ?? ''}`),
            });
          }),
      );
      expect(await Promise.all(ends)).toEqual(lengths.map(String));
      expect(seen.sort()).toEqual(lengths.map((length) => `/a ${'y'.repeat(300)} ${length}`).sort());
      session.close();
      server.close();
    },
  );
  await fc.assert(property, { numRuns: 30 });
});
