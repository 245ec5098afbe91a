import { DATA, DEFAULT_FRAME_SIZE, END_STREAM } from '../../wire/http2_frames.ts';
import type { ClientStream } from './client_stream.ts';
import type { FrameWriter } from './frame_writer.ts';
import { DEFAULT_WINDOW, ErrorCode, frame, Http2Error, MAX_31, MAX_FRAME_SIZE } from './frames.ts';

/** Bodies of requests, as much of them at a time as the peer takes: RFC 9113, 5.2. */
export class BodySender {
  readonly #writer: FrameWriter;
  /** They wait for room in a window. */
  readonly #blocked = new Set<ClientStream>();
  #window = DEFAULT_WINDOW;
  #streamWindow = DEFAULT_WINDOW;
  #maxFrame = DEFAULT_FRAME_SIZE;

  constructor(writer: FrameWriter) {
    this.#writer = writer;
  }

  get maxFrame(): number {
    return this.#maxFrame;
  }

  begin(stream: ClientStream): void {
    stream.window = this.#streamWindow;
    this.#send(stream);
  }

  forget(stream: ClientStream): void {
    this.#blocked.delete(stream);
  }

  /** SETTINGS_MAX_FRAME_SIZE. Throws Http2Error. */
  resizeFrames(size: number): void {
    if (size < DEFAULT_FRAME_SIZE || size > MAX_FRAME_SIZE) {
      throw new Http2Error(ErrorCode.PROTOCOL_ERROR, 'SETTINGS_MAX_FRAME_SIZE is out of range');
    }
    this.#maxFrame = size;
  }

  /** SETTINGS_INITIAL_WINDOW_SIZE: also of streams that were begun, whose windows may become negative. Throws Http2Error. */
  resizeWindows(size: number, begun: Iterable<ClientStream>): void {
    for (const stream of begun) stream.window = inRange(stream.window + size - this.#streamWindow);
    this.#streamWindow = inRange(size);
  }

  /** WINDOW_UPDATE of a stream, or of the connection. Throws Http2Error. */
  widen(stream: ClientStream | undefined, by: number): void {
    if (by === 0) throw new Http2Error(ErrorCode.PROTOCOL_ERROR, 'a window update by nothing');
    if (stream === undefined) this.#window = inRange(this.#window + by);
    else stream.window = inRange(stream.window + by);
    this.resume();
  }

  resume(): void {
    for (const stream of [...this.#blocked]) {
      this.#blocked.delete(stream);
      this.#send(stream);
    }
  }

  #send(stream: ClientStream): void {
    while (stream.left > 0) {
      const length = Math.min(stream.left, this.#maxFrame, this.#window, stream.window);
      if (length <= 0) {
        this.#blocked.add(stream);
        return;
      }
      this.#window -= length;
      stream.window -= length;
      this.#writer.write(frame(DATA, length === stream.left ? END_STREAM : 0, stream.id, length, 0));
      for (const part of stream.take(length)) this.#writer.write(part);
    }
  }
}

function inRange(window: number): number {
  if (window > MAX_31) throw new Http2Error(ErrorCode.FLOW_CONTROL_ERROR, 'a window is too large');
  return window;
}
