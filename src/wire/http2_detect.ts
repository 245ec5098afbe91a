import { byteAt } from './bytes.ts';
import { type Detection, MORE, NO, REQUEST, RESPONSE } from './decoder.ts';
import * as frames from './http2_frames.ts';

/** Frames looked at until one tells who sent them. */
const MAX_FRAMES = 8;
/** Fields of a header block looked at for the same. */
const MAX_FIELDS = 4;
/** Static indices of the pseudo-fields: 1 to 7 of requests, 8 to 14 of responses. */
const LAST_REQUEST = 7;
const LAST_RESPONSE = 14;

/**
 * Was this sent by one end of HTTP/2? A client's preface, a server's SETTINGS, or, in the middle of a connection,
 * frames that follow each other and have a header block that begins as a request or a response does.
 */
export function detectHttp2(bytes: Uint8Array, start: number, end: number): Detection {
  if (start >= end) return MORE;
  if (byteAt(bytes, start) === frames.PREFACE[0]) {
    if (!frames.matchesPreface(bytes, start, end)) return NO;
    return end - start >= frames.PREFACE.length ? REQUEST : MORE;
  }
  if (byteAt(bytes, start) !== 0) return NO;
  if (end - start < frames.FRAME_HEADER) return end - start > 3 && frames.frameType(bytes, start) > 9 ? NO : MORE;
  let at = start;
  for (let count = 0; count < MAX_FRAMES; count++) {
    if (at + frames.FRAME_HEADER > end) return NO;
    if (!frames.plausible(bytes, at)) return NO;
    const type = frames.frameType(bytes, at);
    if (type === frames.SETTINGS && (frames.frameFlags(bytes, at) & frames.ACK) === 0) return settings(bytes, at, end);
    const next = at + frames.FRAME_HEADER + frames.frameLength(bytes, at);
    if (type === frames.HEADERS) {
      const sender = senderOf(bytes, at, Math.min(end, next));
      // What follows must be frames, too.
      return sender === NO || next + frames.FRAME_HEADER > end || frames.plausible(bytes, next) ? sender : NO;
    }
    at = next;
  }
  return NO;
}

/** A server begins with its settings; a client does so only behind the preface. */
function settings(bytes: Uint8Array, at: number, end: number): Detection {
  const stop = Math.min(end, at + frames.FRAME_HEADER + frames.frameLength(bytes, at));
  for (let setting = at + frames.FRAME_HEADER; setting + 1 < stop; setting += 6) {
    // Identifiers are few, and small; reserved ones have this pattern nowhere.
    if (byteAt(bytes, setting) !== 0 && byteAt(bytes, setting) < 0xf0) return NO;
  }
  return RESPONSE;
}

/** Pseudo-fields come first (RFC 9113 section 8.3), and most of them are in the static table. */
function senderOf(bytes: Uint8Array, frame: number, end: number): Detection {
  const flags = frames.frameFlags(bytes, frame);
  let at = frame + frames.FRAME_HEADER;
  if ((flags & frames.PADDED) !== 0) at++;
  if ((flags & frames.HAS_PRIORITY) !== 0) at += 5;
  for (let count = 0; count < MAX_FIELDS; count++, at++) {
    if (at >= end) return MORE;
    const byte = byteAt(bytes, at);
    if (byte >= 0x20 && byte < 0x40) {
      // A table size comes before the fields; its integer ends with a byte below 0x80.
      if (byte === 0x3f) while (++at < end && byteAt(bytes, at) >= 0x80);
      continue;
    }
    const index = byte >= 0x80 ? byte & 0x7f : byte >= 0x40 ? byte & 0x3f : byte & 0x0f;
    if (index >= 1 && index <= LAST_REQUEST) return REQUEST;
    if (index > LAST_REQUEST && index <= LAST_RESPONSE) return RESPONSE;
    // Only an entry of the dynamic table may stand before: it can be any field.
    if (byte < 0x80 || index <= 61) return NO;
  }
  return NO;
}
