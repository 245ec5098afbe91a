// ioredis: commands, pipelines, transactions (one of them aborted by WATCH), scripts, channels, MONITOR, blocking, errors.
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

const open = (options = {}) => new Redis({ host: '127.0.0.1', port: 6379, ...options });
const one = open();
const two = open();
for (let n = 0; n < 50; n++) {
  await one.set(`hunter${n}`, `huntervalue${n}`);
  await one.get(`hunter${n}`);
}
for (let n = 0; n < 20; n++) {
  const pipeline = one.pipeline();
  for (let at = 0; at < 10; at++) pipeline.incr(`huntercount${at}`);
  await pipeline.exec();
}
await one.multi().set('huntera', '1').incr('huntera').exec();
await one.watch('huntera');
await two.set('huntera', '2');
if ((await one.multi().incr('huntera').exec()) !== null) throw new Error('not aborted');
if ((await one.eval('return redis.call("GET", KEYS[1])', 1, 'huntera')) !== '2') throw new Error('script');
await one.eval('return redis.error_reply("HUNTED by hunter")', 0).catch(() => undefined);
await one.lpush('huntera', 'x').catch(({ message }) => {
  if (!message.startsWith('WRONGTYPE')) throw new Error(message);
});
const subscriber = open();
let heard = 0;
subscriber.on('message', () => heard++);
await subscriber.subscribe('hunterchannel', 'hunterother');
for (let n = 0; n < 5; n++) await one.publish('hunterchannel', `huntermessage${n}`);
await subscriber.unsubscribe();
await subscriber.ping();
const monitor = await open().monitor();
let monitored = '';
monitor.on('monitor', (_, [name]) => {
  monitored = name;
});
await one.get('hunter1');
await one.get('hunter2');
const blocked = two.blpop('hunterlist', 0);
await sleep(150);
await one.rpush('hunterlist', 'huntervalue');
await blocked;
await one.set('hunterbig', 'hunter'.repeat(500_000));
if ((await one.get('hunterbig')).length !== 3_000_000) throw new Error('big');
await one.ping();
// Everything before it has come to the monitor then.
while (monitored.toLowerCase() !== 'ping') await sleep(5);
if (heard !== 5) throw new Error(`heard ${heard}`);
// A monitor leaves its first connection open.
process.exit(0);
