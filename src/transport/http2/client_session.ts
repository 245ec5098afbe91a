import type { Duplex } from 'node:stream';
import {
  ACK,
  CONTINUATION,
  DATA,
  END_STREAM,
  FRAME_HEADER,
  GOAWAY,
  HEADERS,
  PING,
  PREFACE,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  uint31,
  uint32,
  WINDOW_UPDATE,
} from '../../wire/http2_frames.ts';
import { BodySender } from './body_sender.ts';
import { ClientStream, type ResponseSink, type StreamEnd } from './client_stream.ts';
import type { ConstantHeader } from './constant_header.ts';
import { FrameWriter } from './frame_writer.ts';
import {
  DEFAULT_WINDOW,
  ErrorCode,
  type Frame,
  FrameReader,
  frame,
  frameOf,
  Http2Error,
  headerFrames,
  MAX_31,
  SETTING_BYTES,
  Setting,
  settingsFrame,
} from './frames.ts';
import { type HeaderBlock, HeaderBlocks, unpadded } from './header_blocks.ts';

/** Of an answer, before the peer is told that it may send more. */
const STREAM_WINDOW = 1024 * 1024;
const REFUSED = { reset: ErrorCode.REFUSED_STREAM };

/** What a session tells its owner. */
export interface SessionEvents {
  /** The server has spoken HTTP/2: requests may be sent. */
  ready(): void;
  /** The server takes no more requests; those under way go on. */
  leaving(): void;
  /** Once, and last: after the streams were told. */
  closed(cause: Error): void;
}

/**
 * The client's end of an HTTP/2 connection (RFC 9113) for requests that have one body and the same header. node:http2 needs
 * 100 to 300 µs of CPU for such a request, most of it for objects that nobody here looks at.
 */
export class ClientSession {
  readonly #writer: FrameWriter;
  readonly #bodies: BodySender;
  readonly #header: ConstantHeader;
  readonly #events: SessionEvents;
  readonly #blocks: HeaderBlocks;
  readonly #streams = new Map<number, ClientStream>();
  /** For a stream: the server takes only so many at once. */
  readonly #queued = new Set<ClientStream>();
  readonly #pings: (() => void)[] = [];
  readonly #handlers: Readonly<Record<number, (each: Frame) => void>> = {
    [DATA]: (each) => this.#data(each),
    [HEADERS]: (each) => this.#headers(this.#blocks.add(each)),
    [CONTINUATION]: (each) => this.#headers(this.#blocks.add(each)),
    [RST_STREAM]: (each) => this.#reset(each),
    [SETTINGS]: (each) => this.#settings(each),
    [PUSH_PROMISE]: () => {
      throw new Http2Error(ErrorCode.PROTOCOL_ERROR, 'a push was not asked for');
    },
    [PING]: (each) => this.#ping(each),
    [GOAWAY]: (each) => this.#goaway(each),
    [WINDOW_UPDATE]: (each) => this.#windowUpdate(each),
  };
  #nextId: number;
  #ready = false;
  #closing = false;
  #closed = false;
  /** Bytes that came since the server was last told that it may send more. */
  #received = 0;
  /** As the server says. */
  #maxStreams = MAX_31;

  /** `names`: of the fields of answers that are wanted; `firstId`: odd, of the first request. The socket may still be connecting. */
  constructor(socket: Duplex, header: ConstantHeader, names: readonly string[], events: SessionEvents, firstId = 1) {
    this.#nextId = firstId;
    this.#writer = new FrameWriter(socket);
    this.#bodies = new BodySender(this.#writer);
    this.#header = header;
    this.#events = events;
    this.#blocks = new HeaderBlocks(names);
    const reader = new FrameReader((each) => {
      if (!this.#closed) this.#frame(each);
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        const cause = error instanceof Error ? error : new Error(String(error));
        this.destroy(this.#ready ? cause : new Http2Error(ErrorCode.PROTOCOL_ERROR, 'Protocol error before SETTINGS'));
      }
    });
    socket.on('error', (error: Error) => this.destroy(error));
    socket.on('close', () => this.destroy(new Error('the server closed the connection')));
    socket.on('end', () => this.destroy(new Error('the server closed the connection')));
    this.#writer.write(PREFACE);
    this.#writer.write(settingsFrame([Setting.ENABLE_PUSH, 0], [Setting.INITIAL_WINDOW_SIZE, STREAM_WINDOW]));
  }

  /** It takes requests. */
  get open(): boolean {
    return this.#ready && !this.#closing && !this.#closed;
  }

  /** Of a session that is open. The pieces, at least one byte, may not be changed until the sink hears of the end. */
  request(pieces: readonly Uint8Array[], sink: ResponseSink): ClientStream {
    const stream = new ClientStream(pieces, sink);
    this.#queued.add(stream);
    this.#beginQueued();
    return stream;
  }

  cancel(stream: ClientStream): void {
    if (stream.closed) return;
    if (stream.id !== 0) this.#writer.write(frameOf(RST_STREAM, stream.id, ErrorCode.CANCEL));
    this.#end(stream, { reset: ErrorCode.CANCEL });
  }

  ping(answered: () => void): void {
    this.#pings.push(answered);
    this.#writer.write(frameOf(PING, 0, 0, 0));
  }

  /** When the streams have ended. */
  close(): void {
    this.#closing = true;
    if (this.#streams.size === 0 && this.#queued.size === 0) this.destroy(new Error('the connection was closed'));
  }

  destroy(cause: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    const code = cause instanceof Http2Error ? cause.code : ErrorCode.NO_ERROR;
    this.#writer.end(frameOf(GOAWAY, 0, 0, code));
    for (const stream of [...this.#streams.values(), ...this.#queued]) this.#end(stream, { lost: cause });
    this.#events.closed(cause);
  }

  #beginQueued(): void {
    for (const stream of this.#queued) {
      if (this.#streams.size >= this.#maxStreams) return;
      this.#queued.delete(stream);
      stream.id = this.#nextId;
      this.#nextId += 2;
      this.#streams.set(stream.id, stream);
      this.#writer.write(headerFrames(0, stream.id, this.#header.next(), this.#bodies.maxFrame));
      this.#bodies.begin(stream);
      // Identifiers are used once.
      if (this.#nextId > MAX_31) this.#leave();
    }
  }

  #frame(each: Frame): void {
    const { type, stream: id } = each;
    if (!this.#ready && type !== SETTINGS) {
      throw new Http2Error(ErrorCode.PROTOCOL_ERROR, 'SETTINGS do not come first');
    }
    this.#blocks.expects(each);
    if (id !== 0 && (id % 2 === 0 || id >= this.#nextId) && type !== WINDOW_UPDATE) this.#idle(type);
    const handle = this.#handlers[type];
    // Of types that nobody knows nothing is to be done: RFC 9113, 5.5.
    handle?.(each);
  }

  /** Frames of a stream that was never begun, other than PRIORITY and what nobody knows. */
  #idle(type: number): void {
    if (type === DATA || type === HEADERS || type === RST_STREAM) {
      throw new Http2Error(ErrorCode.PROTOCOL_ERROR, 'a frame of a stream that was not begun');
    }
  }

  #data(each: Frame): void {
    const length = each.end - each.start;
    this.#received += length;
    if (this.#received > DEFAULT_WINDOW / 2) {
      this.#writer.answer(frameOf(WINDOW_UPDATE, 0, this.#received));
      this.#received = 0;
    }
    const payload = unpadded(each, 0);
    const stream = this.#streams.get(each.stream);
    if (stream === undefined) return;
    if (payload.length > 0 && !stream.sink.data(payload)) {
      this.cancel(stream);
      return;
    }
    if ((each.flags & END_STREAM) !== 0) {
      this.#answeredWhole(stream);
      return;
    }
    stream.received += length;
    if (stream.received <= STREAM_WINDOW / 2) return;
    this.#writer.answer(frameOf(WINDOW_UPDATE, stream.id, stream.received));
    stream.received = 0;
  }

  /** Undefined: the block goes on. */
  #headers(block: HeaderBlock | undefined): void {
    const stream = block === undefined ? undefined : this.#streams.get(block.stream);
    if (block === undefined || stream === undefined) return;
    const { endStream, fields } = block;
    // 1xx come before the answer.
    if (!endStream && !stream.answered && /^1\d\d$/.test(fields.get(':status') ?? '')) return;
    if (stream.answered) stream.sink.trailers(fields);
    else stream.sink.head(fields);
    stream.answered = true;
    if (endStream) this.#answeredWhole(stream);
  }

  /** The server has said all; what it did not want to hear is not sent. */
  #answeredWhole(stream: ClientStream): void {
    if (stream.left > 0) this.#writer.write(frameOf(RST_STREAM, stream.id, ErrorCode.CANCEL));
    this.#end(stream, {});
  }

  #end(stream: ClientStream, end: StreamEnd): void {
    stream.closed = true;
    this.#streams.delete(stream.id);
    this.#queued.delete(stream);
    this.#bodies.forget(stream);
    stream.sink.closed(end);
    if (this.#closed) return;
    this.#beginQueued();
    if (this.#closing) this.close();
  }

  #reset({ stream: id, bytes, start }: Frame): void {
    const stream = this.#streams.get(id);
    if (stream !== undefined) this.#end(stream, { reset: uint32(bytes, start) });
  }

  #settings({ flags, bytes, start, end }: Frame): void {
    if ((flags & ACK) !== 0) return;
    for (let at = start; at < end; at += SETTING_BYTES) {
      this.#setting(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0), uint32(bytes, at + 2));
    }
    this.#writer.answer(frame(SETTINGS, ACK, 0, 0));
    this.#beginQueued();
    this.#bodies.resume();
    if (this.#ready) return;
    this.#ready = true;
    this.#events.ready();
  }

  #setting(id: number, value: number): void {
    switch (id) {
      case Setting.HEADER_TABLE_SIZE:
        this.#header.resize(value);
        return;
      case Setting.MAX_CONCURRENT_STREAMS:
        this.#maxStreams = value;
        return;
      case Setting.INITIAL_WINDOW_SIZE:
        this.#bodies.resizeWindows(value, this.#streams.values());
        return;
      case Setting.MAX_FRAME_SIZE:
        this.#bodies.resizeFrames(value);
    }
  }

  #ping({ flags, bytes, start, end }: Frame): void {
    if ((flags & ACK) !== 0) {
      this.#pings.shift()?.();
      return;
    }
    const pong = frame(PING, ACK, 0, end - start);
    pong.set(bytes.subarray(start, end), FRAME_HEADER);
    this.#writer.answer(pong);
  }

  /** Streams that the server did not look at may be tried again elsewhere. */
  #goaway({ bytes, start }: Frame): void {
    const last = uint31(bytes, start);
    this.#leave();
    for (const stream of [...this.#streams.values()]) if (stream.id > last) this.#end(stream, REFUSED);
  }

  #leave(): void {
    const told = this.#closing;
    this.#closing = true;
    this.#maxStreams = 0;
    if (!told) this.#events.leaving();
    for (const stream of this.#queued) this.#end(stream, { ...REFUSED, unsent: true });
    this.close();
  }

  #windowUpdate({ stream: id, bytes, start }: Frame): void {
    const stream = this.#streams.get(id);
    // One that has ended may be told late.
    if (id === 0 || stream !== undefined) this.#bodies.widen(stream, uint31(bytes, start));
  }
}
