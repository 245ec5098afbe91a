import { formatAddress } from './address.ts';
import * as layout from './layout.gen.ts';
import type { RecordBytes } from './record_bytes.ts';
import type {
  ConnRecord,
  DataRecord,
  EndRecord,
  ExecRecord,
  ExitRecord,
  ForkRecord,
  ProcessRecord,
  RecordHandler,
  Role,
} from './types.ts';

const AF_UNIX = 1;
const AF_INET = 2;

const roles: readonly Role[] = ['unknown', 'client', 'server'];

/** The one object that all data records are told in, before the first. */
export function emptyDatum(bytes: Uint8Array): DataRecord {
  return {
    cookie: 0,
    generation: 0,
    direction: 0,
    first: false,
    time: 0,
    offset: 0,
    length: 0,
    captured: 0,
    skip: 0,
    tgid: 0,
    tid: 0,
    bytes,
    start: 0,
  };
}

/** What records say, by the layout of bpf/events.h. Nothing is allocated for data records: there is one object for all. */
export class RecordDecoder {
  /** Records that this version does not know or whose length cannot be: never seen unless something is broken. */
  malformed = 0;
  #source: RecordBytes;
  readonly #datum: DataRecord;

  constructor(source: RecordBytes) {
    this.#source = source;
    this.#datum = emptyDatum(source.bytes);
  }

  /** Where the next records are. */
  use(source: RecordBytes): void {
    this.#source = source;
    this.#datum.bytes = source.bytes;
  }

  /** Tells the record of `length` bytes at `at`. */
  decode(handler: RecordHandler, at: number, length: number): void {
    const kind = this.#source.u8(at);
    if (kind === layout.RECORD_DATA && length >= layout.DATA_SIZE) {
      this.#data(handler, at, length);
    } else if (kind === layout.RECORD_END && length >= layout.END_SIZE) {
      handler.end(this.#end(at));
    } else if (kind === layout.RECORD_CONN && length >= layout.CONN_SIZE) {
      handler.conn(this.#conn(at, length));
    } else if (kind === layout.RECORD_EXEC && length >= layout.EXEC_FILENAME) {
      handler.exec(this.#exec(at, length));
    } else if (kind === layout.RECORD_FORK && length >= layout.FORK_SIZE) {
      handler.fork(this.#fork(at));
    } else if (kind === layout.RECORD_EXIT && length >= layout.EXIT_SIZE) {
      handler.exit(this.#exit(at));
    } else {
      this.malformed++;
    }
  }

  #data(handler: RecordHandler, at: number, length: number): void {
    const captured = this.#source.u32(at + layout.DATA_CAPTURED);
    if (captured > length - layout.DATA_SIZE) {
      this.malformed++;
      return;
    }
    const record = this.#datum;
    record.cookie = this.#source.u64(at + layout.DATA_COOKIE);
    record.generation = this.#source.u32(at + layout.DATA_GENERATION);
    record.direction = this.#source.u8(at + layout.DATA_DIRECTION);
    record.first = this.#source.u8(at + layout.DATA_FIRST) !== 0;
    record.time = this.#source.u64(at + layout.DATA_TIME);
    record.offset = this.#source.u64(at + layout.DATA_OFFSET);
    record.length = this.#source.u32(at + layout.DATA_LENGTH);
    record.captured = captured;
    record.skip = this.#source.u8(at + layout.DATA_SKIP);
    record.tgid = this.#source.u32(at + layout.DATA_TGID);
    record.tid = this.#source.u32(at + layout.DATA_TID);
    record.start = at + layout.DATA_SIZE;
    handler.data(record);
  }

  #end(at: number): EndRecord {
    return {
      cookie: this.#source.u64(at + layout.END_COOKIE),
      generation: this.#source.u32(at + layout.END_GENERATION),
      time: this.#source.u64(at + layout.END_TIME),
      oldState: this.#source.u8(at + layout.END_OLD_STATE),
      newState: this.#source.u8(at + layout.END_NEW_STATE),
      error: this.#source.u32(at + layout.END_ERROR),
      sent: this.#source.u64(at + layout.END_SENT),
      received: this.#source.u64(at + layout.END_RECEIVED),
      unread: (this.#source.u8(at + layout.END_FLAGS) & layout.END_UNREAD) !== 0,
    };
  }

  #conn(at: number, length: number): ConnRecord {
    const source = this.#source;
    const family = source.u8(at + layout.CONN_FAMILY);
    const flags = source.u8(at + layout.CONN_FLAGS);
    const unix = family === AF_UNIX;
    const hasPath = unix && length >= layout.UNIX_CONN_SIZE;
    return {
      cookie: this.#source.u64(at + layout.CONN_COOKIE),
      generation: this.#source.u32(at + layout.CONN_GENERATION),
      time: this.#source.u64(at + layout.CONN_TIME),
      family: unix ? 'unix' : family === AF_INET ? 'ipv4' : 'ipv6',
      role: roles[source.u8(at + layout.CONN_ROLE)] ?? 'unknown',
      joined: (flags & layout.CONN_JOINED) !== 0,
      own: (flags & layout.CONN_OWN) !== 0,
      ownerChanged: (flags & layout.CONN_OWNER) !== 0,
      peerCookie: this.#source.u64(at + layout.CONN_PEER_COOKIE),
      localAddress: unix ? '' : formatAddress(source.view, at + layout.CONN_LOCAL_ADDR),
      remoteAddress: unix ? '' : formatAddress(source.view, at + layout.CONN_REMOTE_ADDR),
      localPort: source.u16(at + layout.CONN_LOCAL_PORT),
      remotePort: source.u16(at + layout.CONN_REMOTE_PORT),
      netns: this.#source.u32(at + layout.CONN_NETNS),
      sendBase: this.#source.u32(at + layout.CONN_SEND_BASE),
      recvBase: this.#source.u32(at + layout.CONN_RECV_BASE),
      unixPath: hasPath ? this.#unixPath(at) : '',
      unixBound: hasPath && this.#source.u32(at + layout.UNIX_CONN_BOUND) !== 0,
      process: this.#process(at + layout.CONN_PROCESS),
    };
  }

  #unixPath(at: number): string {
    const length = Math.min(this.#source.u32(at + layout.UNIX_CONN_PATH_LENGTH), layout.UNIX_CONN_PATH_ELEMENTS);
    const start = at + layout.UNIX_CONN_PATH;
    if (length > 0 && this.#source.u8(start) === 0) {
      return `@${this.#source.text(start + 1, length - 1)}`;
    }
    return this.#source.string(start, length);
  }

  #exec(at: number, length: number): ExecRecord {
    const room = Math.min(length - layout.EXEC_FILENAME, layout.EXEC_FILENAME_ELEMENTS);
    return {
      process: this.#process(at + layout.EXEC_PROCESS),
      time: this.#source.u64(at + layout.EXEC_TIME),
      parentTgid: this.#source.u32(at + layout.EXEC_PARENT_TGID),
      parentStartTime: this.#source.u64(at + layout.EXEC_PARENT_START_TIME),
      netns: this.#source.u32(at + layout.EXEC_NETNS),
      filename: this.#source.string(
        at + layout.EXEC_FILENAME,
        Math.min(room, this.#source.u32(at + layout.EXEC_FILENAME_LENGTH)),
      ),
    };
  }

  #fork(at: number): ForkRecord {
    return {
      process: this.#process(at + layout.FORK_PROCESS),
      time: this.#source.u64(at + layout.FORK_TIME),
      parentTgid: this.#source.u32(at + layout.FORK_PARENT_TGID),
      parentStartTime: this.#source.u64(at + layout.FORK_PARENT_START_TIME),
    };
  }

  #exit(at: number): ExitRecord {
    return {
      tgid: this.#source.u32(at + layout.EXIT_TGID),
      startTime: this.#source.u64(at + layout.EXIT_START_TIME),
      time: this.#source.u64(at + layout.EXIT_TIME),
      code: this.#source.u32(at + layout.EXIT_CODE),
    };
  }

  #process(at: number): ProcessRecord {
    return {
      tgid: this.#source.u32(at + layout.PROCESS_TGID),
      pid: this.#source.u32(at + layout.PROCESS_PID),
      startTime: this.#source.u64(at + layout.PROCESS_START_TIME),
      cgroupId: this.#source.u64(at + layout.PROCESS_CGROUP_ID),
      comm: this.#source.string(at + layout.PROCESS_COMM, layout.PROCESS_COMM_ELEMENTS),
    };
  }
}
