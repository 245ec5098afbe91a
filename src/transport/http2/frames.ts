import {
  CONTINUATION,
  DEFAULT_FRAME_SIZE,
  END_HEADERS,
  FRAME_HEADER,
  frameFlags,
  frameLength,
  frameStream,
  frameType,
  HEADERS,
  SETTINGS,
  valid,
} from '../../wire/http2_frames.ts';

/** RFC 9113, 7. */
export const ErrorCode = {
  NO_ERROR: 0,
  PROTOCOL_ERROR: 1,
  FLOW_CONTROL_ERROR: 3,
  FRAME_SIZE_ERROR: 6,
  REFUSED_STREAM: 7,
  CANCEL: 8,
  COMPRESSION_ERROR: 9,
  ENHANCE_YOUR_CALM: 11,
  INADEQUATE_SECURITY: 12,
} as const;

/** RFC 9113, 6.5.2. */
export const Setting = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
} as const;

export const SETTING_BYTES = 6;
/** Of both ends, until SETTINGS say otherwise. */
export const DEFAULT_WINDOW = 65_535;
export const MAX_FRAME_SIZE = 2 ** 24 - 1;
/** Of windows and of stream identifiers. */
export const MAX_31 = 2 ** 31 - 1;

/** What ends a connection: the other end broke the rules. */
export class Http2Error extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'Http2Error';
    this.code = code;
  }
}

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  /** The payload is `bytes[start, end)`. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Cuts what comes into frames of the usual size at most. */
export class FrameReader {
  readonly #handle: (frame: Frame) => void;
  /** The beginning of a frame. */
  #rest: Uint8Array | undefined;

  constructor(handle: (frame: Frame) => void) {
    this.#handle = handle;
  }

  /** Throws Http2Error, and what the handler throws. */
  push(chunk: Uint8Array): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    let at = 0;
    while (at + FRAME_HEADER <= bytes.length) {
      const length = frameLength(bytes, at);
      const type = frameType(bytes, at);
      const stream = frameStream(bytes, at);
      if (length > DEFAULT_FRAME_SIZE) throw new Http2Error(ErrorCode.FRAME_SIZE_ERROR, 'a frame is too long');
      const start = at + FRAME_HEADER;
      const end = start + length;
      if (end > bytes.length) break;
      if (!valid(type, length, stream)) throw new Http2Error(ErrorCode.PROTOCOL_ERROR, 'a frame is malformed');
      this.#handle({ type, flags: frameFlags(bytes, at), stream, bytes, start, end });
      at = end;
    }
    if (at < bytes.length) this.#rest = bytes.subarray(at);
  }
}

/** A frame whose payload of `length` follows, or is written behind the head: `room` bytes more. */
export function frame(type: number, flags: number, stream: number, length: number, room = length): Buffer {
  const head = Buffer.allocUnsafe(FRAME_HEADER + room);
  head.writeUIntBE(length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return head;
}

/** A frame of numbers of 32 bits. */
export function frameOf(type: number, stream: number, ...values: readonly number[]): Buffer {
  const whole = frame(type, 0, stream, values.length * 4);
  values.forEach((value, index) => {
    whole.writeUInt32BE(value, FRAME_HEADER + index * 4);
  });
  return whole;
}

export function settingsFrame(...settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const whole = frame(SETTINGS, 0, 0, settings.length * SETTING_BYTES);
  settings.forEach(([id, value], index) => {
    whole.writeUInt32BE(value, whole.writeUInt16BE(id, FRAME_HEADER + index * SETTING_BYTES));
  });
  return whole;
}

/** HEADERS, and CONTINUATION where one frame is not enough. */
export function headerFrames(flags: number, stream: number, block: Uint8Array, maxSize: number): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < block.length; at += maxSize) {
    const part = block.subarray(at, at + maxSize);
    const last = at + maxSize >= block.length ? END_HEADERS : 0;
    const made = frame(at === 0 ? HEADERS : CONTINUATION, last | (at === 0 ? flags : 0), stream, part.length);
    made.set(part, FRAME_HEADER);
    frames.push(made);
  }
  const [only] = frames;
  return only !== undefined && frames.length === 1 ? only : Buffer.concat(frames);
}
