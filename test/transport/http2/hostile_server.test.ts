import { Duplex } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { RESPONSE_FIELDS, unaryCall } from '../../../src/transport/grpc/call.ts';
import { ClientSession } from '../../../src/transport/http2/client_session.ts';
import { ConstantHeader } from '../../../src/transport/http2/constant_header.ts';
import { frame, frameOf, headerFrames, Setting, settingsFrame } from '../../../src/transport/http2/frames.ts';
import {
  DATA,
  END_STREAM,
  FRAME_HEADER,
  GOAWAY,
  PADDED,
  RST_STREAM,
  WINDOW_UPDATE,
} from '../../../src/wire/http2_frames.ts';
import { fc } from '../../support/property.ts';

const answer = [
  settingsFrame(
    [Setting.INITIAL_WINDOW_SIZE, 1000],
    [Setting.MAX_CONCURRENT_STREAMS, 2],
    [Setting.HEADER_TABLE_SIZE, 0],
  ),
  frameOf(WINDOW_UPDATE, 0, 5),
  frameOf(WINDOW_UPDATE, 1, 5),
  headerFrames(0, 1, Buffer.from('\x88\x40\x01a\x01b\xbe', 'latin1'), 3),
  frame(DATA, 0, 1, 100).fill(7, FRAME_HEADER),
  headerFrames(END_STREAM, 1, Buffer.of(0xbe), 100),
  headerFrames(0, 3, Buffer.of(0x88, 0xbe), 100),
  frameOf(RST_STREAM, 3, 8),
  frameOf(GOAWAY, 0, 5, 0),
];

const change = fc.oneof(
  fc.record({ what: fc.constant('set' as const), at: fc.nat(), to: fc.nat(255) }),
  fc.record({ what: fc.constant('cut' as const), at: fc.nat(), to: fc.nat(20) }),
  fc.record({ what: fc.constant('again' as const), at: fc.nat(), to: fc.nat(40) }),
);

/** A socket on which nothing is sent, and whose bytes the test says. */
class Silent extends Duplex {
  override _read(): void {}
  override _write(_: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

test('whatever a server says, a session takes it or ends, and every request is told once', () => {
  const property = fc.property(
    fc.array(change, { maxLength: 6 }),
    fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 }),
    (changes, steps) => {
      let bytes = Buffer.concat(answer);
      for (const { what, at, to } of changes) {
        const place = at % bytes.length;
        if (what === 'set') bytes[place] = to;
        else if (what === 'cut')
          bytes = Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + to), Buffer.of(0)]);
        else bytes = Buffer.concat([bytes.subarray(0, place + to), bytes.subarray(place)]);
      }
      const socket = new Silent();
      let closed = 0;
      let told = 0;
      let asked = 0;
      const session = new ClientSession(socket, new ConstantHeader([[':path', '/']]), [':status', 'a'], {
        ready: () => {
          for (; asked < 4; asked++) {
            session.request([Buffer.alloc(3000)], {
              head: () => undefined,
              trailers: () => undefined,
              data: () => true,
              closed: () => told++,
            });
          }
        },
        leaving: () => undefined,
        closed: () => closed++,
      });
      for (let at = 0, step = 0; at < bytes.length; step++) {
        const next = at + (steps[step % steps.length] ?? 1);
        socket.emit('data', bytes.subarray(at, next));
        at = next;
      }
      session.destroy(new Error('over'));
      expect([closed, told]).toEqual([1, asked]);
    },
  );
  fc.assert(property, { numRuns: 1000 });
});

const MIB = 1024 * 1024;

/** As many frames of one byte, of no byte and of nothing but padding. */
function crumbs(count: number): Buffer {
  const three = [
    frame(DATA, 0, 1, 1).fill(7, FRAME_HEADER),
    frame(DATA, 0, 1, 0),
    frame(DATA, PADDED, 1, 1).fill(0, 9),
  ];
  return Buffer.concat(Array.from({ length: count }, () => three).flat());
}

test('an answer in pieces of a byte takes no more memory than one in a piece', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = (): number => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return (heapUsed + external) / MIB;
  };
  const socket = new Silent();
  const events = { ready: () => undefined, leaving: () => undefined, closed: () => undefined };
  const session = new ClientSession(socket, new ConstantHeader([[':path', '/']]), RESPONSE_FIELDS, events);
  socket.emit('data', settingsFrame());
  const ended = unaryCall(session, [Buffer.alloc(5)], { abort: new AbortController().signal, due: undefined });
  const type = '\x00\x0ccontent-type\x10application/grpc';
  socket.emit('data', headerFrames(0, 1, Buffer.from(`\x88${type}`, 'latin1'), 1000));
  const message = Buffer.alloc(5);
  message.writeUInt32BE(MIB, 1);
  socket.emit('data', Buffer.concat([frame(DATA, 0, 1, 5, 0), message]));
  const some = crumbs(1024);
  const before = used();
  for (let i = 0; i < 1024; i++) socket.emit('data', some);
  expect(used() - before).toBeLessThan(8);
  socket.emit('data', headerFrames(END_STREAM, 1, Buffer.from('\x00\x0bgrpc-status\x010', 'latin1'), 1000));
  expect(Buffer.alloc(MIB, 7).equals(await ended)).toBe(true);
  session.destroy(new Error('over'));
});
