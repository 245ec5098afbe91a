/** The frames of one header block: HEADERS or PUSH_PROMISE, then CONTINUATION (RFC 9113 section 4.3). */
import { byteAt } from './bytes.ts';
import * as frames from './http2_frames.ts';

/**
 * Most bytes of a header block with its frame headers, whatever SETTINGS_MAX_HEADER_LIST_SIZE says. Of a longer one the
 * beginning is read, and the exchange is marked.
 */
export const MAX_BLOCK = 65_536;

/** The fragments of a block of more than one frame are put together here: a block is read at once. */
export const joined = new Uint8Array(MAX_BLOCK);

/** Is the frame at `frame` the next one of the block that begins at `at`? */
export function continues(bytes: Uint8Array, at: number, frame: number): boolean {
  return (
    frames.frameType(bytes, frame) === frames.CONTINUATION &&
    frames.frameStream(bytes, frame) === frames.frameStream(bytes, at)
  );
}

/** Where the fields of HEADERS or PUSH_PROMISE begin. */
export function fragmentStart(bytes: Uint8Array, at: number): number {
  const flags = frames.frameFlags(bytes, at);
  const pushed = frames.frameType(bytes, at) === frames.PUSH_PROMISE;
  const before = pushed ? 4 : (flags & frames.HAS_PRIORITY) !== 0 ? 5 : 0;
  return at + frames.FRAME_HEADER + before + ((flags & frames.PADDED) !== 0 ? 1 : 0);
}

export function padding(bytes: Uint8Array, at: number): number {
  return (frames.frameFlags(bytes, at) & frames.PADDED) === 0 ? 0 : byteAt(bytes, at + frames.FRAME_HEADER);
}

/** Copies the fragments of the frames in `bytes[at, end)` to `joined`; returns their length. */
export function join(bytes: Uint8Array, at: number, end: number): number {
  let length = 0;
  for (let frame = at; frame + frames.FRAME_HEADER <= end; ) {
    const next = frame + frames.FRAME_HEADER + frames.frameLength(bytes, frame);
    const start = frame === at ? fragmentStart(bytes, at) : frame + frames.FRAME_HEADER;
    const stop = Math.min(end, frame === at && start < end ? next - padding(bytes, at) : next);
    for (let from = start; from < stop && length < joined.length; from++) joined[length++] = byteAt(bytes, from);
    frame = next;
  }
  return length;
}
