/**
 * A process of its own for kernel tests: opens the tap, runs a command, and prints everything that the tap said as JSON.
 * Its own network namespace makes counts exact whatever else the machine does.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { openKernelTap } from '../../src/kernel/tap.ts';
import type {
  ConnRecord,
  DataRecord,
  EndRecord,
  KernelCounters,
  KernelTapOptions,
  ProcessRecord,
  RecordHandler,
} from '../../src/kernel/types.ts';

export interface SessionRequest {
  /** For sh -c, run when the tap is open. A byte that it writes to descriptor 3 is answered when all before it was read. */
  readonly command: string;
  /** Started before the tap opens; must print a line when it is ready. Then it gets a byte on descriptor 3 and has to end. */
  readonly before?: string;
  readonly options?: Partial<KernelTapOptions>;
  /** Sonde itself sends a line to this port of loopback once the command has printed something. */
  readonly connectTo?: number;
  /** Policy for every connection as soon as it is known. */
  readonly policy?: 1 | 2;
  /** Read the ring only after the command has ended. */
  readonly late?: boolean;
  /** No timer: the ring is read when the programs wake user space, and after the command has ended. */
  readonly wakeOnly?: boolean;
}

/** Its bytes as latin1. */
export type SeenData = Omit<DataRecord, 'captured' | 'bytes' | 'start'> & { text: string };

export interface Session {
  readonly backend: string;
  readonly hooks: Record<string, string>;
  readonly mapBytes: number;
  readonly status: number | null;
  readonly output: string;
  readonly counters: KernelCounters;
  readonly conns: ConnRecord[];
  readonly data: SeenData[];
  readonly ends: Omit<EndRecord, 'time'>[];
  readonly execs: {
    process: ProcessRecord;
    parentTgid: number;
    netns: number;
    filename: string;
    delay: number;
  }[];
  readonly forks: { child: ProcessRecord; parentTgid: number }[];
  readonly exits: { tgid: number; startTime: number; code: number }[];
  /** When the command last printed something. */
  readonly progress: { cookie: number; generation: number; sent: number; received: number }[];
}

const request = JSON.parse(readFileSync(0, 'utf8')) as SessionRequest;

/** With a socket as its descriptor 3. */
function start(command: string): { child: ChildProcess; stdout: Readable; socket: Socket } {
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  const [, stdout, , socket] = child.stdio;
  if (!(socket instanceof Socket) || !(stdout instanceof Readable)) throw new Error('no pipes');
  return { child, stdout, socket };
}

const before = request.before === undefined ? undefined : start(request.before);
if (before !== undefined) await new Promise((resolve) => before.stdout.once('data', resolve));

const tap = openKernelTap({
  scope: 'pod',
  ringBytes: 2 << 20,
  captureBytes: 16_384,
  budgetBytes: 64 << 20,
  ...request.options,
});

const conns: Session['conns'] = [];
const data: Session['data'] = [];
const ends: Session['ends'] = [];
const execs: Session['execs'] = [];
const forks: Session['forks'] = [];
const exits: Session['exits'] = [];
const progress: Session['progress'] = [];

const handler: RecordHandler = {
  conn(record) {
    conns.push(record);
    if (request.policy !== undefined) {
      tap.setPolicy(record.cookie, request.policy);
    }
  },
  data({ cookie, generation, direction, first, time, offset, length, captured, skip, tgid, tid, bytes, start }) {
    const text = Buffer.from(bytes.buffer, start, captured).toString('latin1');
    data.push({ cookie, generation, direction, first, time, offset, length, skip, tgid, tid, text });
  },
  end({ cookie, generation, oldState, newState, error, sent, received, unread }) {
    ends.push({ cookie, generation, oldState, newState, error, sent, received, unread });
  },
  exec({ process, time, parentTgid, netns, filename }) {
    const now = tap.now();
    execs.push({ process, parentTgid, netns, filename, delay: now - time });
  },
  fork: ({ process: child, parentTgid }) => forks.push({ child, parentTgid }),
  exit: ({ tgid, startTime, code }) => exits.push({ tgid, startTime, code }),
};

const drain = (): void => {
  tap.drain(handler, Number.MAX_SAFE_INTEGER);
};
let drainTimer: NodeJS.Timeout | undefined;
if (request.late !== true) {
  tap.watch(drain);
  if (request.wakeOnly !== true) drainTimer = setInterval(drain, 5);
}

if (before !== undefined) {
  const ended = once(before.child, 'close');
  before.socket.write('.');
  await ended;
}
let output = '';
const { child, stdout, socket: asks } = start(request.command);
asks.on('data', () => {
  drain();
  asks.write('.');
});
stdout.on('data', (chunk: Buffer) => {
  if (output === '' && request.connectTo !== undefined) {
    const socket = connect(request.connectTo, '127.0.0.1', () => socket.end('from sonde\n'));
  }
  output += chunk.toString();
  progress.length = 0;
  tap.progress((cookie, generation, sent, received) => progress.push({ cookie, generation, sent, received }));
});
const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
drain();
const session: Session = {
  backend: tap.backend,
  hooks: { ...tap.hooks },
  mapBytes: tap.mapBytes,
  status,
  output,
  counters: tap.counters(),
  conns,
  data,
  ends,
  execs,
  forks,
  exits,
  progress,
};
clearInterval(drainTimer);
tap.close();
process.stdout.write(JSON.stringify(session), () => process.exit(0));
