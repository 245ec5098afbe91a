import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { analyseSql } from '../../src/wire/sql.ts';

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
