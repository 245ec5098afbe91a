import type { Step, Told, WireCase } from './driver.ts';
import { recorded } from './recorded.ts';

const DOCS = 'https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html';

const little = (value: number, bytes: number): string =>
  Array.from({ length: bytes }, (_, at) => String.fromCharCode((value >> (8 * at)) & 0xff)).join('');
export const packet = (sequence: number, body: string): string =>
  `${little(body.length, 3)}${little(sequence, 1)}${body}`;
const greetingOf = (version: string): string =>
  packet(
    0,
    `\x0a${version}\0\x01\0\0\0abcdefgh\0\xff\xf7\xff\x02\0\xff\xdf\x15${'\0'.repeat(10)}abcdefghijkl\0caching_sha2_password\0`,
  );
export const greeting = greetingOf('8.0.36');
export const login = (capabilities = 0x0008a209, database = 'shop'): string =>
  packet(1, `${little(capabilities, 4)}\0\0\0\x01\x2d${'\0'.repeat(23)}me\0\x04hash${database}\0`);
/** Affected rows, insert id, status, warnings. */
export const ok = (sequence = 1, status = 2): string => packet(sequence, `\0\0\0${little(status, 2)}\0\0`);
const eof = (sequence: number, status = 2): string => packet(sequence, `\xfe\0\0${little(status, 2)}`);
/** In place of EOF, for clients that can do without. */
const okEof = (sequence: number, status = 2): string => packet(sequence, `\xfe\0\0${little(status, 2)}\0\0`);
export const error = (code: number, state: string): string => packet(1, `\xff${little(code, 2)}#${state}no hunter`);
const progress = (sequence: number): string => packet(sequence, '\xff\xff\xff\x01\x01\x02\x64\0\0\x04copy');
export const query = (sql: string): string => packet(0, `\x03${sql}`);
const column = (sequence: number): string => packet(sequence, `\x03def${'\0'.repeat(20)}`);
const prepare = (sql: string): string => packet(0, `\x16${sql}`);
const prepared = (id: number, columns: number, parameters: number): string =>
  packet(1, `\0${little(id, 4)}${little(columns, 2)}${little(parameters, 2)}\0\0\0`);
const execute = (id: number): string => packet(0, `\x17${little(id, 4)}\0\x01\0\0\0\0\x01\xfd\0\x06hunter`);
export const set = (rows: number, status = 2): string =>
  packet(1, '\x01') +
  column(2) +
  eof(3) +
  Array.from({ length: rows }, (_, at) => packet(4 + at, '\x06hunter')).join('') +
  eof(4 + rows, status);

const begin: readonly Step[] = [
  ['server', greeting],
  ['client', login()],
  ['server', ok(2)],
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
const exchange = (request: string, reply: string): Step[] => [
  ['client', request],
  ['server', reply],
];
const named = (...names: string[]): Told[] => names.map((name) => ({ name }));

export const recordings: readonly WireCase[] = [
  {
    name: 'mariadb: queries, LOAD DATA LOCAL, a procedure, an error',
    from: 'test/fixtures/mysql/mariadb.json',
    fromStart: true,
    steps: recorded('mysql/mariadb', 0),
    expect: [
      { name: 'CREATE DATABASE shop', 'db.system.name': 'mariadb', 'db.namespace': undefined },
      { name: 'SELECT', 'db.response.returned_rows': 1 },
      { name: 'INIT_DB' },
      { name: 'CREATE TABLE items', 'db.namespace': 'shop' },
      { name: 'INSERT items', 'db.query.text': 'INSERT INTO items VALUES (?)' },
      {
        name: 'SELECT items',
        'db.operation.name': 'SELECT',
        'db.collection.name': 'items',
        'db.query.text': 'SELECT name FROM items WHERE id IN (?)',
        'db.response.returned_rows': 2,
        error: false,
      },
      { name: 'SELECT items', 'db.response.status_code': '1054', 'error.type': '1054', error: true },
      { name: 'LOAD', 'db.query.text': 'LOAD DATA LOCAL INFILE ? INTO TABLE items', error: false },
      ...named('CREATE PROCEDURE two'),
      {
        name: 'CALL two',
        'db.collection.name': undefined,
        'db.operation.batch.size': undefined,
        'db.response.returned_rows': 2,
        end: 280e6,
      },
    ],
  },
  {
    name: 'PyMySQL: several statements, commands',
    from: 'test/fixtures/mysql/pymysql.json',
    fromStart: true,
    kind: 'client',
    steps: recorded('mysql/pymysql', 0),
    expect: [
      { name: 'SELECT items', 'db.namespace': 'shop' },
      { name: 'SELECT SELECT UPDATE items', 'db.operation.batch.size': 3, 'db.response.returned_rows': 2 },
      { name: 'PING', 'db.query.text': undefined },
      { name: 'INIT_DB' },
      { name: 'SELECT nosuch', 'error.type': '1146' },
    ],
  },
];

export const protocol: readonly WireCase[] = [
  own(
    'prepared, executed, closed',
    [
      ...exchange(prepare('SELECT a FROM t WHERE b = ?'), prepared(7, 1, 1) + column(2) + eof(3) + column(4) + eof(5)),
      ...exchange(packet(0, `\x18${little(7, 4)}\0\0hunter`) + execute(7), set(2)),
      ...exchange(packet(0, `\x1a${little(7, 4)}`), ok()),
      ...exchange(packet(0, `\x19${little(7, 4)}`) + execute(7), error(1243, 'HY000')),
    ],
    [
      { name: 'SELECT t', 'db.query.text': 'SELECT a FROM t WHERE b = ?', 'db.response.returned_rows': 2 },
      { name: 'STMT_RESET' },
      { name: 'mysql', 'error.type': '1243', 'sonde.partial': ['db.request'] },
    ],
  ),
  own(
    'a backslash escapes unless the server says otherwise',
    [
      ...exchange(query("SELECT 'a\\'hunter', b FROM t"), set(1)),
      ...exchange(query("SET sql_mode = 'NO_BACKSLASH_ESCAPES'"), ok(1, 0x202)),
      ...exchange(query("SELECT 'C:\\', b, 'hunter' FROM t"), set(1, 0x202)),
      ...exchange(query("SET sql_mode = ''; SELECT b, 'a\\'hunter' FROM t"), ok(1, 10) + set(1)),
      ...exchange(query("SELECT 'a\\'hunter', b FROM t"), set(1)),
    ],
    [
      { 'db.query.text': 'SELECT ?, b FROM t' },
      { name: 'SET' },
      { 'db.query.text': 'SELECT ?, b, ? FROM t' },
      { 'db.query.text': 'SET sql_mode = ?; SELECT b, ?', 'sonde.truncated': ['db.query.text'] },
      { 'db.query.text': 'SELECT ?, b FROM t' },
    ],
  ),
  {
    name: 'a backslash escapes nothing, as the server says at once',
    from: DOCS,
    fromStart: true,
    steps: [
      ['server', greeting],
      ['client', login()],
      ['server', ok(2, 0x202)],
      ...exchange(query("SELECT 'C:\\', b, 'hunter' FROM t"), set(1, 0x202)),
    ],
    expect: [{ 'db.query.text': 'SELECT ?, b, ? FROM t' }],
  },
  own(
    'the status stands behind numbers of any width',
    ['\0', '\xfa', '\xfc\xfb\0', '\xfd\0\0\x01', '\xfe\0\0\0\x01\0\0\0\0'].flatMap((number) => [
      ...exchange(query('SET a = 1'), packet(1, `\0${number}\0${little(0x202, 2)}\0\0`)),
      ...exchange(query("SELECT 'C:\\', b, 'hunter' FROM t"), set(1, 0x202)),
      ...exchange(query('SET a = 1'), packet(1, `\0\0${number}${little(2, 2)}\0\0`)),
      ...exchange(query("SELECT 'a\\'hunter', b FROM t"), set(1)),
    ]),
    Array.from({ length: 5 }, () => [
      { name: 'SET' },
      { 'db.query.text': 'SELECT ?, b, ? FROM t' },
      { name: 'SET' },
      { 'db.query.text': 'SELECT ?, b FROM t' },
    ]).flat(),
  ),
  own(
    'MariaDB: executed together with its preparation, and for many parameters at once',
    [
      ...exchange(
        prepare('INSERT INTO t VALUES (?)') + packet(0, `\x17${little(-1, 4)}\0\x01\0\0\0\0\x01\xfd\0\x06hunter`),
        prepared(7, 0, 1) + column(2) + eof(3) + ok(),
      ),
      ...exchange(packet(0, `\xfa${little(7, 4)}\x80\0\xfd\0\0\x06hunter\0\x06hunter`), ok()),
    ],
    [
      { name: 'INSERT t', 'db.query.text': 'INSERT INTO t VALUES (?)' },
      { name: 'INSERT t', 'db.query.text': 'INSERT INTO t VALUES (?)', 'sonde.partial': undefined },
    ],
  ),
  own('MariaDB: progress is no error', exchange(query('ALTER TABLE t FORCE'), progress(1) + ok(2)), [
    { name: 'ALTER TABLE t', error: false, 'db.response.status_code': undefined },
  ]),
  own(
    'MariaDB: progress among columns and rows',
    [
      ...exchange(
        query('CHECK TABLE t'),
        packet(1, '\x01') + progress(2) + column(3) + progress(4) + eof(5) + progress(6) + packet(7, '\x02OK') + eof(8),
      ),
      ...exchange(packet(0, '\x0e'), ok()),
    ],
    [
      { name: 'CHECK', error: false, 'db.response.returned_rows': 1 },
      { name: 'PING', end: 70e6 },
    ],
  ),
  own('a preparation that fails', exchange(prepare('SELEC 1'), error(1064, '42000')), [
    { name: 'mysql', 'error.type': '1064' },
  ]),
  own(
    'without EOF packets',
    [
      ...exchange(prepare('SELECT 1'), prepared(1, 1, 0) + column(2)),
      ...exchange(execute(1), packet(1, '\x01') + column(2) + packet(3, '\0\0\x06hunter') + okEof(4)),
      ...exchange(query('SELECT 2 FROM t'), packet(1, '\x01') + column(2) + okEof(3)),
      ...exchange(packet(0, '\x0e'), ok()),
    ],
    [
      { name: 'SELECT', 'db.response.returned_rows': 1 },
      { name: 'SELECT t', 'db.response.returned_rows': 0 },
      { name: 'PING' },
    ],
  ),
  own(
    'a cursor',
    [
      ...exchange(prepare('SELECT a FROM t'), prepared(1, 1, 0) + column(2) + eof(3)),
      ...exchange(execute(1), packet(1, '\x01') + column(2) + eof(3, 0x42)),
      ...exchange(packet(0, `\x1c${little(1, 4)}${little(5, 4)}`), packet(1, '\0\0\x06hunter') + eof(2, 0x82)),
    ],
    [{ name: 'SELECT t' }, { name: 'STMT_FETCH', 'db.response.returned_rows': 1 }],
  ),
  own(
    'several results, the second an error',
    exchange(query('SELECT 1; SELECT x'), set(1, 10) + error(1054, '42S22').replace('\0\x01\xff', '\0\x06\xff')),
    [{ name: 'SELECT SELECT', 'error.type': '1054' }],
  ),
  own(
    'USE, and commands that are named',
    [
      ...exchange(query('USE other'), ok()),
      ...exchange(packet(0, '\x09'), packet(1, 'Uptime: 1')),
      ...exchange(packet(0, '\x04t\0'), column(1) + eof(2)),
      ...exchange(packet(0, '\x1f'), ok()),
      ...exchange(packet(0, '\x02third'), ok()),
      ...exchange(query('SELECT 1'), set(0)),
    ],
    [
      { name: 'USE other', 'db.namespace': 'shop', 'db.collection.name': undefined },
      { name: 'STATISTICS', 'db.namespace': 'other' },
      ...named('FIELD_LIST', 'RESET_CONNECTION', 'INIT_DB'),
      { name: 'SELECT', 'db.namespace': 'third' },
    ],
  ),
  own(
    'another user',
    [
      ['client', packet(0, '\x11hunter\0\x04hashnext\0')],
      ['server', packet(1, '\xfemysql_native_password\0salt')],
      ['client', packet(2, 'hunterhash')],
      ['server', ok(3)],
      ...exchange(query('SELECT 1'), set(1)),
    ],
    [{ name: 'SELECT', 'db.namespace': 'next' }],
  ),
  own(
    'SQL that prepares: the text that EXECUTE runs',
    [
      ...exchange(
        query("PREPARE Get FROM 'SELECT a FROM t WHERE b = \\'hunter\\' AND c = ''hunter'' AND d = ?'"),
        ok(),
      ),
      ...exchange(query("SET @x = 'hunter'"), ok()),
      ...exchange(query('EXECUTE get USING @x'), set(2)),
      ...exchange(query('execute `GET`'), error(1210, 'HY000')),
      ...exchange(query('PREPARE `a``b` FROM "INSERT INTO u VALUES (\'hunter\', 5)" ;'), ok()),
      ...exchange(query('EXECUTE `a``b`;'), ok()),
      ...exchange(query("EXECUTE IMMEDIATE 'DELETE FROM u WHERE a = ''hunter''' USING @x"), ok()),
      ...exchange(query('DEALLOCATE PREPARE get'), ok()),
      ...exchange(query('EXECUTE get'), error(1243, 'HY000')),
      ...exchange(query('DROP PREPARE `a``b`'), ok()),
      ...exchange(query('EXECUTE `a``b`'), error(1243, 'HY000')),
    ],
    [
      { name: 'PREPARE', 'db.query.text': 'PREPARE Get FROM ?' },
      { name: 'SET' },
      {
        name: 'SELECT t',
        'db.query.text': 'SELECT a FROM t WHERE b = ? AND c = ? AND d = ?',
        'db.collection.name': 't',
        'db.response.returned_rows': 2,
      },
      { name: 'SELECT t', 'error.type': '1210' },
      { name: 'PREPARE', 'db.query.text': 'PREPARE `a``b` FROM ?;' },
      { name: 'INSERT u', 'db.query.text': 'INSERT INTO u VALUES (?)' },
      { name: 'DELETE u', 'db.query.text': 'DELETE FROM u WHERE a = ?' },
      { name: 'DEALLOCATE' },
      { name: 'EXECUTE', 'db.query.text': 'EXECUTE get', 'error.type': '1243' },
      { name: 'DROP' },
      { name: 'EXECUTE', 'error.type': '1243' },
    ],
  ),
  own(
    'SQL that prepares: what is not known is not told',
    [
      // One that fails takes the one before it along; so does a variable, and what a procedure does is not seen.
      "PREPARE s FROM 'SELEC hunter'",
      "PREPARE s FROM 'SELECT 1 FROM b'",
      'PREPARE s FROM @sql',
      "PREPARE s FROM 'SELECT 1 FROM c'; SELECT 2",
      'CALL p()',
      "PREPARE s FROM CONCAT('SELECT a', 'hunter')",
      "PREPARE s FROM 'SELECT a' 'hunter'",
      "PREPARE /* x */ s FROM 'SELECT 1 FROM d'",
      "PREPARE other FROM 'SELECT 1 FROM d'",
    ].flatMap((sql) => [
      ...exchange(query("PREPARE s FROM 'SELECT 1 FROM a'"), ok()),
      ...exchange(query(sql), sql.includes('SELEC h') ? error(1064, '42000') : ok()),
      ...exchange(query('EXECUTE s'), set(0)),
    ]),
    ['EXECUTE', 'SELECT b', 'EXECUTE', 'EXECUTE', 'EXECUTE', 'EXECUTE', 'EXECUTE', 'EXECUTE', 'SELECT a'].flatMap(
      (name) => [{ name: 'PREPARE' }, {}, { name, 'sonde.partial': undefined }],
    ),
  ),
  own(
    'SQL that prepares: while it is not known how strings are read',
    [
      ...exchange(query("SET sql_mode = ''; PREPARE s FROM 'SELECT ''a\\'' FROM a'"), ok(1, 10) + ok(2)),
      [
        'client',
        query("SET sql_mode = 'x'") + query("PREPARE s FROM 'SELECT \\'hunter\\' FROM a'") + query('EXECUTE s'),
      ],
      ['server', ok() + ok() + set(0)],
      ...exchange(query('SET a = 1'), ok(1, 0x202)),
      ...exchange(query("PREPARE s FROM 'SELECT ''C:\\'', ''hunter'' FROM a'"), ok(1, 0x202)),
      ...exchange(query('EXECUTE s'), set(0, 0x202)),
    ],
    [
      { name: 'SET PREPARE' },
      { name: 'SET' },
      { name: 'PREPARE' },
      { name: 'EXECUTE' },
      { name: 'SET' },
      { name: 'PREPARE' },
      { name: 'SELECT a', 'db.query.text': 'SELECT ?, ? FROM a' },
    ],
  ),
  own(
    'another user, or a new session: nothing is prepared',
    [
      ...exchange(query("PREPARE s FROM 'SELECT 1 FROM a'") + prepare('SELECT 1 FROM b'), ok() + prepared(7, 0, 0)),
      ...exchange(packet(0, '\x1f'), ok()),
      ...exchange(query('EXECUTE s') + execute(7), error(1243, 'HY000') + error(1243, 'HY000')),
    ],
    [
      { name: 'PREPARE' },
      { name: 'RESET_CONNECTION' },
      { name: 'EXECUTE', 'error.type': '1243' },
      { name: 'mysql', 'error.type': '1243', 'sonde.partial': ['db.request'] },
    ],
  ),
  own(
    'several preparations before the first is answered',
    [
      ...exchange(
        prepare('SELECT 1 FROM a') + prepare('SELEC') + prepare('SELECT 1 FROM b'),
        prepared(1, 1, 0) + column(2) + eof(3) + error(1064, '42000') + prepared(2, 1, 0) + column(2) + eof(3),
      ),
      ...exchange(execute(1) + execute(2), set(1) + set(1)),
    ],
    [{ name: 'mysql', 'error.type': '1064' }, { name: 'SELECT a' }, { name: 'SELECT b' }],
  ),
  own('a command that nobody knows', exchange(packet(0, '\x7fx'), ok()), [], { rejects: { unknown_command: 1 } }),
  own(
    'a result of 256 columns, and one whose columns the client knows',
    [
      ...exchange(
        query('SELECT * FROM wide'),
        packet(1, `\xfc${little(256, 2)}`) +
          Array.from({ length: 256 }, (_, at) => column((2 + at) & 0xff)).join('') +
          eof(2) +
          packet(3, 'hunter') +
          eof(4),
      ),
      ...exchange(
        query('SELECT * FROM known'),
        packet(1, '\x02\0') + packet(2, '\x06hunter\xfb') + packet(3, '\x01a\xfb') + eof(4),
      ),
    ],
    [
      { name: 'SELECT wide', 'db.response.returned_rows': 1 },
      { name: 'SELECT known', 'db.response.returned_rows': 2 },
    ],
    { whole: true },
  ),
  own(
    'commands without text',
    [
      ...[4, 5, 6, 7, 8, 10, 12, 13, 14, 27, 31].flatMap((code) =>
        exchange(packet(0, `${String.fromCharCode(code)}hunter`), code === 4 ? column(1) + eof(2) : ok()),
      ),
      ...exchange(packet(0, '\x09'), packet(1, 'Uptime: 5  hunter: 1')),
    ],
    named(
      'FIELD_LIST',
      'CREATE_DB',
      'DROP_DB',
      'REFRESH',
      'SHUTDOWN',
      'PROCESS_INFO',
      'PROCESS_KILL',
      'DEBUG',
      'PING',
      'SET_OPTION',
      'RESET_CONNECTION',
      'STATISTICS',
    ),
  ),
  own(
    'ten query attributes, of which the second and the ninth are null',
    exchange(
      packet(
        0,
        `\x03\x0a\x01\x02\x01\x01${['\xfd\0\x01a', '\xfd\0\x01b', '\x01\0\x01c', '\x02\0\x01d', '\x03\0\x01e', '\x08\0\x01f', '\x05\0\x01g', '\x06\0\x01h', '\xfd\0\x01i', '\x04\0\0'].join('')}` +
          `\x06hunter${'\x01'}${'\x01\x02'}${'\x01\x02\x03\x04'}${'h'.repeat(8)}${'h'.repeat(8)}${'hhhh'}SELECT 1 FROM t`,
      ),
      set(1),
    ),
    [{ name: 'SELECT t', 'db.query.text': 'SELECT ? FROM t' }],
  ),
  own(
    'attributes that cannot be followed',
    [
      ...exchange(packet(0, '\x03\x01\x01\0\x01\xfd\0\x03key\xffhunterSELECT 1 FROM t'), set(1)),
      ...exchange(packet(0, '\x03\x01\x01\0\x02\xfd\0\x03key\x06hunterSELECT 1 FROM t'), set(1)),
    ],
    [{ 'db.query.text': undefined }, { 'db.query.text': undefined }],
  ),
  ...(
    [
      ['a database behind a password with a zero at its end', 0x00000209, 'hash\0shop\0', 'shop'],
      ['no database, although one is there', 0x00000201, 'hash\0shop\0', undefined],
      ['a database without its end', 0x00008209, '\x04hashshop', undefined],
    ] as const
  ).map(
    ([name, capabilities, rest, database]): WireCase => ({
      name,
      from: DOCS,
      fromStart: true,
      steps: [
        ['server', greeting],
        ['client', packet(1, `${little(capabilities, 4)}\0\0\0\x01\x2d${'\0'.repeat(23)}me\0${rest}`)],
        ['server', ok(2)],
        ...exchange(query('SELECT 1'), set(1)),
      ],
      expect: [{ name: 'SELECT', 'db.namespace': database }],
    }),
  ),
  {
    name: 'query attributes',
    from: DOCS,
    fromStart: true,
    steps: [
      ['server', greeting],
      ['client', login(0x0808a209)],
      ['server', ok(2)],
      ...exchange(packet(0, '\x03\0\x01SELECT 1 FROM a'), set(1)),
      ...exchange(packet(0, '\x03\x01\x01\0\x01\xfd\0\x03key\x06hunterSELECT 1 FROM b'), set(1)),
    ],
    expect: named('SELECT a', 'SELECT b'),
  },
  ...(
    [
      ['TLS', packet(1, `${little(0x0008aa09, 4)}\0\0\0\x01\x2d${'\0'.repeat(23)}`)],
      ['compression', login(0x0008a229)],
    ] as const
  ).map(
    ([name, answer]): WireCase => ({
      name,
      from: DOCS,
      steps: [
        ['server', greeting],
        ['client', answer],
        ['client', '\x16\x03\x01'],
      ],
      expect: [],
      opaque: true,
    }),
  ),
  {
    name: 'refused',
    from: DOCS,
    fromStart: true,
    steps: [
      ['server', packet(0, '\xff\x10\x04Too many connections')],
      ['server ends', 'finished'],
    ],
    expect: [],
  },
];

export const losses: readonly WireCase[] = [
  own(
    'packets of 16 MiB and more, not copied',
    [
      ['client', `\xff\xff\xff\0\x03INSERT INTO t VALUES ('${'x'.repeat(9000)}`],
      ['client', 0xffffff - 9024],
      ['client', packet(1, "x')")],
      ['server', ok()],
      ['client', query('SELECT a FROM t')],
      ['server', `${packet(1, '\x01') + column(2) + eof(3)}\xff\xff\xff\x04\xfd\xff\xff\xff${'x'.repeat(60)}`],
      ['server', 0xffffff - 64],
      ['server', packet(5, 'xxx') + eof(6)],
    ],
    [
      { name: 'INSERT t', 'sonde.truncated': ['db.query.text'], 'db.query.text': 'INSERT INTO t VALUES (?' },
      { name: 'SELECT t', 'db.response.returned_rows': 1 },
    ],
    { whole: true },
  ),
  own(
    'a lost answer',
    [
      ['client', query('SELECT 1 FROM a')],
      ['client', query('SELECT 1 FROM b')],
      ['server', 30],
      ['server', set(1)],
      ...exchange(query('SELECT 1 FROM c'), set(1)),
    ],
    [
      { name: 'SELECT a', 'sonde.partial': ['db.response'] },
      { name: 'SELECT b', 'sonde.partial': undefined, 'db.response.returned_rows': 1 },
      { name: 'SELECT c', 'sonde.partial': undefined },
    ],
    { whole: true },
  ),
  own(
    'a statement that is prepared after a lost answer',
    [
      ['client', query('SELECT 1 FROM a')],
      ['server', 30],
      ...exchange(prepare('SELECT a FROM t WHERE b = ?'), prepared(7, 1, 1) + column(2) + eof(3) + column(4) + eof(5)),
      ...exchange(execute(7), set(2)),
    ],
    [
      { name: 'SELECT a', 'sonde.partial': ['db.response'] },
      { name: 'SELECT t', 'sonde.partial': undefined },
    ],
    { whole: true },
  ),
  {
    name: 'joined in the middle',
    from: 'a tap that starts later',
    joined: true,
    whole: true,
    steps: [
      ['server', 'the rest of a row'],
      ...exchange(execute(7), set(1)),
      ...exchange(query('SELECT 1 FROM b'), set(1)),
    ],
    expect: [
      { name: 'mysql', 'sonde.partial': ['db.request'], 'db.response.returned_rows': 1 },
      { name: 'SELECT b', 'db.namespace': undefined },
    ],
    rejects: { unsynchronised: 1 },
  },
  {
    name: 'joined as it begins',
    from: 'the client mariadb over a Unix socket',
    joined: true,
    whole: true,
    steps: [
      ['server', greetingOf('5.5.5-10.11.19-MariaDB')],
      ['client', login()],
      ['server', ok(2)],
      ...exchange(query('SELECT 1 FROM b'), set(1)),
    ],
    expect: [{ name: 'SELECT b', 'db.system.name': 'mariadb', 'db.namespace': 'shop', 'sonde.partial': undefined }],
  },
  {
    name: 'an answer to what was not seen',
    from: 'a tap that starts later',
    joined: true,
    whole: true,
    steps: [['server', ok()]],
    expect: [],
    rejects: { orphan_response: 1 },
  },
  own(
    'the server leaves',
    [
      ['client', query('SELECT 1')],
      ['server ends', 'reset'],
    ],
    [{ name: 'SELECT', 'error.type': 'connection_reset' }],
  ),
  own(
    'within a packet',
    [
      ['client', '\x09\0\0\0\x03SEL'],
      ['client ends', 'finished'],
    ],
    [],
    {
      rejects: { incomplete_packet: 1 },
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
  {
    name: 'no login',
    from: 'a wrong guess',
    fromStart: true,
    steps: [
      ['server', greeting],
      ['client', packet(1, 'short')],
    ],
    expect: [],
    opaque: true,
    rejects: { malformed_login: 1 },
  },
  {
    name: 'no greeting',
    from: 'a wrong guess',
    fromStart: true,
    steps: [['server', packet(3, 'what')]],
    expect: [],
    opaque: true,
    rejects: { malformed_packet: 1 },
  },
];
