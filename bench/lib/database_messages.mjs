// Messages of databases for bench/wire.mjs: what opens a connection, then requests and what answers each.
const big = (value, size) => Array.from({ length: size }, (_, at) => (value >> (8 * (size - 1 - at))) & 0xff);
const message = (type, body = '') =>
  Buffer.concat([Buffer.from(type), Buffer.from(big(body.length + 4, 4)), Buffer.from(body, 'latin1')]);
const packet = (sequence, body) =>
  Buffer.concat([Buffer.from([body.length & 0xff, body.length >> 8, 0, sequence]), Buffer.from(body, 'latin1')]);
const command = (...args) =>
  Buffer.from(`*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`);
const times = (count, make) => Buffer.concat(Array.from({ length: count }, (_, at) => make(at)));

const ids = Array.from({ length: 5000 }, (_, id) => id);
const sql = (id) => `SELECT name, price FROM items WHERE id = ${id} AND name <> 'nobody'`;
const rows = message('D', '\0\x01\0\0\0\x05value');
const ready = message('Z', 'I');
const complete = message('C', 'SELECT 1\0');
const execute = [message('B', '\0s\0\0\0\0\0\0\0'), message('E', '\0\0\0\0\0')];
const sync = message('S');
const column = (sequence) => packet(sequence, `\x03def${'\0'.repeat(30)}`);
const eof = (sequence) => packet(sequence, '\xfe\0\0\x02\0');

const postgresqlOpen = [
  [0, message('', '\0\x03\0\0user\0me\0\0')],
  [1, Buffer.concat([message('R', '\0\0\0\0'), ready])],
];

const preparedOpen = [
  ...postgresqlOpen,
  [0, Buffer.concat([message('P', `s\0${sql(1)}\0\0\0`), message('S')])],
  [1, Buffer.concat([message('1'), ready])],
];
const mysqlOpen = [
  [1, packet(0, `\x0a8.0.36\0${'\0'.repeat(8)}\0${'\0'.repeat(40)}`)],
  [0, packet(1, `\x09\xa2\x08\0\0\0\0\x01\x2d${'\0'.repeat(23)}me\0\0shop\0`)],
  [1, packet(2, '\0\0\0\x02\0\0\0')],
];
const resultSet = Buffer.concat([packet(1, '\x01'), column(2), eof(3), packet(4, '\x05value'), eof(5)]);

/** `exchanges`: operations in one request, 1 unless told. */
export const databaseWorkloads = {
  redis: {
    GET: { requests: [command('GET', 'key:000000001234')], response: Buffer.from('$3\r\nabc\r\n') },
    'SET, 16 at once': {
      exchanges: 16,
      requests: [times(16, (at) => command('SET', `key:${at}`, 'value'))],
      response: Buffer.from('+OK\r\n'.repeat(16)),
    },
  },
  postgresql: {
    'same query': {
      open: postgresqlOpen,
      requests: [message('Q', `${sql(1)}\0`)],
      response: Buffer.concat([message('T', '\0'.repeat(40)), rows, complete, ready]),
    },
    '5000 literals': {
      open: postgresqlOpen,
      requests: ids.map((id) => message('Q', `${sql(id)}\0`)),
      response: Buffer.concat([message('T', '\0'.repeat(40)), rows, complete, ready]),
    },
    prepared: {
      open: preparedOpen,
      requests: [Buffer.concat([...execute, sync])],
      response: Buffer.concat([message('2'), rows, complete, ready]),
    },
    'prepared, 16 at once': {
      open: preparedOpen,
      exchanges: 16,
      requests: [Buffer.concat([times(16, () => Buffer.concat(execute)), sync])],
      response: Buffer.concat([times(16, () => Buffer.concat([message('2'), rows, complete])), ready]),
    },
  },
  mysql: {
    'same query': { open: mysqlOpen, requests: [packet(0, `\x03${sql(1)}`)], response: resultSet },
    '5000 literals': { open: mysqlOpen, requests: ids.map((id) => packet(0, `\x03${sql(id)}`)), response: resultSet },
    prepared: {
      open: [
        ...mysqlOpen,
        [0, packet(0, `\x16${sql(1)}`)],
        [1, Buffer.concat([packet(1, '\0\x01\0\0\0\x01\0\0\0\0\0\0'), column(2), eof(3)])],
      ],
      requests: [packet(0, '\x17\x01\0\0\0\0\x01\0\0\0')],
      response: resultSet,
    },
  },
};
