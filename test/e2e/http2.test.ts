import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { apacheHttp2, type Http2Server, nghttpd, nginxHttp2, nodeHttp2 } from '../support/http2_servers.ts';
import { Netns } from '../support/netns.ts';
import type { Span } from '../support/otlp.ts';
import { program } from '../support/paths.ts';
import { Sonde } from '../support/sonde.ts';

const URL = 'http://127.0.0.1:8080';
/** Bytes of `/page`: a hundred at once are far beyond what is copied of an operation, and beyond a socket's budget. */
const PAGE = 20_011;
const UPLOAD = 300_007;
const NODE_CLIENT = program('http2_client.mjs');

interface Load {
  readonly query: string;
  readonly path: string;
  readonly size: number;
  readonly streams: number;
  readonly count: number;
  readonly connections?: number;
  /** The client; h2load if not said. */
  readonly by?: 'node';
}

/** So many requests with so many streams at once; queries tell them apart. Counts are primes. */
const loads: readonly Load[] = [
  { query: 'one', path: '/hello', size: 12, streams: 1, count: 503 },
  { query: 'two', path: '/hello', size: 12, streams: 2, count: 509 },
  { query: 'ten', path: '/hello', size: 12, streams: 10, count: 521 },
  { query: 'hundred', path: '/hello', size: 12, streams: 100, count: 1009 },
  { query: 'four', path: '/hello', size: 12, streams: 25, count: 523, connections: 4 },
  { query: 'node', path: '/hello', size: 12, streams: 100, count: 499, by: 'node' },
  { query: 'page', path: '/page', size: PAGE, streams: 1, count: 101 },
  { query: 'pages', path: '/page', size: PAGE, streams: 100, count: 307 },
  { query: 'nodepages', path: '/page', size: PAGE, streams: 100, count: 211, by: 'node' },
];

describe.each([
  { name: 'nginx', start: nginxHttp2, readsBodies: false },
  { name: 'nghttpd', start: nghttpd, readsBodies: true },
  { name: 'Apache', start: apacheHttp2, readsBodies: false },
  { name: 'Node', start: nodeHttp2, readsBodies: true },
])('$name', ({ start, readsBodies }) => {
  let netns: Netns;
  let server: Http2Server;
  let sonde: Sonde;
  let spans: Span[] = [];
  let upgraded = 0;
  const total = (): number => loads.reduce((sum, { count }) => sum + count, 0) + 2 + upgraded;

  const client = async (command: string, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await netns.run(command, args);
    if (code !== 0) throw new Error(`${command} ended with ${code}: ${stdout}${stderr}`);
    return stdout;
  };

  beforeAll(async () => {
    netns = new Netns();
    server = await start(netns);
    sonde = await Sonde.start(netns);
    let sent = 0;
    for (const { query, path, streams, count, connections, by } of loads) {
      const url = `${URL}${path}?${query}`;
      const told =
        by === 'node'
          ? await client(process.execPath, NODE_CLIENT, url, String(count), String(streams))
          : await client('h2load', `-n${count}`, `-c${connections ?? 1}`, `-m${streams}`, url);
      if (!told.includes(`${count} succeeded`)) throw new Error(told);
      // A burst is more than the pipeline takes: this is about the decoder.
      sent += count;
      await sonde.waitForSpans(2 * sent).catch(() => undefined);
    }
    const upload = join(mkdtempSync(join(tmpdir(), 'sonde-upload-')), 'body');
    writeFileSync(upload, 'x'.repeat(UPLOAD));
    // nginx answers before it has read the body, which curl calls an error (92).
    await netns.run('curl', [
      '-s',
      '--http2-prior-knowledge',
      '--data-binary',
      `@${upload}`,
      `${URL}/hello?upload`,
      '-o',
      '/dev/null',
    ]);
    rmSync(dirname(upload), { recursive: true });
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

    test.each(loads)('$query: $count, $streams streams at once', ({ query, path, size, count }) => {
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
      const name = kind === 'server' ? `GET ${path}` : 'GET';
      expect(new Set(said.map((one) => JSON.stringify(one)))).toEqual(
        new Set([JSON.stringify([name, 200, size, '2', null, null])]),
      );
    });

    test('an upload', () => {
      const [upload, ...more] = of('upload').map(({ attributes }) => attributes);
      expect(more).toEqual([]);
      expect(upload?.['http.response.status_code']).toBe(200);
      const size = Number(upload?.['http.request.body.size']);
      if (readsBodies) expect([size, upload?.['sonde.partial']]).toEqual([UPLOAD, undefined]);
      // It answers and resets the stream before all of it was sent.
      else expect([size < UPLOAD, upload?.['sonde.partial']]).toEqual([true, ['http.request.body.size']]);
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
