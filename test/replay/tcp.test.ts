import { describe, expect, test } from '@jest/globals';
import { type Captured, pcap } from '../support/packets.ts';
import { fc } from '../support/property.ts';
import { type Replayed, replayed, told } from '../support/replayed.ts';
import { MS, START, TcpScript } from '../support/tcp_script.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const ok = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const run = (packets: readonly Captured[], hints: Record<number, string> = {}): Replayed =>
  replayed(pcap(packets), hints);
const paths = ({ spans }: Replayed): unknown[] => spans.map(({ attributes }) => attributes['url.path']);
const statuses = ({ spans }: Replayed): unknown[] =>
  spans.map(({ attributes }) => attributes['http.response.status_code']);

/** Three exchanges on one connection. */
function three(script = new TcpScript()): TcpScript {
  script.open();
  for (const path of ['/a', '/b', '/c']) script.send('client', get(path), 11).send('server', ok(path.repeat(20)), 17);
  return script;
}

describe('connections as a whole', () => {
  const unknown = new TcpScript().open().send('client', '\x01\x02').send('server', '\x03\x04\x05').close();
  const whole = (packets: readonly Captured[], connections: boolean) =>
    replayed(pcap(packets), {}, 65_536, connections);

  test('have a span if they are asked for, as the server saw them', () => {
    const { spans, summary } = whole(unknown.packets, true);
    expect(spans).toMatchObject([{ name: 'TCP', kind: 'server', attributes: { 'sonde.protocol': 'unknown' } }]);
    expect(spans[0]?.attributes).toMatchObject({
      'sonde.connection.sent': 3,
      'sonde.connection.received': 2,
      'sonde.connection.end': 'finished',
    });
    expect(summary).toContain('rejects:     none');
    const without = whole(unknown.packets, false);
    expect(without.spans).toEqual([]);
    expect(without.summary).toContain('decoders:    unknown 1 (--connections tells of tls and unknown ones)\n');
  });

  test('that are open when the capture ends are counted, and those with exchanges have none', () => {
    const { spans, summary } = whole(unknown.packets.slice(0, -3), true);
    expect(spans).toEqual([]);
    expect(summary).toContain('unknown.unfinished 1');
    expect(whole(three().close().packets, true).spans.map(({ name }) => name)).toEqual(['GET /a', 'GET /b', 'GET /c']);
  });
});

describe('what TCP does', () => {
  test.each<{ name: string; change(packets: Captured[]): Captured[]; repeated?: boolean; disordered?: boolean }>([
    { name: 'every packet twice', change: (packets) => packets.flatMap((one) => [one, one]), repeated: true },
    {
      name: 'everything once more at the end, as a slow second interface has it',
      change: (packets) => [...packets.slice(0, -3), ...packets.slice(3, -3), ...packets.slice(-3)],
      repeated: true,
    },
    {
      name: 'neighbours exchanged',
      change: (packets) => {
        const all = [...packets];
        for (let i = 4; i + 1 < all.length - 3; i += 2) [all[i], all[i + 1]] = [all[i + 1]!, all[i]!];
        return all;
      },
      disordered: true,
    },
  ])('$name', ({ change, repeated = false, disordered = false }) => {
    const whole = three().close();
    const times = whole.packets.map((one) => ({ ...one, time: START }));
    const { replay, spans } = run(change(times));
    expect(told(spans)).toEqual(told(run(times).spans));
    expect(spans).toHaveLength(3);
    expect(replay.tap.gaps).toBe(0);
    expect(replay.tap.connections).toBe(1);
    if (repeated) expect(replay.counters.repeatedBytes).toBeGreaterThan(0);
    if (disordered) expect(replay.counters.outOfOrder).toBeGreaterThan(0);
  });

  test('sequence numbers wrap in both directions', () => {
    const script = new TcpScript({ clientSeq: 2 ** 32 - 20, serverSeq: 2 ** 32 - 1 });
    const { spans, replay } = run(three(script).close().packets);
    expect(spans).toHaveLength(3);
    expect(replay.tap.gaps).toBe(0);
  });

  test('a stream that is longer than the sequence numbers', () => {
    const script = new TcpScript({ serverSeq: 77 }).open().send('client', get('/huge'));
    const length = 5 * 2 ** 30;
    script.send('server', `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
    // Acknowledged in steps of a window; the capture has none of it.
    for (let left = length; left > 0; left -= 2 ** 29) {
      script.next.server = (script.next.server + 2 ** 29) >>> 0;
      script.time += 100n * MS;
      script.acknowledge('client');
    }
    script.send('client', get('/next')).send('server', ok(''));
    const result = run(script.close().packets);
    expect(paths(result)).toEqual(['/huge', '/next']);
    expect(result.spans[0]?.attributes['http.response.body.size']).toBe(length);
    expect(result.replay.tap.gapBytes).toBe(length);
  });

  test('of an overlap the first bytes are taken', () => {
    const script = new TcpScript().open();
    const request = get('/first');
    const at = script.next.client;
    script.send('client', request.slice(0, 8));
    script.raw(script.frame('client', { seq: at + 4, payload: `${'#'.repeat(4)}${request.slice(8)}` }));
    script.next.client = at + request.length;
    script.send('server', ok(''));
    expect(paths(run(script.close().packets))).toEqual(['/first']);
  });

  test('of an overlap among early segments too', () => {
    const script = new TcpScript().open();
    const request = get('/early');
    const at = script.next.client;
    script.raw(script.frame('client', { seq: at + 10, payload: request.slice(10, 14) }));
    script.raw(script.frame('client', { seq: at + 6, payload: `${request.slice(6, 10)}####${request.slice(14)}` }));
    script.raw(script.frame('client', { seq: at, payload: `${request.slice(0, 6)}##########` }));
    script.next.client = at + request.length;
    script.send('server', ok(''));
    const { spans, replay } = run(script.close().packets);
    expect(spans[0]?.attributes['url.path']).toBe('/early');
    expect(replay.counters).toMatchObject({ outOfOrder: 2, repeatedBytes: 4 + 10 });
  });

  test('a retransmission is waited for, and the time is when the stream went on', () => {
    const script = new TcpScript().open();
    const request = get('/late');
    const at = script.next.client;
    script.raw(script.frame('client', { seq: at + 5, payload: request.slice(5) }));
    script.time += 3000n * MS;
    const filled = script.time;
    script.raw(script.frame('client', { seq: at, payload: request.slice(0, 5) }));
    script.next.client = at + request.length;
    script.send('server', ok(''));
    const { spans, replay } = run(script.close().packets);
    expect(spans).toMatchObject([{ start: filled, end: filled + MS, attributes: { 'url.path': '/late' } }]);
    expect(replay.tap.gaps).toBe(0);
  });

  test('keep-alives and probes of a closed window are no data', () => {
    const script = new TcpScript().open().send('client', get('/a'));
    const before = script.next.client - 1;
    for (const payload of ['', '\0']) {
      script.raw(script.frame('client', { seq: before, payload })).acknowledge('server');
    }
    // The first byte of the response as a probe, again and again, then with the rest.
    const response = ok('hello');
    for (let i = 0; i < 3; i++)
      script.raw(script.frame('server', { payload: response.slice(0, 1) })).acknowledge('client');
    script.send('server', response);
    const result = run(script.close().packets);
    expect(statuses(result)).toEqual([200]);
    expect(result.spans[0]?.attributes['http.response.body.size']).toBe(5);
    expect(result.replay.tap.gaps).toBe(0);
  });

  test('data of the SYN (TCP Fast Open)', () => {
    const script = new TcpScript();
    script.raw(script.frame('client', { ack: undefined, flags: 'S', payload: get('/fast') }));
    script.next.client += 1 + get('/fast').length;
    script.raw(script.frame('server', { flags: 'S' }));
    script.next.server += 1;
    script.send('server', ok(''));
    expect(paths(run(script.close().packets))).toEqual(['/fast']);
  });

  test('SYN and its answer exchanged', () => {
    const { packets } = three().close();
    const [syn, answer, ...rest] = packets;
    const result = run([answer!, syn!, ...rest]);
    expect(paths(result)).toEqual(['/a', '/b', '/c']);
    expect(result.replay.tap.connections).toBe(1);
  });

  test('the same addresses and ports again, three times', () => {
    const first = new TcpScript().open().send('client', get('/1')).send('server', ok('')).close();
    const second = new TcpScript({ clientSeq: 90_000, serverSeq: 3, start: first.time }).open();
    second.send('client', get('/2')).send('server', ok(''));
    // This one never ended, as far as the capture shows.
    const third = new TcpScript({ clientSeq: 7, serverSeq: 700_000, start: second.time }).open();
    third.send('client', get('/3')).send('server', ok('')).close();
    const result = run([...first.packets, ...second.packets, ...third.packets]);
    expect(paths(result)).toEqual(['/1', '/2', '/3']);
    expect(result.replay.tap.connections).toBe(3);
  });

  test('a reset while an answer is due', () => {
    const result = run(new TcpScript().open().send('client', get('/a')).reset('server').packets);
    expect(result.spans).toMatchObject([{ name: 'GET /a', attributes: { 'error.type': expect.any(String) } }]);
    expect(statuses(result)).toEqual([undefined]);
  });

  test('a reset of long ago is nothing', () => {
    const script = new TcpScript().open().send('client', get('/a')).send('server', ok(''));
    script.send('client', get('/b')).acknowledge('server');
    script.raw(script.frame('client', { seq: 1001, flags: 'R' }));
    expect(statuses(run(script.send('server', ok('')).close().packets))).toEqual([200, 200]);
  });

  test('a refused connection', () => {
    const script = new TcpScript();
    script.raw(script.frame('client', { ack: undefined, flags: 'S' }));
    script.raw(script.frame('server', { seq: 0, ack: 1001, flags: 'R' }));
    const { spans, summary } = run(script.packets);
    expect(spans).toEqual([]);
    expect(summary).toContain('connections: 1\n');
  });

  test('what comes after the end begins no connection', () => {
    const script = three().close();
    const again = script.frame('client', { seq: script.next.client - 1, payload: get('/ghost') });
    script.raw(again);
    script.time += 1000n * MS;
    script.raw(again);
    // TIME_WAIT is over: now it may be another connection, of which the SYN is missing.
    script.time += 60_000n * MS;
    script.raw(script.frame('client', { payload: get('/new') }));
    script.next.client += get('/new').length;
    const result = run(script.send('server', ok('')).packets);
    expect(paths(result)).toEqual(['/a', '/b', '/c', '/new']);
    expect([...result.replay.counters.skipped]).toEqual([['after the end of their connection', 2]]);
  });
});

describe('what the capture lacks', () => {
  test('a request: its bytes are a gap as soon as they are acknowledged', () => {
    const script = new TcpScript().open().send('client', get('/a')).send('server', ok(''));
    script.lose('client', get('/lost')).send('server', ok('lost')).acknowledge('client');
    script.time += 200n * MS;
    const result = run(script.send('client', get('/c')).send('server', ok('')).close().packets);
    expect(paths(result)).toEqual(expect.arrayContaining(['/a', '/c']));
    expect(paths(result)).not.toContain('/lost');
    expect(result.replay.tap).toMatchObject({ gaps: 1, gapBytes: get('/lost').length });
  });

  test('a request on a busy connection: the next one may be partial, no other exchange suffers', () => {
    const script = new TcpScript().open();
    for (let i = 0; i < 100; i++) {
      if (i === 50) script.lose('client', get('/50'));
      else script.send('client', get(`/${i}`));
      script.send('server', ok(`${i}`));
      // Far below every patience.
      script.time -= 2n * MS - 20_000n;
    }
    const result = run(script.close().packets);
    const answered = result.spans.filter(({ attributes }) => attributes['http.response.status_code'] === 200);
    expect(answered.length).toBeGreaterThanOrEqual(98);
    expect(result.spans.filter(({ attributes }) => attributes['sonde.partial'] === undefined)).toEqual(answered);
    expect(result.replay.tap.gaps).toBe(1);
  });

  test('a part of a body: the size is known nevertheless', () => {
    const body = 'x'.repeat(5000);
    const script = new TcpScript().open().send('client', get('/a'));
    const response = ok(body);
    script
      .send('server', response.slice(0, 1000))
      .lose('server', response.slice(1000, 3000))
      .send('server', response.slice(3000));
    const result = run(script.acknowledge('client').send('client', get('/b')).send('server', ok('')).close().packets);
    expect(paths(result)).toEqual(['/a', '/b']);
    expect(result.spans[0]?.attributes['http.response.body.size']).toBe(5000);
    expect(result.replay.tap.gapBytes).toBe(2000);
  });

  test('bytes beyond the snap length', () => {
    const script = new TcpScript().open().send('client', get('/a'));
    const frame = script.frame('server', { payload: ok('y'.repeat(1000)) });
    script.raw(frame, 200);
    script.next.server += ok('y'.repeat(1000)).length;
    const result = run(script.send('client', get('/b')).send('server', ok('')).close().packets);
    expect(paths(result)).toEqual(['/a', '/b']);
    expect(result.spans[0]?.attributes['http.response.body.size']).toBe(1000);
    expect(result.summary).toContain('1 packet cut by the snap length');
  });

  test('one direction', () => {
    const all = three().close().packets;
    const requests = all.filter((_, i) => all[i]!.frame[26 + 3] === 1);
    const result = run(requests);
    expect(statuses(result)).toEqual(result.spans.map(() => undefined));
    expect(result.replay.tap.failed).toBe(0);
  });

  test.each([0, 1, 2, 3])('the first %i packets of the handshake', (missing) => {
    const result = run(three().close().packets.slice(missing));
    expect(paths(result)).toEqual(['/a', '/b', '/c']);
    expect(result.spans.map(({ kind, attributes }) => [kind, attributes['client.port']])).toEqual(
      new Array(3).fill(['server', 40_000]),
    );
    expect(result.spans[0]?.resource['service.instance.id']).toBe('10.0.0.2:80');
  });

  test('the beginning: joined in the middle of a response, the server is still who answers', () => {
    const result = run(three().close().packets.slice(6));
    expect(paths(result)).toEqual(expect.arrayContaining(['/b', '/c']));
    for (const { kind, attributes } of result.spans) {
      expect([kind, attributes['network.local.port']]).toEqual(['server', 80]);
    }
    expect(result.summary).toContain('1 without their beginning');
  });

  test('the end', () => {
    const script = three();
    const { spans, summary } = run(script.send('client', get('/unanswered')).packets);
    expect(spans).toHaveLength(3);
    expect(summary).toContain('connections: 1, 1 open at the end');
  });

  test('more than a window: the stream is found again', () => {
    const script = new TcpScript().open().send('client', get('/a')).send('server', ok(''));
    script.next.client = (script.next.client + 2 ** 31 + 5) >>> 0;
    for (let i = 0; i < 30; i++) script.send('client', get(`/r${i}`)).send('server', ok(''));
    const result = run(script.close().packets);
    expect(paths(result)).toContain('/r29');
    expect([...result.replay.counters.skipped.keys()]).toEqual(['far outside of what their connection sends']);
  });
});

test('a hole that nobody fills is given up when too much waits behind it', () => {
  const script = new TcpScript().open();
  script.next.client += 10;
  script.send('client', 'z'.repeat(8 * 1024 * 1024), 60_000);
  const { replay } = run(script.packets.filter((_, i) => i !== 2));
  expect(replay.tap.gaps).toBe(1);
  expect(replay.tap.gapBytes).toBe(10);
});

test('a port hint says which decoder is asked first, and for nothing else', () => {
  const { packets } = three().close();
  for (const hints of [{ 80: 'redis' }, { 80: 'http1' }, { 80: 'http1', 40000: 'redis' }, { 9: 'mysql' }]) {
    expect(paths(run(packets, hints as Record<number, string>))).toEqual(['/a', '/b', '/c']);
  }
});

/** Pieces of one direction, in any order, some twice and some overlapping; together everything. */
const shuffled = (length: number): fc.Arbitrary<[number, number][]> =>
  fc
    .tuple(
      fc.array(fc.nat(length - 1), { maxLength: 12 }),
      fc.array(fc.tuple(fc.nat(length - 1), fc.integer({ min: 1, max: length })), { maxLength: 6 }),
      fc.infiniteStream(fc.nat(1000)),
    )
    .map(([cuts, extra, ranks]) => {
      const bounds = [...new Set([0, ...cuts, length])].sort((a, b) => a - b);
      const pieces = bounds.slice(1).map((end, i): [number, number] => [bounds[i] ?? 0, end]);
      for (const [from, size] of extra) pieces.push([from, Math.min(length, from + size)]);
      return pieces
        .map((piece) => ({ piece, rank: ranks.next().value ?? 0 }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ piece }) => piece);
    });

test('segments of any size, in any order, twice and overlapping tell the same as the stream in order', () => {
  const requests = ['/a', '/b/1', '/c'].map((path) => `${get(path)}`).join('');
  const responses = ['one', '', 'x'.repeat(300)].map(ok).join('');
  const plain = new TcpScript().open().send('client', requests).send('server', responses).close();
  const flat = (script: TcpScript): Captured[] => script.packets.map((one) => ({ ...one, time: START }));
  const wanted = told(run(flat(plain)).spans);
  expect(wanted).toHaveLength(3);
  fc.assert(
    fc.property(
      shuffled(requests.length),
      shuffled(responses.length),
      fc.nat(2 ** 32 - 1),
      fc.nat(2 ** 32 - 1),
      (asked, answered, clientSeq, serverSeq) => {
        const script = new TcpScript({ clientSeq, serverSeq }).open();
        for (const [side, text, pieces] of [
          ['client', requests, asked],
          ['server', responses, answered],
        ] as const) {
          const base = script.next[side];
          for (const [from, to] of pieces) {
            script.raw(script.frame(side, { seq: (base + from) >>> 0, payload: text.slice(from, to) }));
          }
          script.next[side] = (base + text.length) >>> 0;
        }
        const { spans, replay } = run(flat(script.close()));
        expect(told(spans)).toEqual(wanted);
        expect(replay.tap.gaps).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
});

test('a file cut at every byte: what could be read is told', () => {
  const file = pcap(three().close().packets);
  const spans = told(replayed(file).spans).length;
  let seen = 0;
  for (let length = 24; length <= file.length; length += 1) {
    const cut = replayed(file.subarray(0, length));
    expect(cut.spans.length).toBeGreaterThanOrEqual(seen);
    expect(cut.problem === undefined).toBe(cut.offset === length);
    seen = cut.spans.length;
  }
  expect(seen).toBe(spans);
});
