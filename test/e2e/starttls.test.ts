import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Certificate, TestAuthority } from '../support/certificates.ts';
import { mariadb, PASSWORD, POSTGRESQL, postgresql, settled, tally } from '../support/databases.ts';
import { Netns } from '../support/netns.ts';
import type { Span } from '../support/otlp.ts';
import { program } from '../support/paths.ts';
import { Sonde } from '../support/sonde.ts';

const PROXY = 3128;
const HTTPS = 8443;
const POSTGRESQL_PORT = 5432;
const MARIADB_PORT = 3306;

let netns: Netns;
let authority: TestAuthority;
let sonde: Sonde;
let spans: Span[] = [];

/** A server's key belongs to the server. */
function issueFor(user: string): Certificate {
  const certificate = authority.issue(user);
  execFileSync('chown', [user, certificate.key, certificate.cert]);
  execFileSync('chmod', ['755', authority.directory]);
  return certificate;
}

async function traffic(): Promise<void> {
  const { cert, key } = authority.issue('https');
  const https = netns.spawn('openssl', [
    's_server',
    '-accept',
    `${HTTPS}`,
    '-cert',
    cert,
    '-key',
    key,
    '-www',
    '-quiet',
  ]);
  const proxy = netns.spawn(process.execPath, [program('connect_proxy.mjs'), `${PROXY}`]);
  await netns.listening(https.pid ?? 0, [HTTPS]);
  await netns.listening(proxy.pid ?? 0, [PROXY]);
  const forPostgresql = issueFor('postgres');
  const first = await postgresql(netns, [
    ...['-c', 'ssl=on', '-c', `ssl_cert_file=${forPostgresql.cert}`, '-c', `ssl_key_file=${forPostgresql.key}`],
  ]);
  const forMariadb = issueFor('mysql');
  const second = await mariadb(netns, [`--ssl-cert=${forMariadb.cert}`, `--ssl-key=${forMariadb.key}`]);

  sonde = await Sonde.start(netns, { receivers: '  ebpf_socket:\n    connections: {spans: true}' });
  const curl = await netns.run('curl', [
    ...['-sS', '-o', '/dev/null', '--cacert', authority.ca, '-p', '-x', `http://127.0.0.1:${PROXY}`],
    `https://localhost:${HTTPS}/`,
  ]);
  expect([curl.code, curl.stderr]).toEqual([0, '']);
  const psql = (mode: string): Promise<string> =>
    first.run(
      ...([`${POSTGRESQL}/psql`, '-X', '-q', '-c', 'SELECT 1', '-d'] as const),
      `host=localhost hostaddr=127.0.0.1 user=postgres password=${PASSWORD} sslmode=${mode}`,
    );
  await psql('require');
  await psql('disable');
  const mysql = (...args: string[]): Promise<string> =>
    second.run('mariadb', '-h', '127.0.0.1', '-u', 'root', '-e', 'SELECT 1', ...args);
  await mysql('--ssl');
  await mysql('--skip-ssl');
  await settled(sonde);
  await sonde.stop();
  spans = sonde.spans();
}

beforeAll(async () => {
  netns = new Netns();
  authority = new TestAuthority();
  await traffic();
});

afterAll(async () => {
  sonde?.clean();
  authority?.delete();
  await netns.delete();
});

const tls = (port: number, kind: Span['kind']): Span[] =>
  spans.filter((span) => span.kind === kind && span.name === 'TLS' && span.attributes['server.port'] === port);

describe.each(['client', 'server'] as const)('the %s', (kind) => {
  test.each([
    ['CONNECT', PROXY],
    ['behind the proxy', HTTPS],
    ['PostgreSQL', POSTGRESQL_PORT],
    ['MariaDB', MARIADB_PORT],
  ])('%s: the connection is TLS, with its handshake', (what, port) => {
    const found = tls(port, kind);
    expect(found).toHaveLength(1);
    expect(found[0]?.attributes).toMatchObject({
      'sonde.protocol': 'tls',
      'tls.established': true,
      'tls.protocol.version': '1.3',
      'tls.cipher': expect.stringMatching(/^TLS_/),
      // psql closes with the server's farewell unread, if that is quick: a reset.
      'sonde.connection.end': what === 'PostgreSQL' ? expect.stringMatching(/^(finished|reset)$/) : 'finished',
      ...(what === 'MariaDB' ? {} : { 'server.address': 'localhost' }),
    });
    expect(Number(found[0]?.attributes['sonde.connection.sent'])).toBeGreaterThan(300);
    expect(Number(found[0]?.attributes['sonde.connection.received'])).toBeGreaterThan(300);
  });

  test('what is said in the clear is told as before', () => {
    expect(tally(spans, kind)).toMatchObject({ CONNECT: 1, SELECT: 2, TLS: 4 });
  });
});
