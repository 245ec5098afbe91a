import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';
import { type Cgroup, parseCgroup } from './container_id.ts';
import { NO_ENVIRONMENT, type OtelEnvironment, scanEnvironment } from './otel_environment.ts';
import { isInterpreter } from './program_name.ts';

/** Bytes read at most; what is longer is cut, and a cut argument or variable is left out. */
export const ENVIRON_BYTES = 128 * 1024;
const CMDLINE_BYTES = 16 * 1024;
const TEXT_BYTES = 64 * 1024;

/** USER_HZ: 100 on x86-64 and arm64, whatever CONFIG_HZ is. Nanoseconds in a tick. */
export const TICK_NS = 1e7;

export interface ProcessStat {
  readonly comm: string;
  /** In the namespace of the mounted /proc; 0 = none there. */
  readonly parentPid: number;
  /** Start in ticks since boot, of the initial time namespace. */
  readonly startTicks: number;
}

/** What exec decides of a process. Shared by the processes that are forked from it. */
export interface ProcessImage {
  /** '' if not known. */
  readonly executable: string;
  /** comm where the executable is not known. */
  readonly executableName: string;
  /** Another name that it was called by: `redis-server` is a link to redis-check-rdb, `httpd` to busybox. '' if none. */
  readonly calledName: string;
  readonly args: readonly string[];
  readonly environment: OtelEnvironment;
  readonly cgroup: Cgroup;
  /** Effective; -1 if not known. */
  readonly userId: number;
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The kernel keeps so much of a name in comm: TASK_COMM_LEN without the NUL. */
const COMM_LENGTH = 15;

/**
 * comm is the name that exec was called with, until the program sets it; the first argument is what its caller liked, or
 * the title that it set. Where the two agree on another name than the executable's, it runs under that name.
 */
export function calledNameOf(executableName: string, args: readonly string[], comm: string): string {
  const [title = ''] = (args[0] ?? '').split(' ', 1);
  const name = baseName(title);
  const called = name !== executableName && name !== '' && comm === name.slice(0, COMM_LENGTH);
  return called && !isInterpreter(executableName) ? name : '';
}

/** `text`: of /proc/<pid>/stat, proc(5). comm may hold spaces and parentheses. */
export function parseStat(text: string): ProcessStat | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).split(' ');
  // Field 4 is ppid and 22 starttime; the first one after comm is field 3.
  const parentPid = Number(fields[1]);
  const startTicks = Number(fields[19]);
  if (!Number.isInteger(parentPid) || fields[19] === undefined || !Number.isInteger(startTicks)) return undefined;
  return { comm: text.slice(open + 1, close), parentPid, startTicks };
}

/** /proc/<pid>/cmdline: arguments, NUL after each. `cut`: the last one is not whole. */
export function parseArguments(text: string, cut: boolean): string[] {
  const args = text.split('\0');
  // After the last NUL: nothing, what was cut off, or (a process that wrote its own title) text without NUL.
  if (cut || args.at(-1) === '') args.pop();
  return args;
}

/** Synchronous, bounded readers of /proc that never throw: what is gone or refused is unknown. */
export class ProcReader {
  readonly root: string;
  /** What the clock of boot time is set forward by in Sonde's time namespace. */
  readonly bootOffsetTicks: number;
  /** One for all reads, and always zero between them: environments hold secrets. */
  readonly #buffer = Buffer.alloc(ENVIRON_BYTES);

  constructor(root = '/proc') {
    this.root = root;
    // /proc/<pid>/stat is told in the reader's time namespace, the kernel side's times are not: time_namespaces(7).
    const offset = /^boottime\s+(-?\d+)\s+(\d+)/m.exec(this.#text('self/timens_offsets'));
    this.bootOffsetTicks = offset === null ? 0 : Math.round((Number(offset[1]) * 1e9 + Number(offset[2])) / TICK_NS);
  }

  stat(pid: number): ProcessStat | undefined {
    const stat = parseStat(this.#text(`${pid}/stat`));
    if (stat === undefined || this.bootOffsetTicks === 0) return stat;
    return { ...stat, startTicks: stat.startTicks - this.bootOffsetTicks };
  }

  /** Only of a process whose `stat` was compared: a pid may be another process by now. */
  image(pid: number, comm = ''): ProcessImage {
    // In the order in which they vanish when a process ends: its memory first.
    const environment = this.#environment(pid);
    const args = this.#arguments(pid);
    const link = this.link(`${pid}/exe`);
    const executable = link.endsWith(' (deleted)') ? link.slice(0, -10) : link;
    const user = /^Uid:\t\d+\t(\d+)/m.exec(this.#text(`${pid}/status`));
    const executableName = baseName(executable) || comm;
    return {
      executable,
      executableName,
      calledName: calledNameOf(executableName, args, comm),
      args,
      environment,
      cgroup: this.cgroup(pid),
      userId: user === null ? -1 : Number(user[1]),
    };
  }

  cgroup(pid: number): Cgroup {
    return parseCgroup(this.#text(`${pid}/cgroup`));
  }

  mounts(pid: number): string {
    return this.#text(`${pid}/mountinfo`);
  }

  /** '' if it cannot be read. */
  link(path: string): string {
    try {
      return readlinkSync(`${this.root}/${path}`);
    } catch {
      return '';
    }
  }

  /** '' if it cannot be read. */
  file(path: string): string {
    return this.#text(path);
  }

  #environment(pid: number): OtelEnvironment {
    const length = this.#read(`${pid}/environ`, ENVIRON_BYTES);
    if (length <= 0) return NO_ENVIRONMENT;
    const environment = scanEnvironment(this.#buffer.subarray(0, length));
    this.#buffer.fill(0, 0, length);
    return environment;
  }

  #arguments(pid: number): string[] {
    const length = this.#read(`${pid}/cmdline`, CMDLINE_BYTES);
    if (length <= 0) return [];
    const args = parseArguments(this.#buffer.toString('utf8', 0, length), length === CMDLINE_BYTES);
    this.#buffer.fill(0, 0, length);
    return args;
  }

  #text(path: string): string {
    const length = this.#read(path, TEXT_BYTES);
    if (length <= 0) return '';
    const text = this.#buffer.toString('utf8', 0, length);
    this.#buffer.fill(0, 0, length);
    return text;
  }

  /** Into the buffer; the length, or -1. */
  #read(path: string, limit: number): number {
    let descriptor = -1;
    let length = 0;
    try {
      descriptor = openSync(`${this.root}/${path}`, 'r');
      while (length < limit) {
        const count = readSync(descriptor, this.#buffer, length, limit - length, null);
        if (count === 0) break;
        length += count;
      }
    } catch {
      // ENOENT and ESRCH: it has ended; EACCES: not ours to see. What was read until then is true.
      if (descriptor < 0) length = -1;
    }
    if (descriptor >= 0) closeSync(descriptor);
    return length;
  }
}
