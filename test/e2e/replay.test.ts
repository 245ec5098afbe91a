import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { timed } from '../support/cpu.ts';
import { type Database, PASSWORD, POSTGRESQL, postgresql, redis, settled, tally } from '../support/databases.ts';
import { nginxHttp2 } from '../support/http2_servers.ts';
import { Netns } from '../support/netns.ts';
import { type Span, spansOf } from '../support/otlp.ts';
import { repository } from '../support/paths.ts';
import { nginx } from '../support/servers.ts';
import { Sonde } from '../support/sonde.ts';
import { Tcpdump } from '../support/tcpdump.ts';

let netns: Netns;
let capture: Tcpdump;
let live: Span[] = [];
/** For a CPU while requests of HTTP/1 were sent, seconds. */
let waited = 0;

interface Replayed {
  readonly status: number | null;
  readonly spans: Span[];
  readonly stdout: string;
  readonly stderr: string;
}

function replay(args: readonly string[], input?: Buffer): Replayed {
  const { status, stdout, stderr } = spawnSync(join(repository, 'bin', 'sonde'), ['replay', ...args], {
    ...(input === undefined ? {} : { input }),
    maxBuffer: 512 * 1024 * 1024,
    encoding: 'utf8',
  });
  return { status, stdout, stderr, spans: args.includes('text') ? [] : spansOf(stdout) };
}

async function http1(): Promise<void> {
  const server = await nginx(netns, { port: 8081 });
  for (const path of ['users/1', 'users/2', 'a/missing/x', 'slow/1', 'files/big', 'closed/1']) {
    await netns.run('curl', ['-s', '-o', '/dev/null', `http://127.0.0.1:8081/${path}`]);
  }
  await netns.run('curl', ['-s', '-o', '/dev/null', ...Array.from({ length: 50 }, () => 'http://[::1]:8081/kept')]);
  await server.stop();
}

async function http2(): Promise<void> {
  const server = await nginxHttp2(netns);
  for (const [streams, count] of [
    [1, 101],
    [10, 211],
    [100, 307],
  ] as const) {
    const { stdout } = await netns.run('h2load', [`-n${count}`, '-c1', `-m${streams}`, 'http://127.0.0.1:8080/hello']);
    if (!stdout.includes(`${count} succeeded`)) throw new Error(stdout);
  }
  await netns.run('curl', ['-s', '--http2-prior-knowledge', '-o', '/dev/null', 'http://127.0.0.1:8080/missing']);
  await server.stop();
}

async function keys({ run }: Database): Promise<void> {
  await run('redis-cli', '-h', '127.0.0.1', 'set', 'k', 'v');
  await run('redis-cli', '-h', '127.0.0.1', '-3', 'hset', 'h', 'f', 'v');
  await run('redis-cli', '-h', '127.0.0.1', 'lpush', 'k', 'x');
  await run('redis-benchmark', '-h', '127.0.0.1', '-q', '-P', '16', '-c', '5', '-n', '1600', '-t', 'get');
}

async function rows({ run, directory }: Database): Promise<void> {
  const psql = (...args: string[]): Promise<string> => run(`${POSTGRESQL}/psql`, '-X', '-q', ...args);
  await psql('-h', directory, '-U', 'postgres', '-c', `ALTER USER postgres PASSWORD '${PASSWORD}'`);
  const address = `host=127.0.0.1 port=5432 user=postgres dbname=postgres password=${PASSWORD}`;
  await psql('-d', address, '-c', 'CREATE TABLE items(id int)', '-c', 'INSERT INTO items VALUES (1), (2)');
  await psql('-d', address, '-c', 'SELECT * FROM items WHERE id = 2', '-c', 'SELECT nosuch FROM items').catch(
    () => undefined,
  );
}

beforeAll(async () => {
  netns = new Netns();
  const stores = [await redis(netns), await postgresql(netns)] as const;
  const sonde = await Sonde.start(netns, { metrics: false });
  capture = await Tcpdump.start(netns);
  waited = (await timed(http1)).waited;
  await http2();
  await keys(stores[0]);
  await rows(stores[1]);
  await settled(sonde);
  await capture.stop();
  await sonde.stop();
  live = sonde.spans();
  sonde.clean();
});

afterAll(async () => {
  capture?.clean();
  await netns.delete();
});

/** What live Sonde tells of servers over TCP: the capture has no Unix sockets. */
const wanted = (): Span[] =>
  live.filter(({ kind, attributes }) => kind === 'server' && attributes['network.transport'] !== 'unix');

const statuses = (spans: readonly Span[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { name, attributes, status } of spans) {
    const code = attributes['http.response.status_code'] ?? attributes['db.response.status_code'] ?? '';
    const key = [name, code, attributes['error.type'] ?? '', status.code ?? ''].join(' ');
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
};

/** About half way, and within a packet: behind 24 bytes each has 16, of which the third number is its length. */
function middle(file: Buffer): number {
  let at = 24;
  while (at < file.length >> 1) at += 16 + file.readUInt32LE(at + 8);
  return at + 8;
}

describe('a capture of real servers and clients', () => {
  let result: Replayed;
  beforeAll(() => {
    result = replay([capture.file]);
  });

  test('every request is one span, as it was sent', () => {
    expect(result.status).toBe(0);
    const { GET = 0, 'GET /hello': hello = 0, 'GET /kept': kept = 0 } = tally(result.spans, 'server');
    expect({ GET, hello, kept }).toEqual({ GET: 1600, hello: 101 + 211 + 307, kept: 50 });
    expect(result.stderr).toMatch(/^missing: +0 gaps/m);
    expect(result.stderr).toMatch(/^rejects: +none$/m);
    expect(result.stderr).not.toContain('failed:');
  });

  test('names, statuses, errors and counts are those of live Sonde', () => {
    expect(wanted().length).toBeGreaterThan(2000);
    expect(statuses(result.spans)).toEqual(statuses(wanted()));
  });

  test('so are the times, up to what lies between the wire and the process', () => {
    const slow = (spans: readonly Span[]): Span[] =>
      spans.filter(({ attributes }) => attributes['url.path'] === '/slow/1');
    const [[onWire], [inProcess]] = [slow(result.spans), slow(wanted())];
    // nginx counts in whole milliseconds.
    expect(onWire?.seconds).toBeGreaterThanOrEqual(0.029);
    expect(Math.abs(Number((onWire?.start ?? 0n) - (inProcess?.start ?? 0n)) / 1e9)).toBeLessThan(0.02 + waited);
  });

  test('no literal, key or password leaves', () => {
    expect(result.stdout).not.toContain(PASSWORD);
    expect(result.stdout).not.toContain('id = 2');
  });

  test('the same from standard input, compressed, and with hints that are wrong', () => {
    const file = readFileSync(capture.file);
    const expected = statuses(result.spans);
    expect(statuses(replay(['-'], file).spans)).toEqual(expected);
    expect(
      statuses(replay(['-', '--port-hint', '8080=redis', '--port-hint', '6379=http1'], gzipSync(file)).spans),
    ).toEqual(expected);
  });

  test('text', () => {
    const { stdout, status } = replay([capture.file, '--format', 'text']);
    expect(status).toBe(0);
    expect(stdout.match(/^\S+Z \S+s http2 \S+:8080 GET \/hello /gm)).toHaveLength(101 + 211 + 307);
  });

  test('cut short: what could be read, where it stopped, and exit code 1', () => {
    const file = readFileSync(capture.file);
    const cut = replay(['-'], file.subarray(0, middle(file)));
    expect(cut.status).toBe(1);
    expect(cut.spans.length).toBeGreaterThan(10);
    expect(cut.stderr).toMatch(/^Error: standard input is broken at byte \d+: it ends in the middle.*; remedy: /m);
  });
});

test('packets cut at 512 bytes: what is cut is a gap, and the sizes are known', async () => {
  const server = await nginx(netns, { port: 8081 });
  const small = await Tcpdump.start(netns, '-s', '512');
  await netns.run('curl', ['-s', '-o', '/dev/null', 'http://127.0.0.1:8081/files/1', 'http://127.0.0.1:8081/files/2']);
  await small.stop();
  const { spans, stderr } = replay([small.file]);
  small.clean();
  await server.stop();
  expect(spans.map(({ attributes }) => attributes['http.response.body.size'])).toEqual([200_000, 200_000]);
  expect(stderr).toMatch(/packets? cut by the snap length/);
});

test('needs neither the addon nor any capability', () => {
  const sonde = join(repository, 'bin', 'sonde');
  const { status, stderr } = spawnSync(
    'setpriv',
    ['--bounding-set=-all', '--inh-caps=-all', '--', sonde, 'replay', capture.file],
    { env: { ...process.env, SONDE_ADDON: '/nonexistent' }, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' },
  );
  expect(stderr).toMatch(/^spans: +\d{4}$/m);
  expect(status).toBe(0);
});
