/** The programs of test/kernel/traps do what a careless tap gets wrong; the table says what must be recorded of it. */
import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import * as layout from '../../src/kernel/layout.gen.ts';
import { gated } from '../support/gated.ts';
import { compile, describeKernel, observe } from '../support/kernel.ts';
import type { SeenData, Session } from '../support/kernel_session.ts';

const SEND = layout.DIRECTION_SEND;
const RECV = layout.DIRECTION_RECV;
const INTERVAL_NS = 50e6;
/** What is copied of an operation at most: the last one of an interval may begin within the budget. */
const MOST = 16_384;
/** Newer arm64 CPUs and kernels with large pages run none. */
const programs32 = spawnSync('linux32', ['true']).status === 0 ? undefined : 'this machine runs no 32-bit programs';

class Trap {
  readonly session: Session;
  readonly #sockets: { name: string; cookie: number }[] = [];
  readonly #lines: string[];

  constructor(name: string, options = {}, args = '') {
    this.session = observe({ command: `${compile(`kernel/traps/${name}.c`)} ${args}`, options });
    expect(this.session.status).toBe(0);
    this.#lines = this.session.output.split('\n');
    for (const line of this.#lines) {
      const [, socket = '', cookie] = /^socket (\S+) (\d+)$/.exec(line) ?? [];
      if (cookie !== undefined) {
        this.#sockets.push({ name: socket, cookie: Number(cookie) });
      }
    }
    const { counters } = this.session;
    expect(counters.recorded + counters.counted + counters.dropped).toBe(counters.operations);
    expect(counters.recordedBytes + counters.countedBytes + counters.droppedBytes).toBe(counters.bytes);
    expect(counters.dropped).toBe(0);
  }

  says(line: string): boolean {
    return this.#lines.includes(line);
  }

  number(label: string): number {
    return Number(this.#lines.find((line) => line.startsWith(`${label} `))?.slice(label.length + 1));
  }

  /** Cookie of the nth socket of that name. */
  cookie(name: string, nth = 0): number {
    return this.#sockets.filter((socket) => socket.name === name)[nth]?.cookie ?? -1;
  }

  conns(name: string, nth = 0): Session['conns'] {
    return this.session.conns.filter((conn) => conn.cookie === this.cookie(name, nth));
  }

  records(name: string, direction: number, nth = 0): SeenData[] {
    const cookie = this.cookie(name, nth);
    return this.session.data.filter((record) => record.cookie === cookie && record.direction === direction);
  }

  /** `offset+length text`, or the skip reason where nothing was captured. */
  told(name: string, direction: number, nth = 0): string[] {
    return this.records(name, direction, nth).map(
      ({ offset, length, skip, text }) => `${offset}+${length} ${text === '' ? skip : text}`,
    );
  }

  /** Of a socket's budget, in which it passed all of it: one, unless the program was kept waiting. */
  intervals(name: string, direction: number): number {
    const times = this.records(name, direction).map(({ time }) => time);
    return 1 + Math.floor((Math.max(...times) - Math.min(...times)) / INTERVAL_NS);
  }

  ends(name: string, nth = 0): Session['ends'] {
    return this.session.ends.filter((end) => end.cookie === this.cookie(name, nth));
  }
}

describeKernel('traps of the kernel', () => {
  test('three MSG_PEEK are no operations', () => {
    const trap = new Trap('peek');
    expect(trap.told('client', SEND)).toEqual(['0+11 hello peek\n', '11+5 after']);
    expect(trap.told('server', RECV)).toEqual(['0+11 hello peek\n', '11+5 after']);
    expect(trap.session.counters.ignored).toBe(3);
  });

  test('MSG_TRUNC: counted, and the stale buffer is not believed', () => {
    const trap = new Trap('trunc');
    expect(trap.told('server', RECV)).toEqual([`0+9 ${layout.SKIP_TRUNC}`, '9+5 after']);
    expect(trap.session.counters.skipped[layout.SKIP_TRUNC]).toBe(1);
    expect(JSON.stringify(trap.session.data)).not.toContain('DECOY');
  });

  test('an io_uring beside a decoy write: counted, never the decoy', () => {
    const trap = new Trap('io_uring');
    expect(JSON.stringify(trap.session.data)).not.toContain('DECOY');
    if (trap.says('unsupported io_uring')) {
      expect(trap.told('server', RECV)).toEqual(['0+6 before']);
      return;
    }
    const through = Array.from({ length: 10 }, (_, i) => 6 + 7 * i);
    expect(trap.told('server', RECV)).toEqual([
      '0+6 before',
      ...through.map((offset) => `${offset}+7 ${layout.SKIP_IO_URING}`),
      `76+16 ${layout.SKIP_IO_URING}`,
    ]);
    expect(trap.told('client', SEND)).toEqual([
      '0+6 before',
      ...through.map((offset) => `${offset}+7 through`),
      `76+5 ${layout.SKIP_IO_URING}`,
      `81+11 ${layout.SKIP_IO_URING}`,
    ]);
  });

  test('sendmmsg and recvmmsg: of several messages only lengths, one message whole', () => {
    const trap = new Trap('mmsg');
    const lengths = [`0+11 ${layout.SKIP_SYSCALL}`, `11+10 ${layout.SKIP_SYSCALL}`, '21+5 alone'];
    expect(trap.told('client', SEND)).toEqual(lengths);
    // recvmmsg calls past the function that fexit sees for all but the first; the offset of the next tells of the gap.
    const [first = '', , last = ''] = lengths;
    expect(trap.told('server', RECV)).toEqual(trap.session.backend === 'fexit' ? [first, last] : lengths);
  });

  test('sendfile: lengths of what was sent, bytes of what was received', () => {
    const trap = new Trap('sendfile');
    // Before 6.5 a page is an operation.
    const { SKIP_SYSCALL } = layout;
    const pages = [`0+4096 ${SKIP_SYSCALL}`, `4096+904 ${SKIP_SYSCALL}`];
    const file = trap.session.backend === 'fexit' ? pages : [`0+5000 ${SKIP_SYSCALL}`];
    expect(trap.told('client', SEND)).toEqual([...file, '5000+5 after']);
    const received = trap.records('server', RECV);
    expect(received.map((record) => record.text).join('')).toBe(`${'f'.repeat(5000)}after`);
    expect(received.at(-1)?.offset).toBe(5000);
  });

  test('splice in is a length, splice out a gap', () => {
    const trap = new Trap('splice');
    expect(trap.told('client', SEND)).toEqual([`0+8 ${layout.SKIP_SYSCALL}`, '8+5 after']);
    expect(trap.told('server', RECV)).toEqual(['8+5 after']);
  });

  test('a socket connected again is another generation with its own offsets', () => {
    const trap = new Trap('reconnect');
    const conns = trap.conns('client');
    expect(new Set(conns.map((conn) => conn.generation)).size).toBe(2);
    expect(new Set(conns.map((conn) => conn.remotePort)).size).toBe(2);
    expect(trap.told('client', SEND)).toEqual(['0+12 connection 1', '0+10 and then 2']);
    expect(trap.told('second', RECV)).toEqual(['0+10 and then 2']);
    const generations = trap.records('client', SEND).map((record) => record.generation);
    expect(generations).toEqual(conns.map((conn) => conn.generation));
  });

  test('a socket passed by fork and by SCM_RIGHTS tells each new owner', () => {
    const trap = new Trap('pass');
    const conns = trap.conns('client');
    expect(conns.map((conn) => conn.ownerChanged)).toEqual([false, true, true]);
    expect(conns.map((conn) => conn.process.pid)).toEqual(
      ['opener', 'receiver', 'child'].map((who) => trap.number(`process ${who}`)),
    );
    expect(trap.told('client', SEND)).toEqual(['0+9 by opener', '9+11 by receiver', '20+8 by child']);
    expect(trap.told('server', RECV)).toEqual(['0+28 by openerby receiverby child']);
  });

  gated(programs32)('32-bit system calls are counted', () => {
    const trap = new Trap('compat');
    for (const told of [trap.told('client', SEND), trap.told('server', RECV)]) {
      expect(told[0]).toBe(`0+10 ${layout.SKIP_COMPAT}`);
      expect(told[1]).toBe('10+5 after');
    }
  });

  test('end of stream, reset and an empty read are told apart', () => {
    const trap = new Trap('eof');
    expect(trap.told('server', RECV, 0)).toEqual(['0+3 eof', '3+0 0']);
    expect(trap.ends('client', 0).map((end) => end.sent)).toContain(3);
    expect(trap.told('server', RECV, 1)).toEqual(['0+7 fin too', '7+0 0']);
    expect(trap.told('server', RECV, 2)).toEqual(['0+3 rst']);
    const ECONNRESET = 104;
    expect(trap.ends('server', 2).map((end) => end.error)).toContain(ECONNRESET);
    expect(trap.ends('server', 0).map((end) => end.error)).not.toContain(ECONNRESET);
    expect(trap.ends('client', 2).map((end) => end.error)).not.toContain(ECONNRESET);
  });

  test('what a connection ended with may still be read', () => {
    const trap = new Trap('unread');
    const CLOSE = 7;
    const closed = (nth: number): unknown[] =>
      trap
        .ends('client', nth)
        .filter(({ newState }) => newState === CLOSE)
        .map(({ received, unread }) => [received, unread]);
    expect(closed(0)).toEqual([[6, true]]);
    expect(trap.told('client', RECV, 0)).toEqual(['0+6 answer']);
    expect(closed(1)).toEqual([[4, true]]);
    expect(trap.told('client', RECV, 1)).toEqual(['0+4 late', '4+0 0']);
    expect(closed(2)).toEqual([[0, false]]);
    expect(trap.told('client', RECV, 2)).toEqual([]);
  });

  test('an operation whose memory is not there any more is a length', () => {
    const trap = new Trap('fault');
    expect(trap.told('server', RECV)).toEqual([`0+4 ${layout.SKIP_FAULT}`, '4+5 after']);
    expect(trap.session.counters.skipped[layout.SKIP_FAULT]).toBe(1);
  });

  test('an urgent byte is sent in the stream, and read beside it', () => {
    const trap = new Trap('oob');
    expect(trap.told('client', SEND)).toEqual(['0+6 before', '6+1 !', '7+5 after', '12+4 last']);
    expect(trap.told('server', RECV)).toEqual(['0+6 before', '7+5 after', '12+4 last']);
    expect(trap.session.counters.ignored).toBe(1);
  });

  test('several, partial and empty iovecs', () => {
    const trap = new Trap('iovec');
    const [request] = trap.told('client', SEND);
    expect(request).toBe('0+22 GET /split HTTP/1.1\r\n'.replace('22', String('GET /split HTTP/1.1\r\n'.length)));
    expect(trap.told('server', RECV)[0]).toBe(request);
    const large = trap.records('client', SEND).filter(({ offset, length }) => length >= 808 && offset < 9021);
    expect(large.map(({ text, first }) => [text.length, first])).toEqual([
      [4096, true],
      [4096, false],
      [808, false],
    ]);
    for (const direction of [SEND, RECV]) {
      const records = trap.records(direction === SEND ? 'client' : 'server', direction);
      const copied = (from: number, to: number): number =>
        records
          .filter(({ offset }) => offset >= from && offset < to)
          .reduce((sum, { length, text }) => sum + (text.length === length ? length : Number.NaN), 0);
      // 1024 pieces of nine bytes, then of one byte or none.
      expect(copied(9021, 9021 + 9216)).toBe(9216);
      expect(copied(9021 + 9216, Number.MAX_VALUE)).toBe(682);
    }
  });

  test.each([
    ['within its budget', {}, 64 << 20],
    ['over its budget', { budgetBytes: 8192 }, 8192],
  ])('HTTP/2 %s: header blocks are copied wherever they are, bodies are cut', (_, options, budget) => {
    const trap = new Trap('http2', options);
    for (const [socket, direction] of [
      ['client', SEND],
      ['server', RECV],
    ] as const) {
      const records = trap.records(socket, direction);
      const bytes = new Map(
        records.flatMap(({ offset, text }) => [...text].map((byte, at) => [offset + at, byte.charCodeAt(0)])),
      );
      const end = records.reduce((sum, { length }) => sum + length, 0);
      expect(end).toBe(372_969);
      const frames: [type: number, length: number, missing: number][] = [];
      for (let at = 24; at < end; ) {
        const header = Array.from({ length: 9 }, (_, index) => bytes.get(at + index) ?? Number.NaN);
        const length = (header[0] ?? 0) * 65536 + (header[1] ?? 0) * 256 + (header[2] ?? 0);
        let missing = header.filter(Number.isNaN).length;
        for (let index = 0; index < length; index++) if (!bytes.has(at + 9 + index)) missing++;
        frames.push([header[3] ?? -1, length, missing]);
        at += 9 + length;
      }
      const DATA = 0;
      expect(frames).toHaveLength(1 + 10 * 4 + 3 * 10 * 2);
      expect(frames.filter(([type, , missing]) => type !== DATA && missing > 0)).toEqual([]);
      // Of a body at least the beginning, and not much more.
      expect(frames.filter(([type, length, missing]) => type === DATA && missing > length - 3)).toEqual([]);
      const more = (trap.intervals(socket, direction) - 1) * (budget + MOST);
      expect(bytes.size).toBeLessThan(Math.min(budget + more, 140_000) + 70_000);
      expect(frames.some(([, , missing]) => missing > 7000)).toBe(true);
    }
  });

  test('operations of every size up to and beyond what is captured', () => {
    const trap = new Trap('large');
    const operations = new Map<number, { length: number; captured: number }>();
    let at = 0;
    for (const record of trap.records('client', SEND)) {
      expect(record.offset).toBe([...operations.values()].reduce((sum, each) => sum + each.length, 0));
      at = record.first ? record.offset : at;
      const operation = operations.get(at) ?? { length: 0, captured: 0 };
      operation.length += record.length;
      operation.captured += record.text.length;
      operations.set(at, operation);
    }
    const sizes = [1, 4095, 4096, 4097, 16_383, 16_384, 16_385, 60_000];
    expect([...operations.values()]).toEqual(sizes.map((length) => ({ length, captured: Math.min(length, MOST) })));
    // Two operations were longer than what is copied of one, and so was at least one of the reads.
    expect(trap.session.counters.skipped[layout.SKIP_NONE]).toBeGreaterThanOrEqual(3);
  });

  test('datagrams are counted alone', () => {
    const trap = new Trap('datagram');
    expect(trap.session.data).toEqual([]);
    expect(trap.session.counters.counted).toBeGreaterThanOrEqual(2);
    expect(trap.session.counters.countedBytes).toBeGreaterThanOrEqual(16);
  });

  test('addresses of IPv4, IPv6 and IPv4 on IPv6 sockets', () => {
    const trap = new Trap('addresses');
    const expected = { ipv4: ['ipv4', '127.0.0.1'], ipv6: ['ipv6', '::1'], mapped: ['ipv6', '127.0.0.1'] };
    for (const [name, [family, address]] of Object.entries(expected)) {
      const [server] = trap.conns(`${name}-server`);
      const [client] = trap.conns(`${name}-client`);
      expect(server).toMatchObject({ family, role: 'server', localAddress: address, remoteAddress: address });
      expect(client).toMatchObject({ family, role: 'client', remotePort: server?.localPort });
      expect(server?.localPort).toBe(trap.number(`port ${name}`));
    }
  });

  test('Unix streams: who is bound, the peer, the path', () => {
    const trap = new Trap('unix_stream', {}, `/tmp/sonde-test-${process.pid}`);
    const [server] = trap.conns('path-server');
    const [client] = trap.conns('path-client');
    expect(server).toMatchObject({ family: 'unix', role: 'server', unixBound: true });
    expect(client).toMatchObject({ role: 'client', unixBound: false, unixPath: `/tmp/sonde-test-${process.pid}` });
    expect(client?.peerCookie).toBe(server?.cookie);
    const [abstract] = trap.conns('abstract-server');
    expect(abstract?.unixPath).toMatch(/^@./);
    expect(trap.records('path-server', RECV).at(-1)?.length).toBe(0);
  });

  test('over its budget a socket is counted, and what is left out is a gap of known length', () => {
    const trap = new Trap('large', { budgetBytes: 8192 });
    const records = trap.records('client', SEND);
    expect(records.some((record) => record.skip === layout.SKIP_BUDGET)).toBe(true);
    expect(records.reduce((sum, record) => sum + record.length, 0)).toBe(121_441);
    const more = (trap.intervals('client', SEND) - 1) * (8192 + MOST);
    expect(records.reduce((sum, record) => sum + record.text.length, 0)).toBeLessThan(40_000 + more);
  });
});
