import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { timed } from '../support/cpu.ts';
import { type Database, evidence, lost, mariadb, PASSWORD, tally, withDatabase } from '../support/databases.ts';
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

const LOGIN = ['--no-defaults', '-h', '127.0.0.1', '-u', 'me', `-p${PASSWORD}`, '--skip-ssl'];

async function clients({ run, directory }: Database): Promise<void> {
  const root = ['--no-defaults', '-S', join(directory, 'mysql.sock'), '-u', 'root'];
  await run('mariadb', ...root, '-e', 'CREATE DATABASE shop');
  await run('mariadb', ...root, '-e', `CREATE USER me@127.0.0.1 IDENTIFIED BY '${PASSWORD}'`);
  await run('mariadb', ...root, '-e', 'GRANT ALL ON *.* TO me@127.0.0.1');
  writeFileSync(join(directory, 'file.tsv'), '7\thunterseven\n8\thuntereight\n');
  const sql = `USE shop;
CREATE TABLE items(id int PRIMARY KEY, name longtext);
INSERT INTO items VALUES (1, 'hunterone'), (2, "huntertwo");
SELECT name FROM items WHERE name IN ('hunterone', "huntertwo");
SELECT nosuch FROM items;
LOAD DATA LOCAL INFILE '${directory}/file.tsv' INTO TABLE items;
DELIMITER //
CREATE PROCEDURE two() BEGIN SELECT 'hunter'; SELECT 2; END//
DELIMITER ;
CALL two();
`;
  writeFileSync(join(directory, 'all.sql'), sql);
  await run('sh', '-c', `mariadb ${LOGIN.join(' ')} --local-infile=1 --force < ${directory}/all.sql`);
  await run('mariadb', ...LOGIN, '-D', 'nosuch', '-e', 'SELECT 1').catch(() => undefined);
  // Compressed: nothing of it is told.
  await run('mariadb', ...LOGIN, '--compress', '-D', 'shop', '-e', "SELECT 'hunter' FROM compressed").catch(
    () => undefined,
  );
  await run('/usr/bin/python3', program('mysql_client.py'), PASSWORD);
  await run('node', program('mysql2_client.mjs'), PASSWORD);
}

beforeAll(async () => {
  netns = new Netns();
  sonde = await withDatabase(netns, mariadb, async (scene) => {
    waited = (await timed(() => clients(scene.database))).waited;
    ({ told, spans, points } = await evidence(scene));
  });
});

afterAll(async () => {
  sonde?.clean();
  await netns.delete();
});

const LARGE = 'SELECT name FROM items WHERE id = ?';
const isPartial = ({ attributes }: Span): boolean => attributes['sonde.partial'] !== undefined;
const of = (kind: Span['kind'], name: string): Span[] =>
  spans.filter((span) => span.kind === kind && span.name === name);

test.each(['server', 'client'] as const)('every query is one %s span', (kind) => {
  const { SELECT: plain = 0, ...named } = tally(spans, kind);
  expect(plain).toBeGreaterThan(0);
  expect(named).toMatchObject({
    'CREATE DATABASE shop': 1,
    'CREATE USER me': 1,
    'CREATE TABLE items': 1,
    'CREATE PROCEDURE two': 1,
    // The mariadb client's and mysql2's.
    'CALL two': 2,
    PING: 2,
    // The client's five values, and one of 17 MiB.
    'INSERT items': 2,
    LOAD: 1,
    'SELECT SELECT UPDATE items': 1,
    // The mariadb client's two, PyMySQL's 300, the prepared 100, the one of 17 MiB.
    'SELECT items': 2 + 300 + 100 + 1,
    'CREATE TABLE orders': 1,
    'INSERT orders': 50,
    // 50 that are prepared, two of no such column, one without escapes, one of another user, 100 of the pool.
    'SELECT orders': 50 + 2 + 1 + 1 + 100,
    'SELECT SELECT orders DELETE orders': 1,
  });
  expect(named).not.toHaveProperty('SELECT compressed');
});

test('both ends tell the same', () => {
  expect(tally(spans, 'client')).toEqual(tally(spans, 'server'));
  expect(spans.filter(({ kind }) => kind === 'other')).toEqual([]);
  expect(spans.filter(isPartial).filter(({ attributes }) => attributes['db.query.text'] !== LARGE)).toEqual([]);
});

// Of an answer of 17 MiB not all is copied. Where it ends may be among what is not: then it is told as not seen, and what
// is copied before the next answer, if anything is, is one run.
test('the large answer is told whole or as not seen, and nothing else was dropped or given up', () => {
  const large = spans.filter(
    ({ attributes }) => attributes['db.query.text'] === LARGE && attributes['error.type'] === undefined,
  );
  const unseen = large.filter(isPartial);
  for (const { attributes } of unseen) {
    expect(attributes).toMatchObject({ 'sonde.partial': ['db.response'] });
    expect(attributes).not.toHaveProperty(['db.response.returned_rows']);
  }
  const runs = unseen.map((_, index) => [`sonde.tap.rejects mysql unsynchronised ${index + 1}`]);
  expect([[], ...runs]).toContainEqual(lost(points));
});

test.each(['server', 'client'] as const)('what a %s span says', (kind) => {
  const [first] = of(kind, 'SELECT items').filter(({ attributes }) => attributes['db.response.returned_rows'] === 2);
  expect(first?.attributes).toMatchObject({
    'db.system.name': 'mariadb',
    'db.operation.name': 'SELECT',
    'db.collection.name': 'items',
    'db.namespace': 'shop',
    'db.query.text': 'SELECT name FROM items WHERE name IN (?)',
    'server.address': '127.0.0.1',
    'server.port': 3306,
  });
  const failed = of(kind, 'SELECT items').filter(({ attributes }) => attributes['error.type'] !== undefined);
  expect(failed).toHaveLength(1);
  expect(failed[0]).toMatchObject({ status: { code: 2 }, attributes: { 'db.response.status_code': '1054' } });
  const texts = new Set(of(kind, 'SELECT items').map(({ attributes }) => attributes['db.query.text']));
  expect(texts).toContain('SELECT id FROM items WHERE id = ? AND name <> ?');
  expect(of(kind, 'CALL two').map(({ attributes }) => attributes['db.response.returned_rows'])).toEqual([2, 2]);
  const errors = of(kind, 'SELECT orders').flatMap(({ attributes }) => attributes['error.type'] ?? []);
  // As text, and when it was prepared.
  expect(errors).toEqual(['1054', '1054']);
  const orders = of(kind, 'SELECT orders').map(({ attributes }) => attributes['db.query.text']);
  expect(orders).toContain('SELECT id, ? FROM orders WHERE buyer <> ?');
  expect(of(kind, 'SELECT SELECT UPDATE items')[0]?.attributes['db.operation.batch.size']).toBe(3);
  const [slow] = of(kind, 'SELECT').filter(({ seconds }) => seconds > 0.1);
  expect(slow?.seconds).toBeLessThan(0.4 + waited);
});

test.each(['server', 'client'] as const)('db.%s.operation.duration counts them', (kind) => {
  const name = `db.${kind}.operation.duration`;
  const total = points.filter(({ metric }) => metric === name).reduce((sum, { count }) => sum + (count ?? 0), 0);
  expect(total).toBe(spans.filter((span) => span.kind === kind && !isPartial(span)).length);
});

test('no literal, parameter, row or password leaves, at the log level debug either', () => {
  expect(told.length).toBeGreaterThan(1_000_000);
  expect(told).not.toMatch(/hunter/i);
});
