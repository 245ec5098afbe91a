// Cleartext HTTP/2 by Node's own implementation. usage: http2_client.mjs URL COUNT STREAMS
import { connect } from 'node:http2';

const url = new URL(process.argv[2]);
const count = Number(process.argv[3]);
const session = connect(url.origin);
let left = count;
let succeeded = 0;

async function worker() {
  while (left-- > 0) {
    const stream = session.request({ ':path': url.pathname + url.search });
    stream.on('response', (headers) => {
      if (headers[':status'] === 200) succeeded++;
    });
    stream.resume();
    await new Promise((resolve) => stream.once('close', resolve));
  }
}

await Promise.all(Array.from({ length: Number(process.argv[4]) }, worker));
session.close();
console.log(`${succeeded} succeeded`);
