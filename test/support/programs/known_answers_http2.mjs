// As known_answers.py, over HTTP/2: ten streams at once on each of two connections.
// usage: known_answers_http2.mjs COUNT [FILE]
import { existsSync } from 'node:fs';
import { connect } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';

const [count, file] = [Number(process.argv[2]), process.argv[3]];
const sessions = [connect('http://127.0.0.1:8080'), connect('http://127.0.0.1:8080')];

const ask = (session, at) =>
  new Promise((resolve, reject) => {
    const stream = session.request({ ':path': `/${['items', 'missing', 'other'][at % 3]}/${at}` });
    stream.resume().on('close', resolve).on('error', reject);
  });

async function work(first, last) {
  let next = first;
  const one = async (session) => {
    while (next < last) await ask(session, next++);
  };
  await Promise.all(Array.from({ length: 20 }, (_, index) => one(sessions[index % 2])));
}

const half = file === undefined ? 0 : count >> 1;
await work(0, half);
if (file !== undefined) console.log('half');
while (file !== undefined && !existsSync(file)) await sleep(10);
await work(half, count);
for (const session of sessions) session.close();
