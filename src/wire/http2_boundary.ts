import { byteAt } from './bytes.ts';
import * as frames from './http2_frames.ts';

/** A frame that may be one has to prove itself within so many bytes. */
const PATIENCE = 1024;
/** Frames in a row that nobody sends by accident. */
const ENOUGH = 3;

export interface Boundary {
  at: number;
  /** A frame begins at `at`; else what is before it holds none, and what follows is too short to tell. */
  sure: boolean;
  /** A connection begins at `at`. */
  preface: boolean;
}

/** Filled by `findFrame` anew each time. */
const found: Boundary = { at: 0, sure: false, preface: false };

const result = (at: number, sure: boolean, preface: boolean): Boundary => {
  found.at = at;
  found.sure = sure;
  found.preface = preface;
  return found;
};

/**
 * Finds where frames begin again. One plausible header is enough where a socket operation begins, or when it names an
 * open stream; elsewhere frames have to follow each other three times, or end where the bytes end. A place that may be
 * one is waited for until it has proved itself, or another one behind it has.
 */
export function findFrame(
  bytes: Uint8Array,
  start: number,
  end: number,
  boundary: boolean,
  streams: { has(id: number): boolean },
): Boundary {
  let candidate = -1;
  for (let at = start; at < end; at++) {
    const first = byteAt(bytes, at);
    if (first === frames.PREFACE[0] && frames.matchesPreface(bytes, at, end)) {
      return result(at, false, end - at >= frames.PREFACE.length);
    }
    if (first !== 0) continue;
    if (at + frames.FRAME_HEADER > end) return result(candidate < 0 ? at : candidate, false, false);
    const count = frames.chain(bytes, at, end);
    if (count === 0) continue;
    if (count >= ENOUGH || endsAt(bytes, at, end)) return result(at, true, false);
    if (candidate >= 0) continue;
    const stream = frames.frameStream(bytes, at);
    if ((boundary && at === start) || (stream !== 0 && streams.has(stream))) return result(at, true, false);
    if (end - at < PATIENCE) candidate = at;
  }
  return result(candidate < 0 ? end : candidate, false, false);
}

/** Do the frames from `at` on fill the bytes? There are fewer than ENOUGH of them. */
function endsAt(bytes: Uint8Array, at: number, end: number): boolean {
  let next = at;
  while (next + frames.FRAME_HEADER <= end) next += frames.FRAME_HEADER + frames.frameLength(bytes, next);
  return next === end;
}
