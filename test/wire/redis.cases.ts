import type { Step, Told, WireCase } from './driver.ts';
import { recorded } from './recorded.ts';

export const command = (...args: string[]): string =>
  `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;

const SPEC = 'https://redis.io/docs/latest/develop/reference/protocol-spec/';
const named = (...names: string[]): Told[] => names.map((name) => ({ name }));
const exchange = (request: string, reply: string): readonly Step[] => [
  ['client', request],
  ['server', reply],
];
/** Joined, so that what is told does not depend on how the connection began. */
const one = (name: string, request: string, reply: string, told: Told): WireCase => ({
  name,
  from: SPEC,
  joined: true,
  steps: exchange(request, reply),
  expect: [told],
});

export const recordings: readonly WireCase[] = [
  {
    name: 'redis-cli: one command',
    from: 'test/fixtures/redis/cli.json',
    fromStart: true,
    steps: recorded('redis/cli', 0),
    expect: [
      {
        name: 'SET',
        error: false,
        start: 10e6,
        end: 20e6,
        'db.system.name': 'redis',
        'db.operation.name': 'SET',
        'db.namespace': '0',
        'db.query.text': 'SET ? ?',
        'db.query.summary': undefined,
        'db.response.status_code': undefined,
        'error.type': undefined,
        'server.address': '10.0.0.1',
        'server.port': 8080,
        'client.address': '10.0.0.2',
        'network.peer.address': '10.0.0.2',
        'network.peer.port': 40000,
        'db.collection.name': undefined,
        metricValues: ['redis', 'SET', undefined, '0', undefined, undefined, undefined],
        measurements: [0.01],
      },
    ],
  },
  {
    name: 'redis-cli: RESP3',
    from: 'test/fixtures/redis/cli.json',
    fromStart: true,
    kind: 'client',
    steps: recorded('redis/cli', 1),
    expect: [
      { name: 'HELLO', 'db.query.text': 'HELLO ?' },
      { name: 'HGETALL', 'server.address': '10.0.0.2', 'server.port': 40000, 'client.address': undefined },
    ],
  },
  {
    name: 'redis-cli: another database',
    from: 'test/fixtures/redis/cli.json',
    fromStart: true,
    steps: recorded('redis/cli', 2),
    expect: [
      { name: 'SELECT', 'db.namespace': '0' },
      { name: 'LPUSH', 'db.namespace': '3' },
    ],
  },
  {
    name: 'RESP3: transaction, tracking, channels, blocking, errors, inline',
    from: 'test/fixtures/redis/session.json',
    fromStart: true,
    steps: recorded('redis/session', 0),
    expect: [
      { name: 'HELLO', 'db.query.text': 'HELLO ? ? ? ?' },
      { name: 'HELLO' },
      { name: 'MULTI', 'db.query.text': 'MULTI' },
      { name: 'SET', error: false },
      { name: 'INCR', error: false },
      {
        name: 'EXEC',
        'db.operation.batch.size': 2,
        'db.response.status_code': 'ERR',
        'error.type': 'ERR',
        error: true,
      },
      { name: 'HGETALL', 'db.response.status_code': 'WRONGTYPE', 'error.type': 'WRONGTYPE', error: true },
      ...named('HSET', 'HGETALL'),
      { name: 'CLIENT TRACKING', 'db.query.text': 'CLIENT TRACKING ?' },
      ...named('GET', 'SET', 'SUBSCRIBE', 'UNSUBSCRIBE', 'BLPOP'),
      { name: 'CONFIG GET', 'db.query.text': 'CONFIG GET ?' },
      { name: 'EVAL', error: false },
      { name: '_OTHER', 'db.operation.name': '_OTHER', 'error.type': 'ERR' },
      { name: 'PING' },
      { name: 'SET', 'db.query.text': 'SET ? ? ?' },
    ],
  },
  {
    name: 'RESP2: channels, CLIENT REPLY, MONITOR',
    from: 'test/fixtures/redis/session.json',
    fromStart: true,
    steps: recorded('redis/session', 1),
    expect: [
      ...named('SUBSCRIBE', 'PING', 'UNSUBSCRIBE', 'GET'),
      { name: 'CLIENT REPLY', measurements: [Number.NaN] },
      { name: 'SET', measurements: [Number.NaN] },
      { name: 'GET', measurements: [0.01] },
      { name: 'MONITOR' },
    ],
  },
];

export const protocol: readonly WireCase[] = [
  {
    name: 'another database while nothing is answered',
    from: 'https://redis.io/docs/latest/commands/client-reply/',
    fromStart: true,
    steps: [
      ['client', command('CLIENT', 'REPLY', 'OFF') + command('SELECT', '3') + command('GET', 'k')],
      ['client', command('CLIENT', 'REPLY', 'ON')],
      ['server', '+OK\r\n'],
      ['client', command('SELECT', '4') + command('GET', 'k')],
      ['server', '-ERR\r\n$-1\r\n'],
    ],
    expect: [
      { name: 'CLIENT REPLY', measurements: [Number.NaN] },
      { name: 'SELECT', measurements: [Number.NaN], 'db.namespace': '0' },
      { name: 'GET', measurements: [Number.NaN], 'db.namespace': '3' },
      { name: 'CLIENT REPLY', 'db.namespace': '3' },
      { name: 'SELECT', 'error.type': 'ERR' },
      { name: 'GET', 'db.namespace': '3' },
    ],
  },
  one('null', command('GET', 'k'), '$-1\r\n', { name: 'GET', 'db.namespace': undefined, error: false }),
  one('null array', command('EXEC'), '*-1\r\n', { name: 'EXEC', error: false }),
  one('empty array', command('KEYS', 'k*'), '*0\r\n', { name: 'KEYS' }),
  one('lower case', command('get', 'k'), '$0\r\n\r\n', { name: 'GET' }),
  one('a module', command('JSON.SET', 'k', '$', '1'), '+OK\r\n', { name: 'JSON.SET' }),
  {
    name: 'a name that is data',
    from: 'redis-cli hunter2',
    fromStart: true,
    steps: exchange(command('hunter2', 'k'), "-ERR unknown command 'hunter2'\r\n"),
    expect: [{ name: '_OTHER', 'db.query.text': '_OTHER ?' }],
  },
  one('many arguments', command('MSET', ...Array.from({ length: 40 }, (_, at) => `k${at}`)), '+OK\r\n', {
    'db.query.text': 'MSET ? ? ? ? ? ? ? ? ...',
  }),
  one('nested', command('XREAD', 'STREAMS', 's', '0'), '*1\r\n*2\r\n$1\r\ns\r\n*2\r\n:1\r\n%1\r\n+a\r\n,1.5\r\n', {
    name: 'XREAD',
  }),
  one('attribute', command('GET', 'k'), '|1\r\n+ttl\r\n:3600\r\n$1\r\nv\r\n', { name: 'GET' }),
  one('bulk error', command('GET', 'k'), '!21\r\nSYNTAX invalid syntax\r\n', { 'error.type': 'SYNTAX' }),
  {
    name: 'an error that is no code',
    from: 'a script: error_reply("user secret")',
    fromStart: true,
    steps: exchange(command('EVAL', 's', '0'), '-user secret\r\n'),
    expect: [{ 'error.type': '_OTHER' }],
  },
  one('all of RESP3', command('DEBUG', 'x'), '~6\r\n_\r\n#t\r\n,inf\r\n(349\r\n=5\r\ntxt:a\r\n*0\r\n', {
    error: false,
  }),
  one('text that looks like a channel’s message', command('LRANGE', 'l', '0', '-1'), '*2\r\n$3\r\nmsg\r\n$1\r\na\r\n', {
    name: 'LRANGE',
  }),
  {
    name: 'pipeline',
    from: 'redis-benchmark -P 3',
    fromStart: true,
    steps: [
      ['client', command('SET', 'a', 'secret').repeat(2) + command('INCR', 'a')],
      ['server', '+OK\r\n+OK\r\n-ERR value is not an integer or out of range\r\n'],
    ],
    expect: [{ name: 'SET' }, { name: 'SET' }, { name: 'INCR', 'error.type': 'ERR' }],
  },
  {
    name: 'empty commands have no answer',
    from: 'redis networking.c: processMultibulkBuffer',
    joined: true,
    steps: [
      ['client', `${command('PING')}*0\r\n\r\n${command('GET', 'a')}`],
      ['server', '+PONG\r\n$-1\r\n'],
    ],
    expect: named('PING', 'GET'),
  },
  {
    name: 'replication is another protocol',
    from: 'a replica of Redis 7',
    fromStart: true,
    steps: [
      ['client', command('REPLCONF', 'capa', 'psync2')],
      ['server', '+OK\r\n'],
      ['client', command('PSYNC', '?', '-1')],
      ['server', '+FULLRESYNC 8371b4fb1155b71f4a04d3e1bc3e18c4a990aeeb 0\r\n$175\r\nREDIS0011'],
    ],
    expect: named('REPLCONF', 'PSYNC'),
    opaque: true,
  },
  {
    name: 'an inline command that is too long',
    from: 'redis networking.c: PROTO_INLINE_MAX_SIZE',
    fromStart: true,
    steps: [
      ['client', `SET k ${'x'.repeat(3000)}\r\n${command('PING')}`],
      ['server', '+OK\r\n+PONG\r\n'],
    ],
    expect: [{ name: 'SET', 'db.query.text': 'SET ? ?' }, { name: 'PING' }],
  },
];

export const losses: readonly WireCase[] = [
  {
    name: 'the client leaves',
    from: 'kill of a client in BLPOP',
    fromStart: true,
    kind: 'server',
    steps: [
      ['client', command('BLPOP', 'k', '0')],
      ['client ends', 'reset'],
    ],
    expect: [{ name: 'BLPOP', 'error.type': 'client_closed', error: false }],
  },
  {
    name: 'the server leaves',
    from: 'kill of the server',
    fromStart: true,
    kind: 'client',
    steps: [
      ['client', command('GET', 'k') + command('GET', 'k')],
      ['server', '$3\r\nab'],
      ['server ends', 'finished'],
    ],
    expect: [
      { name: 'GET', 'error.type': 'server_closed', error: true },
      { name: 'GET', 'error.type': 'server_closed' },
    ],
  },
  {
    name: 'a timeout, and a reset by the server',
    from: 'tcp(7): ETIMEDOUT',
    fromStart: true,
    steps: [
      ['client', command('GET', 'k')],
      ['client ends', 'timeout'],
    ],
    expect: [{ 'error.type': 'timeout' }],
  },
  {
    name: 'nobody looks any longer',
    from: 'decoder.ts: End',
    fromStart: true,
    steps: [
      ['client', command('GET', 'k')],
      ['server ends', 'unknown'],
      ['client ends', 'unknown'],
    ],
    expect: [],
    rejects: { unfinished: 1 },
  },
  {
    name: 'the client ends within a command',
    from: 'kill of a client',
    fromStart: true,
    steps: [
      ['client', '*2\r\n$3\r\nGET\r\n$10\r\nab'],
      ['client ends', 'finished'],
    ],
    expect: [],
    rejects: { incomplete_command: 1 },
  },
  {
    name: 'values that were not copied',
    from: 'capture.bytes_per_operation',
    fromStart: true,
    steps: [
      ['client', '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\nabc'],
      ['client', 99_997],
      ['client', '\r\n'],
      ['server', '+OK\r\n'],
      ['client', command('GET', 'k')],
      ['server', '$100000\r\nabc'],
      ['server', 99_997],
      ['server', '\r\n'],
      ['client', command('PING')],
      ['server', '+PONG\r\n'],
      // The last bytes of an answer, in a record that is lost: when they passed is not known.
      ['client', command('GET', 'k')],
      ['server', '$100000\r\nabc'],
      ['server', 99_999],
      ['client', command('PING')],
      ['server', '+PONG\r\n'],
    ],
    expect: [
      { name: 'SET', 'sonde.partial': undefined },
      { name: 'GET', measurements: [0.03] },
      { name: 'PING' },
      { name: 'GET', 'sonde.partial': ['db.response'], measurements: [Number.NaN] },
      { name: 'PING', 'sonde.partial': undefined },
    ],
    whole: true,
  },
  {
    name: 'a lost answer',
    from: 'a dropped ring record',
    fromStart: true,
    whole: true,
    steps: [
      ['client', command('SET', 'a', 'b')],
      ['client', command('GET', 'a')],
      ['server', 5],
      ['server', '$1\r\nb\r\n'],
      ['client', command('INCR', 'n')],
      ['server', ':1\r\n'],
    ],
    expect: [
      { name: 'SET', 'sonde.partial': ['db.response'], measurements: [Number.NaN] },
      { name: 'GET', 'sonde.partial': undefined, measurements: [0.02] },
      { name: 'INCR', 'sonde.partial': undefined, measurements: [0.01] },
    ],
  },
  {
    name: 'a lost command',
    from: 'a dropped ring record',
    fromStart: true,
    whole: true,
    steps: [
      ['client', command('SET', 'a', 'b')],
      ['server', '+OK\r\n'],
      ['server', '$1\r\nb\r\n'],
      ['client', 30],
      ['client', command('INCR', 'n')],
      ['server', ':1\r\n'],
    ],
    expect: [
      { name: 'SET', measurements: [0.01] },
      { name: 'INCR', measurements: [0.01], 'db.namespace': undefined },
    ],
    rejects: { orphan_response: 1 },
  },
  {
    name: 'a part of a pipeline is lost',
    from: 'a dropped ring record',
    fromStart: true,
    whole: true,
    steps: [
      ['client', command('SET', 'a', 'b')],
      ['client', 30],
      ['client', command('INCR', 'n')],
      ['server', '+OK\r\n$1\r\nx\r\n:1\r\n'],
      ['client', command('PING')],
      ['server', '+PONG\r\n'],
    ],
    expect: [
      { name: 'SET', 'sonde.partial': ['db.response'], measurements: [Number.NaN] },
      { name: 'INCR', 'sonde.partial': ['db.response'] },
      { name: 'PING', 'sonde.partial': undefined },
    ],
    rejects: { orphan_response: 3 },
  },
  {
    name: 'joined in the middle',
    from: 'a tap that starts later',
    joined: true,
    whole: true,
    steps: [
      ['server', 'the rest of a value\r\n'],
      ['client', command('GET', 'k')],
      ['server', '$1\r\nv\r\n'],
    ],
    expect: [{ name: 'GET', 'db.namespace': undefined }],
    rejects: { unsynchronised: 1 },
  },
  {
    name: 'bytes of something else',
    from: 'a wrong guess',
    fromStart: true,
    whole: true,
    steps: [
      ['client', 'PING\r\nGARBAGE\r\n'],
      ['server', 'HTTP/1.1 400\r\n'],
      ['client', command('PING')],
      ['server', '+PONG\r\nSTORED\r\n'],
      ['client', command('PING')],
      ['server', '+PONG\r\nSTORED\r\n'],
    ],
    expect: [
      { name: 'PING', 'sonde.partial': ['db.response'] },
      { name: 'PING', 'sonde.partial': ['db.response'] },
      { name: 'PING', 'sonde.partial': undefined },
    ],
    opaque: true,
    rejects: { malformed_command: 1, malformed_reply: 3, orphan_response: 1 },
  },
];
