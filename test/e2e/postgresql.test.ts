import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { timed } from '../support/cpu.ts';
import {
  type Database,
  type DatabaseScene,
  earlyClient,
  evidence,
  lost,
  PASSWORD,
  POSTGRESQL,
  postgresql,
  tally,
  VERBOSE,
  withDatabase,
} from '../support/databases.ts';
import { Netns } from '../support/netns.ts';
import type { Point, Span } from '../support/otlp.ts';
import { program } from '../support/paths.ts';
import type { Sonde } from '../support/sonde.ts';

let netns: Netns;
let sonde: Sonde;
let spans: Span[] = [];
let points: Point[] = [];
/** For a CPU, seconds. */
let waited = 0;
/** All output. */
let told = '';

const ADDRESS = 'host=127.0.0.1 port=5432 user=postgres dbname=postgres sslmode=prefer';
const SQL = `CREATE TABLE items(id int PRIMARY KEY, name text);
INSERT INTO items VALUES (1, 'hunterone'), (2, $$huntertwo$$);
SELECT name FROM items WHERE name IN ('hunterone', 'huntertwo');
SELECT nosuch FROM items;
COPY items TO STDOUT;
COPY items FROM STDIN;
7	hunterseven
\\.
DO $x$ BEGIN RAISE NOTICE 'hunter'; END $x$;
`;

async function clients({ run, directory }: Database): Promise<void> {
  const psql = (...args: string[]): Promise<string> => run(`${POSTGRESQL}/psql`, '-X', '-q', ...args);
  // No password yet, over the Unix socket.
  await psql('-h', directory, '-U', 'postgres', '-c', `ALTER USER postgres PASSWORD '${PASSWORD}'`);
  writeFileSync(join(directory, 'all.sql'), SQL);
  await psql('-d', `${ADDRESS} password=${PASSWORD}`, '-f', join(directory, 'all.sql'));
  // One string is one Query message.
  await psql('-d', `${ADDRESS} password=${PASSWORD}`, '-c', "SELECT 1; SELECT 'hunter'");
  await psql('-d', `${ADDRESS} password=wrong${PASSWORD}`, '-c', 'SELECT 1').catch(() => undefined);
  const spare = 'CREATE TABLE spare(id int, name text)';
  const copies = [`\\copy items TO '${directory}/items.tsv'`, spare, `\\copy spare FROM '${directory}/items.tsv'`];
  await psql('-d', `${ADDRESS} password=${PASSWORD}`, ...copies.flatMap((copy) => ['-c', copy]));
  writeFileSync(
    join(directory, 'bench.sql'),
    "SELECT abs(id) FROM items WHERE id = :client_id AND name <> 'hunter';\n",
  );
  for (const mode of ['simple', 'extended', 'prepared']) {
    await run(
      'env',
      ...[
        `PGPASSWORD=${PASSWORD}`,
        `${POSTGRESQL}/pgbench`,
        '-h',
        '127.0.0.1',
        '-U',
        'postgres',
        '-n',
        '-c',
        '3',
        '-t',
        '100',
      ],
      ...['-M', mode, '-f', join(directory, 'bench.sql'), 'postgres'],
    );
  }
  await run('/usr/bin/python3', program('postgresql_client.py'), `${ADDRESS} password=${PASSWORD}`);
  await run('node', program('pg_client.mjs'), `postgres://postgres:${PASSWORD}@127.0.0.1:5432/postgres`);
}

beforeAll(async () => {
  netns = new Netns();
  let goOn = async (): Promise<void> => undefined;
  const before = async ({ directory }: Database): Promise<void> => {
    goOn = await earlyClient(netns, 'postgresql', `host=${directory} user=postgres dbname=postgres`);
  };
  const work = async (scene: DatabaseScene): Promise<void> => {
    await goOn();
    waited = (await timed(() => clients(scene.database))).waited;
    ({ told, spans, points } = await evidence(scene));
  };
  sonde = await withDatabase(netns, postgresql, work, VERBOSE, before);
});

afterAll(async () => {
  sonde?.clean();
  await netns.delete();
});

const of = (kind: Span['kind'], name: string): Span[] =>
  spans.filter((span) => span.kind === kind && span.name === name);

test.each(['server', 'client'] as const)('every query is one %s span', (kind) => {
  const { 'SELECT items': selects, ...rest } = tally(spans, kind);
  // psql's two, three pgbenches, psycopg's 5 + 500, two of a pipeline with an error, the one that is cancelled.
  expect(selects).toBe(2 + 3 * 300 + 5 + 500 + 2 + 1);
  const { BEGIN: begun, COMMIT: committed, ...others } = rest;
  expect(begun).toBe(committed);
  expect(others).toEqual({
    'ALTER USER postgres': 1,
    'CREATE TABLE items': 1,
    'CREATE TABLE spare': 1,
    'INSERT items': 1,
    'COPY items': 5,
    'COPY spare': 1,
    DO: 1,
    'SELECT SELECT': 1,
    // pg_sleep, one in the pipeline, a division by zero.
    SELECT: 3,
    'UPDATE items': 1,
    'CREATE TABLE orders': 1,
    'INSERT orders': 50,
    // 50 of each kind, a portal in three parts, one of no such column, one with escapes, 100 of the pool.
    'SELECT orders': 100 + 3 + 1 + 1 + 100,
    'PREPARE UPDATE orders': 1,
    // EXECUTE of what was prepared, and of what no longer is.
    'UPDATE orders': 1,
    EXECUTE: 1,
    DEALLOCATE: 1,
    // The client that was there before.
    postgresql: 20,
    'SELECT pg_class': 20,
    SET: 1,
  });
});

test('both ends tell the same, and nothing was dropped or given up', () => {
  expect(tally(spans, 'client')).toEqual(tally(spans, 'server'));
  expect(spans.filter(({ kind }) => kind === 'other')).toEqual([]);
  // What was prepared before Sonde came has no text.
  const partial = spans.filter(({ attributes }) => attributes['sonde.partial'] !== undefined);
  expect(partial.map(({ name }) => name)).toEqual(Array.from({ length: 40 }, () => 'postgresql'));
  for (const { attributes } of partial) {
    expect(attributes).toMatchObject({ 'sonde.partial': ['db.request'], 'db.response.returned_rows': 1 });
    expect(attributes).not.toHaveProperty(['db.query.text']);
  }
  expect(lost(points)).toEqual([]);
});

test.each(['server', 'client'] as const)('what a %s span says', (kind) => {
  const [first] = of(kind, 'SELECT items').filter(({ attributes }) => attributes['db.response.returned_rows'] === 2);
  expect(first?.attributes).toMatchObject({
    'db.system.name': 'postgresql',
    'db.operation.name': 'SELECT',
    'db.collection.name': 'items',
    'db.namespace': 'postgres',
    'db.query.summary': 'SELECT items',
    'db.query.text': 'SELECT name FROM items WHERE name IN (?);',
    'server.address': '127.0.0.1',
    'server.port': 5432,
  });
  const failed = of(kind, 'SELECT items').filter(({ attributes }) => attributes['error.type'] === '42703');
  expect(failed).toHaveLength(2);
  expect(failed[0]).toMatchObject({ status: { code: 2 }, attributes: { 'db.response.status_code': '42703' } });
  expect(of(kind, 'SELECT SELECT')[0]?.attributes).toMatchObject({ 'db.operation.batch.size': 2 });
  const traced = of(kind, 'UPDATE items');
  expect(traced.map(({ traceId, parentSpanId }) => ({ traceId, parentSpanId }))).toEqual([
    { traceId: '0af7651916cd43dd8448eb211c80319c', parentSpanId: 'b7ad6b7169203331' },
  ]);
  const [slow] = of(kind, 'SELECT').filter(({ seconds }) => seconds > 0.1);
  expect(slow?.seconds).toBeLessThan(0.4 + waited);
});

test.each(['server', 'client'] as const)('db.%s.operation.duration counts them', (kind) => {
  const name = `db.${kind}.operation.duration`;
  const total = points.filter(({ metric }) => metric === name).reduce((sum, { count }) => sum + (count ?? 0), 0);
  expect(total).toBe(spans.filter((span) => span.kind === kind).length);
});

test.each(['server', 'client'] as const)('rows, errors and durations of %s spans', (kind) => {
  const errors = spans
    .filter((span) => span.kind === kind && span.attributes['error.type'] !== undefined)
    .map(({ name, attributes }) => `${name} ${String(attributes['error.type'])}`);
  expect(errors.sort()).toEqual([
    'EXECUTE 26000',
    'SELECT 22012',
    // psql, and the pipeline of psycopg.
    'SELECT items 42703',
    'SELECT items 42703',
    'SELECT items 57014',
    'SELECT items pipeline_aborted',
    'SELECT orders 42703',
  ]);
  const portal = of(kind, 'SELECT orders').filter(({ attributes }) =>
    String(attributes['db.query.text']).endsWith('id >= $1'),
  );
  expect(portal.map(({ attributes }) => attributes['db.response.returned_rows'])).toEqual([20, 20, 10]);
  const [cancelled] = of(kind, 'SELECT items').filter(({ attributes }) => attributes['error.type'] === '57014');
  expect(cancelled?.seconds).toBeGreaterThan(0.1);
  expect(cancelled?.seconds).toBeLessThan(2 + waited);
  const escaped = of(kind, 'SELECT orders').map(({ attributes }) => attributes['db.query.text']);
  expect(escaped).toContain('SELECT ?, id FROM orders WHERE id = ?');
});

test('no literal, parameter, row or password leaves, at the log level debug either', () => {
  expect(told.length).toBeGreaterThan(1_000_000);
  expect(told).not.toMatch(/hunter/i);
});
