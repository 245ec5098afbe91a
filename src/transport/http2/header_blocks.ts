import { asciiBytes, startsWith } from '../../wire/bytes.ts';
import { type HeaderNames, HpackDecoder, WHOLE } from '../../wire/hpack.ts';
import { STATIC_TABLE } from '../../wire/hpack_static.ts';
import type { HeaderName } from '../../wire/hpack_table.ts';
import { CONTINUATION, END_HEADERS, END_STREAM, HAS_PRIORITY, HEADERS, PADDED } from '../../wire/http2_frames.ts';
import { StringTable } from '../../wire/strings.ts';
import { ErrorCode, type Frame, Http2Error } from './frames.ts';

/** Most that a block of one or more frames may take. */
const MAX_BLOCK = 64 * 1024;
/** Twice what a block of this size needs, and more. Without a limit each empty frame of 9 bytes would cost a copy of the block. */
const MAX_FRAMES = 16;
/** Strings that are kept, since they come with each answer. */
const STRINGS = 64;
const PRIORITY_BYTES = 5;

/** Values by name, of the names that are wanted. */
export type HeaderFields = ReadonlyMap<string, string>;

export interface HeaderBlock {
  readonly stream: number;
  readonly endStream: boolean;
  readonly fields: HeaderFields;
}

interface Wanted extends HeaderName {
  readonly name: string;
  readonly bytes: Uint8Array;
}

class WantedNames implements HeaderNames {
  readonly statics: readonly (Wanted | undefined)[];
  readonly #all: readonly Wanted[];

  constructor(names: readonly string[]) {
    this.#all = names.map((name, id) => ({ id, name, bytes: asciiBytes(name) }));
    this.statics = STATIC_TABLE.map(([name]) => this.#all.find((wanted) => wanted.name === name));
  }

  find(bytes: Uint8Array, start: number, end: number): Wanted | undefined {
    for (const wanted of this.#all) {
      if (wanted.bytes.length === end - start && startsWith(bytes, start, wanted.bytes)) return wanted;
    }
    return undefined;
  }

  at(id: number): string {
    return this.#all[id]?.name ?? '';
  }
}

/** Header blocks out of HEADERS and CONTINUATION. Each must be read, also of streams that nobody knows: RFC 9113, 4.3. */
export class HeaderBlocks {
  readonly #names: WantedNames;
  readonly #decoder: HpackDecoder;
  /** A block whose end has not come. */
  #open:
    | { readonly stream: number; readonly endStream: boolean; readonly bytes: Uint8Array; readonly frames: number }
    | undefined;

  /** `names`: those that are wanted. */
  constructor(names: readonly string[]) {
    this.#names = new WantedNames(names);
    this.#decoder = new HpackDecoder(this.#names, new StringTable(STRINGS));
  }

  /** Nothing else may come between the frames of a block. Throws Http2Error. */
  expects(frame: Frame): void {
    const open = this.#open;
    if (
      (open !== undefined) !== (frame.type === CONTINUATION) ||
      (open !== undefined && open.stream !== frame.stream)
    ) {
      throw new Http2Error(ErrorCode.PROTOCOL_ERROR, 'a header block was interrupted');
    }
  }

  /** Undefined: it goes on. Throws Http2Error. */
  add(frame: Frame): HeaderBlock | undefined {
    const { type, flags, stream } = frame;
    const part = type === HEADERS ? unpadded(frame, (flags & HAS_PRIORITY) === 0 ? 0 : PRIORITY_BYTES) : payload(frame);
    const first = { bytes: undefined, endStream: (flags & END_STREAM) !== 0, frames: 0 };
    const { bytes: before, endStream, frames } = this.#open ?? first;
    const bytes = before === undefined ? part : Buffer.concat([before, part]);
    if (bytes.length > MAX_BLOCK || frames >= MAX_FRAMES)
      throw new Http2Error(ErrorCode.ENHANCE_YOUR_CALM, 'a header block is too long');
    if ((flags & END_HEADERS) === 0) {
      this.#open = {
        stream,
        endStream,
        bytes: before === undefined ? Uint8Array.from(bytes) : bytes,
        frames: frames + 1,
      };
      return undefined;
    }
    this.#open = undefined;
    const fields = new Map<string, string>();
    const sink = {
      // Beyond 8 KiB they are cut.
      field: ({ id }: HeaderName, value: string): void => {
        fields.set(this.#names.at(id), value);
      },
    };
    if (this.#decoder.decode(bytes, 0, bytes.length, sink) !== WHOLE) {
      throw new Http2Error(ErrorCode.COMPRESSION_ERROR, 'a header block cannot be read');
    }
    return { stream, endStream, fields };
  }
}

function payload({ bytes, start, end }: Frame): Uint8Array {
  return bytes.subarray(start, end);
}

/** The payload of DATA or HEADERS; `skipped`: bytes between the length of the padding and it. Throws Http2Error. */
export function unpadded({ flags, bytes, start, end }: Frame, skipped: number): Uint8Array {
  const padded = (flags & PADDED) !== 0;
  const from = start + (padded ? 1 : 0) + skipped;
  const to = end - (padded ? (bytes[start] ?? 0) : 0);
  if (from > to) throw new Http2Error(ErrorCode.PROTOCOL_ERROR, 'more padding than payload');
  return bytes.subarray(from, to);
}
