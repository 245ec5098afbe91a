// An upstream in a process of its own, so that it can be killed: node sink.mjs PORT [FILE]. Ids are in FILE before a request is
// acknowledged. It misbehaves as the parent tells it: ok, refuse (503 with Retry-After), throttle (429), cut, stall.
import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { forEachSpan } from './spans.mjs';

const [port, file] = process.argv.slice(2);
const output = file === undefined ? undefined : openSync(file, 'a');
let mode = 'ok';
let spans = 0;
process.on('message', (message) => {
  mode = message;
});
process.on('disconnect', () => process.exit());
setInterval(() => process.send?.({ spans }), 100).unref();

createServer((request, response) => {
  const chunks = [];
  request.on('error', () => undefined);
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    if (mode === 'stall') return;
    if (mode === 'cut') request.socket.destroy();
    else if (mode === 'refuse' || mode === 'throttle') {
      response.writeHead(mode === 'refuse' ? 503 : 429, { 'retry-after': '1' }).end();
    } else {
      const raw = Buffer.concat(chunks);
      record(request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw);
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    }
  });
}).listen(Number(port), '127.0.0.1', () => process.send?.({ ready: true }));

function record(bytes) {
  const ids = [];
  forEachSpan(bytes, (at) => {
    spans++;
    if (output !== undefined) ids.push(bytes.subarray(at, at + 8));
  });
  if (output !== undefined) writeSync(output, Buffer.concat(ids));
}
