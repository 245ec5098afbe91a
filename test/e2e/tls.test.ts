import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TestAuthority } from '../support/certificates.ts';
import { timed } from '../support/cpu.ts';
import { collect, Netns } from '../support/netns.ts';
import type { Point, Span } from '../support/otlp.ts';
import { Sonde } from '../support/sonde.ts';
import { until } from '../support/until.ts';

/** A port for each thing that happens. */
const PORTS = {
  nginx: 8443,
  full: 9001,
  verify: 9002,
  version: 9003,
  cipher: 9004,
  ticket13: 9005,
  download: 8444,
  before: 9006,
};
const DOWNLOAD = 20_000_000;
/** What both ends' sockets may copy in a second: `capture.bytes_per_interval`. */
const BUDGET_PER_SECOND = (2 * 256 * 1024) / 0.05;
/** Connections to PORTS, each with two ends. */
const CONNECTIONS = 11;
const directory = mkdtempSync(join(tmpdir(), 'sonde-e2e-tls-'));
let netns: Netns;
let authority: TestAuthority;
let sonde: Sonde;
let spans: Span[] = [];
let points: Point[] = [];
/** For a CPU during the download, seconds. */
let waited = 0;

async function startNginx(): Promise<void> {
  const { cert, key } = authority.issue('nginx');
  const listen = (port: number): string =>
    `server { listen 127.0.0.1:${port} ssl http2; location / { return 200 "hello world\\n"; } location /file { alias ${directory}/file; } }`;
  writeFileSync(join(directory, 'file'), Buffer.alloc(DOWNLOAD, 'f'));
  writeFileSync(
    join(directory, 'nginx.conf'),
    `daemon off; user root; worker_processes 1; pid ${directory}/nginx.pid; error_log ${directory}/error.log;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path ${directory}/b; proxy_temp_path ${directory}/p; fastcgi_temp_path ${directory}/f;
  uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
  ssl_certificate ${cert}; ssl_certificate_key ${key}; ssl_protocols TLSv1.2 TLSv1.3;
  ${listen(PORTS.nginx)} ${listen(PORTS.download)} ${listen(PORTS.before)}
}
`,
  );
  const child = netns.spawn('/usr/sbin/nginx', [
    '-p',
    directory,
    '-e',
    `${directory}/error.log`,
    '-c',
    `${directory}/nginx.conf`,
  ]);
  await netns.listening(child.pid ?? 0, [PORTS.nginx, PORTS.download, PORTS.before]);
}

async function startOpenssl(port: number, ...args: string[]): Promise<void> {
  const { cert, key } = authority.issue('openssl');
  const all = ['s_server', '-accept', `${port}`, '-cert', cert, '-key', key, '-quiet', ...args];
  const child = netns.spawn('openssl', all);
  await netns.listening(child.pid ?? 0, [port]);
}

/** Ends when its input does; one that is to have a session waits for it. */
const client = (port: number, args: readonly string[], session = ''): Promise<unknown> =>
  netns.run('sh', [
    '-c',
    `(while [ -n "$0" ] && [ ! -s "$0" ]; do sleep 0.05; done; sleep 0.1; echo hello; sleep 0.2) | openssl s_client "$@"`,
    session,
    ...['-connect', `127.0.0.1:${port}`, ...args, ...(session === '' ? [] : ['-sess_out', session])],
  ]);

async function traffic(): Promise<void> {
  const curl = (port: number, path: string, ...args: string[]): Promise<unknown> =>
    netns.run('curl', [
      ...['-sS', '-o', '/dev/null', '--cacert', authority.ca, '--resolve', `localhost:${port}:127.0.0.1`],
      ...args,
      `https://localhost:${port}${path}`,
    ]);
  await curl(PORTS.nginx, '/', '--http2', '--tlsv1.3');
  await curl(PORTS.nginx, '/', '--http2', '--tls-max', '1.2');
  waited = (await timed(() => curl(PORTS.download, '/file', '--http1.1', '--limit-rate', '20M'))).waited;
  const session = (version: string): string => join(directory, `session${version}`);
  await client(PORTS.full, ['-tls1_2', '-servername', 'Shop.Example'], session('12'));
  await client(PORTS.full, ['-tls1_2', '-servername', 'Shop.Example', '-sess_in', session('12')]);
  await client(PORTS.ticket13, ['-tls1_3'], session('13'));
  await client(PORTS.ticket13, ['-tls1_3', '-sess_in', session('13')]);
  await client(PORTS.verify, ['-tls1_2', '-verify_return_error']);
  await client(PORTS.version, ['-tls1_2']);
  await client(PORTS.cipher, ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256']);
}

beforeAll(async () => {
  netns = new Netns();
  authority = new TestAuthority();
  await startNginx();
  await startOpenssl(PORTS.full);
  await startOpenssl(PORTS.ticket13);
  await startOpenssl(PORTS.verify);
  await startOpenssl(PORTS.version, '-tls1_3');
  await startOpenssl(PORTS.cipher, '-tls1_2', '-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384');
  // Says nothing before it is told to.
  const goOn = join(directory, 'go-on');
  const wait = `(while [ ! -e ${goOn} ]; do sleep 0.05; done; printf 'GET / HTTP/1.0\\r\\n\\r\\n'; sleep 0.2)`;
  const before = netns.spawn('sh', ['-c', `${wait} | openssl s_client -connect 127.0.0.1:${PORTS.before}`]);
  const output = collect(before);
  await until(() => output.stdout().includes('Verify return code'), 'a connection before Sonde');
  sonde = await Sonde.start(netns, { receivers: '  ebpf_socket:\n    connections: {spans: true}' });
  writeFileSync(goOn, '');
  await traffic();
  await sonde.waitForSpans(2 * CONNECTIONS).catch(() => undefined);
  await sonde.stop();
  spans = sonde.spans();
  points = sonde.points();
});

afterAll(async () => {
  sonde?.clean();
  authority?.delete();
  await netns.delete();
  rmSync(directory, { recursive: true, force: true });
});

/** Attributes of the connections to a port, in order, as both ends tell them. */
function of(port: number, kind: Span['kind']) {
  return spans
    .filter((span) => span.kind === kind && span.attributes['server.port'] === port)
    .sort((a, b) => (a.start < b.start ? -1 : 1));
}

describe.each(['client', 'server'] as const)('the %s', (kind) => {
  test('nginx and curl: TLS 1.3 and 1.2 with ALPN', () => {
    const [modern, older, ...more] = of(PORTS.nginx, kind);
    expect(more).toEqual([]);
    const both = {
      'sonde.protocol': 'tls',
      'server.address': 'localhost',
      'network.transport': 'tcp',
      'network.type': 'ipv4',
      'tls.protocol.name': 'tls',
      'tls.established': true,
      'tls.resumed': false,
      'sonde.connection.end': 'finished',
      'sonde.tls.client.next_protocols': ['h2', 'http/1.1'],
    };
    expect(modern?.name).toBe('TLS');
    expect(modern?.attributes).toMatchObject({
      ...both,
      'tls.protocol.version': '1.3',
      'tls.cipher': 'TLS_AES_256_GCM_SHA384',
    });
    expect(modern?.attributes).not.toHaveProperty(['tls.next_protocol']);
    expect(older?.attributes).toMatchObject({ ...both, 'tls.protocol.version': '1.2', 'tls.next_protocol': 'h2' });
    expect(older?.attributes['tls.cipher']).toMatch(/^TLS_ECDHE_ECDSA_WITH_/);
  });

  test.each([
    ['TLS 1.2', 'full', '1.2'],
    ['TLS 1.3', 'ticket13', '1.3'],
  ] as const)('s_server: %s is resumed by its ticket', (_, name, version) => {
    const found = of(PORTS[name], kind);
    expect(found.map(({ attributes }) => [attributes['tls.protocol.version'], attributes['tls.resumed']])).toEqual([
      [version, false],
      [version, true],
    ]);
    expect(found.every(({ attributes }) => attributes['tls.established'] === true)).toBe(true);
    if (name === 'full')
      expect(found.map(({ attributes }) => attributes['server.address'])).toEqual(['shop.example', 'shop.example']);
  });

  test.each([
    ['bad certificate', 'verify', 'unknown_ca', 'client'],
    ['no common version', 'version', 'protocol_version', 'server'],
    ['no common cipher', 'cipher', 'handshake_failure', 'server'],
  ] as const)('%s: the alert is told by its name', (_, name, alert, sender) => {
    const [span, ...more] = of(PORTS[name], kind);
    expect(more).toEqual([]);
    expect(span?.attributes).toMatchObject({
      'sonde.protocol': 'tls',
      'tls.established': false,
      'error.type': alert,
      [`sonde.tls.${sender}.alerts`]: [alert],
    });
    expect(span?.status.code).toBe(2);
    const errors = points.find(
      ({ metric, attributes }) =>
        metric === 'sonde.connection.errors' &&
        attributes['server.port'] === PORTS[name] &&
        attributes['sonde.connection.role'] === kind,
    );
    expect(errors).toMatchObject({ value: 1, unit: '{connection}', attributes: { 'error.type': alert } });
  });

  test('a connection that is older than Sonde: TLS, and what is not known is not told', () => {
    const [span, ...more] = of(PORTS.before, kind);
    expect(more).toEqual([]);
    expect(span?.attributes).toMatchObject({
      'sonde.protocol': 'tls',
      'sonde.partial': ['connection', 'tls.handshake'],
      'server.address': '127.0.0.1',
    });
    for (const key of ['tls.established', 'tls.protocol.version']) expect(span?.attributes).not.toHaveProperty([key]);
    // Whoever closes first may have the other's farewell unread; then it is a reset.
    expect([undefined, 'connection_reset']).toContain(span?.attributes['error.type']);
  });

  test('a download: its bytes are counted', () => {
    const [span] = of(PORTS.download, kind);
    const [large, small] = kind === 'client' ? ['received', 'sent'] : ['sent', 'received'];
    const bytes = Number(span?.attributes[`sonde.connection.${large}`]);
    // Records of 16 KiB with 22 bytes each, and the handshake.
    expect(bytes).toBeGreaterThan(DOWNLOAD);
    expect(bytes).toBeLessThan(DOWNLOAD * 1.01);
    expect(Number(span?.attributes[`sonde.connection.${small}`])).toBeLessThan(5000);
    const sum = points.find(
      ({ metric, attributes }) =>
        metric === `sonde.connection.${large}` &&
        attributes['server.port'] === PORTS.download &&
        attributes['sonde.connection.role'] === kind,
    );
    expect(sum).toMatchObject({ count: 1, sum: bytes, unit: 'By' });
    expect(sum?.attributes['server.address']).toBe(kind === 'client' ? 'localhost' : '127.0.0.1');
  });

  test('the handshake has its own duration', () => {
    const [point] = points.filter(
      ({ metric, attributes }) =>
        metric === 'sonde.tls.handshake.duration' &&
        attributes['server.port'] === PORTS.download &&
        attributes['sonde.connection.role'] === kind,
    );
    expect(point).toMatchObject({ count: 1, unit: 's' });
    expect(point?.sum).toBeGreaterThan(0);
    expect(point?.sum).toBeLessThan(1 + waited);
  });
});

test('of 40 MB only the handshakes are copied, and every connection is TLS', () => {
  const own = (metric: string, attributes: Readonly<Record<string, unknown>> = {}): number | undefined =>
    points.find(
      (point) =>
        point.metric === metric && Object.entries(attributes).every(([key, value]) => point.attributes[key] === value),
    )?.value;
  expect(own('sonde.tap.bytes', { outcome: 'counted' })).toBeGreaterThan(DOWNLOAD);
  // What is sent before user space has seen the end of the handshake is copied: the budget of a socket.
  expect(own('sonde.tap.bytes.captured')).toBeLessThan(1_500_000 + waited * BUDGET_PER_SECOND);
  expect(own('sonde.tap.detection', { verdict: 'tls' })).toBe(spans.length);
  expect(own('sonde.tap.detection', { verdict: 'withdrawn' })).toBeUndefined();
});
