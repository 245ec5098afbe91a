import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench, config, MS, noFilter, noHttp, RECV, receiver, SEND } from './kit.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(async () => {
  await bench.stop();
});

const counts = (...names: string[]): (number | undefined)[] => {
  const ledger = bench.ledger();
  return names.map((name) => ledger[name]);
};

describe('exchanges', () => {
  test('a request and its response are one operation, a span and a metric', () => {
    bench.conn(1);
    bench.send(1, '?a\n', { time: 2000 });
    bench.recv(1, '!\n', { time: 3000 });
    bench.drain();
    expect(bench.spans).toMatchObject([{ name: 'a', kind: 'client', service: 'service-7', start: 2000, end: 3000 }]);
    expect(bench.aggregators[0]?.recorded).toBe(1);
    expect(counts('held.bytes', 'messages', 'gaps', 'overlap.bytes')).toEqual([0, 1, 0, 0]);
  });

  test('the role follows the sender of the request when nobody knows it', () => {
    bench.conn(1, { role: 'unknown' });
    bench.recv(1, '?a\n');
    bench.send(1, '!\n');
    bench.conn(2, { role: 'unknown' });
    bench.send(2, '?b\n');
    bench.recv(2, '!\n');
    bench.drain();
    expect(bench.spans.map(({ name, kind }) => [name, kind])).toEqual([
      ['a', 'server'],
      ['b', 'client'],
    ]);
  });

  test('bytes that contradict a known role are no protocol', () => {
    bench.conn(1, { role: 'server' });
    bench.send(1, '?a\n');
    bench.drain();
    expect(bench.kernel.policies.get(1)).toBe(2);
    expect(counts('connections.opaque', 'sessions')).toEqual([1, 0]);
  });

  test('messages cut anywhere are put together again', () => {
    const request = '?abc\n?de\n';
    const response = '!!\n!\n';
    for (let cut = 0; cut <= request.length; cut++) {
      const cookie = cut + 1;
      bench.conn(cookie);
      if (cut > 0) bench.send(cookie, request.slice(0, cut));
      if (cut < request.length) bench.send(cookie, request.slice(cut));
      const middle = Math.min(cut, response.length);
      if (middle > 0) bench.recv(cookie, response.slice(0, middle));
      if (middle < response.length) bench.recv(cookie, response.slice(middle));
    }
    bench.drain();
    expect(bench.names).toEqual(Array.from({ length: 10 }, () => ['abc', 'de']).flat());
    expect(counts('held.bytes')).toEqual([0]);
  });

  test('more than a decoder may leave is given up, and the next message counts again', () => {
    bench.conn(1);
    bench.send(1, `?${'x'.repeat(5000)}`);
    bench.send(1, '?b\n');
    bench.recv(1, '!\n');
    bench.drain();
    expect(bench.names).toEqual(['b']);
    expect(counts('held.dropped_bytes', 'held.bytes')).toEqual([5001, 0]);
  });
});

describe('order', () => {
  test('records of one direction are sorted by offset', () => {
    bench.conn(1);
    bench.send(1, '?c\n', { offset: 6 });
    bench.send(1, '?b\n', { offset: 3 });
    bench.send(1, '?a\n', { offset: 0 });
    bench.recv(1, '!\n!\n!\n');
    bench.drain();
    expect(bench.names).toEqual(['a', 'b', 'c']);
    expect(counts('records.reordered', 'gaps', 'held.bytes')).toEqual([2, 0, 0]);
  });

  test('a hole becomes a gap after 100 ms, not before', () => {
    bench.conn(1);
    bench.send(1, '?a\n');
    bench.recv(1, '!\n');
    bench.send(1, '?c\n', { offset: 6 });
    bench.later(99);
    expect(counts('gaps')).toEqual([0]);
    bench.later(2);
    bench.recv(1, '!\n');
    bench.drain();
    expect(bench.names).toEqual(['a', 'c']);
    expect(counts('gaps', 'gap.bytes', 'held.bytes')).toEqual([1, 3, 0]);
  });

  test('a hole is waited for less while the ring refuses records', () => {
    bench.conn(1);
    bench.conn(2);
    bench.send(1, '?a\n', { offset: 3 });
    bench.kernel.counted = { dropped: 5 };
    bench.drain();
    bench.send(2, '?a\n', { offset: 3 });
    bench.later(11);
    expect(counts('gaps')).toEqual([1]);
    bench.later(90);
    expect(counts('gaps')).toEqual([2]);
  });

  test('a hole before more than 64 KiB becomes a gap at once', () => {
    bench.conn(1);
    for (let record = 0; record < 40; record++) {
      bench.send(1, `?${'x'.repeat(2046)}\n`, { offset: 10 + record * 2048 });
    }
    bench.drain();
    expect(counts('gaps', 'gap.bytes')).toEqual([1, 10]);
    expect(bench.ledger()['held.bytes']).toBe(0);
  });

  test('bytes that come twice are dropped, whole or in part', () => {
    bench.conn(1);
    bench.send(1, '?a\n?b\n');
    bench.send(1, '?a\n', { offset: 0 });
    bench.send(1, 'b\n?c\n', { offset: 4 });
    bench.recv(1, '!\n!\n!\n');
    bench.drain();
    expect(bench.names).toEqual(['a', 'b', 'c']);
    expect(counts('overlap.bytes')).toEqual([5]);
  });

  test('a partly captured record is its bytes and a gap', () => {
    bench.conn(1);
    bench.send(1, `?a\n${'x'.repeat(100)}`, { captured: 3 });
    bench.drain();
    expect(counts('gaps', 'gap.bytes', 'rejects.line.gap')).toEqual([1, 100, 1]);
  });

  test('a response before its request waits for it', () => {
    bench.conn(1);
    bench.recv(1, '!\n', { time: 3000 });
    bench.send(1, '?a\n', { time: 2000 });
    bench.drain();
    expect(bench.spans).toMatchObject([{ name: 'a', start: 2000, end: 3000 }]);
    expect(counts('responses.held', 'held.bytes', 'clock.reversed')).toEqual([1, 0, 0]);
  });

  test('what follows a held response keeps its order', () => {
    bench.conn(1);
    bench.recv(1, '!\n!');
    bench.recv(1, '\n!\n');
    bench.kernel.time++;
    bench.ended(1, 9, 7, 9, 6);
    bench.send(1, '?a\n', { offset: 0 });
    bench.send(1, '?b\n?c\n', { offset: 3 });
    bench.later();
    expect(bench.names).toEqual(['a', 'b', 'c']);
    expect(bench.decoders[0]?.sessions[0]?.ends).toEqual(['1 finished', '0 finished']);
  });

  test('a second response in one record, whose request is late, is held too', () => {
    bench.conn(1);
    bench.send(1, '?a\n');
    bench.recv(1, '!\n!\n');
    bench.send(1, '?b\n');
    bench.drain();
    expect(bench.names).toEqual(['a', 'b']);
  });

  test('a held response without a request is given to the decoder after 100 ms', () => {
    bench.conn(1);
    bench.recv(1, '!\n');
    bench.later(99);
    expect(counts('rejects.line.orphan')).toEqual([undefined]);
    bench.later(2);
    expect(counts('rejects.line.orphan', 'held.bytes')).toEqual([1, 0]);
  });

  test('while records wait to be read, time is what those say that were: what is waited for may be among the others', () => {
    bench.conn(1);
    bench.recv(1, '!\n');
    bench.drain();
    bench.kernel.left = 1000;
    bench.later(500);
    bench.send(1, '?a\n', { time: 1001 * MS });
    bench.kernel.left = 0;
    bench.drain();
    expect(bench.names).toEqual(['a']);
    expect(counts('rejects.line.orphan')).toEqual([undefined]);
  });

  // Each is answered before the next is asked. Without its answer the request is lost too, and of two this decoder tells neither.
  test.each([
    ['a request', SEND, 1, ['13']],
    ['a request', SEND, 100, ['13']],
    ['an answer', RECV, 1, ['13', '14']],
    ['an answer', RECV, 100, ['13', '14']],
  ])('when %s is lost (%#), the others stay with their answers', (_, lost, drainEach, missing) => {
    bench.conn(1);
    bench.drain();
    const names = Array.from({ length: 40 }, (__, index) => `${10 + index}`);
    for (const [index, name] of names.entries()) {
      for (const direction of [SEND, RECV]) {
        bench.kernel.time += MS;
        const text = `${direction === SEND ? '?' : '!'}${name}\n`;
        if (name !== '13' || direction !== lost) {
          bench.data(1, direction, text, { time: bench.kernel.time, offset: index * 4 });
        }
        if (index % drainEach === 0) bench.drain();
      }
    }
    bench.later(101);
    expect(bench.spans.filter(({ start, end }) => end - start === MS).map(({ name }) => name)).toEqual(
      names.filter((name) => !missing.includes(name)),
    );
    expect(bench.spans.map(({ name }) => name)).not.toContain('13');
  });

  test('no duration is negative', () => {
    bench.conn(1);
    bench.send(1, '?a\n', { time: 3000 });
    bench.recv(1, '!\n', { time: 2000 });
    bench.drain();
    expect(bench.spans).toMatchObject([{ start: 3000, end: 3000 }]);
    expect(counts('clock.reversed')).toEqual([1]);
  });
});

describe('connections', () => {
  // States: ESTABLISHED 1, FIN_WAIT2 5, CLOSE_WAIT 8, LAST_ACK 9. Whoever ended it is told first: 0 is the client, here.
  test.each([
    [5, 0, ['0 finished', '1 finished']],
    [9, 0, ['1 finished', '0 finished']],
    [1, 0, ['0 reset', '1 reset']],
    [1, 104, ['1 reset', '0 reset']],
    [8, 0, ['1 reset', '0 reset']],
    [1, 110, ['1 timeout', '0 timeout']],
  ])('a change from state %i to CLOSE with error %i ends both sides: %j', (oldState, error, ends) => {
    bench.conn(1);
    bench.send(1, '?a\n');
    bench.end(1, oldState, 7, error);
    bench.drain();
    expect(bench.decoders[0]?.sessions[0]?.ends).toEqual(ends);
    expect(bench.names).toEqual(['a unanswered']);
  });

  test('the last bytes may come after the end', () => {
    bench.conn(1);
    bench.send(1, '?a\n');
    bench.kernel.time += MS;
    bench.kernel.time++;
    bench.ended(1, 9, 7, 3, 2);
    bench.recv(1, '!\n');
    bench.drain();
    expect(bench.names).toEqual(['a']);
    expect(counts('records.late', 'gaps')).toEqual([0, 0]);
  });

  test('an answer that was there when the connection ended may be read late', () => {
    bench.conn(1);
    bench.send(1, '?a\n');
    bench.end(1, 1, 7, 104, 2);
    bench.later(3_000);
    expect(bench.names).toEqual([]);
    bench.recv(1, '!\n');
    bench.drain();
    expect(bench.names).toEqual(['a']);
    expect(bench.decoders[0]?.sessions[0]?.ends).toEqual(['1 reset', '0 reset']);
    bench.later(400);
    bench.later(400);
    expect(counts('connections.open', 'records.late', 'gaps')).toEqual([0, 0, 0]);
  });

  test('an answer that nobody reads is missing in the end', () => {
    bench.conn(1);
    bench.send(1, '?a\n');
    bench.end(1, 1, 7, 104, 2);
    bench.later(4_999);
    expect(counts('gaps', 'connections.open')).toEqual([0, 1]);
    bench.later(2);
    expect(counts('gap.bytes')).toEqual([2]);
    expect(bench.decoders[0]?.sessions[0]?.ends).toEqual(['1 reset', '0 reset']);
    bench.later(400);
    expect(counts('connections.open')).toEqual([0]);
  });

  test('a closed connection is forgotten after a while', () => {
    bench.conn(1);
    bench.send(1, '?a\n');
    bench.recv(1, '!\n');
    bench.end(1, 9, 7);
    bench.drain();
    expect(counts('connections.open')).toEqual([1]);
    bench.later(201);
    expect(counts('connections.open', 'connections.aged')).toEqual([0, 0]);
    bench.send(1, '?b\n');
    bench.drain();
    expect(counts('records.orphaned')).toEqual([1]);
  });

  test('a socket that is connected again is another connection', () => {
    bench.conn(1);
    bench.send(1, '?a\n');
    bench.conn(1, { generation: 2 });
    bench.send(1, '?b\n', { offset: 0, generation: 2 });
    bench.recv(1, '!\n', { generation: 1 });
    bench.recv(1, '!\n', { offset: 0, generation: 2 });
    bench.drain();
    expect(bench.names).toEqual(['a unanswered', 'b']);
    expect(counts('records.orphaned')).toEqual([1]);
    // The cookie may have been counted only.
    expect(bench.kernel.policies.get(1)).toBe(0);
  });

  test('the oldest connection goes when the table is full, used ones stay', () => {
    bench.apply(config({ maxConnections: 4 }));
    for (let cookie = 1; cookie <= 4; cookie++) bench.conn(cookie);
    bench.drain();
    bench.kernel.time += MS;
    bench.send(1, '?a\n');
    bench.drain();
    bench.conn(5);
    bench.drain();
    expect(counts('connections.open', 'connections.evicted')).toEqual([4, 1]);
    expect(bench.kernel.policies.get(2)).toBe(2);
    bench.recv(1, '!\n');
    bench.drain();
    expect(bench.names).toEqual(['a']);
  });

  test('Unix sockets that nothing is heard of are forgotten', () => {
    bench.conn(1, { family: 'unix', unixPath: '/run/s', unixBound: false });
    bench.send(1, '?a\n');
    bench.later(1000);
    bench.later(1_801_000);
    expect(counts('connections.open', 'connections.aged')).toEqual([0, 1]);
    expect(bench.names).toEqual(['a unanswered']);
  });

  test('a Unix socket that was closed is forgotten soon, and is no loss', () => {
    bench.conn(1, { family: 'unix', role: 'server' });
    bench.recv(1, '?a\n');
    bench.send(1, '!\n');
    bench.recv(1, '');
    bench.later(9000);
    expect(counts('connections.open')).toEqual([1]);
    bench.later(2000);
    expect(counts('connections.open', 'connections.aged', 'messages')).toEqual([0, 0, 1]);
  });

  test('the end that one Unix socket reads is the end of what the other sent', () => {
    bench.conn(1, { family: 'unix', peerCookie: 2, role: 'client' });
    bench.conn(2, { family: 'unix', peerCookie: 1, role: 'server' });
    bench.send(1, '?a\n');
    bench.recv(2, '?a\n');
    bench.recv(2, '');
    bench.drain();
    expect(bench.decoders[0]?.sessions.map(({ ends }) => ends)).toEqual([['0 finished'], ['0 finished']]);
  });

  test('a connection taken over belongs to the process that uses it', () => {
    bench.conn(1);
    bench.send(1, '?a\n');
    bench.recv(1, '!\n');
    const process = { tgid: 8, pid: 8, startTime: 2, cgroupId: 1, comm: 'p8' };
    bench.conn(1, { process, ownerChanged: true });
    bench.send(1, '?b\n');
    bench.recv(1, '!\n');
    bench.drain();
    expect(bench.spans.map(({ name, service }) => [name, service])).toEqual([
      ['a', 'service-7'],
      ['b', 'service-8'],
    ]);
  });

  test('what no decoder understands is only counted', () => {
    bench.conn(1);
    bench.send(1, '\x16\x03\x01');
    bench.drain();
    expect(bench.kernel.policies.get(1)).toBe(2);
    expect(counts('connections.opaque', 'connections.open')).toEqual([1, 1]);
  });

  test('a session that ends its protocol makes the connection opaque', () => {
    bench.conn(1);
    bench.send(1, '?a\nX\n');
    bench.drain();
    expect(bench.kernel.policies.get(1)).toBe(2);
    expect(counts('held.bytes')).toEqual([0]);
  });

  test('a decoder that throws loses its connection, not the others', () => {
    bench.conn(1);
    bench.conn(2);
    bench.send(1, '?a\nB\n');
    bench.send(2, '?b\n');
    bench.recv(2, '!\n');
    bench.drain();
    expect(bench.names).toEqual(['b']);
    expect(counts('sessions.failed')).toEqual([1]);
    expect(bench.posted).toContainEqual(expect.objectContaining({ type: 'log', level: 'error' }));
  });

  test('a connection joined in the middle is tried at every operation, a bounded number of times', () => {
    bench.conn(1, { joined: true, role: 'unknown' });
    bench.send(1, 'rest of something');
    bench.recv(1, 'more', { first: false });
    bench.send(1, '?a\n');
    bench.recv(1, '!\n');
    bench.drain();
    expect(bench.names).toEqual(['a']);
    expect(bench.decoders[0]?.sessions[0]?.context).toMatchObject({ joined: true, kind: 'client' });
    bench.conn(2, { joined: true });
    for (let operation = 0; operation < 64; operation++) bench.send(2, 'nothing');
    bench.drain();
    expect(bench.kernel.policies.get(2)).toBe(2);
  });

  test('first bytes that are too few are kept until there are more', () => {
    bench.conn(1, { role: 'unknown' });
    bench.send(1, '~');
    bench.recv(1, '?a\n');
    bench.drain();
    expect(counts('sessions', 'held.bytes')).toEqual([1, 512]);
  });
});

describe("Sonde's own traffic", () => {
  const own = { localAddress: '127.0.0.1', localPort: 40_001, remoteAddress: '127.0.0.1', remotePort: 4318 };
  const other = { localAddress: '127.0.0.1', localPort: 4318, remoteAddress: '127.0.0.1', remotePort: 40_001 };

  test.each(['own first', 'other end first'])('both ends are left out, %s', (order) => {
    if (order === 'own first') bench.conn(1, { ...own, own: true });
    bench.conn(2, { ...other, role: 'server' });
    bench.recv(2, '?a\n');
    if (order !== 'own first') bench.conn(1, { ...own, own: true });
    bench.send(2, '!\n');
    bench.drain();
    expect(bench.names).toEqual([]);
    expect(bench.kernel.policies.get(2)).toBe(2);
    expect(counts('connections.own', 'messages')).toEqual([2, 0]);
  });

  test('the same loopback addresses in another network namespace are another connection', () => {
    bench.conn(1, { ...own, own: true });
    bench.conn(2, { ...other, role: 'server', netns: 2 });
    bench.recv(2, '?a\n');
    bench.send(2, '!\n');
    bench.drain();
    expect(bench.names).toEqual(['a']);
  });

  test('the other end of a Unix socket is found by its cookie', () => {
    bench.conn(1, { family: 'unix', peerCookie: 2, own: true });
    bench.conn(2, { family: 'unix', peerCookie: 1, role: 'server' });
    bench.recv(2, '?a\n');
    bench.send(2, '!\n');
    bench.drain();
    expect(bench.names).toEqual([]);
  });

  test('OTLP requests make nothing unless they are asked for', () => {
    bench.conn(1);
    bench.send(1, '?a;;otlp\n');
    bench.recv(1, '!\n');
    bench.drain();
    expect(bench.names).toEqual([]);
    expect(bench.aggregators[0]?.recorded).toBe(0);
    expect(counts('messages', 'messages.otlp')).toEqual([1, 1]);
    bench.apply(config({ receivers: [receiver({ http: { ...noHttp, otlp: true } })] }));
    bench.send(1, '?b;;otlp\n');
    bench.recv(1, '!\n');
    bench.drain();
    expect(bench.names).toEqual(['b']);
  });
});

describe('filters', () => {
  const port = (from: number, to = from) => ({ ...noFilter, ports: [{ from, to }] });

  test.each([
    ['local port', { include: port(40_001) }, true],
    ['remote port in a range', { include: port(79, 81) }, true],
    ['another port', { include: port(81, 90) }, false],
    ['excluded port', { exclude: port(80) }, false],
    ['all lists match', { include: { ...port(80), pids: [7] } }, true],
    ['one list does not match', { include: { ...port(80), pids: [8] } }, false],
    ['executable', { include: { ...noFilter, executables: ['/bin/p7'] } }, true],
    ['exclude needs all its lists', { exclude: { ...port(80), pids: [8] } }, true],
    ['exclude wins', { include: port(80), exclude: { ...noFilter, pids: [7] } }, false],
  ])('%s', (_, filters, wanted) => {
    bench.apply(config({ receivers: [receiver(filters)] }));
    bench.conn(1);
    bench.send(1, '?a\n');
    bench.recv(1, '!\n');
    bench.drain();
    expect(bench.names).toEqual(wanted ? ['a'] : []);
    expect(bench.kernel.policies.get(1)).toBe(wanted ? undefined : 2);
  });

  test('each receiver follows what it wants', () => {
    bench.apply(config({ receivers: [receiver(), receiver({ id: 'ebpf_socket/81', include: port(81) })] }));
    for (const [cookie, remotePort] of [
      [1, 80],
      [2, 81],
    ] as const) {
      bench.conn(cookie, { remotePort });
      bench.send(cookie, `?${remotePort}\n`);
      bench.recv(cookie, '!\n');
    }
    bench.drain();
    expect(bench.writers.map(({ seen }) => seen.map(({ name }) => name))).toEqual([['80', '81'], ['81']]);
  });
});
