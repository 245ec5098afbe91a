// Traffic that changes how what follows is read: a mistake there gives each answer to another call.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type DatabaseScene,
  evidence,
  lost,
  mariadb,
  PASSWORD,
  POSTGRESQL,
  postgresql,
  redis,
  withDatabase,
} from '../support/databases.ts';
import { Netns } from '../support/netns.ts';
import type { Point, Span } from '../support/otlp.ts';
import { program } from '../support/paths.ts';
import type { Sonde } from '../support/sonde.ts';

const KINDS = ['server', 'client'] as const;
const ADDRESS = `host=127.0.0.1 port=5432 user=postgres dbname=postgres sslmode=disable password=${PASSWORD}`;
const ROOT_SQL = `CREATE DATABASE modes; CREATE USER me@127.0.0.1 IDENTIFIED BY '${PASSWORD}';
GRANT ALL ON *.* TO me@127.0.0.1;`;

let netns: Netns;
let sonde: Sonde;
let spans: Span[] = [];
let points: Point[] = [];
/** All output. */
let told = '';
const directories: string[] = [];

async function clients({ database: { run } }: DatabaseScene, postgres: string, maria: string): Promise<void> {
  await run('/usr/bin/python3', program('redis_modes.py'));
  await run('/usr/bin/python3', program('postgresql_modes.py'), ADDRESS);
  writeFileSync(join(postgres, 'object'), 'hunter');
  await run(`${POSTGRESQL}/psql`, '-X', '-d', ADDRESS, '-c', `\\lo_import ${join(postgres, 'object')}`);
  const backup = ['-D', join(postgres, 'backup'), '-X', 'stream', '-c', 'fast', '--no-sync'];
  await run(`${POSTGRESQL}/pg_basebackup`, '-d', ADDRESS, ...backup);
  await run('mariadb', '--no-defaults', '-S', join(maria, 'mysql.sock'), '-u', 'root', '-e', ROOT_SQL);
  await run('/usr/bin/python3', program('mysql_modes.py'), PASSWORD);
  const login = ['--no-defaults', '-h', '127.0.0.1', '-u', 'me', `-p${PASSWORD}`, '--skip-ssl'];
  await run('mariadb-binlog', ...login, '-R', '-r', join(maria, 'log'), '--to-last-log', 'binlog.000001');
}

beforeAll(async () => {
  netns = new Netns();
  const before = async (): Promise<void> => {
    directories.push((await postgresql(netns)).directory);
    directories.push((await mariadb(netns, ['--log-bin=binlog', '--server-id=1'])).directory);
  };
  const work = async (scene: DatabaseScene): Promise<void> => {
    const [postgres = '', maria = ''] = directories;
    await clients(scene, postgres, maria);
    ({ told, spans, points } = await evidence(scene));
  };
  sonde = await withDatabase(netns, redis, work, undefined, before);
});

afterAll(async () => {
  sonde?.clean();
  await netns.delete();
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** Asked again until something has happened. */
const REPEATED = new Set(['CLIENT UNBLOCK', 'SELECT information_schema.processlist']);

/** `SELECT items =2 x3 !42703`: rows, statements, error. */
const line = ({ name, attributes: of }: Span): string =>
  [
    name,
    ...(of['db.response.returned_rows'] === undefined ? [] : [`=${String(of['db.response.returned_rows'])}`]),
    ...(of['db.operation.batch.size'] === undefined ? [] : [`x${String(of['db.operation.batch.size'])}`]),
    ...(of['error.type'] === undefined ? [] : [`!${String(of['error.type'])}`]),
  ].join(' ');

/** What each connection of a system said, in the order of their beginnings. */
function conversations(kind: Span['kind'], system: string): string[][] {
  const key = kind === 'client' ? 'network.local.port' : 'network.peer.port';
  const byPort = new Map<unknown, Span[]>();
  const wanted = spans.filter(
    (span) => span.kind === kind && span.attributes['db.system.name'] === system && !REPEATED.has(span.name),
  );
  for (const span of wanted.sort((a, b) => Number(a.start - b.start))) {
    const port = span.attributes[key];
    byPort.set(port, [...(byPort.get(port) ?? []), span]);
  }
  return [...byPort.values()].map((each) => each.map(line));
}

const calls = (text: string): string[] => text.trim().split(/,\s+/);

const REDIS = [
  calls(`CLIENT ID, SUBSCRIBE, PING, PSUBSCRIBE, SSUBSCRIBE, GET !ERR,
    PUNSUBSCRIBE, UNSUBSCRIBE, SUNSUBSCRIBE, UNSUBSCRIBE, GET,
    HELLO, CLIENT TRACKING, RPUSH, SUBSCRIBE, LRANGE, LRANGE, PING, UNSUBSCRIBE, LRANGE,
    SELECT, INCR, RESET, INCR, MULTI, SELECT, DISCARD, INCRBY,
    MULTI, SET !ERR, INCR, EXEC !EXECABORT, MULTI, INCR, ECHO, EXEC x2 !ERR, WATCH, MULTI, EXEC,
    XREAD, BLMOVE !UNBLOCKED, SCRIPT LOAD, EVALSHA, EVALSHA !NOSCRIPT, FUNCTION LOAD, FCALL, HELLO, SET !NOPERM, HELLO`),
  calls(`CLIENT TRACKING, SET, GET, SET, PUBLISH, SPUBLISH, CLIENT TRACKING, RPUSH, PUBLISH, SET,
    CLIENT REPLY, SET, STRLEN, CLIENT REPLY, APPEND, SELECT, APPEND, CLIENT REPLY, STRLEN, CLIENT REPLY, APPEND, RESET,
    STRLEN, ACL SETUSER, AUTH !WRONGPASS, CONFIG SET, OBJECT !ERR, CONFIG !ERR, CONFIG SET, WAIT, MIGRATE !ERR,
    CONFIG SET, QUIT`),
  // The replica's, and that of MIGRATE.
  calls('PING !NOAUTH, AUTH, REPLCONF, REPLCONF, PSYNC'),
  calls('AUTH !ERR, SELECT, RESTORE !READONLY'),
];

const POSTGRES = [
  calls(`CREATE TABLE stock SELECT, INSERT stock =2, SHOW =1, BEGIN, DECLARE SELECT stock, FETCH =7, MOVE, FETCH =22,
    FETCH =0, CLOSE, COMMIT, PREPARE SELECT stock, SELECT stock =30, SELECT stock SELECT SELECT =32 !22P02,
    SELECT stock SELECT stock =5 x2, postgresql, LISTEN, SET, SET, SET, SET, UNLISTEN, CREATE TABLE copied,
    COPY copied, SELECT copied =2, COPY copied, SELECT copied =4,
    COPY copied !22P02, SELECT copied =4, COPY copied !22P02, SELECT copied =4,
    COPY copied !57014, SELECT copied =4, COPY copied !57014, SELECT copied =4, COPY nosuch !42P01, COPY copied,
    SELECT =1, SELECT !22P02, SELECT stock !pipeline_aborted, SELECT =1, SELECT !57P01`),
  calls('NOTIFY, NOTIFY, NOTIFY, SELECT =1'),
  // A timeout of a statement, and of a connection that asks nothing.
  calls('SELECT !57014'),
  calls('SET'),
];

const MARIADB = [
  calls('CREATE DATABASE modes, CREATE USER me, GRANT'),
  calls(`SET, CREATE DATABASE other, CREATE TABLE other.kept, CREATE TABLE stock, INSERT stock SELECT seq_1_to_30,
    INSERT stock =2, PREPARE, SET, SELECT stock =30, SELECT stock =2, DEALLOCATE, EXECUTE !1243,
    CREATE PROCEDURE several, CALL several =4, SELECT stock SELECT stock SELECT =32 !1054, SELECT UPDATE stock SELECT =2 x3,
    SELECT stock =0, STMT_FETCH =8, STMT_FETCH =8, STMT_FETCH =4, STMT_RESET, INSERT stock, INSERT stock,
    RESET_CONNECTION, USE other, SELECT other.kept =0`),
  calls('SET, KILL, KILL, LOAD !4166'),
  calls('SET, SELECT !1317, SELECT stock =32'),
  calls('SET, LOAD, SELECT stock =32'),
];

describe.each(KINDS)('%s spans', (kind) => {
  test('Redis: channels, the client-side cache, transactions, CLIENT REPLY, RESET, passwords, a replica', () => {
    expect(conversations(kind, 'redis')).toEqual(REDIS);
  });

  test('PostgreSQL: cursors, notifications, copies that fail, pipelines, what the server ends, functions', () => {
    // What psql asks before it calls functions is its own.
    const [last = [], ...others] = conversations(kind, 'postgresql').reverse();
    expect(others.reverse()).toEqual(POSTGRES);
    expect(last.filter((name) => name.startsWith('FUNCTION_CALL'))).toEqual(Array(4).fill('FUNCTION_CALL'));
  });

  test('MariaDB: SQL’s own preparation, procedures, cursors, rows of parameters, what is refused or killed', () => {
    // What comes behind is what mariadb-binlog asks before the log.
    expect(conversations(kind, 'mariadb').slice(0, MARIADB.length)).toEqual(MARIADB);
  });

  test('namespaces follow RESET, transactions and USE', () => {
    const of = (name: string): unknown[] =>
      spans
        .filter((span) => span.kind === kind && span.name === name)
        .map(({ attributes }) => attributes['db.namespace']);
    expect(of('INCRBY')).toEqual(['0']);
    expect(of('DISCARD')).toEqual(['0']);
    expect(of('STRLEN')).toEqual(['0', '4', '4']);
    expect(of('SELECT other.kept')).toEqual(['other']);
  });

  test('what waits takes its time', () => {
    const seconds = (name: string, error?: string): number[] =>
      spans
        .filter((span) => span.kind === kind && span.name === name && span.attributes['error.type'] === error)
        .map((span) => span.seconds);
    expect(seconds('XREAD')[0]).toBeGreaterThan(0.015);
    expect(seconds('SELECT', '57014')[0]).toBeGreaterThan(0.025);
  });

  test('each has all that there is to know', () => {
    const partial = spans.filter((span) => span.kind === kind && span.attributes['sonde.partial'] !== undefined);
    expect(partial.map(line)).toEqual([]);
  });
});

test('nothing was dropped or given up', () => {
  expect(lost(points)).toEqual([]);
  expect(spans.filter(({ kind }) => kind === 'other')).toEqual([]);
});

test('no key, value, channel, script or password leaves, at the log level debug either', () => {
  expect(told.length).toBeGreaterThan(100_000);
  expect(told).not.toMatch(/hunter/i);
});
