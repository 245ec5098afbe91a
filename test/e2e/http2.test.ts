import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { apacheHttp2, type Http2Server, nghttpd, nginxHttp2, nodeHttp2 } from '../support/http2_servers.ts';
import { Netns } from '../support/netns.ts';
import type { Span } from '../support/otlp.ts';
import { Sonde } from '../support/sonde.ts';
import { until } from '../support/until.ts';

const URL = 'http://127.0.0.1:8080';
/** Requests by h2load for so many streams at once; paths tell them apart. Primes. */
const loads = [
  { query: 'one', streams: 1, count: 503 },
  { query: 'two', streams: 2, count: 509 },
  { query: 'ten', streams: 10, count: 521 },
  { query: 'hundred', streams: 100, count: 1009 },
];

describe.each([
  { name: 'nginx', start: nginxHttp2, most: 100 },
  { name: 'nghttpd', start: nghttpd, most: 100 },
  // These write a frame as a piece or two, and of an operation in more than thirty-two pieces the rest is not copied.
  { name: 'Apache', start: apacheHttp2, most: 10 },
  { name: 'Node', start: nodeHttp2, most: 2 },
])('$name', ({ start, most }) => {
  const own = loads.filter(({ streams }) => streams <= most);
  let netns: Netns;
  let server: Http2Server;
  let sonde: Sonde;
  let spans: Span[] = [];
  let upgraded = 0;
  const total = (): number => own.reduce((sum, { count }) => sum + count, 0) + 2 + upgraded;

  const client = async (command: string, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await netns.run(command, args);
    if (code !== 0) throw new Error(`${command} ended with ${code}: ${stdout}${stderr}`);
    return stdout;
  };

  beforeAll(async () => {
    netns = new Netns();
    server = await start(netns);
    sonde = await Sonde.start(netns);
    await until(() => sonde.stderr().includes('eBPF programs are attached'), 'the programs to be attached', 15_000);
    let sent = 0;
    for (const { query, streams, count } of own) {
      const told = await client('h2load', `-n${count}`, '-c1', `-m${streams}`, `${URL}/hello?${query}`);
      if (!told.includes(`${count} succeeded`)) throw new Error(told);
      // A burst is more than the pipeline takes: this is about the decoder.
      sent += count;
      await sonde.waitForSpans(2 * sent).catch(() => undefined);
    }
    // nginx answers before it has read the body, which curl calls an error (92).
    await netns.run('curl', [
      '-s',
      '--http2-prior-knowledge',
      '-d',
      'x'.repeat(10_007),
      `${URL}/hello?upload`,
      '-o',
      '/dev/null',
    ]);
    await client('curl', '-s', '--http2-prior-knowledge', `${URL}/missing`, '-o', '/dev/null');
    if (server.upgrades) {
      upgraded = 1;
      const told = await client(
        'curl',
        '-s',
        '--http2',
        '-w',
        '%{http_version}',
        `${URL}/hello?upgrade`,
        '-o',
        '/dev/null',
      );
      if (told !== '2') throw new Error(`HTTP/${told}`);
    }
    await sonde.waitForSpans(2 * total()).catch(() => undefined);
    await sonde.stop();
    spans = sonde.spans();
    await server.stop();
  });

  afterAll(async () => {
    await netns.delete();
    sonde?.clean();
  });

  describe.each(['server', 'client'] as const)('%s spans', (kind) => {
    const of = (query: string): Span[] =>
      spans.filter((span) => span.kind === kind && span.attributes['url.query'] === query);

    test.each(own)('$streams streams at once: $count', ({ query, count }) => {
      const seen = of(query);
      expect(seen).toHaveLength(count);
      const said = seen.map(({ name, attributes: all }) => [
        name,
        all['http.response.status_code'],
        all['http.response.body.size'],
        all['network.protocol.version'],
        all['error.type'],
        all['sonde.partial'],
      ]);
      const name = kind === 'server' ? 'GET /hello' : 'GET';
      expect(new Set(said.map((one) => JSON.stringify(one)))).toEqual(
        new Set([JSON.stringify([name, 200, 12, '2', null, null])]),
      );
    });

    test('an upload whose frames were not all copied is told as far as it was seen, and says so', () => {
      const [upload, ...more] = of('upload').map(({ attributes }) => attributes);
      expect(more).toEqual([]);
      const size = Number(upload?.['http.request.body.size']);
      expect(size).toBeLessThanOrEqual(10_007);
      if (size < 10_007) expect(upload?.['sonde.partial']).toContain('http.request.body.size');
      expect(upload?.['http.response.status_code']).toBe(200);
    });

    test('an upgrade from HTTP/1', () => {
      const said = of('upgrade').map(({ attributes: all }) => [
        all['http.response.status_code'],
        all['http.response.body.size'],
        all['network.protocol.version'],
      ]);
      expect(said).toEqual(upgraded === 1 ? [[200, 12, '2']] : []);
    });

    test('nothing was given up', () => {
      const told = sonde.points().filter(({ metric, value }) => metric === 'sonde.tap.messages' && value !== 0);
      expect(told.map(({ attributes }) => attributes['outcome'])).toEqual(['emitted']);
    });

    test('nothing else', () => {
      const missing = spans.filter(
        ({ kind: side, attributes: all }) => side === kind && all['http.response.status_code'] === 404,
      );
      expect(missing).toHaveLength(1);
      expect(spans.filter((span) => span.kind === kind)).toHaveLength(total());
    });
  });
});
