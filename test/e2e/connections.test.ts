import { describe, expect, test } from '@jest/globals';
import type { Span } from '../support/otlp.ts';
import { program } from '../support/paths.ts';
import { withScene } from '../support/scene.ts';
import { nginx, type StartServer } from '../support/servers.ts';
import { until } from '../support/until.ts';

const COUNT = 11;

/** Runs raw.py against the server; answers the spans by kind, in the order of their paths' numbers. */
async function raw(start: StartServer, mode: string, path: string, requests: number) {
  return withScene(start, async ({ netns, server, sonde }) => {
    const args = [program('raw.py'), mode, '127.0.0.1', String(server.port), path, String(COUNT)];
    const { code, stderr } = await netns.run('/usr/bin/python3', args);
    expect([code, stderr]).toEqual([0, '']);
    await sonde.waitForSpans(2 * requests).catch(() => undefined);
    await sonde.stop();
    const spans = sonde.spans();
    const number = ({ attributes }: Span): number => Number(/\d+$/.exec(String(attributes['url.path']))?.[0]);
    const of = (kind: Span['kind']): Span[] =>
      spans.filter((span) => span.kind === kind).sort((a, b) => number(a) - number(b));
    return { spans, server: of('server'), client: of('client') };
  });
}

const outcome = ({ attributes }: Span): unknown[] => [
  attributes['url.path'],
  attributes['http.response.status_code'],
  attributes['error.type'],
];

test.each([
  { what: 'five requests in one write', mode: 'pipeline', requests: 5 * COUNT },
  { what: 'two requests in two writes without waiting', mode: 'two', requests: 2 * COUNT },
  { what: 'a head in three parts', mode: 'split', requests: COUNT },
])('$what: a span each', async ({ mode, requests }) => {
  const { server, client } = await raw(nginx, mode, '/raw/', requests);
  const expected = Array.from({ length: requests }, (_, index) => [`/raw/${index + 1}`, 200, undefined]);
  expect(server.map(outcome)).toEqual(expected);
  expect(client.map(outcome)).toEqual(expected);
});

test.each(['leave', 'reset'])('the client goes away early (%s): no status is invented', async (mode) => {
  const { spans, server, client } = await raw(nginx, mode, '/slow/', COUNT);
  expect(spans).toHaveLength(2 * COUNT);
  for (const [index, span] of [...client.entries()]) {
    expect(outcome(span)).toEqual([`/slow/${index + 1}`, undefined, expect.stringMatching(/./)]);
  }
  for (const span of server) {
    // nginx may still write its answer to a client that only closed its own end.
    const [, status, error] = outcome(span);
    expect(status === 200 ? [status] : [status, error]).toEqual(
      status === 200 ? [200] : [undefined, expect.stringMatching(/./)],
    );
    // A server is not at fault when its client leaves; a reset is told as the error that it saw. A client that wakes up
    // late, between two writes of the answer, resets too: it has not read the first.
    if (mode === 'leave' && error !== 'connection_reset') expect(span.status.code ?? 0).not.toBe(2);
  }
});

test('the server closes without an answer: no status is invented', async () => {
  const { spans, server, client } = await raw(nginx, 'read', '/closed/', COUNT);
  expect(spans).toHaveLength(2 * COUNT);
  for (const side of [server, client]) {
    expect(side.map(outcome)).toEqual(
      Array.from({ length: COUNT }, (_, index) => [`/closed/${index + 1}`, undefined, 'server_closed']),
    );
    expect(side.every(({ status }) => status.code === 2)).toBe(true);
  }
});

describe('connections of no known protocol', () => {
  const PORT = 7001;
  /** Of ten, one that neither wrote nor read. */
  const ENDS = 9;
  const start: StartServer = (netns) => nginx(netns);
  const scene = (receivers?: string) =>
    withScene(
      start,
      async ({ netns, sonde }) => {
        const { code, stderr } = await netns.run('/usr/bin/python3', [program('opaque.py'), String(PORT)]);
        expect([code, stderr]).toEqual([0, '']);
        if (receivers !== undefined) await sonde.waitForSpans(ENDS);
        await sonde.stop();
        return { spans: sonde.spans(), points: sonde.points() };
      },
      receivers === undefined ? {} : { sonde: { receivers } },
    );
  const told = ({ attributes }: Span) => [
    Number(attributes['server.port']) - PORT,
    attributes['sonde.connection.sent'],
    attributes['sonde.connection.received'],
    attributes['sonde.connection.end'],
    attributes['error.type'],
  ];

  test('spans, when they are asked for: bytes, and how they ended, at both ends', async () => {
    const { spans } = await scene('  ebpf_socket:\n    connections: {spans: true}');
    const of = (kind: Span['kind']) =>
      spans
        .filter((span) => span.kind === kind)
        .map(told)
        .sort();
    expect(of('client')).toEqual([
      [0, 1000, 5000, 'finished', undefined],
      [1, 10, 0, 'reset', 'connection_reset'],
      [2, 3_000_000, 3_000_000, 'finished', undefined],
      [3, 0, 77, 'finished', undefined],
    ]);
    expect(of('server')).toEqual([
      [0, 5000, 1000, 'finished', undefined],
      [1, 0, 10, 'reset', 'connection_reset'],
      [2, 3_000_000, 3_000_000, 'finished', undefined],
      [3, 77, 0, 'finished', undefined],
      [4, 0, 0, 'finished', undefined],
    ]);
    for (const { name, attributes } of spans) {
      expect([name, attributes['sonde.protocol']]).toEqual(['TCP', 'unknown']);
      expect(Object.keys(attributes).filter((key) => key.includes('tls'))).toEqual([]);
    }
  });

  test('metrics by default, and no span', async () => {
    const { spans, points } = await scene();
    expect(spans).toEqual([]);
    const ledger = Object.fromEntries(
      points
        .filter(({ scope }) => scope === 'sonde.tap')
        .map(({ metric, attributes, value }) => [[metric, ...Object.values(attributes)].join(' '), value]),
    );
    expect(ledger).toMatchObject({
      'sonde.tap.messages metrics_only': ENDS,
      'sonde.tap.records.state_dropped': 0,
      // One was accepted and ended without a byte.
      'sonde.tap.detection unknown': ENDS - 1,
    });
    const of = (metric: string, port: number) =>
      points
        .filter((point) => point.metric === metric && point.attributes['server.port'] === PORT + port)
        .map(({ attributes, count, sum, value }) => [attributes['sonde.connection.role'], count ?? value, sum]);
    expect(of('sonde.connection.sent', 2).sort()).toEqual([
      ['client', 1, 3_000_000],
      ['server', 1, 3_000_000],
    ]);
    expect(of('sonde.connection.errors', 0)).toEqual([]);
    expect(of('sonde.connection.errors', 1).sort()).toEqual([
      ['client', 1, undefined],
      ['server', 1, undefined],
    ]);
    expect(of('sonde.connection.duration', 3)).toHaveLength(2);
  });

  test('bytes of connections that stay open are told as they pass, of Unix sockets too', async () => {
    const script = `
import os, socket, tempfile, time
path = os.path.join(tempfile.mkdtemp(), 'socket')
unix = socket.socket(socket.AF_UNIX); unix.bind(path); unix.listen()
tcp = socket.create_server(('127.0.0.1', ${PORT}))
for listener, family in ((tcp, socket.AF_INET), (unix, socket.AF_UNIX)):
    client = socket.socket(family); client.connect(listener.getsockname()); server, _ = listener.accept()
    for _ in range(100):
        client.sendall(b'\\xde\\xad' * 500); server.recv(1000, socket.MSG_WAITALL)
        server.sendall(b'\\xbe' * 70); client.recv(70, socket.MSG_WAITALL)
        time.sleep(0.003)
    globals()['keep' + str(family)] = client, server
time.sleep(30)
`;
    await withScene(start, async ({ netns, sonde }) => {
      const child = netns.spawn('/usr/bin/python3', ['-c', script]);
      const told = () =>
        sonde
          .points()
          .filter(({ metric }) => metric === 'sonde.connection.io')
          .map(({ attributes: of, value }) =>
            [of['network.transport'], of['sonde.connection.role'], of['network.io.direction'], value].join(' '),
          )
          .sort();
      const all = ['tcp', 'unix'].flatMap((transport) => [
        `${transport} client receive 7000`,
        `${transport} client transmit 100000`,
        `${transport} server receive 100000`,
        `${transport} server transmit 7000`,
      ]);
      await until(() => told().join() === all.join(), 'the bytes of open connections').catch(() => undefined);
      expect(told()).toEqual(all);
      expect(sonde.points().filter(({ metric }) => metric === 'sonde.connection.sent')).toEqual([]);
      child.kill();
      await sonde.stop();
    });
  });
});
