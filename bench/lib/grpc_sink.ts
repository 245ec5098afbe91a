// Takes every gRPC call: node FILE PORT DELAY. Answers an empty message after DELAY ms. Header blocks are not read, so it costs
// little and lets no limit of a real server into a benchmark.
import { createServer } from 'node:net';
import {
  DEFAULT_WINDOW,
  FrameReader,
  frame,
  frameOf,
  headerFrames,
  MAX_31,
  Setting,
  settingsFrame,
} from '../../src/transport/http2/frames.ts';
import {
  ACK,
  DATA,
  END_STREAM,
  FRAME_HEADER,
  PING,
  PREFACE,
  SETTINGS,
  WINDOW_UPDATE,
} from '../../src/wire/http2_frames.ts';

const [port = 0, delay = 0] = process.argv.slice(2).map(Number);
const literal = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.of(0, name.length), Buffer.from(name), Buffer.of(value.length), Buffer.from(value)]);
/** `:status: 200` of the static table. */
const HEAD = Buffer.concat([Buffer.of(0x88), literal('content-type', 'application/grpc')]);
const TRAILERS = literal('grpc-status', '0');
const MAX_FRAME = 16_384;

function answer(stream: number): Buffer {
  const message = frame(DATA, 0, stream, 5).fill(0, FRAME_HEADER);
  return Buffer.concat([
    headerFrames(0, stream, HEAD, MAX_FRAME),
    message,
    headerFrames(END_STREAM, stream, TRAILERS, MAX_FRAME),
  ]);
}

createServer({ noDelay: true }, (socket) => {
  let received = 0;
  let preface = PREFACE.length;
  const reader = new FrameReader(({ type, flags, stream, bytes, start, end }) => {
    if (type === SETTINGS && (flags & ACK) === 0) socket.write(frame(SETTINGS, ACK, 0, 0));
    if (type === PING && (flags & ACK) === 0) {
      socket.write(Buffer.concat([frame(PING, ACK, 0, 8, 0), bytes.subarray(start, end)]));
    }
    if (type !== DATA) return;
    received += end - start;
    if (received > MAX_31 / 4) {
      socket.write(frameOf(WINDOW_UPDATE, 0, received));
      received = 0;
    }
    if ((flags & END_STREAM) === 0) return;
    if (delay > 0) setTimeout(() => socket.write(answer(stream)), delay);
    else socket.write(answer(stream));
  });
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    const skipped = Math.min(preface, chunk.length);
    preface -= skipped;
    reader.push(chunk.subarray(skipped));
  });
  socket.write(settingsFrame([Setting.INITIAL_WINDOW_SIZE, MAX_31], [Setting.MAX_CONCURRENT_STREAMS, 1000]));
  socket.write(frameOf(WINDOW_UPDATE, 0, MAX_31 - DEFAULT_WINDOW));
}).listen(port, '127.0.0.1');
