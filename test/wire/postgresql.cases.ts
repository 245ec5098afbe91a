import type { Step, Told, WireCase } from './driver.ts';
import { recorded } from './recorded.ts';

const DOCS = 'https://www.postgresql.org/docs/current/protocol-message-formats.html';

export const message = (type: string, body = ''): string => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return `${type}${length.toString('latin1')}${body}`;
};
export const int16 = (value: number): string => String.fromCharCode((value >> 8) & 0xff, value & 0xff);
export const startup = message('', '\0\x03\0\0user\0me\0database\0shop\0\0');
export const sslRequest = message('', '\x04\xd2\x16\x2f');
export const hello = `${message('R', '\0\0\0\0')}${message('S', 'client_encoding\0UTF8\0')}${message('Z', 'I')}`;
export const query = (sql: string): string => message('Q', `${sql}\0`);
export const ready = message('Z', 'I');
/** RowDescription of one column. */
export const columns = message('T', `\0\x01a\0${'\0'.repeat(18)}`);
/** DataRows of one column. */
const rows = (count: number): string => message('D', '\0\x01\0\0\0\x06hunter').repeat(count);
export const complete = (tag: string): string => message('C', `${tag}\0`);
export const failure = (code: string): string => message('E', `SERROR\0VERROR\0C${code}\0Mno hunter\0\0`);
const parse = (sql: string, name = ''): string => message('P', `${name}\0${sql}\0${int16(0)}`);
const bind = (name = ''): string => message('B', `\0${name}\0${int16(0)}${int16(1)}\0\0\0\x06hunter${int16(0)}`);
const execute = message('E', '\0\0\0\0\0');
const sync = message('S');

const begin: readonly Step[] = [
  ['client', startup],
  ['server', hello],
];
const own = (
  name: string,
  steps: readonly Step[],
  expect: readonly Told[],
  more: Partial<WireCase> = {},
): WireCase => ({
  name,
  from: DOCS,
  fromStart: true,
  steps: [...begin, ...steps],
  expect,
  ...more,
});
const named = (...names: string[]): Told[] => names.map((name) => ({ name }));

export const recordings: readonly WireCase[] = [
  {
    name: 'psql: simple queries, COPY both ways, errors, notices and notifications',
    from: 'test/fixtures/postgresql/psql.json',
    fromStart: true,
    steps: recorded('postgresql/psql', 0),
    expect: [
      { name: 'CREATE TABLE secret_items', 'db.namespace': 'postgres', 'db.system.name': 'postgresql' },
      { name: 'INSERT secret_items', 'db.query.text': 'INSERT INTO secret_items VALUES (?);' },
      {
        name: 'SELECT secret_items',
        'db.operation.name': 'SELECT',
        'db.collection.name': 'secret_items',
        'db.query.summary': 'SELECT secret_items',
        'db.query.text': 'SELECT name FROM secret_items WHERE id IN (?);',
        'db.response.returned_rows': 2,
        'db.operation.batch.size': undefined,
        error: false,
      },
      ...named('BEGIN', 'UPDATE secret_items', 'COMMIT'),
      { name: 'SELECT', 'db.response.status_code': '22012', 'error.type': '22012', error: true },
      ...named('COPY secret_items', 'COPY secret_items', 'PREPARE SELECT', 'SELECT', 'LISTEN', 'NOTIFY', 'DO'),
    ],
  },
  {
    name: 'psycopg: extended protocol, pipelines',
    from: 'test/fixtures/postgresql/psycopg.json',
    fromStart: true,
    kind: 'client',
    steps: recorded('postgresql/psycopg', 0),
    expect: [
      { name: 'SELECT secret_items', 'db.query.text': 'SELECT name FROM secret_items WHERE id=$1' },
      { name: 'SELECT secret_items', 'db.response.returned_rows': 1 },
      { name: 'SELECT secret_items' },
      ...named('SELECT', 'SELECT', 'SELECT'),
      { name: 'SELECT', error: false },
      { name: 'SELECT', 'error.type': '42703' },
      { name: 'SELECT', 'error.type': 'pipeline_aborted', error: true },
      ...named('COPY secret_items', 'COPY secret_items'),
    ],
  },
];

export const protocol: readonly WireCase[] = [
  own(
    'several statements in one Query',
    [
      ['client', query("SELECT 1; SELECT 2; INSERT INTO a VALUES ('hunter')")],
      ['server', rows(1) + complete('SELECT 1') + rows(1) + complete('SELECT 1') + complete('INSERT 0 1') + ready],
    ],
    [{ name: 'SELECT SELECT INSERT a', 'db.operation.batch.size': 3, 'db.response.returned_rows': 2 }],
  ),
  own(
    'prepared once, executed twice; unknown after Close',
    [
      ['client', parse('SELECT a FROM t WHERE b = $1', 'p') + sync],
      ['server', message('1') + ready],
      ['client', bind('p') + execute + bind('p') + execute + sync],
      ['server', message('2') + rows(3) + complete('SELECT 3') + message('2') + complete('SELECT 0') + ready],
      ['client', message('C', 'Sp\0') + bind('p') + execute + sync],
      ['server', message('3') + failure('26000') + ready],
    ],
    [
      { name: 'SELECT t', 'db.response.returned_rows': 3 },
      { name: 'SELECT t', 'db.response.returned_rows': 0 },
      { name: 'postgresql', 'error.type': '26000', 'sonde.partial': ['db.request'], 'db.query.text': undefined },
    ],
  ),
  own(
    'a preparation that fails',
    [
      ['client', parse('SELEC 1', 'p') + message('D', 'Sp\0') + sync],
      ['server', failure('42601') + ready],
    ],
    [{ name: 'postgresql', 'error.type': '42601', error: true }],
  ),
  own(
    'Describe and Flush before Execute',
    [
      ['client', parse('SELECT 1 FROM t') + message('D', 'S\0') + message('H')],
      ['server', message('1') + message('t', int16(0)) + message('n')],
      ['client', bind() + execute + sync],
      ['server', message('2') + message('s') + ready],
    ],
    [{ name: 'SELECT t', start: 30e6, end: 60e6 }],
  ),
  own(
    'what comes at any time answers nothing',
    [
      ['server', message('N', 'SNOTICE\0\0') + message('S', 'TimeZone\0UTC\0') + message('A', '\0\0\0\x01c\0hunter\0')],
      ['client', query('SELECT 1')],
      ['server', message('N', 'SNOTICE\0\0')],
      ['server', complete('SELECT 1') + ready],
    ],
    [{ name: 'SELECT', start: 40e6, end: 60e6 }],
  ),
  own(
    'pipelined Syncs, an empty query, a function call',
    [
      ['client', parse('SELECT 1') + bind() + execute + sync + parse('') + bind() + execute + sync],
      ['server', message('1') + message('2') + complete('SELECT 1') + ready],
      ['server', message('1') + message('2') + message('I') + ready],
      ['client', message('F', '\0\0\0\x01')],
      ['server', message('V', '\xff\xff\xff\xff') + ready],
    ],
    [
      { name: 'SELECT', end: 40e6 },
      { name: 'postgresql', end: 50e6 },
      { name: 'FUNCTION_CALL', end: 70e6, 'sonde.partial': undefined },
    ],
  ),
  own(
    'a statement that is longer than is looked at',
    [
      ['client', query(`SELECT a FROM t WHERE b = '${'hunter'.repeat(3000)}'`)],
      ['server', complete('SELECT 0') + ready],
    ],
    [
      {
        name: 'SELECT t',
        'db.query.text': 'SELECT a FROM t WHERE b = ?',
        'sonde.truncated': ['db.query.text'],
        'db.collection.name': undefined,
      },
    ],
    { whole: true },
  ),
  own(
    'sqlcommenter',
    [
      ['client', query("SELECT 1 /*traceparent='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'*/")],
      ['server', complete('SELECT 1') + ready],
    ],
    [{ traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'db.query.text': 'SELECT ?' }],
  ),
  {
    name: 'encryption agreed',
    from: DOCS,
    steps: [
      ['client', sslRequest],
      ['server', 'S'],
      ['client', '\x16\x03\x01'],
    ],
    expect: [],
    opaque: true,
  },
  {
    name: 'encryption refused twice, a password, wrong',
    from: DOCS,
    fromStart: true,
    steps: [
      ['client', message('', '\x04\xd2\x16\x30')],
      ['server', 'N'],
      ['client', sslRequest],
      ['server', 'N'],
      ['client', startup],
      ['server', message('R', '\0\0\0\x03')],
      ['client', message('p', 'hunter2\0')],
      ['server', failure('28P01')],
      ['server ends', 'finished'],
      ['client ends', 'finished'],
    ],
    expect: [],
  },
  {
    name: 'a cancel request',
    from: DOCS,
    fromStart: true,
    steps: [
      ['client', message('', '\x04\xd2\x16\x2e\0\0\0\x01\0\0\0\x02')],
      ['client ends', 'finished'],
    ],
    expect: [],
  },
  own(
    'rows of a portal that is read in parts',
    [
      ['client', parse('SELECT a FROM t') + bind() + message('E', '\0\0\0\0\x02') + sync],
      ['server', message('1') + message('2') + message('D', '\0\0').repeat(2) + message('s') + ready],
    ],
    [{ name: 'SELECT t', 'db.response.returned_rows': 2 }],
  ),
  own(
    'portals by name, of which one is closed',
    [
      [
        'client',
        parse('SELECT a FROM t', 's') +
          message('B', `p\0s\0${int16(0)}${int16(0)}${int16(0)}`) +
          message('E', 'p\0\0\0\0\0') +
          sync,
      ],
      ['server', message('1') + message('2') + complete('SELECT 1') + ready],
      ['client', message('C', 'Pp\0') + message('E', 'p\0\0\0\0\0') + sync],
      ['server', message('3') + failure('34000') + ready],
      ['client', bind('s') + execute + sync],
      ['server', message('2') + complete('SELECT 1') + ready],
    ],
    [
      { name: 'SELECT t' },
      { name: 'postgresql', 'error.type': '34000', 'sonde.partial': ['db.request'] },
      { name: 'SELECT t', 'sonde.partial': undefined },
    ],
  ),
  own(
    'errors without an SQLSTATE',
    [
      ['client', query('SELECT 1 FROM a') + query('SELECT 1 FROM b') + query('SELECT 1 FROM c')],
      ['server', message('E', 'SERROR\0Mno hunter\0\0') + ready],
      ['server', message('E', 'SERROR\0Chunter\0\0') + ready],
      ['server', message('E', 'SERROR\0C0A000') + ready],
    ],
    [
      { name: 'SELECT a', 'error.type': '_OTHER', 'db.response.status_code': '_OTHER' },
      { name: 'SELECT b', 'error.type': '_OTHER' },
      { name: 'SELECT c', 'error.type': '_OTHER' },
    ],
  ),
  own(
    'a long statement is read to its end',
    [
      ['client', query(`SELECT ${'a, '.repeat(250)}b FROM late WHERE c = 'hunter'`)],
      ['server', complete('SELECT 0') + ready],
      ['client', parse(`SELECT ${'a, '.repeat(250)}b FROM later`) + bind() + execute + sync],
      ['server', message('1') + message('2') + complete('SELECT 0') + ready],
    ],
    [
      { name: 'SELECT late', 'sonde.truncated': undefined, 'db.response.returned_rows': 0 },
      { name: 'SELECT later', 'sonde.truncated': undefined },
    ],
    { whole: true },
  ),
  own(
    'tags that tell no rows, and rows that their tag does not tell',
    [
      ['client', query('BEGIN') + query('INSERT INTO t VALUES (1)') + query('FETCH 5 FROM c')],
      ['server', complete('BEGIN') + ready + complete('INSERT 0 7') + ready + columns + rows(5) + complete('FETCH 5')],
      ['client', query('CREATE TABLE u AS SELECT 1') + query('INSERT INTO t VALUES (1) RETURNING a')],
      ['server', ready + complete('SELECT 7') + ready + columns + rows(2) + complete('INSERT 0 2') + ready],
    ],
    [
      { name: 'BEGIN', 'db.response.returned_rows': undefined },
      { name: 'INSERT t', 'db.response.returned_rows': undefined },
      { 'db.operation.name': 'FETCH', 'db.response.returned_rows': 5 },
      { 'db.operation.name': 'CREATE', 'db.response.returned_rows': undefined },
      { name: 'INSERT t', 'db.response.returned_rows': 2 },
    ],
  ),
  ...(['c', 'f'] as const).map((end) =>
    own(
      `a Sync before the data of a copy, ended by ${end}, is none`,
      [
        ['client', parse('COPY t FROM STDIN') + bind() + execute + sync],
        ['server', message('1') + message('2') + message('G', '\0\0\0')],
        ['client', message('d', 'hunter') + message(end, end === 'f' ? 'hunter\0' : '') + sync],
        ['server', (end === 'f' ? failure('57014') : complete('COPY 1')) + ready],
        ['client', query('SELECT 1 FROM t')],
        ['server', columns + rows(1) + complete('SELECT 1') + ready],
      ],
      [
        { name: 'COPY t', 'error.type': end === 'f' ? '57014' : undefined },
        { name: 'SELECT t', 'db.response.returned_rows': 1, end: 80e6 },
      ],
    ),
  ),
  own(
    'a connection that asks nothing is ended',
    [
      ['client', query('SELECT 1 FROM t')],
      ['server', complete('SELECT 0') + ready],
      ['server', message('E', 'SFATAL\0VFATAL\0C57P01\0Mhunter\0\0')],
      ['server', 'end'],
    ],
    [{ name: 'SELECT t', 'error.type': undefined }],
    { rejects: {} },
  ),
];

const failed = failure('42P05');
export const replication: readonly WireCase[] = [
  {
    name: 'a connection for replication',
    from: 'pg_receivewal',
    steps: [
      ['client', message('', '\0\x03\0\0user\0me\0replication\0true\0\0')],
      ['server', hello],
      ['client', query('START_REPLICATION 0/0')],
      ['server', message('W', '\0\0\0')],
    ],
    expect: [],
    opaque: true,
  },
  {
    name: 'replication=off is none; encryption that is refused',
    from: DOCS,
    fromStart: true,
    steps: [
      ['client', message('', '\x04\xd2\x16\x30')],
      ['server', 'N'],
      ['client', sslRequest],
      ['server', 'N'],
      ['client', message('', '\0\x03\0\0user\0me\0replication\0off\0\0')],
      ['server', hello],
      ['client', query('SELECT 1')],
      ['server', columns + complete('SELECT 1') + ready],
    ],
    expect: [{ name: 'SELECT', 'db.namespace': 'me' }],
  },
];

export const names: readonly WireCase[] = [
  own(
    'PREPARE and EXECUTE in SQL are the names of Parse and Bind',
    [
      ['client', query("PREPARE Get (int) AS SELECT a FROM t WHERE b = $1 AND c = 'hunter'")],
      ['server', complete('PREPARE') + ready],
      ['client', query('EXECUTE get(7)')],
      ['server', rows(2) + complete('SELECT 2') + ready],
      ['client', bind('get') + execute + sync],
      ['server', message('2') + complete('SELECT 1') + ready],
      ['client', parse('EXECUTE "get"(8)') + bind() + execute + sync],
      ['server', message('1') + message('2') + complete('SELECT 1') + ready],
      ['client', query('EXPLAIN EXECUTE get(1)')],
      ['server', complete('EXPLAIN') + ready],
      ['client', query('DEALLOCATE get')],
      ['server', complete('DEALLOCATE') + ready],
      ['client', query('EXECUTE get(7)')],
      ['server', failure('26000') + ready],
    ],
    [
      { name: 'PREPARE SELECT t' },
      { name: 'SELECT t', 'db.query.text': 'SELECT a FROM t WHERE b = $1 AND c = ?', 'db.response.returned_rows': 2 },
      { name: 'SELECT t' },
      { name: 'SELECT t', 'db.collection.name': 't' },
      { name: 'EXPLAIN' },
      { name: 'DEALLOCATE' },
      { name: 'EXECUTE', 'db.query.text': 'EXECUTE get(?)', 'error.type': '26000' },
    ],
  ),
  own(
    'a name that is taken keeps its statement; what failed has none',
    [
      ['client', parse('SELECT 1 FROM a', 'n') + sync],
      ['server', message('1') + ready],
      ['client', parse('SELECT 1 FROM b', 'n') + sync],
      ['server', failed + ready],
      ['client', parse('SELEC', 'm') + sync],
      ['server', failed + ready],
      ['client', parse('SELECT 1 FROM c', 'm') + bind('m') + execute + bind('n') + execute + sync],
      ['server', message('1') + (message('2') + complete('SELECT 1')).repeat(2) + ready],
      ['client', bind('x') + execute + parse('SELECT 1 FROM d', 'd') + bind('d') + execute + sync],
      ['server', failed + ready],
      ['client', bind('d') + execute + sync],
      ['server', failed + ready],
      ['client', query('DISCARD ALL')],
      ['server', complete('DISCARD ALL') + ready],
      ['client', bind('n') + execute + sync],
      ['server', failed + ready],
    ],
    [
      { name: 'SELECT b', 'error.type': '42P05' },
      { name: 'postgresql', 'error.type': '42P05' },
      ...named('SELECT c', 'SELECT a'),
      { name: 'postgresql', 'sonde.partial': ['db.request'] },
      { name: 'SELECT d', 'error.type': 'pipeline_aborted' },
      { name: 'postgresql', 'sonde.partial': ['db.request'] },
      { name: 'DISCARD' },
      { name: 'postgresql', 'sonde.partial': ['db.request'] },
    ],
  ),
  own(
    'in any case of letters, one after the other',
    [
      ['client', query('prepare a as select 1 from one') + query('PREPARE "B""c" AS SELECT 1 FROM two')],
      ['server', (complete('PREPARE') + ready).repeat(2)],
      ['client', query('execute A') + query('EXECUTE "B""c"')],
      ['server', (complete('SELECT 1') + ready).repeat(2)],
      ['client', query('deallocate prepare A')],
      ['server', complete('DEALLOCATE') + ready],
      ['client', query('EXECUTE a') + query('EXECUTE "B""c"')],
      ['server', failed + ready + complete('SELECT 1') + ready],
      ['client', query('DEALLOCATE all')],
      ['server', complete('DEALLOCATE ALL') + ready],
      ['client', query('EXECUTE "B""c"')],
      ['server', failed + ready],
    ],
    named(
      'PREPARE SELECT one',
      'PREPARE SELECT two',
      'SELECT one',
      'SELECT two',
      'DEALLOCATE',
      'EXECUTE',
      'SELECT two',
      'DEALLOCATE',
      'EXECUTE',
    ),
  ),
];

/** Backslashes before quotes, read as the server says (`standard_conforming_strings`). */
const reported = (value: string): string => message('S', `standard_conforming_strings\0${value}\0`);
export const quoting: readonly WireCase[] = [
  own(
    'a backslash escapes when the server says so',
    [
      ['client', query('SET standard_conforming_strings = off')],
      ['server', complete('SET') + reported('off') + ready],
      ['client', query("SELECT 'a\\'hunter', b FROM t")],
      ['server', complete('SELECT 1') + ready],
      ['client', query('SET standard_conforming_strings = on')],
      ['server', complete('SET') + reported('on') + ready],
      ['client', query("SELECT 'C:\\', b, 'hunter' FROM t")],
      ['server', complete('SELECT 1') + ready],
    ],
    [
      { name: 'SET' },
      { 'db.query.text': 'SELECT ?, b FROM t' },
      { name: 'SET' },
      { 'db.query.text': 'SELECT ?, b, ? FROM t' },
    ],
  ),
  own(
    'what it says is not known while a change is under way',
    [
      ['client', parse('SET standard_conforming_strings = off') + bind() + execute],
      ['client', parse("SELECT b, 'a\\'hunter' FROM t") + bind() + execute + sync],
      ['server', (message('1') + message('2') + complete('SET')).repeat(2) + ready],
      ['client', query("SELECT 'C:\\', b FROM t")],
      ['server', complete('SELECT 1') + ready],
    ],
    [
      { name: 'SET' },
      { 'db.query.text': 'SELECT b, ?', 'sonde.truncated': ['db.query.text'] },
      { 'db.query.text': 'SELECT ?, b FROM t', 'sonde.truncated': undefined },
    ],
  ),
];

export const losses: readonly WireCase[] = [
  own(
    'rows that were not copied',
    [
      ['client', query('SELECT a FROM t')],
      ['server', `${message('T', '\0\0')}D\0\x01\0\0abc`],
      ['server', 65_529],
      ['server', complete('SELECT 1') + ready],
    ],
    [{ name: 'SELECT t', 'db.response.returned_rows': 1, 'sonde.partial': undefined }],
    { whole: true },
  ),
  own(
    'a lost answer, and the next one',
    [
      ['client', query('SELECT 1 FROM a')],
      ['client', query('SELECT 1 FROM b')],
      ['server', 30],
      ['server', columns + complete('SELECT 1') + ready],
      ['client', query('SELECT 1 FROM c')],
      ['server', complete('SELECT 1') + ready],
    ],
    [
      { name: 'SELECT a', 'sonde.partial': ['db.response'] },
      { name: 'SELECT b', 'sonde.partial': undefined },
      { name: 'SELECT c', 'sonde.partial': undefined, start: 70e6 },
    ],
    { whole: true },
  ),
  own(
    'an answer of which only the end is seen, and a lost query behind it',
    [
      ...[1, 2, 3, 4].flatMap((): Step[] => [
        ['client', query('SELECT 1 FROM a')],
        ['server', complete('SELECT 1') + ready],
      ]),
      ['client', query('SELECT 1 FROM b')],
      ['server', 150],
      ['client', query('SELECT 1 FROM c')],
      ['server', ready],
      // Of a lost query; that it is lost shows when the next one comes.
      ['server', columns + complete('SELECT 2') + ready],
      ['client', 40],
      ['client', query('SELECT 1 FROM d')],
      ['server', columns + complete('SELECT 1') + ready],
      ['client', query('SELECT 1 FROM e')],
      ['server', columns + rows(1) + complete('SELECT 1') + ready],
    ],
    [
      ...[1, 2, 3, 4].map(() => ({ name: 'SELECT a' })),
      ...['b', 'c'].map((name) => ({
        name: `SELECT ${name}`,
        'sonde.partial': ['db.response'],
        'db.response.returned_rows': undefined,
      })),
      { name: 'SELECT d' },
      { name: 'SELECT e', 'sonde.partial': undefined, 'db.response.returned_rows': 1 },
    ],
    { whole: true, rejects: { orphan_response: 1 } },
  ),
  own(
    'a lost query',
    [
      ['client', 40],
      ['server', complete('SELECT 1') + ready],
      ['client', query('SELECT 1 FROM b')],
      ['server', complete('SELECT 1') + ready],
    ],
    [{ name: 'SELECT b', start: 50e6 }],
    { whole: true, rejects: { orphan_response: 1 } },
  ),
  {
    name: 'joined in the middle: what was prepared before is not known',
    from: 'a tap that starts later',
    joined: true,
    whole: true,
    steps: [
      ['server', 'rest of a row'],
      ['client', bind('p') + execute + sync],
      ['server', message('2') + rows(1) + complete('SELECT 1') + ready],
      ['client', query('SELECT 1 FROM b')],
      ['server', complete('SELECT 1') + ready],
    ],
    expect: [
      { name: 'postgresql', 'sonde.partial': ['db.request'], 'db.response.returned_rows': 1, measurements: [0.01] },
      { name: 'SELECT b', 'db.namespace': undefined },
    ],
    rejects: { unsynchronised: 1 },
  },
  own(
    'after lost messages of the client a name may mean something else',
    [
      ['client', parse('SELECT 1 FROM a', 'n') + message('B', `p\0n\0${int16(0)}${int16(0)}${int16(0)}`) + sync],
      ['server', message('1') + message('2') + ready],
      ['client', 50],
      ['client', bind('n') + execute + sync],
      ['server', message('2') + complete('SELECT 1') + ready],
      ['client', message('E', 'p\0\0\0\0\0') + sync],
      ['server', complete('SELECT 1') + ready],
    ],
    [
      { name: 'postgresql', 'db.query.text': undefined },
      { name: 'postgresql', 'db.query.text': undefined },
    ],
    { whole: true, rejects: { orphan_response: 1 } },
  ),
  own(
    'the server goes away and says why',
    [
      ['client', query('SELECT pg_sleep(9)')],
      ['server', failure('57P01')],
      ['server ends', 'finished'],
    ],
    [{ name: 'SELECT', 'error.type': '57P01' }],
  ),
  own(
    'the client leaves',
    [
      ['client', query('SELECT 1')],
      ['client ends', 'reset'],
    ],
    [{ name: 'SELECT', 'error.type': 'client_closed' }],
  ),
  own(
    'within a message',
    [
      ['client', 'Q\0\0\0\x20SEL'],
      ['client ends', 'finished'],
    ],
    [],
    {
      rejects: { incomplete_message: 1 },
    },
  ),
  own(
    'nobody looks any longer',
    [
      ['client', query('SELECT 1')],
      ['server ends', 'unknown'],
    ],
    [],
    {
      rejects: { unfinished: 1 },
    },
  ),
  own(
    'no message',
    [
      ['client', 'hello'],
      ['server', 'HTTP/1.1'],
    ],
    [],
    { rejects: { malformed_message: 2 } },
  ),
  {
    name: 'no startup packet',
    from: 'a wrong guess',
    steps: [['client', '\0\0\0\x08\0\0\0\x09']],
    expect: [],
    opaque: true,
    rejects: { malformed_startup: 1 },
  },
];
