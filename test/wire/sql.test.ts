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
  [P, 'SELECT "Name" FROM "My Table" WHERE a = $1', 'SELECT "Name" FROM "My Table" WHERE a = $1', 'SELECT "My Table"'],
  [P, "SELECT B'101', X'ff', N'secret', U&'secret'", 'SELECT ?, ?, ?, ?', 'SELECT'],
  [P, 'SELECT 1 -- secret\n, 2 /* secret /* secret */ secret */', 'SELECT ?, ?', 'SELECT'],
  [P, 'SELECT a FROM t WHERE id IN (1, 2,3 , 4)', 'SELECT a FROM t WHERE id IN (?)', 'SELECT t'],
  [
    P,
    "INSERT INTO s.items(id,n) VALUES (1,'a'), (2,'b'),(3,'c')",
    'INSERT INTO s.items(id,n) VALUES (?)',
    'INSERT s.items',
  ],
  [P, 'UPDATE items SET a = -5 WHERE b', 'UPDATE items SET a = ? WHERE b', 'UPDATE items'],
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
  [P, 'WITH x AS (SELECT 1 FROM y) SELECT * FROM x', undefined, 'SELECT y SELECT'],
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
  [P, 'DELETE FROM a USING b WHERE c', undefined, 'DELETE a b', 'DELETE', ''],
  [P, 'UPDATE a SET b = (SELECT c FROM d)', undefined, 'UPDATE a SELECT d', 'UPDATE', ''],
  [
    P,
    'MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN UPDATE SET y = 1 WHEN NOT MATCHED THEN INSERT VALUES (1)',
    'MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN UPDATE SET y = ? WHEN NOT MATCHED THEN INSERT VALUES (?)',
    'MERGE a b UPDATE INSERT',
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
    'SELECT DELETE',
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
  [P, 'SELECT * FROM a LEFT JOIN b USING (c), d', undefined, 'SELECT a b d', 'SELECT', ''],
  [P, 'SELECT *FROM a', undefined, 'SELECT a', 'SELECT', 'a'],
  [P, 'COPY a (b, c) TO STDOUT', undefined, 'COPY a', 'COPY', 'a'],
  [P, 'COPY (SELECT a FROM b) TO STDOUT', undefined, 'COPY SELECT b', 'COPY', ''],
  [P, 'PREPARE p AS SELECT a FROM b', undefined, 'PREPARE SELECT b', 'PREPARE', ''],
  [P, 'DECLARE c CURSOR FOR SELECT a FROM b', undefined, 'DECLARE SELECT b', 'DECLARE', ''],
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
  [M, 'SELECT * FROM a STRAIGHT_JOIN b', undefined, 'SELECT a b', 'SELECT', ''],
  [M, 'INSERT INTO a SELECT * FROM b, c', undefined, 'INSERT a SELECT b c', 'INSERT', ''],
  [
    P,
    'select 0x1F, 1.5, .5, 1e10, 1_000 from a where b = -1 and c in (?, ?)',
    'select ?, ?, ?, ?, ? from a where b = ? and c in (?, ?)',
    'SELECT a',
    'SELECT',
    'a',
  ],
  [M, "select 0x1F, b'01', 1.5e+3, 'a''b', 'a' 'b' from a", 'select ?, ?, ?, ?, ? ? from a', 'SELECT a', 'SELECT', 'a'],
  [P, 'select $1, a[1], b::int, :c from d', 'select $1, a[?], b::int, :c from d', 'SELECT d', 'SELECT', 'd'],
  [M, 'SELECT @@version, @a FROM `x``y`', undefined, 'SELECT `x``y`', 'SELECT', '`x``y`'],
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
  [M, '/*!40101 SET NAMES utf8 */', 'SET NAMES utf8', 'SET', 'SET', ''],
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

/** Tables wherever they stand. */
test.each<readonly [SqlDialect, string, string]>([
  [P, 'SELECT * FROM (SELECT a FROM b) x, orders', 'SELECT SELECT b orders'],
  [
    P,
    'SELECT * FROM (SELECT a FROM b) AS x(c, d), orders AS o, LATERAL (SELECT 1 FROM e) y, f',
    'SELECT SELECT b orders SELECT e f',
  ],
  [
    P,
    'SELECT * FROM (SELECT 1 FROM (SELECT 2 FROM a, b) x, c) y JOIN d ON y.i = d.i, e',
    'SELECT SELECT SELECT a b c d e',
  ],
  [P, 'SELECT * FROM (a JOIN b ON a.x = b.x), c', 'SELECT a b c'],
  [P, 'SELECT * FROM ((a CROSS JOIN b) JOIN (c JOIN d USING (x, y)) USING (z)) WHERE f(a, b)', 'SELECT a b c d'],
  [P, 'SELECT * FROM a JOIN b ON a.x = b.x AND a.y IN (1, 2), c WHERE d = 1, e', 'SELECT a b c'],
  [
    P,
    'SELECT * FROM a JOIN (SELECT x FROM b WHERE y GROUP BY x, z) s ON true LEFT JOIN c USING (i)',
    'SELECT a SELECT b c',
  ],
  [P, 'SELECT * FROM (VALUES (1, 2), (3, 4)) v(a, b), c', 'SELECT c'],
  [P, 'SELECT * FROM ROWS FROM (f(1), g(2)) AS x, a', 'SELECT a'],
  [P, 'SELECT * FROM f(1) WITH ORDINALITY AS t(a, b), c', 'SELECT c'],
  [P, 'SELECT * FROM a TABLESAMPLE SYSTEM (10), ONLY b, c *', 'SELECT a b c'],
  [P, 'SELECT x FROM a ORDER BY x, y LIMIT 1', 'SELECT a'],
  [P, 'SELECT x IS DISTINCT FROM y, z FROM a', 'SELECT a'],
  [
    P,
    'SELECT a FROM b UNION ALL SELECT c FROM d EXCEPT (SELECT e FROM f, g) ORDER BY 1, 2',
    'SELECT b SELECT d SELECT f g',
  ],
  [P, 'SELECT a FROM b WINDOW w AS (PARTITION BY c, d), v AS (ORDER BY e)', 'SELECT b'],
  [P, 'SELECT (SELECT x FROM a, b), c FROM d, e', 'SELECT SELECT a b d e'],
  [P, 'SELECT t.delete, t."update", :select FROM a', 'SELECT a'],
  [P, 'SELECT * FROM U&"d\\0061t", a', 'SELECT "d\\0061t" a'],
  [
    P,
    'WITH x AS (SELECT 1 FROM y), z(i, j) AS NOT MATERIALIZED (SELECT 2 FROM x, a) SELECT * FROM x, z, b',
    'SELECT y SELECT a SELECT b',
  ],
  [
    P,
    'WITH RECURSIVE "T" AS (SELECT 1 FROM a UNION ALL SELECT 2 FROM "T", b) SELECT * FROM "T", s.t',
    'SELECT a SELECT b SELECT s.t',
  ],
  [P, 'INSERT INTO a (b) WITH x AS (SELECT 1 FROM c) SELECT * FROM x JOIN d ON true', 'INSERT a SELECT c SELECT d'],
  [
    P,
    'WITH x AS (DELETE FROM a USING b WHERE c RETURNING d, e) INSERT INTO f SELECT * FROM x',
    'DELETE a b INSERT f SELECT',
  ],
  [P, 'SELECT * FROM (WITH x AS (SELECT 1 FROM a) SELECT 2 FROM x, b) y, c', 'SELECT SELECT a SELECT b c'],
  [P, 'WITH x AS (SELECT 1 FROM a) SELECT 1 FROM x; SELECT 1 FROM x', 'SELECT a SELECT SELECT x'],
  [P, 'UPDATE a SET b = 1, c = 2 FROM d, e WHERE f', 'UPDATE a d e'],
  [P, 'DELETE FROM a USING generate_series(1, 2) g, b WHERE c', 'DELETE a b'],
  [
    P,
    'MERGE INTO a USING (SELECT x FROM b, c) s ON s.x = a.x WHEN NOT MATCHED THEN INSERT (x, y) VALUES (1, 2)',
    'MERGE a SELECT b c INSERT',
  ],
  [
    P,
    'MERGE INTO a USING b ON c WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT DEFAULT VALUES',
    'MERGE a b DELETE INSERT',
  ],
  [P, 'INSERT INTO a VALUES (1) ON CONFLICT (b) DO UPDATE SET c = 1, d = 2 RETURNING e, f', 'INSERT a'],
  [P, 'CREATE TABLE a AS WITH x AS (SELECT 1 FROM b) SELECT * FROM x', 'CREATE TABLE a SELECT b SELECT'],
  [P, 'CREATE MATERIALIZED VIEW a AS SELECT b FROM c, d WITH NO DATA', 'CREATE VIEW a SELECT c d'],
  [P, 'DROP TABLE IF EXISTS a, s.b CASCADE', 'DROP TABLE a s.b'],
  [P, 'DROP FUNCTION f(int, text)', 'DROP FUNCTION f'],
  [P, 'TRUNCATE TABLE ONLY a, b RESTART IDENTITY', 'TRUNCATE a b'],
  [P, 'GRANT SELECT, UPDATE ON a TO b; SELECT 1 FROM c', 'GRANT SELECT c'],
  [P, 'CREATE RULE r AS ON INSERT TO a DO ALSO DELETE FROM b', 'CREATE RULE r'],
  [P, 'SELECT a INTO TEMP b FROM c, d', 'SELECT c d'],
  [P, "COPY (SELECT a FROM b, c) TO '/tmp/x' WITH CSV", 'COPY SELECT b c'],
  [M, 'UPDATE a, b JOIN c ON a.x = c.x SET a.x = 1, b.y = 2', 'UPDATE a b c'],
  [M, 'DELETE a, b FROM a JOIN b ON a.x = b.x, c WHERE d', 'DELETE a b c'],
  [M, 'DELETE FROM a, b USING a JOIN c', 'DELETE a b a c'],
  [M, 'SELECT STRAIGHT_JOIN x FROM `a b`.`c` USE INDEX FOR JOIN (i, j), `d`', 'SELECT `a b`.c d'],
  [M, 'INSERT INTO a SELECT b FROM c, d ON DUPLICATE KEY UPDATE e = 1, f = 2', 'INSERT a SELECT c d'],
  [M, 'INSERT INTO a SET b = 1, c = 2', 'INSERT a'],
  [M, 'SELECT insert(a, 1, 2, b), replace(c, 1, 2) FROM d', 'SELECT d'],
  [M, 'SELECT @delete, @a FROM b INTO @c, @d', 'SELECT b'],
  [M, 'SELECT /*! SQL_NO_CACHE */ a FROM b /*!50000 , c */ /*M!100100 JOIN d */ WHERE e', 'SELECT b c d'],
  [M, 'CREATE EVENT e ON SCHEDULE EVERY 1 HOUR DO DELETE FROM a', 'CREATE EVENT e'],
  [M, 'SELECT * FROM a PARTITION (p0, p1) AS x FORCE INDEX (i), b', 'SELECT a b'],
  [M, 'SELECT * FROM (a, b) LEFT JOIN (c, d) ON (e = f)', 'SELECT a b c d'],
  [M, 'LOAD DATA LOCAL INFILE "x" INTO TABLE a', 'LOAD'],
])('summary of %s: %s', (dialect, sql, summary) => {
  expect(analyseSql(sql, false, dialect).summary).toBe(summary);
});

test.each<readonly [SqlDialect, string, string]>([
  [P, 'SELECT a FROM b WHERE c IN (-1, +2, - 3,4) AND d > -5', 'SELECT a FROM b WHERE c IN (?) AND d > ?'],
  [P, 'SELECT a -1, b - -2', 'SELECT a -?, b - -?'],
  [P, "VALUES (1, NULL, 'a'), (2, NULL, 'b'),(3, NULL, 'c'), (4, d)", 'VALUES (?, NULL, ?), (?, d)'],
  [M, 'INSERT INTO a VALUES (?, ?), (?, ?),(?, ?)', 'INSERT INTO a VALUES (?, ?)'],
  [P, 'SELECT f(1), f(2), (a), (a)', 'SELECT f(?), f(?), (a), (a)'],
  [P, "SELECT 1$q$secret'$q$, 2", 'SELECT ??, ?'],
  [M, "SELECT e'C:\\', 'secret'", 'SELECT e?, ?'],
  [M, "SELECT 1 /*!50000 , 'secret' */ + 2", 'SELECT ?, ? + ?'],
  // Servers of another version skip these, and would go on behind their ends.
  [M, "SELECT 1 /*!99999 it's */ , 'secret'", 'SELECT ? it?'],
  [M, 'SELECT 1 /*!99999 -- */ secret', 'SELECT ?'],
  [M, 'SELECT 1 /*!99999 /* x */ secret */ secret', 'SELECT ?'],
  [M, 'SELECT 1 /*!99999 unfinished', 'SELECT ? unfinished'],
  [P, "SELECT 1 /*!50000 , 'secret' */ + 2", 'SELECT ? + ?'],
])('literals of %s: %s', (dialect, sql, text) => {
  expect(analyseSql(sql, false, dialect, sql.includes('C:') ? 'no' : undefined).text).toBe(text);
});

/** Literals of every kind, as they may be written; each tells itself by its content. */
const strings = ['s3cret', "it''s3cret", 's3cret/*', 's3cret--', '$s3cret$q$', '(s3cret, "', 's3cret;`#', 's3cret*/'];
const literals: Readonly<Record<SqlDialect, fc.Arbitrary<string>>> = {
  postgresql: fc.oneof(
    fc
      .tuple(fc.constantFrom('', 'N', 'U&', 'n', 'u&'), fc.constantFrom(...strings))
      .map(([p, text]) => `${p}'${text}'`),
    fc.constantFrom(...strings, "\\'s3cret", "\\\\\\'s3cret").map((text) => `E'${text}'`),
    fc.constantFrom(...strings, "'s3cret", '$$s3cret').map((text) => `$x$${text}$x$`),
    fc.constantFrom("B'5397'", "x'5397'", "X'5397'", '$$s3cret$$', "E'a'\n 's3cret\\'s3cret'"),
  ),
  mysql: fc.oneof(
    fc
      .tuple(
        fc.constantFrom('', 'N', 'n', '_utf8mb4', '_binary '),
        fc.constantFrom(...strings, "\\'s3cret", 's3cret\\\\'),
      )
      .map(([p, text]) => `${p}'${text}'`),
    fc.constantFrom("it's3cret", 's3cret""s3cret', 's3cret/*', '\\"s3cret').map((text) => `"${text}"`),
    fc.constantFrom("b'5397'", "X'5397'", "x'5397'", "'s3cret' 's3cret'"),
  ),
};
const numbers = fc
  .tuple(
    fc.constantFrom('', '-', '+', '- '),
    fc.constantFrom(
      '5397',
      '5397.25',
      '.5397',
      '5397e5',
      '1.5397e-5397',
      '5397E+5',
      '0x5397',
      '0b5397',
      '5_397',
      '5397.',
    ),
  )
  .map(([sign, digits]) => sign + digits);
const shapes: readonly ((...values: string[]) => string)[] = [
  (a, b) => `SELECT a FROM b WHERE c = ${a} AND d IN (${b}, ${a},${b})`,
  (a, b) => `SELECT ${a}, ${b} x FROM (SELECT ${b} FROM b) y, c /* ${a.replaceAll(/[*/]/g, '')} */`,
  (a, b) => `INSERT INTO a VALUES (${a}, NULL), (${b}, ${a}) ,(${b},f(${a}))`,
  (a, b) => `WITH x AS (SELECT ${a} FROM a) UPDATE b SET c=${b} WHERE d BETWEEN ${a} AND ${b};`,
  (a, b) => `CALL p(${a},${b}); SELECT a FROM b LIMIT ${a}`,
  (a, b) => `SET x = ${a}; COPY a TO ${b}`,
  (a) => `EXECUTE s(${a})`,
  (a, b) => `SELECT CASE WHEN a>${a} THEN ${b} ELSE${' '}${a} END FROM b -- ${b.replaceAll('\n', '')}\n WHERE c<>${b}`,
];

test.each([P, M] as const)('no literal of %s survives', (dialect) => {
  const value = fc.oneof(literals[dialect], numbers);
  fc.assert(
    fc.property(fc.constantFrom(...shapes), value, value, fc.boolean(), (shape, a, b, cut) => {
      const sql = shape(a, b);
      const { text, summary, collection } = analyseSql(sql, cut, dialect);
      const told = `${text} ${summary} ${collection}`;
      expect([sql, told.replaceAll(/s3cret|5397|397/g, 'LEAK')]).toEqual([sql, told]);
    }),
    { numRuns: 2000 },
  );
});

test.each([P, M] as const)('a text of %s that is cut anywhere has none of its literals', (dialect) => {
  const value = fc.oneof(literals[dialect], numbers);
  fc.assert(
    fc.property(
      fc.constantFrom(...shapes),
      value,
      value,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (shape, a, b, at) => {
        const sql = shape(a, b);
        const { text, summary } = analyseSql(sql.slice(0, Math.floor(at * sql.length)), true, dialect);
        expect(`${text} ${summary}`).not.toMatch(/s3cret|5397|397/);
      },
    ),
    { numRuns: 2000 },
  );
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
