import type { NativeRing } from './addon.ts';
import { formatAddress } from './address.ts';
import { Backlog, RecordBytes } from './backlog.ts';
import * as layout from './layout.gen.ts';
import type { ConnRecord, ProcessRecord, RecordHandler, Role } from './types.ts';

/** Record header of BPF_MAP_TYPE_RINGBUF (include/uapi/linux/bpf.h): length and two flag bits, then a page offset. */
const HEADER_BYTES = 8;
const DISCARD_BIT = 0x40000000;
const LENGTH_MASK = 0x3fffffff;
/** Space goes back to the kernel in such steps, and the ring is looked after, so that a long drain does not keep it full. */
const STEP_BYTES = 16 * 1024;
/** So much is copied to the backlog at a time, and the rest of a record. */
const COPY_BYTES = 16 * 1024;

const AF_UNIX = 1;
const AF_INET = 2;
const HIGH = 2 ** 32;
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

const roles: readonly Role[] = ['unknown', 'client', 'server'];

/** In the ring: header, record, padding. */
function recordBytes(header: number): number {
  return ((header & LENGTH_MASK) + HEADER_BYTES + 7) & ~7;
}

/**
 * Reads the ring in place. Nothing is allocated for data, end and exit records; what is said once per connection or
 * process becomes an object. Numbers are exact below 2^53: cookies count from 1, times reach it after 104 days of
 * uptime and are then off by a nanosecond.
 */
export class RecordReader {
  /** Records that this version does not know or whose length cannot be: never seen unless something is broken. */
  malformed = 0;
  /** Bytes that the last drain found: in the ring and in the backlog. */
  waiting = 0;
  /** Of what it saw, bytes that the last drain left. */
  left = 0;
  readonly backlog: Backlog;

  readonly #ring: NativeRing;
  readonly #ringBytes: RecordBytes;
  readonly #mask: number;
  #position: number;
  #committed: number;
  /** Where the record is: in the ring or in the backlog. */
  #view: DataView;
  #bytes: Uint8Array;
  #text: Buffer;

  /** `backlogBytes`: what may wait outside of the ring. */
  constructor(ring: NativeRing, backlogBytes = 0) {
    this.#ring = ring;
    this.backlog = new Backlog(backlogBytes);
    this.#ringBytes = new RecordBytes(ring.data);
    this.#view = this.#ringBytes.view;
    this.#bytes = this.#ringBytes.bytes;
    this.#text = this.#ringBytes.text;
    this.#mask = ring.size - 1;
    this.#position = ring.position();
    this.#committed = this.#position;
  }

  /** Bytes that can wait without loss. */
  get capacity(): number {
    return this.#ring.size + this.backlog.limit;
  }

  /** Hands over committed records until `maxBytes` are used; returns the bytes used. */
  drain(handler: RecordHandler, maxBytes: number): number {
    this.#look();
    this.waiting = this.left;
    let used = 0;
    while (this.left > 0 && used < maxBytes) {
      if (used > 0) this.#look();
      const most = Math.min(STEP_BYTES, maxBytes - used);
      const read = this.backlog.waiting > 0 ? this.#readBacklog(handler, most) : this.#readRing(handler, most);
      used += read;
      this.left -= read;
    }
    return used;
  }

  /** Sees what is committed. What is in the kernel's way is copied: from half of the ring on. */
  #look(): void {
    this.#committed = this.#ring.acquire();
    if (this.#committed - this.#position > this.#ring.size / 2) this.#rescue();
    this.left = this.#committed - this.#position + this.backlog.waiting;
  }

  #rescue(): void {
    const { view, bytes } = this.#ringBytes;
    while (this.#position < this.#committed) {
      const start = this.#position & this.#mask;
      let length = 0;
      while (this.#position + length < this.#committed && length < COPY_BYTES) {
        length += recordBytes(view.getUint32(start + length, LITTLE_ENDIAN));
      }
      if (!this.backlog.add(bytes, start, length)) break;
      this.#position += length;
    }
    this.#ring.release(this.#position);
  }

  #readRing(handler: RecordHandler, maxBytes: number): number {
    const start = this.#position;
    const end = Math.min(this.#committed, start + maxBytes);
    this.#use(this.#ringBytes);
    try {
      while (this.#position < end) {
        // Positions grow beyond 2^31; the bitwise operator takes them modulo 2^32, a multiple of the ring's size.
        const at = this.#position & this.#mask;
        const header = this.#view.getUint32(at, LITTLE_ENDIAN);
        // Before the handler: a record that makes it throw is not read again.
        this.#position += recordBytes(header);
        this.#record(handler, at, header);
      }
    } finally {
      this.#ring.release(this.#position);
    }
    return this.#position - start;
  }

  #readBacklog(handler: RecordHandler, maxBytes: number): number {
    const chunk = this.backlog.head;
    if (chunk === undefined) return 0;
    const before = this.backlog.waiting;
    const start = chunk.position;
    const end = Math.min(chunk.end, start + maxBytes);
    this.#use(chunk);
    try {
      while (chunk.position < end) {
        const at = chunk.position;
        const header = chunk.view.getUint32(at, LITTLE_ENDIAN);
        chunk.position += recordBytes(header);
        this.#record(handler, at, header);
      }
    } finally {
      this.backlog.taken(chunk.position - start);
    }
    return before - this.backlog.waiting;
  }

  #use({ view, bytes, text }: RecordBytes): void {
    this.#view = view;
    this.#bytes = bytes;
    this.#text = text;
  }

  #record(handler: RecordHandler, at: number, header: number): void {
    if ((header & DISCARD_BIT) === 0) this.#dispatch(handler, at + HEADER_BYTES, header & LENGTH_MASK);
  }

  #dispatch(handler: RecordHandler, at: number, length: number): void {
    const kind = this.#view.getUint8(at);
    if (kind === layout.RECORD_DATA && length >= layout.DATA_SIZE) {
      this.#data(handler, at, length);
    } else if (kind === layout.RECORD_END && length >= layout.END_SIZE) {
      this.#end(handler, at);
    } else if (kind === layout.RECORD_CONN && length >= layout.CONN_SIZE) {
      handler.conn(this.#conn(at, length));
    } else if (kind === layout.RECORD_EXEC && length >= layout.EXEC_FILENAME) {
      this.#exec(handler, at, length);
    } else if (kind === layout.RECORD_FORK && length >= layout.FORK_SIZE) {
      this.#fork(handler, at);
    } else if (kind === layout.RECORD_EXIT && length >= layout.EXIT_SIZE) {
      handler.exit(
        this.#u32(at + layout.EXIT_TGID),
        this.#u64(at + layout.EXIT_START_TIME),
        this.#u64(at + layout.EXIT_TIME),
        this.#u32(at + layout.EXIT_CODE),
      );
    } else {
      this.malformed++;
    }
  }

  #data(handler: RecordHandler, at: number, length: number): void {
    const captured = this.#u32(at + layout.DATA_CAPTURED);
    if (captured > length - layout.DATA_SIZE) {
      this.malformed++;
      return;
    }
    handler.data(
      this.#u64(at + layout.DATA_COOKIE),
      this.#u32(at + layout.DATA_GENERATION),
      this.#view.getUint8(at + layout.DATA_DIRECTION),
      this.#view.getUint8(at + layout.DATA_FIRST) !== 0,
      this.#u64(at + layout.DATA_TIME),
      this.#u64(at + layout.DATA_OFFSET),
      this.#u32(at + layout.DATA_LENGTH),
      captured,
      this.#view.getUint8(at + layout.DATA_SKIP),
      this.#u32(at + layout.DATA_TGID),
      this.#u32(at + layout.DATA_TID),
      this.#bytes,
      at + layout.DATA_SIZE,
    );
  }

  #end(handler: RecordHandler, at: number): void {
    handler.end(
      this.#u64(at + layout.END_COOKIE),
      this.#u32(at + layout.END_GENERATION),
      this.#u64(at + layout.END_TIME),
      this.#view.getUint8(at + layout.END_OLD_STATE),
      this.#view.getUint8(at + layout.END_NEW_STATE),
      this.#u32(at + layout.END_ERROR),
      this.#u64(at + layout.END_SENT),
      this.#u64(at + layout.END_RECEIVED),
      (this.#view.getUint8(at + layout.END_FLAGS) & layout.END_UNREAD) !== 0,
    );
  }

  #conn(at: number, length: number): ConnRecord {
    const view = this.#view;
    const family = view.getUint8(at + layout.CONN_FAMILY);
    const flags = view.getUint8(at + layout.CONN_FLAGS);
    const unix = family === AF_UNIX;
    const hasPath = unix && length >= layout.UNIX_CONN_SIZE;
    return {
      cookie: this.#u64(at + layout.CONN_COOKIE),
      generation: this.#u32(at + layout.CONN_GENERATION),
      time: this.#u64(at + layout.CONN_TIME),
      family: unix ? 'unix' : family === AF_INET ? 'ipv4' : 'ipv6',
      role: roles[view.getUint8(at + layout.CONN_ROLE)] ?? 'unknown',
      joined: (flags & layout.CONN_JOINED) !== 0,
      own: (flags & layout.CONN_OWN) !== 0,
      ownerChanged: (flags & layout.CONN_OWNER) !== 0,
      peerCookie: this.#u64(at + layout.CONN_PEER_COOKIE),
      localAddress: unix ? '' : formatAddress(view, at + layout.CONN_LOCAL_ADDR),
      remoteAddress: unix ? '' : formatAddress(view, at + layout.CONN_REMOTE_ADDR),
      localPort: view.getUint16(at + layout.CONN_LOCAL_PORT, LITTLE_ENDIAN),
      remotePort: view.getUint16(at + layout.CONN_REMOTE_PORT, LITTLE_ENDIAN),
      netns: this.#u32(at + layout.CONN_NETNS),
      sendBase: this.#u32(at + layout.CONN_SEND_BASE),
      recvBase: this.#u32(at + layout.CONN_RECV_BASE),
      unixPath: hasPath ? this.#unixPath(at) : '',
      unixBound: hasPath && this.#u32(at + layout.UNIX_CONN_BOUND) !== 0,
      process: this.#process(at + layout.CONN_PROCESS),
    };
  }

  #unixPath(at: number): string {
    const length = Math.min(this.#u32(at + layout.UNIX_CONN_PATH_LENGTH), layout.UNIX_CONN_PATH_ELEMENTS);
    const start = at + layout.UNIX_CONN_PATH;
    if (length > 0 && this.#view.getUint8(start) === 0) {
      return `@${this.#text.toString('utf8', start + 1, start + length)}`;
    }
    return this.#string(start, length);
  }

  #exec(handler: RecordHandler, at: number, length: number): void {
    const start = at + layout.EXEC_FILENAME;
    const room = Math.min(length - layout.EXEC_FILENAME, layout.EXEC_FILENAME_ELEMENTS);
    handler.exec(
      this.#process(at + layout.EXEC_PROCESS),
      this.#u64(at + layout.EXEC_TIME),
      this.#u32(at + layout.EXEC_PARENT_TGID),
      this.#u64(at + layout.EXEC_PARENT_START_TIME),
      this.#u32(at + layout.EXEC_NETNS),
      this.#string(start, Math.min(room, this.#u32(at + layout.EXEC_FILENAME_LENGTH))),
    );
  }

  #fork(handler: RecordHandler, at: number): void {
    handler.fork(
      this.#process(at + layout.FORK_PROCESS),
      this.#u64(at + layout.FORK_TIME),
      this.#u32(at + layout.FORK_PARENT_TGID),
      this.#u64(at + layout.FORK_PARENT_START_TIME),
    );
  }

  #process(at: number): ProcessRecord {
    return {
      tgid: this.#u32(at + layout.PROCESS_TGID),
      pid: this.#u32(at + layout.PROCESS_PID),
      startTime: this.#u64(at + layout.PROCESS_START_TIME),
      cgroupId: this.#u64(at + layout.PROCESS_CGROUP_ID),
      comm: this.#string(at + layout.PROCESS_COMM, layout.PROCESS_COMM_ELEMENTS),
    };
  }

  /** Up to the first NUL. */
  #string(start: number, length: number): string {
    let end = start;
    while (end < start + length && this.#view.getUint8(end) !== 0) {
      end++;
    }
    return this.#text.toString('utf8', start, end);
  }

  #u32(at: number): number {
    return this.#view.getUint32(at, LITTLE_ENDIAN);
  }

  #u64(at: number): number {
    const first = this.#view.getUint32(at, LITTLE_ENDIAN);
    const second = this.#view.getUint32(at + 4, LITTLE_ENDIAN);
    return LITTLE_ENDIAN ? second * HIGH + first : first * HIGH + second;
  }
}
