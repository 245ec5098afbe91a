import type { NativeRing } from './addon.ts';
import { formatAddress } from './address.ts';
import * as layout from './layout.gen.ts';
import type { ConnRecord, ProcessRecord, RecordHandler, Role } from './types.ts';

/** Record header of BPF_MAP_TYPE_RINGBUF (include/uapi/linux/bpf.h): length and two flag bits, then a page offset. */
const HEADER_BYTES = 8;
const DISCARD_BIT = 0x40000000;
const LENGTH_MASK = 0x3fffffff;
/** Space goes back to the kernel in such steps, so that a long drain does not keep the ring full. */
const RELEASE_BYTES = 256 * 1024;

const AF_UNIX = 1;
const AF_INET = 2;
const HIGH = 2 ** 32;
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

const roles: readonly Role[] = ['unknown', 'client', 'server'];

/**
 * Reads the ring in place. Nothing is allocated for data, end and exit records; what is said once per connection or
 * process becomes an object. Numbers are exact below 2^53: cookies count from 1, times reach it after 104 days of
 * uptime and are then off by a nanosecond.
 */
export class RecordReader {
  /** Records that this version does not know or whose length cannot be: never seen unless something is broken. */
  malformed = 0;
  /** Bytes that the last drain found. */
  waiting = 0;

  readonly #ring: NativeRing;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #text: Buffer;
  readonly #mask: number;
  #position: number;

  constructor(ring: NativeRing) {
    this.#ring = ring;
    this.#view = new DataView(ring.data);
    this.#bytes = new Uint8Array(ring.data);
    this.#text = Buffer.from(ring.data);
    this.#mask = ring.size - 1;
    this.#position = ring.position();
  }

  /** Hands over committed records until `maxBytes` of ring are used; returns the bytes used. */
  drain(handler: RecordHandler, maxBytes: number): number {
    const start = this.#position;
    const committed = this.#ring.acquire();
    this.waiting = committed - start;
    const end = Math.min(committed, start + maxBytes);
    let release = start + RELEASE_BYTES;
    try {
      while (this.#position < end) {
        // Positions grow beyond 2^31; the bitwise operator takes them modulo 2^32, a multiple of the ring's size.
        const at = this.#position & this.#mask;
        const header = this.#view.getUint32(at, LITTLE_ENDIAN);
        const length = header & LENGTH_MASK;
        // Before the handler: a record that makes it throw is not read again.
        this.#position += (length + HEADER_BYTES + 7) & ~7;
        if ((header & DISCARD_BIT) === 0) {
          this.#dispatch(handler, at + HEADER_BYTES, length);
        }
        if (this.#position >= release) {
          this.#ring.release(this.#position);
          release = this.#position + RELEASE_BYTES;
        }
      }
    } finally {
      this.#ring.release(this.#position);
    }
    return this.#position - start;
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
