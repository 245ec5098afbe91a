import { afterEach, describe, expect, test } from '@jest/globals';
import type { TapReceiver } from '../../src/tap/protocol.ts';
import { createDecoders } from '../../src/wire/decoders.ts';
import type { Step } from '../wire/driver.ts';
import * as mysql from '../wire/mysql.cases.ts';
import * as postgresql from '../wire/postgresql.cases.ts';
import { recorded } from '../wire/recorded.ts';
import * as redis from '../wire/redis.cases.ts';
import { clientHello, record, serverName } from '../wire/tls.cases.ts';
import { Bench, config, MS, receiver } from './kit.ts';

const ESTABLISHED = 1;
const FIN_WAIT1 = 4;
const FIN_WAIT2 = 5;
const CLOSE = 7;
const CLOSE_WAIT = 8;
const LAST_ACK = 9;
const EPIPE = 32;
const ECONNRESET = 104;
const ETIMEDOUT = 110;
const COUNT_ONLY = 2;

let bench: Bench;
afterEach(async () => {
  await bench.stop();
});

function start(connections: TapReceiver['connections'] = { metrics: true, spans: true }): void {
  bench = new Bench(config({ receivers: [receiver({ connections })] }), () =>
    createDecoders({
      http: { routes: [], maxRoutes: 5, headers: { request: [], response: [] }, query: 'scrub' },
      db: { query: 'drop' },
    }),
  );
}

/** Seen at the client's end. */
function play(cookie: number, steps: readonly Step[]): void {
  for (const [who, value] of steps) {
    if (who === 'client') bench.send(cookie, value as string);
    else bench.recv(cookie, value as string);
    bench.drain();
  }
}

/** Ends the connection and lets the time pass that it is kept. */
function close(cookie: number, oldState = FIN_WAIT2, error = 0): void {
  if (oldState === FIN_WAIT2) bench.end(cookie, ESTABLISHED, FIN_WAIT1);
  bench.end(cookie, oldState, CLOSE, error);
  bench.later(300);
  bench.later(300);
}

const attributes = (at = -1) => bench.spans.at(at)?.attributes;
const measured = (index: number) => (attributes()?.['measurements'] as readonly number[] | undefined)?.[index];
const ledger = (...names: string[]) => {
  const all = bench.ledger();
  return names.map((name) => all[name] ?? 0);
};
const CONNECT = 'CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n';
const CONNECTED = 'HTTP/1.1 200 Connection established\r\n\r\n';
const tls12 = recorded('tls/tls12', 0);
const handshake12 = tls12.slice(0, 4);

describe('a protocol that nobody knows', () => {
  test('is told when its connection ends, with what the kernel counted', () => {
    start();
    bench.conn(1);
    bench.send(1, '\xde\xad\xbe\xef');
    bench.drain();
    expect(bench.kernel.policies.get(1)).toBe(COUNT_ONLY);
    // Of this no record came; the end has its length.
    bench.kernel.time += 500 * MS;
    bench.ended(1, ESTABLISHED, FIN_WAIT1, 70_004, 9);
    bench.ended(1, FIN_WAIT2, CLOSE, 70_004, 9);
    bench.later(300);
    bench.later(300);
    expect(bench.names).toEqual(['TCP']);
    expect(attributes()).toMatchObject({
      'sonde.protocol': 'unknown',
      'server.address': '10.0.0.2',
      'server.port': 80,
      'network.transport': 'tcp',
      'network.type': 'ipv4',
      'sonde.connection.sent': 70_004,
      'sonde.connection.received': 9,
      'sonde.connection.end': 'finished',
      metricValues: ['unknown', 'client', 'tcp', '10.0.0.2', 80, undefined, undefined, undefined],
      measurements: [expect.closeTo(0.5, 5), 70_004, 9, Number.NaN, Number.NaN],
      error: false,
    });
    expect(ledger('detection.verdict.unknown', 'messages', 'messages.emitted', 'spans')).toEqual([1, 1, 1, 1]);
  });

  test.each([
    ['the other end resets it', ESTABLISHED, ECONNRESET, 'reset', 'connection_reset'],
    ['it is closed with unread bytes', ESTABLISHED, 0, 'reset', 'connection_reset'],
    ['the kernel gives up', ESTABLISHED, ETIMEDOUT, 'timeout', 'timeout'],
    ['both ends finish', LAST_ACK, 0, 'finished', undefined],
    ['closed with unread bytes after the other end had finished', CLOSE_WAIT, 0, 'reset', 'connection_reset'],
    ['the other end had finished and refuses a farewell', CLOSE_WAIT, EPIPE, 'finished', undefined],
  ])('%s', (_, oldState, error, how, errorType) => {
    start();
    bench.conn(1);
    bench.send(1, '\xde\xad');
    close(1, oldState, error);
    expect([attributes()?.['sonde.connection.end'], attributes()?.['error.type']]).toEqual([how, errorType]);
    expect(measured(4)).toBe(errorType === undefined ? Number.NaN : 1);
  });

  test('its bytes are told as they pass, the rest at its end', () => {
    start();
    bench.conn(1);
    bench.conn(2);
    bench.send(1, '\xde\xad\xbe\xef');
    bench.send(2, 'GET');
    bench.drain();
    bench.kernel.passed = [
      [1, 1, 100, 0],
      [1, 2, 7, 7],
      [2, 1, 3, 0],
      [3, 1, 9, 9],
    ];
    bench.ledger();
    bench.kernel.passed = [[1, 1, 150, 20]];
    bench.ledger();
    bench.ledger();
    const { bytes } = bench.aggregators[0] ?? {};
    const before = [
      ['transmit', 100],
      ['transmit', 50],
      ['receive', 20],
    ];
    expect(bytes).toEqual(before);
    bench.ended(1, ESTABLISHED, FIN_WAIT1, 160, 20);
    bench.ended(1, FIN_WAIT2, CLOSE, 160, 20);
    bench.later(300);
    bench.later(300);
    expect(bytes).toEqual([...before, ['transmit', 10]]);
    expect(ledger('messages', 'messages.emitted')).toEqual([1, 1]);
  });

  test('whose end was lost is forgotten when the kernel does not know it any more', () => {
    start();
    bench.conn(1);
    bench.conn(2);
    bench.send(1, '\xde\xad\xbe\xef');
    bench.drain();
    bench.kernel.passed = [
      [1, 1, 100, 0],
      [2, 1, 0, 0],
    ];
    bench.ledger();
    // Of 2, which is still followed, records may come.
    bench.kernel.passed = [];
    expect(bench.ledger()['connections.open']).toBe(2);
    const {
      'connections.open': open,
      'connections.aged': aged,
      'rejects.unknown.unfinished': unfinished,
    } = bench.ledger();
    expect([open, aged, unfinished]).toEqual([1, 1, 1]);
  });

  test('is not told as a whole while it goes on, nor when the tap stops before its end: that is counted', async () => {
    start();
    bench.conn(1);
    bench.send(1, '\xde\xad');
    bench.later(300);
    expect(bench.spans).toEqual([]);
    const reply = await bench.stop();
    expect(reply).toMatchObject({ type: 'stopped', ledger: { 'rejects.unknown.unfinished': 1, messages: 0 } });
  });

  test('is told after days, though no record came in between', () => {
    start();
    bench.conn(1);
    bench.send(1, '\xde\xad\xbe\xef');
    bench.conn(2);
    bench.send(2, 'GET /idle HTTP/1.1\r\nHost: a\r\n\r\n');
    for (let day = 1; day <= 3; day++) bench.later(86_400_000);
    expect(ledger('connections.open', 'connections.aged')).toEqual([1, 1]);
    close(1);
    expect(bench.names).toEqual(['TCP']);
    expect(measured(0)).toBeCloseTo(3 * 86_400, 0);
  });

  test('an end of unknown role is counted, not guessed', () => {
    start();
    bench.conn(1, { role: 'unknown' });
    bench.send(1, '\xde\xad');
    close(1);
    expect(ledger('rejects.unknown.unknown_role', 'messages')).toEqual([1, 0]);
  });

  test('joined in the middle: bytes from then on, and no duration', () => {
    start();
    bench.conn(1, { joined: true });
    bench.send(1, '\xde\xad');
    close(1);
    expect(attributes()).toMatchObject({ 'sonde.partial': ['connection'], 'sonde.connection.sent': 2 });
    expect(measured(0)).toBeNaN();
  });

  test('a connection without a byte', () => {
    start();
    bench.conn(1, { role: 'server' });
    close(1);
    expect(attributes()).toMatchObject({ 'sonde.connection.sent': 0, 'server.address': '10.0.0.1' });
  });

  test.each([
    [{ metrics: true, spans: false }, 1, 0, { 'messages.metrics_only': 1, messages: 1 }],
    [{ metrics: false, spans: true }, 0, 1, { 'messages.emitted': 1, messages: 1 }],
    [{ metrics: false, spans: false }, 0, 0, { messages: 0 }],
  ])('%j', (connections, points, spans, expected) => {
    start(connections);
    bench.conn(1);
    bench.send(1, '\xde\xad');
    close(1);
    expect([bench.aggregators[0]?.recorded, bench.spans.length]).toEqual([points, spans]);
    expect(bench.ledger()).toMatchObject(expected);
  });

  test('what its exchanges told is not told again', () => {
    start();
    bench.conn(1);
    play(1, [
      ['client', 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['server', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ]);
    close(1);
    expect(bench.names).toEqual(['GET']);
  });

  test('a reload leaves it as it is', () => {
    start();
    bench.conn(1);
    bench.send(1, '\xde\xad\xbe\xef');
    bench.drain();
    bench.apply(
      config({
        receivers: [
          receiver({ connections: { metrics: true, spans: true }, sampling: { ratio: 1, parentBased: false } }),
        ],
      }),
    );
    expect(bench.kernel.policies.get(1)).toBe(COUNT_ONLY);
    close(1);
    expect(bench.names).toEqual(['TCP']);
  });
});

describe('TLS', () => {
  test('after the handshake nothing is copied, and the end tells all', () => {
    start();
    bench.conn(1);
    play(1, handshake12.slice(0, 3));
    expect(bench.kernel.policies.get(1)).toBeUndefined();
    play(1, handshake12.slice(3));
    expect(bench.kernel.policies.get(1)).toBe(COUNT_ONLY);
    close(1);
    expect(bench.names).toEqual(['TLS']);
    expect(attributes()).toMatchObject({
      'sonde.protocol': 'tls',
      'server.address': 'shop.example',
      'network.peer.address': '10.0.0.2',
      'tls.protocol.name': 'tls',
      'tls.protocol.version': '1.2',
      'tls.cipher': 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
      'tls.next_protocol': 'h2',
      'tls.resumed': false,
      'tls.established': true,
      'sonde.tls.client.next_protocols': ['h2', 'http/1.1'],
      metricValues: ['tls', 'client', 'tcp', 'shop.example', 80, '1.2', false, undefined],
    });
    expect(attributes()).not.toHaveProperty(['sonde.partial']);
    expect(ledger('detection.verdict.tls', 'detection.verdict.withdrawn', 'held.bytes')).toEqual([1, 0, 0]);
  });

  test('of a handshake that is given up in front of bytes that waited, these are given back once', () => {
    start();
    bench.conn(1);
    const flight = String(handshake12[1]?.[1]);
    bench.send(1, String(handshake12[0]?.[1]));
    bench.recv(1, flight.slice(100), { offset: 100 });
    bench.later();
    expect(ledger('gaps', 'rejects.tls.handshake_lost', 'records.reordered', 'held.bytes')).toEqual([1, 1, 1, 0]);
  });

  test('of a handshake that is given up because too much waits, nothing waits any more', () => {
    start();
    bench.conn(1);
    bench.send(1, String(handshake12[0]?.[1]));
    for (let at = 0; at < 40; at++) bench.recv(1, 'x'.repeat(2048), { offset: 100 + at * 2048 });
    bench.drain();
    expect(ledger('gaps', 'rejects.tls.handshake_lost', 'held.bytes')).toEqual([1, 1, 0]);
  });

  test('a server does not let its clients choose the values of its metrics', () => {
    start();
    bench.conn(1, { role: 'server' });
    for (const [who, value] of handshake12) bench.data(1, who === 'client' ? 1 : 0, value as string);
    close(1);
    expect(attributes()?.['server.address']).toBe('shop.example');
    expect(attributes()?.['metricValues']).toEqual([
      'tls',
      'server',
      'tcp',
      '10.0.0.1',
      40_001,
      '1.2',
      false,
      undefined,
    ]);
  });

  test.each([
    ['verify12', 0, 'unknown_ca'],
    ['version', 0, 'protocol_version'],
    ['cipher', 0, 'handshake_failure'],
  ])('%s: the alert is why it failed', (file, index, alert) => {
    start();
    bench.conn(1);
    play(1, recorded(`tls/${file}`, index));
    close(1);
    expect(attributes()).toMatchObject({ 'error.type': alert, 'tls.established': false, error: true });
  });

  test.each([
    ['ends', FIN_WAIT2, 0, 'handshake_incomplete'],
    ['is reset', ESTABLISHED, ECONNRESET, 'connection_reset'],
  ])('a connection that %s amid the handshake', (_, oldState, error, errorType) => {
    start();
    bench.conn(1);
    play(1, handshake12.slice(0, 2));
    close(1, oldState, error);
    expect(attributes()).toMatchObject({ 'error.type': errorType, 'tls.established': false });
  });

  test('joined amid the payload: one record, and no more is copied', () => {
    start();
    bench.conn(1, { joined: true });
    bench.send(1, record(23, 'x'.repeat(200)));
    bench.drain();
    expect(bench.kernel.policies.get(1)).toBe(COUNT_ONLY);
    close(1);
    expect(attributes()).toMatchObject({ 'sonde.protocol': 'tls', 'sonde.partial': ['connection', 'tls.handshake'] });
    expect(attributes()).not.toHaveProperty(['tls.established']);
  });

  test('a hello of SSL 2 is counted, and its connection is of no known protocol', () => {
    start();
    bench.conn(1);
    bench.send(1, `\x80\x1c\x01\0\x02\0\x03\0\0\0\x10\0\0\x2f${'r'.repeat(16)}`);
    close(1);
    expect(attributes()?.['sonde.protocol']).toBe('unknown');
    expect(ledger('rejects.tls.ssl2_hello', 'detection.verdict.withdrawn')).toEqual([1, 1]);
  });
});

describe('what begins as something else', () => {
  const MYSQL_SSL = `\x20\0\0\x01\x05\xaa\x3f\x20\0\0\0\x40\x2d${'\0'.repeat(23)}`;
  const postgresqlSsl: readonly Step[] = [
    ['client', '\0\0\0\x08\x04\xd2\x16\x2f'],
    ['server', 'S'],
  ];
  const mysqlSsl: readonly Step[] = [
    ['server', mysql.greeting],
    ['client', MYSQL_SSL],
  ];
  test.each([
    [
      'HTTP CONNECT',
      [
        ['client', CONNECT],
        ['server', CONNECTED],
      ],
      ['CONNECT', 'TLS'],
    ],
    ['PostgreSQL SSLRequest', postgresqlSsl, ['TLS']],
    ['MySQL SSL request', mysqlSsl, ['TLS']],
  ] as const)('%s, then TLS', (_, before, names) => {
    start();
    bench.conn(1);
    play(1, [...(before as readonly Step[]), ...handshake12]);
    expect(bench.kernel.policies.get(1)).toBe(COUNT_ONLY);
    close(1);
    expect(bench.names).toEqual(names);
    expect(attributes()).toMatchObject({
      'sonde.protocol': 'tls',
      'tls.established': true,
      'server.address': 'shop.example',
    });
    expect(ledger('detection.verdict.withdrawn', 'rejects.tls.unexpected_record')).toEqual([0, 0]);
  });

  test('the hello in the same write as the request for it', () => {
    start();
    bench.conn(1);
    const [[, hello], ...rest] = handshake12 as [Step, ...Step[]];
    play(1, [['server', mysql.greeting], ['client', MYSQL_SSL + hello], ...rest]);
    close(1);
    expect(attributes()).toMatchObject({ 'tls.established': true });
  });

  test('the hello before the answer that allows it, as the ring may have it', () => {
    start();
    bench.conn(1);
    const [[, hello], ...rest] = handshake12 as [Step, ...Step[]];
    play(1, [postgresqlSsl[0] as Step, ['client', hello as string], postgresqlSsl[1] as Step, ...rest]);
    close(1);
    expect(attributes()).toMatchObject({ 'tls.established': true, 'server.address': 'shop.example' });
  });

  test('a refused PostgreSQL request goes on without', () => {
    start();
    bench.conn(1);
    play(1, [
      postgresqlSsl[0] as Step,
      ['server', 'N'],
      ['client', postgresql.startup],
      ['server', postgresql.hello],
      ['client', postgresql.query('SELECT 1')],
      ['server', postgresql.complete('SELECT 1') + postgresql.ready],
    ]);
    close(1);
    expect(bench.names).toEqual(['SELECT']);
  });

  test.each([
    [
      'HTTP',
      [
        ['client', 'GET /in HTTP/1.1\r\nHost: a\r\n\r\n'],
        ['server', 'HTTP/1.1 204 No\r\n\r\n'],
      ],
      ['CONNECT', 'GET'],
    ],
    [
      'Redis',
      [
        ['client', redis.command('GET', 'k')],
        ['server', '$1\r\nv\r\n'],
      ],
      ['CONNECT', 'GET'],
    ],
    [
      'nothing known',
      [
        ['client', '\xde\xad'],
        ['server', '\xbe\xef'],
      ],
      ['CONNECT', 'TCP'],
    ],
  ] as const)('a tunnel with %s in it', (_, inside, names) => {
    start();
    bench.conn(1);
    play(1, [['client', CONNECT], ['server', CONNECTED], ...(inside as readonly Step[])]);
    close(1);
    expect(bench.names).toEqual(names);
  });
});

describe('a wrong guess', () => {
  const noise = (seed: number): string => {
    let text = '';
    for (let at = 0; at < 60; at++)
      text += String.fromCharCode((Math.imul(seed * 60 + at + 1, 2654435761) >>> 24) & 255);
    return text;
  };
  const other: Readonly<Record<string, readonly Step[]>> = {
    HTTP: [
      ['client', 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['server', 'HTTP/1.1 204 No\r\n\r\n'],
    ],
    Redis: [
      ['client', redis.command('GET', 'k')],
      ['server', '$1\r\nv\r\n'],
    ],
    noise: [],
  };
  const lures: Readonly<Record<string, string>> = {
    http1: 'GET /lure HTTP/1.1\r\n',
    http2: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    postgresql: postgresql.startup,
    mysql: mysql.query('SELECT 1'),
    redis: '*2\r\n$3\r\nGET\r\n$1\r\n',
    tls: record(22, clientHello(serverName('shop.example'))),
  };
  test.each(Object.keys(lures).flatMap((lure) => Object.keys(other).map((name) => [lure, name] as const)))(
    '%s, then %s: nothing breaks, all is accounted for, and it is let go',
    (lure, name) => {
      start();
      bench.conn(1);
      bench.send(1, lures[lure] as string);
      for (let time = 0; time < 20; time++) play(1, other[name] as readonly Step[]);
      for (let time = 0; time < 1100; time++) {
        play(1, [
          ['client', noise(2 * time)],
          ['server', noise(2 * time + 1)],
        ]);
      }
      expect(bench.kernel.policies.get(1)).toBe(COUNT_ONLY);
      close(1);
      expect(bench.ledger()).toMatchObject({ 'sessions.failed': 0, 'held.bytes': 0, messages: bench.spans.length });
      expect(bench.spans.at(-1)?.name).toMatch(/^(TCP|TLS)$/);
    },
  );

  test('TLS that is none: withdrawn, and the others see what follows', () => {
    start();
    bench.conn(1);
    bench.send(1, record(22, clientHello(serverName('a\0b'))));
    play(1, [
      ['client', 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['server', 'HTTP/1.1 204 No\r\n\r\n'],
    ]);
    close(1);
    expect(bench.names).toEqual(['GET']);
    expect(ledger('detection.verdict.tls', 'detection.verdict.withdrawn', 'detection.verdict.http1')).toEqual([
      1, 1, 1,
    ]);
  });

  test('each decoder is wrong once at most, and then the connection is let go', () => {
    start();
    bench.conn(1);
    const hello = record(22, clientHello(serverName('a\0b')));
    for (let time = 0; time < 200; time++) bench.send(1, hello);
    bench.drain();
    expect(bench.kernel.policies.get(1)).toBe(COUNT_ONLY);
    expect(ledger('detection.verdict.withdrawn', 'detection.verdict.unknown')).toEqual([1, 1]);
    expect(bench.ledger()['detection.bytes']).toBeLessThan(70 * hello.length);
  });
});
