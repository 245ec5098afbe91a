import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SondeError } from '../../src/errors.ts';
import { Bench, config, FakeWriter, MS, noHttp, receiver } from './kit.ts';

const SIZE = FakeWriter.size;
let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(async () => {
  FakeWriter.size = SIZE;
  await bench.stop();
});

function exchanges(count: number, name = 'a'): void {
  for (let index = 0; index < count; index++) {
    bench.send(1, `?${name}\n`);
    bench.recv(1, '!\n');
  }
}

const spanMessages = () => bench.posted.filter((message) => message.type === 'spans');
/** Without the buffers. */
const sent = () => spanMessages().map(({ receiver, length, spans }) => ({ receiver, length, spans }));

/** Each ledger in its own unit. */
function expectClosed(ledger = bench.ledger()): void {
  const of = (name: string): number => ledger[name] ?? Number.NaN;
  expect(of('operations')).toBe(of('operations.recorded') + of('operations.counted') + of('operations.dropped'));
  expect(of('messages')).toBe(
    of('messages.emitted') +
      of('messages.sampled_out') +
      of('messages.otlp') +
      of('messages.metrics_only') +
      of('messages.dropped.pipeline_full') +
      of('messages.dropped.too_large') +
      of('messages.dropped.overload'),
  );
  expect(of('spans')).toBe(of('spans.handed_over') + of('spans.waiting') + of('spans.abandoned'));
}

describe('spans', () => {
  test('leave at the latest after 200 ms', () => {
    bench.drain();
    bench.conn(1);
    exchanges(3);
    bench.drain();
    expect(sent()).toEqual([]);
    bench.later(200);
    expect(sent()).toMatchObject([{ receiver: 'ebpf_socket', length: 300, spans: 3 }]);
    expectClosed();
  });

  test('leave at once when 192 KiB wait', () => {
    FakeWriter.size = 64 * 1024;
    bench.drain();
    bench.conn(1);
    exchanges(4);
    bench.drain();
    expect(sent()).toMatchObject([{ spans: 3, length: 192 * 1024 }]);
    expectClosed();
  });

  test('are given up without credit, while metrics go on; a credit lets them go on too', () => {
    FakeWriter.size = 128 * 1024;
    bench.conn(1);
    exchanges(40);
    bench.drain();
    // In 2 MiB 8 buffers of two, and two that wait.
    expect(spanMessages()).toHaveLength(8);
    expect(bench.ledger()).toMatchObject({
      'messages.emitted': 18,
      'messages.dropped.pipeline_full': 22,
      'spans.handed_over': 16,
      'spans.waiting': 2,
    });
    expect(bench.aggregators[0]?.recorded).toBe(40);
    for (const { buffer } of spanMessages()) bench.tap.handle({ type: 'credit', bytes: buffer.byteLength });
    exchanges(1, 'again');
    bench.later(200);
    expect(bench.ledger()).toMatchObject({ 'messages.emitted': 19, 'spans.handed_over': 19 });
    expect(bench.names.at(-1)).toBe('again');
    expectClosed();
  });

  test('are given up from three quarters of the ring until a quarter waits, and metrics are not', () => {
    const ring = 2 * 1024 * 1024;
    bench.conn(1);
    let emitted = 0;
    let shed = 0;
    // What a look finds, and whether the next look's spans are given up.
    for (const [waiting, active] of [
      [0.74, false],
      [0.75, true],
      [0.26, true],
      [0.24, false],
      [0.7, false],
    ] as const) {
      bench.kernel.waiting = waiting * ring;
      bench.drain();
      exchanges(1);
      bench.drain();
      if (active) shed++;
      else emitted++;
      expect(bench.ledger()).toMatchObject({ 'messages.emitted': emitted, 'messages.dropped.overload': shed });
    }
    expect(bench.aggregators[0]?.recorded).toBe(5);
    expectClosed();
  });

  test('that fit no buffer are counted', () => {
    FakeWriter.size = 300 * 1024;
    bench.conn(1);
    exchanges(2);
    bench.drain();
    expect(bench.ledger()).toMatchObject({ 'messages.dropped.too_large': 2, spans: 0 });
    expectClosed();
  });

  test('are not made of unsampled traces, but counted in the metrics', () => {
    bench.conn(1);
    bench.send(1, `?a;00-${'1'.repeat(32)}-${'2'.repeat(16)}-00\n`);
    bench.recv(1, '!\n');
    bench.drain();
    expect(bench.names).toEqual([]);
    expect(bench.aggregators[0]?.recorded).toBe(1);
    expect(bench.ledger()).toMatchObject({ messages: 1, 'messages.sampled_out': 1 });
  });

  test('are not made for a receiver without a traces pipeline', () => {
    bench.apply(config({ receivers: [receiver({ traces: false })] }));
    bench.conn(1);
    exchanges(2);
    bench.drain();
    expect(bench.names).toEqual([]);
    expect(bench.ledger()).toMatchObject({ messages: 2, 'messages.metrics_only': 2 });
    expectClosed();
  });
});

describe('stop', () => {
  test('takes what the kernel still has, ends what is open, and sends everything', async () => {
    bench.conn(1);
    exchanges(2);
    bench.send(1, '?open\n');
    const reply = await bench.stop();
    expect(reply).toMatchObject({
      type: 'stopped',
      snapshots: [{ receiver: 'ebpf_socket', bytes: Uint8Array.of(3) }, {}],
    });
    expect(bench.names).toEqual(['a', 'a', 'open unanswered']);
    expect(bench.decoders[0]?.sessions[0]?.ends).toEqual(['0 unknown', '1 unknown']);
    expect(sent().map(({ spans }) => spans)).toEqual([2, 1]);
    expect([bench.kernel.stopped, bench.kernel.closed]).toEqual([true, true]);
    if (reply?.type === 'stopped') expectClosed(reply.ledger);
  });

  test('gives held responses a last chance', async () => {
    bench.conn(1);
    bench.recv(1, '!\n');
    const reply = await bench.stop();
    expect(reply?.type === 'stopped' && reply.ledger).toMatchObject({ 'rejects.line.orphan': 1, 'held.bytes': 0 });
  });

  test('waits for a credit, not for ever', async () => {
    FakeWriter.size = 128 * 1024;
    bench.conn(1);
    exchanges(18);
    bench.drain();
    const begin = performance.now();
    const reply = await bench.stop();
    expect(performance.now() - begin).toBeLessThan(1500);
    if (reply?.type !== 'stopped') throw new Error('not stopped');
    expect(reply.ledger).toMatchObject({ 'spans.handed_over': 16, 'spans.abandoned': 2, 'spans.waiting': 0 });
    expectClosed(reply.ledger);
  });
});

describe('reload', () => {
  test('changes sampling and limits without losing connections', () => {
    bench.conn(1);
    bench.send(1, '?a\n');
    bench.drain();
    const capture = { bytesPerOperation: 512, bytesPerInterval: 1024 };
    const answer = bench.apply(
      config({ capture, receivers: [receiver({ sampling: { ratio: 0, parentBased: true } })] }),
    );
    expect(answer).toMatchObject({ type: 'applied', report: { backend: 'tracepoint' } });
    bench.recv(1, '!\n');
    bench.drain();
    expect(bench.kernels).toHaveLength(1);
    expect(bench.kernel.configured).toEqual([{ captureBytes: 512, budgetBytes: 1024, backlogBytes: 0 }]);
    expect(bench.ledger()).toMatchObject({ messages: 1, 'messages.sampled_out': 1 });
  });

  test('a receiver that comes later joins connections in the middle', () => {
    bench.conn(1);
    exchanges(1, 'before');
    bench.drain();
    bench.apply(config({ receivers: [receiver(), receiver({ id: 'ebpf_socket/2' })] }));
    exchanges(1, 'after');
    bench.drain();
    expect(bench.writers.map(({ seen }) => seen.map(({ name }) => name))).toEqual([['before', 'after'], ['after']]);
  });

  test('a connection that nobody wants any more is only counted, and followed again on demand', () => {
    bench.conn(1);
    exchanges(1, 'one');
    bench.drain();
    bench.apply(config({ receivers: [] }));
    expect(bench.kernel.policies.get(1)).toBe(2);
    bench.apply(config());
    expect(bench.kernel.policies.get(1)).toBe(0);
    // What was sent meanwhile made no records.
    bench.send(1, '?two\n', { offset: 1000 });
    bench.recv(1, '!\n', { offset: 2000 });
    bench.drain();
    expect(bench.names).toEqual(['one', 'two']);
    expect(bench.ledger()).toMatchObject({ gaps: 0 });
  });

  test('another ring opens the kernel side again; the counters go on', () => {
    bench.kernel.counted = { operations: 3, recorded: 3, missed: 1 };
    const before = bench.kernel;
    expect(bench.apply(config({ ringBytes: 65_536 }))).toMatchObject({ type: 'applied' });
    expect(before.closed).toBe(true);
    bench.kernel.counted = { operations: 2, recorded: 1, counted: 1, missed: 1 };
    expect(bench.kernels).toHaveLength(2);
    expect(bench.ledger()).toMatchObject({
      operations: 5,
      'operations.recorded': 4,
      'operations.counted': 1,
      'programs.missed': 2,
    });
  });

  test('a refusal changes nothing', () => {
    bench.refuse = new SondeError('E_NO_PERMISSION', { what: 'bpf', reason: 'EPERM' });
    expect(bench.apply(config({ scope: 'node' }))).toMatchObject({
      type: 'failed',
      failure: { code: 'E_NO_PERMISSION', message: 'the kernel refused bpf: EPERM' },
    });
    bench.conn(1);
    exchanges(1);
    bench.drain();
    expect(bench.names).toEqual(['a']);
  });

  test.each([
    [{ version: 2 as 1 }, 'protocol version 2'],
    [{ ringBytes: 100_000 }, 'ring of 100000 bytes'],
    [{ capture: { bytesPerOperation: 20_000, bytesPerInterval: 1 } }, '20000 bytes per operation'],
    [{ maxConnections: 0 }, 'room for 0 connections'],
    [{ spanBytes: 1000 }, 'room for 1000 bytes of spans: not 262144 or more'],
    [{ receivers: [receiver(), receiver()] }, 'two receivers of one name'],
    [{ receivers: [receiver({ sampling: { ratio: 2, parentBased: true } })] }, 'sampling ratio 2'],
  ])('refuses %j', (changes, problem) => {
    expect(bench.apply(config(changes))).toMatchObject({
      type: 'failed',
      failure: { code: 'E_TAP_CONFIG', message: expect.stringContaining(problem) },
    });
  });

  test('other options make other decoders, the same ones do not', () => {
    bench.apply(config());
    expect(bench.decoders).toHaveLength(1);
    bench.apply(config({ receivers: [receiver({ http: { ...noHttp, routes: ['/a'] } })] }));
    expect(bench.decoders).toHaveLength(2);
    bench.apply(config({ receivers: [receiver({ http: { ...noHttp, routes: ['/a'] }, db: { query: 'drop' } })] }));
    expect(bench.decoders).toHaveLength(3);
  });

  test('other HTTP options reach open connections between two exchanges', () => {
    bench.conn(1);
    bench.send(1, '?a\n');
    bench.drain();
    bench.apply(config({ receivers: [receiver({ http: { ...noHttp, routes: ['/a'] } })] }));
    bench.recv(1, '!\n');
    bench.drain();
    expect(bench.decoders[1]?.sessions).toEqual([]);
    exchanges(1, 'b');
    exchanges(1, 'c');
    bench.drain();
    expect(bench.names).toEqual(['a', 'b', 'c']);
    expect(bench.decoders[1]?.sessions).toHaveLength(1);
  });
});

describe('clock and metrics', () => {
  test('a step of the wall clock is told, slewing is not', () => {
    bench.drain();
    bench.kernel.offset = [0x17, 500_005];
    bench.later(1000);
    expect(bench.posted.filter(({ type }) => type === 'log')).toEqual([]);
    bench.kernel.offset = [0x18, 500_005];
    bench.later(1000);
    expect(bench.posted).toContainEqual({ type: 'log', level: 'info', message: 'the wall clock was set by 4295.0 ms' });
  });

  test('a snapshot of each receiver, and the ledger with the first', () => {
    bench.apply(
      config({ receivers: [receiver(), receiver({ id: 'ebpf_socket/2' }), receiver({ id: 'x', metrics: false })] }),
    );
    bench.ledger();
    const message = bench.posted.findLast(({ type }) => type === 'collected');
    expect(message?.type === 'collected' && message.snapshots.map((snapshot) => snapshot.receiver)).toEqual([
      'ebpf_socket',
      'ebpf_socket',
      'ebpf_socket/2',
    ]);
  });

  test('process records go to the process table', () => {
    const process = { tgid: 9, pid: 9, startTime: 1, cgroupId: 1, comm: 'x' };
    const parent = { parentTgid: 1, parentStartTime: 1 };
    bench.push((handler) => handler.fork({ process, time: MS, ...parent }));
    bench.push((handler) => handler.exec({ process, time: MS, ...parent, netns: 1, filename: '/bin/x' }));
    bench.push((handler) => handler.exit({ tgid: 9, startTime: 1, time: MS, code: 0 }));
    bench.drain();
    expect(bench.processes.told).toEqual(['fork', 'exec', 'exit']);
  });
});
