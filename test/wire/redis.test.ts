import { describe, expect, test } from '@jest/globals';
import { CLIENT, MORE, NO, REQUEST, RESPONSE, SERVER } from '../../src/wire/decoder.ts';
import { createRedis, REDIS_REJECTS } from '../../src/wire/redis.ts';
import { Driver } from './driver.ts';
import { runWireCases } from './harness.ts';
import { command, losses, protocol, recordings } from './redis.cases.ts';

const make = () => createRedis({ query: 'obfuscate' });
const latin1 = (text: string) => Buffer.from(text, 'latin1');

describe('recordings', () => runWireCases(make, recordings));
describe('protocol', () => runWireCases(make, protocol));
describe('losses', () => runWireCases(make, losses));

test('nothing of the recordings leaves', () => {
  for (const wire of [...recordings, ...protocol]) {
    const driver = new Driver(make());
    wire.steps.forEach((step, at) => {
      driver.step(step, at + 1);
    });
    expect(JSON.stringify(driver.told)).not.toMatch(/secret|hunter|default/i);
  }
});

test.each([
  ['drop', command('SET', 'key', 'value'), undefined],
  ['keep', command('SET', 'key', 'a b'), 'SET key a b'],
  ['keep', command('AUTH', 'user', 'secret'), 'AUTH ? ?'],
  ['keep', command('CONFIG', 'SET', 'requirepass', 'secret'), 'CONFIG SET ? ?'],
  ['keep', command('SET', 'key', 'v'.repeat(5000)), 'SET key'],
] as const)('query: %s of %j', (query, request, text) => {
  const driver = new Driver(createRedis({ query }));
  driver.data(CLIENT, latin1(request), 1, true);
  driver.data(SERVER, latin1('+OK\r\n'), 2, true);
  expect(driver.told).toEqual([expect.objectContaining(text === undefined ? {} : { 'db.query.text': text })]);
  expect('db.query.text' in driver.told[0]!).toBe(text !== undefined);
  expect(driver.told[0]!['sonde.truncated']).toEqual(request.length > 5000 ? ['db.query.text'] : undefined);
});

test.each<[string, string, unknown, unknown]>([
  ['an argument of 256 bytes', command('SET', 'k', 'v'.repeat(256)), `SET k ${'v'.repeat(256)}`, undefined],
  ['an argument of 257 bytes', command('SET', 'k', 'v'.repeat(257)), 'SET k', ['db.query.text']],
  ['256 arguments', command('DEL', ...'k'.repeat(256)), `DEL${' k'.repeat(256)}`, undefined],
  ['257 arguments', command('DEL', ...'k'.repeat(257)), `DEL${' k'.repeat(256)}`, ['db.query.text']],
  ['a line', 'SET k v\r\n', 'SET k v', undefined],
])('query: keep, %s', (_, request, text, truncated) => {
  const driver = new Driver(createRedis({ query: 'keep' }));
  driver.data(CLIENT, latin1(request), 1, true);
  driver.data(SERVER, latin1('+OK\r\n'), 2, true);
  expect([driver.told[0]?.['db.query.text'], driver.told[0]?.['sonde.truncated']]).toEqual([text, truncated]);
});

test.each([
  [['AUTH', 'hunter2']],
  [['auth', 'me', 'hunter2']],
  [['HELLO', '3', 'AUTH', 'me', 'hunter2']],
  [['ACL', 'SETUSER', 'me', '>hunter2']],
  [['CONFIG', 'SET', 'requirepass', 'hunter2']],
  [['MIGRATE', 'host', '6379', 'key', '0', '5000', 'AUTH', 'hunter2']],
  [['SENTINEL', 'SET', 'main', 'auth-pass', 'hunter2']],
  [['NOSUCH', 'hunter2']],
])('query: keep, and no password leaves with %j', (args) => {
  const driver = new Driver(createRedis({ query: 'keep' }));
  driver.data(CLIENT, latin1(command(...args)), 1, true);
  driver.data(SERVER, latin1('+OK\r\n'), 2, true);
  expect(driver.told).toHaveLength(1);
  expect(driver.told[0]?.['db.query.text']).toMatch(/ \?/);
  expect(JSON.stringify(driver.told)).not.toContain('hunter');
});

/** https://redis.io/docs/latest/commands/ and those of Redis' modules. */
test.each([
  [
    'BRPOPLPUSH EVALSHA_RO FLUSHDB GEOADD GEORADIUS_RO GEOSEARCHSTORE GET HGETEX HINCRBYFLOAT HSETNX HVALS LPOS LPUSH PERSIST',
  ],
  [
    'PEXPIREAT PUNSUBSCRIBE QUIT SADD SAVE SINTERCARD SINTERSTORE SSUBSCRIBE STRLEN WAIT WAITAOF XTRIM ZADD ZRANDMEMBER ZRANGE',
  ],
  [
    'ZREVRANGE ZUNIONSTORE BF.ADD CF.EXISTS CMS.QUERY FT.SEARCH JSON.GET TDIGEST.ADD TOPK.LIST TS.RANGE VADD VSIM AI.MODELGET',
  ],
])('known commands: %s', (names) => {
  for (const name of names.split(' ')) {
    const driver = new Driver(make());
    driver.data(CLIENT, latin1(command(name.toLowerCase(), 'a')), 1, true);
    driver.data(CLIENT, latin1(command(name, 'a')), 2, true);
    driver.data(SERVER, latin1('+OK\r\n+OK\r\n'), 3, true);
    if (name.endsWith('SUBSCRIBE') || name.startsWith('PUN')) continue;
    expect(driver.told.map((one) => one['db.operation.name'])).toEqual([name, name]);
  }
});

test.each(['NOSUCH', 'BF.add1', 'XX.GET', 'VNOSUCH', 'GET1', 'SETX'])('%s is no command', (name) => {
  const driver = new Driver(make());
  driver.data(CLIENT, latin1(command(name, 'a')), 1, true);
  driver.data(SERVER, latin1('-ERR\r\n'), 2, true);
  expect(driver.told.map((one) => one['db.operation.name'])).toEqual(['_OTHER']);
});

test('an answer that comes a little before its command waits for it', () => {
  const driver = new Driver(make());
  driver.data(SERVER, latin1('+PONG\r\n'), 1000, true);
  expect(driver.told).toEqual([]);
  driver.data(CLIENT, latin1(command('PING')), 5000, true);
  expect(driver.told).toEqual([expect.objectContaining({ name: 'PING', start: 5000, end: 5000 })]);
});

test('a command that comes after its answer was passed over does not take the next one', () => {
  const driver = new Driver(make());
  driver.data(SERVER, latin1('+OK\r\n'), 1000, true, false);
  driver.data(CLIENT, latin1(command('SET', 'a', 'b')), 900, true);
  driver.data(CLIENT, latin1(command('GET', 'a')), 2000, true);
  driver.data(SERVER, latin1('$1\r\nb\r\n'), 3000, true);
  expect(driver.told).toEqual([
    expect.objectContaining({ name: 'SET', 'sonde.partial': ['db.response'] }),
    expect.objectContaining({ name: 'GET', start: 2000, end: 3000 }),
  ]);
  expect(driver.rejects).toEqual({ orphan_response: 1 });
});

test('more unanswered commands than are remembered are counted', () => {
  const driver = new Driver(make());
  const batch = latin1(command('PING').repeat(6554));
  for (let at = 0; at < 10; at++) driver.data(CLIENT, batch, at, true);
  expect(driver.rejects).toEqual({ pipeline_overflow: 4 });
  const answers = latin1('+PONG\r\n'.repeat(6554));
  for (let at = 0; at < 10; at++) driver.data(SERVER, answers, 10 + at, true);
  expect(driver.told).toHaveLength(65_536);
  expect(driver.rejects).toEqual({ pipeline_overflow: 4 });
  driver.data(CLIENT, latin1(command('GET', 'a')), 100, true);
  driver.data(SERVER, latin1('$-1\r\n'), 101, true);
  expect(driver.told.at(-1)).toMatchObject({ name: 'GET', 'db.operation.name': 'GET' });
});

test('every reject is reached', () => {
  const reached = new Set([...protocol, ...losses].flatMap((wire) => Object.keys(wire.rejects ?? {})));
  expect(new Set([...reached, 'pipeline_overflow'])).toEqual(new Set(REDIS_REJECTS));
});

test.each([
  ['', MORE],
  ['*', MORE],
  ['*2\r', MORE],
  ['*2\r\n$3\r\nGE', MORE],
  [command('GET', 'k'), REQUEST],
  [command('hgetall', 'k'), REQUEST],
  [command('message', 'k', 'v'), RESPONSE],
  ['PING\r\n', REQUEST],
  ['SET a b\r\n', REQUEST],
  ['INFO', MORE],
  ['+OK\r\n', RESPONSE],
  ['+OK POP3 ready\r\n', NO],
  ['-ERR x\r\n', RESPONSE],
  [':12\r\n', RESPONSE],
  ['$-1\r\n', RESPONSE],
  ['$5\r\nabc', RESPONSE],
  ['%7\r\n$6\r\n', RESPONSE],
  ['_\r\n', RESPONSE],
  ['GET / HTTP/1.1\r\n', NO],
  ['GET /a', MORE],
  ['POST /a HTTP/1.1\r\n', NO],
  ['get key\r\n', NO],
  ['HTTP/1.1 200 OK\r\n', NO],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', NO],
  ['SSH-2.0-OpenSSH\r\n', NO],
  ['\x16\x03\x01\x02\x00', NO],
  ['*x\r\n', NO],
  ['*1\n$4\nPING\n', NO],
  ['$x', NO],
  ['PING '.repeat(200), NO],
] as const)('detection of %j', (text, expected) => {
  const bytes = latin1(`\n${text}\n`);
  expect(make().detect(bytes, 1, bytes.length - 1)).toBe(expected);
});
