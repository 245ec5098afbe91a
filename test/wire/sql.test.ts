import { expect, test } from '@jest/globals';
import { analyseSql, type SqlDialect } from '../../src/wire/sql.ts';
import { fc } from '../support/property.ts';

const P = 'postgresql';
const M = 'mysql';

test.each([
  [
    P,
    "SELECT * FROM items WHERE name = 'it''s' AND n = 42",
    'SELECT * FROM items WHERE name = ? AND n = ?',
    'SELECT items',
  ],
  [P, "select a from t where b=E'x\\'secret' and c=1.5e-3", 'select a from t where b=? and c=?', 'SELECT t'],
  [P, 'SELECT $$secret$$, $q$ $$secret $q$', 'SELECT ?, ?', 'SELECT'],
  [P, 'SELECT "Name" FROM "My Table" WHERE a = $1', 'SELECT "Name" FROM "My Table" WHERE a = $1', 'SELECT My Table'],
  [P, "SELECT B'101', X'ff', N'secret', U&'secret'", 'SELECT ?, ?, ?, ?', 'SELECT'],
  [P, 'SELECT 1 -- secret\n, 2 /* secret /* secret */ secret */', 'SELECT ?, ?', 'SELECT'],
  [P, 'SELECT a FROM t WHERE id IN (1, 2,3 , 4)', 'SELECT a FROM t WHERE id IN (?)', 'SELECT t'],
  [
    P,
    "INSERT INTO s.items(id,n) VALUES (1,'a'), (2,'b'),(3,'c')",
    'INSERT INTO s.items(id,n) VALUES (?)',
    'INSERT s.items',
  ],
  [P, 'UPDATE items SET a = -5 WHERE b', 'UPDATE items SET a = -? WHERE b', 'UPDATE items'],
  [P, 'DELETE FROM ONLY items', 'DELETE FROM ONLY items', 'DELETE items'],
  [P, 'SELECT * FROM songs, artists', 'SELECT * FROM songs, artists', 'SELECT songs artists'],
  [P, 'SELECT a FROM b JOIN c ON b.x=c.x LEFT JOIN d USING (x)', undefined, 'SELECT b c d'],
  [
    P,
    'SELECT x FROM (SELECT * FROM orders o JOIN customers c ON o.i = c.i)',
    undefined,
    'SELECT SELECT orders customers',
  ],
  [P, 'INSERT INTO a SELECT * FROM b', undefined, 'INSERT a SELECT b'],
  [P, 'WITH x AS (SELECT 1 FROM y) SELECT * FROM x', undefined, 'SELECT y SELECT x'],
  [P, 'SELECT extract(year from d), substring(a from 2) FROM t FOR UPDATE', undefined, 'SELECT t'],
  [P, 'SELECT * FROM generate_series(1, 10)', undefined, 'SELECT'],
  [P, 'INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 2', undefined, 'INSERT t'],
  [P, 'CREATE TABLE IF NOT EXISTS a.b (id int)', undefined, 'CREATE TABLE a.b'],
  [P, 'create unique index i on t (a)', undefined, 'CREATE INDEX i'],
  [P, 'TRUNCATE TABLE t', undefined, 'TRUNCATE t'],
  [P, 'COPY items FROM STDIN', undefined, 'COPY items'],
  [P, 'BEGIN', 'BEGIN', 'BEGIN'],
  [P, 'BEGIN; SELECT 1; COMMIT;', 'BEGIN; SELECT ?; COMMIT;', 'BEGIN SELECT COMMIT'],
  [P, 'CALL proc(1)', 'CALL proc(?)', 'CALL proc'],
  [P, "ALTER USER me PASSWORD 'hunter2'", 'ALTER USER me PASSWORD ?', 'ALTER USER me'],
  [P, 'hunter2 x', 'hunter2 x', ''],
  [P, "SELECT 'unfinished secret", 'SELECT ?', 'SELECT'],
  [P, 'SELECT $$unfinished secret', 'SELECT ?', 'SELECT'],
  [P, 'SELECT 1 /* unfinished secret', 'SELECT ?', 'SELECT'],
  [
    M,
    "SELECT `a` FROM `db`.`t` WHERE x = \"secret\" AND y = 'a\\'secret'",
    'SELECT `a` FROM `db`.`t` WHERE x = ? AND y = ?',
    'SELECT db.t',
  ],
  [M, "SELECT _utf8'secret', 0xDEAD # secret\n", 'SELECT ?, ?', 'SELECT'],
  [M, 'INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a=2', undefined, 'INSERT t'],
  [M, 'REPLACE INTO t VALUES (1)', undefined, 'REPLACE t'],
  [M, 'SELECT REPLACE(a, 1, 2) FROM t', undefined, 'SELECT t'],
  [M, 'SELECT 5--3, "a\nsecret"', 'SELECT ?--?, ?', 'SELECT'],
  [M, "SELECT 1--'a\nsecret'", 'SELECT ?--?', 'SELECT'],
  [M, 'SELECT 1 -- secret', 'SELECT ?', 'SELECT'],
  [P, "SELECT E'a'\n  'b\\'secret' FROM t", 'SELECT ? ? FROM t', 'SELECT t'],
  [P, "SELECT E'\ufffd\\'secret' FROM t", 'SELECT ?', 'SELECT'],
  [
    P,
    "SELECT U&'\\0061secret' UESCAPE '!', U&\"d\\0061t\" FROM t",
    'SELECT ? UESCAPE ?, U&"d\\0061t" FROM t',
    'SELECT t',
  ],
  [M, '', '', ''],
] as const)('%s: %s', (dialect, sql, text, summary) => {
  const found = analyseSql(sql, false, dialect);
  if (text !== undefined) expect(found.text).toBe(text);
  expect(found.summary).toBe(summary);
  expect(found.text).not.toMatch(/secret/);
});

/** Text (undefined: as it came), summary, operation and collection. */
test.each<readonly [SqlDialect, string, string | undefined, string, string, string]>([
  [P, 'SELECT * FROM a, f(1, 2), b', 'SELECT * FROM a, f(?), b', 'SELECT a b', 'SELECT', ''],
  [P, 'SELECT (SELECT max(x) FROM y), z FROM w', undefined, 'SELECT SELECT y w', 'SELECT', ''],
  [P, 'SELECT * FROM a WHERE b IN (SELECT c FROM d), e', undefined, 'SELECT a SELECT d', 'SELECT', ''],
  [P, 'SELECT * FROM a.b.c', undefined, 'SELECT a.b.c', 'SELECT', 'a.b.c'],
  [P, 'SELECT * FROM "a"."b"', undefined, 'SELECT a.b', 'SELECT', 'a.b'],
  [P, 'SELECT a.b FROM c', undefined, 'SELECT c', 'SELECT', 'c'],
  [P, 'SELECT * FROM a AS x, b AS y WHERE x.i = y.i', undefined, 'SELECT a b', 'SELECT', ''],
  [P, 'DELETE FROM a USING b WHERE c', undefined, 'DELETE a', 'DELETE', 'a'],
  [P, 'UPDATE a SET b = (SELECT c FROM d)', undefined, 'UPDATE a SELECT d', 'UPDATE', ''],
  [
    P,
    'MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN UPDATE SET y = 1 WHEN NOT MATCHED THEN INSERT VALUES (1)',
    'MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN UPDATE SET y = ? WHEN NOT MATCHED THEN INSERT VALUES (?)',
    'MERGE a UPDATE INSERT',
    'MERGE',
    '',
  ],
  [P, 'EXPLAIN SELECT a FROM b', undefined, 'EXPLAIN SELECT b', 'EXPLAIN', 'b'],
  [P, 'EXPLAIN ANALYZE DELETE FROM b', undefined, 'EXPLAIN DELETE b', 'EXPLAIN', 'b'],
  [P, 'CREATE TEMPORARY TABLE IF NOT EXISTS x (a int)', undefined, 'CREATE TABLE x', 'CREATE', 'x'],
  [
    P,
    'CREATE OR REPLACE FUNCTION f() RETURNS int AS $$ SELECT 1 FROM t $$',
    'CREATE OR REPLACE FUNCTION f() RETURNS int AS ?',
    'CREATE FUNCTION f',
    'CREATE',
    'f',
  ],
  [
    M,
    'CREATE PROCEDURE p() BEGIN SELECT 1 FROM t; END',
    'CREATE PROCEDURE p() BEGIN SELECT ? FROM t; END',
    'CREATE PROCEDURE p',
    'CREATE',
    'p',
  ],
  [
    M,
    'CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET a = 1',
    'CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET a = ?',
    'CREATE TRIGGER g',
    'CREATE',
    'g',
  ],
  [P, 'DROP VIEW v', undefined, 'DROP VIEW v', 'DROP', 'v'],
  [P, 'CREATE INDEX CONCURRENTLY i ON t (a)', undefined, 'CREATE INDEX i', 'CREATE', 'i'],
  [P, 'DROP DATABASE IF EXISTS d', undefined, 'DROP DATABASE d', 'DROP', 'd'],
  [
    P,
    'WITH RECURSIVE r AS (SELECT 1) DELETE FROM r',
    'WITH RECURSIVE r AS (SELECT ?) DELETE FROM r',
    'SELECT DELETE r',
    'SELECT',
    '',
  ],
  [P, 'SELECT 1; SELECT a FROM b', 'SELECT ?; SELECT a FROM b', 'SELECT SELECT b', 'SELECT', ''],
  [P, 'SELECT a FROM b; UPDATE c SET d = 1', 'SELECT a FROM b; UPDATE c SET d = ?', 'SELECT b UPDATE c', 'SELECT', ''],
  [P, '(SELECT a FROM b)', undefined, 'SELECT b', 'SELECT', 'b'],
  [P, '(SELECT a FROM b) UNION (SELECT c FROM d)', undefined, 'SELECT b SELECT d', 'SELECT', ''],
  [P, 'SELECT a FROM b UNION SELECT c FROM b', undefined, 'SELECT b SELECT b', 'SELECT', ''],
  [
    P,
    'SELECT * FROM a CROSS JOIN LATERAL (SELECT 1) x JOIN c ON true',
    'SELECT * FROM a CROSS JOIN LATERAL (SELECT ?) x JOIN c ON true',
    'SELECT a SELECT c',
    'SELECT',
    '',
  ],
  [P, 'SELECT * FROM a JOIN f(1) ON true', 'SELECT * FROM a JOIN f(?) ON true', 'SELECT a', 'SELECT', 'a'],
  [P, 'INSERT INTO a DEFAULT VALUES', undefined, 'INSERT a', 'INSERT', 'a'],
  [P, 'INSERT INTO a (b) SELECT c FROM d ON CONFLICT DO NOTHING', undefined, 'INSERT a SELECT d', 'INSERT', ''],
  [P, 'SELECT a FROM b FOR NO KEY UPDATE', undefined, 'SELECT b', 'SELECT', 'b'],
  [P, 'LOCK TABLE a', undefined, 'LOCK', 'LOCK', ''],
  [P, 'TABLE a', undefined, 'TABLE a', 'TABLE', 'a'],
  [P, 'VALUES (1, 2)', 'VALUES (?)', 'VALUES', 'VALUES', ''],
  [M, 'USE shop', undefined, 'USE shop', 'USE', 'shop'],
  [M, 'INSERT IGNORE INTO t (a) VALUES (1)', 'INSERT IGNORE INTO t (a) VALUES (?)', 'INSERT t', 'INSERT', 't'],
  [M, 'DELETE QUICK FROM t', undefined, 'DELETE t', 'DELETE', 't'],
  [M, 'UPDATE LOW_PRIORITY t SET a = 1', 'UPDATE LOW_PRIORITY t SET a = ?', 'UPDATE t', 'UPDATE', 't'],
  [M, 'SHOW TABLES FROM d', undefined, 'SHOW', 'SHOW', ''],
  [M, 'CALL p()', undefined, 'CALL p', 'CALL', ''],
  [M, 'CALL d.p(1); SELECT 1 FROM t', 'CALL d.p(?); SELECT ? FROM t', 'CALL d.p SELECT t', 'CALL', ''],
  [M, 'SET @a = 1', 'SET @a = ?', 'SET', 'SET', ''],
  [M, 'TRUNCATE a', undefined, 'TRUNCATE a', 'TRUNCATE', 'a'],
  [P, 'SELECT * FROM t1, t1', undefined, 'SELECT t1 t1', 'SELECT', 't1'],
  [
    P,
    'SELECT a FROM b WHERE EXISTS (SELECT 1 FROM c WHERE d IN (SELECT e FROM f))',
    'SELECT a FROM b WHERE EXISTS (SELECT ? FROM c WHERE d IN (SELECT e FROM f))',
    'SELECT b SELECT c SELECT f',
    'SELECT',
    '',
  ],
  [P, 'SELECT * FROM a LEFT JOIN b USING (c), d', undefined, 'SELECT a b', 'SELECT', ''],
  [P, 'SELECT *FROM a', undefined, 'SELECT a', 'SELECT', 'a'],
  [P, 'COPY a (b, c) TO STDOUT', undefined, 'COPY a', 'COPY', 'a'],
  [P, 'COPY (SELECT a FROM b) TO STDOUT', undefined, 'COPY SELECT b', 'COPY', ''],
  [P, 'PREPARE p AS SELECT a FROM b', undefined, 'PREPARE SELECT b', 'PREPARE', ''],
  [P, 'DECLARE c CURSOR FOR SELECT a FROM b', undefined, 'DECLARE', 'DECLARE', ''],
  [
    P,
    'SELECT count(*) FROM a GROUP BY b HAVING count(*) > 1 ORDER BY c LIMIT 5',
    'SELECT count(*) FROM a GROUP BY b HAVING count(*) > ? ORDER BY c LIMIT ?',
    'SELECT a',
    'SELECT',
    'a',
  ],
  [
    P,
    "SELECT 'x' FROM a WHERE b IS DISTINCT FROM c",
    'SELECT ? FROM a WHERE b IS DISTINCT FROM c',
    'SELECT a',
    'SELECT',
    'a',
  ],
  [
    P,
    'SELECT a."b" FROM "c"."d" JOIN e."f" ON 1',
    'SELECT a."b" FROM "c"."d" JOIN e."f" ON ?',
    'SELECT c.d e.f',
    'SELECT',
    '',
  ],
  [P, 'SELECT * FROM a . b', undefined, 'SELECT a.b', 'SELECT', 'a.b'],
  [P, 'ALTER TABLE ONLY a ADD COLUMN b int', undefined, 'ALTER TABLE a', 'ALTER', 'a'],
  [M, 'REPLACE INTO `a`.`b` SET c = 1', 'REPLACE INTO `a`.`b` SET c = ?', 'REPLACE a.b', 'REPLACE', 'a.b'],
  [M, 'SELECT * FROM a STRAIGHT_JOIN b', undefined, 'SELECT a', 'SELECT', 'a'],
  [M, 'INSERT INTO a SELECT * FROM b, c', undefined, 'INSERT a SELECT b c', 'INSERT', ''],
  [
    P,
    'select 0x1F, 1.5, .5, 1e10, 1_000 from a where b = -1 and c in (?, ?)',
    'select ?, ?, ?, ?, ? from a where b = -? and c in (?, ?)',
    'SELECT a',
    'SELECT',
    'a',
  ],
  [M, "select 0x1F, b'01', 1.5e+3, 'a''b', 'a' 'b' from a", 'select ?, ?, ?, ?, ? ? from a', 'SELECT a', 'SELECT', 'a'],
  [P, 'select $1, a[1], b::int, :c from d', 'select $1, a[?], b::int, :c from d', 'SELECT d', 'SELECT', 'd'],
  [M, 'SELECT @@version, @a FROM `x``y`', undefined, 'SELECT x``y', 'SELECT', 'x``y'],
  [P, 'INSERT INTO a VALUES ($1, $2), ($3, $4)', undefined, 'INSERT a', 'INSERT', 'a'],
  [P, 'SELECT a FROM b WHERE c IN (1, d)', 'SELECT a FROM b WHERE c IN (?, d)', 'SELECT b', 'SELECT', 'b'],
  [P, 'SELECT a FROM b WHERE c IN ()', undefined, 'SELECT b', 'SELECT', 'b'],
  [P, "SELECT a FROM b WHERE c IN ('x')", 'SELECT a FROM b WHERE c IN (?)', 'SELECT b', 'SELECT', 'b'],
  [
    P,
    'SELECT a FROM b WHERE c = ANY(ARRAY[1,2])',
    'SELECT a FROM b WHERE c = ANY(ARRAY[?,?])',
    'SELECT b',
    'SELECT',
    'b',
  ],
  [P, '/* hi */ SELECT 1 FROM a', 'SELECT ? FROM a', 'SELECT a', 'SELECT', 'a'],
  [P, '-- hi\nSELECT 1 FROM a -- bye', 'SELECT ? FROM a', 'SELECT a', 'SELECT', 'a'],
  [M, '# hi\nSELECT 1 FROM a', 'SELECT ? FROM a', 'SELECT a', 'SELECT', 'a'],
  [M, 'SELECT /*+ MAX_EXECUTION_TIME(1) */ 1 FROM a', 'SELECT ? FROM a', 'SELECT a', 'SELECT', 'a'],
  [M, '/*!40101 SET NAMES utf8 */', '', '', '', ''],
])('what stands in %s: %s', (dialect, sql, text = sql, summary, operation, collection) => {
  const whole = { text, summary, operation, collection, cut: false, traceparent: '', unsettles: false };
  expect(analyseSql(sql, false, dialect)).toMatchObject(whole);
  // What follows may name more tables.
  expect(analyseSql(sql, true, dialect)).toMatchObject({ summary, operation, collection: '', cut: true });
});

// The two readings of a backslash before a quote, and none of them when the server has not said which.
test.each([
  [P, 'no', "SELECT 'C:\\' FROM t WHERE a = 'secret'", 'SELECT ? FROM t WHERE a = ?', 'SELECT t'],
  [P, 'yes', "SELECT 'a\\'secret' FROM t", 'SELECT ? FROM t', 'SELECT t'],
  [P, 'unknown', "SELECT a, 'C:\\' FROM t WHERE a = 'secret'", 'SELECT a, ?', 'SELECT'],
  [P, 'unknown', "SELECT a, 'C:\\\\' FROM t WHERE a = 'secret'", 'SELECT a, ? FROM t WHERE a = ?', 'SELECT t'],
  [M, 'no', "SELECT 'C:\\' FROM t WHERE a = 'secret'", 'SELECT ? FROM t WHERE a = ?', 'SELECT t'],
  [M, 'yes', "SET sql_mode = ''; SELECT 'a\\', 'secret' FROM t", 'SET sql_mode = ?; SELECT ?', 'SET SELECT'],
] as const)('%s, escapes %s: %s', (dialect, escapes, sql, text, summary) => {
  const found = analyseSql(sql, false, dialect, escapes);
  expect(found).toMatchObject({ text, summary, cut: !sql.includes('FROM t') || !text.includes('FROM t') });
  expect(found.dependent).toBe(!sql.includes('\\\\'));
});

test('operation and collection', () => {
  expect(analyseSql('SELECT a FROM t WHERE b = 1', false, P)).toMatchObject({ operation: 'SELECT', collection: 't' });
  expect(analyseSql('SELECT a FROM t, u', false, P)).toMatchObject({ operation: 'SELECT', collection: '' });
  expect(analyseSql('SELECT a FROM t', true, P)).toMatchObject({ collection: '', cut: true });
});

test('names of 100 characters, summaries of 255', () => {
  expect(analyseSql(`SELECT * FROM ${'x'.repeat(100)}`, false, P).collection).toBe('x'.repeat(100));
  expect(analyseSql(`SELECT * FROM ${'x'.repeat(101)}`, false, P)).toMatchObject({ summary: 'SELECT', collection: '' });
  const [a, b, c] = ['a', 'b', 'c'].map((name) => name.repeat(100));
  const { summary } = analyseSql(`SELECT * FROM ${a}, ${b}, ${c}, ${'d'.repeat(46)}`, false, P);
  expect(summary).toBe(`SELECT ${a} ${b} ${'d'.repeat(46)}`);
  expect(analyseSql(`SELECT * FROM ${a}, ${b}, ${'d'.repeat(47)}`, false, P).summary).toBe(`SELECT ${a} ${b}`);
});

test('sqlcommenter', () => {
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const sql = `SELECT 1 /*db_driver='x',traceparent='${parent}',tracestate='a%3D1'*/`;
  expect(analyseSql(sql, false, M)).toMatchObject({ text: 'SELECT ?', traceparent: parent });
  expect(analyseSql("SELECT 1 /*traceparent='00-x'*/", false, M).traceparent).toBe('');
});

test('long text is cut and says so', () => {
  const found = analyseSql(`SELECT ${'column_name, '.repeat(1000)} x FROM t`, false, P);
  expect(found.text.length).toBe(4096);
  expect(found.cut).toBe(true);
});

test('a literal never leaves, whatever stands around it', () => {
  const literal = fc.constantFrom("'s3cret'", "'it''s3cret'", "E'\\'s3cret'", '$$s3cret$$', "X's3cret'");
  const around = fc.string({
    unit: fc.constantFrom(' ', 'a', '(', ')', ',', '=', '.', '"i"', '1', ';', '-', '+'),
    maxLength: 8,
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(around, literal), { maxLength: 6 }), (parts) => {
      const sql = `SELECT ${parts.map(([before, text]) => `${before} ${text}`).join(' ')}`;
      // Two hyphens begin a comment, which may hide an opening quote but not show a literal.
      expect(analyseSql(sql.replaceAll('--', '- -'), false, P).text).not.toMatch(/s3cret/);
    }),
  );
});

test('any text: no throw, bounded', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), fc.constantFrom(P, M), (sql, dialect) => {
      const found = analyseSql(sql, false, dialect);
      expect(found.text.length).toBeLessThanOrEqual(4096);
      expect(found.summary.length).toBeLessThanOrEqual(255);
    }),
  );
});
