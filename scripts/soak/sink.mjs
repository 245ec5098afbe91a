// An upstream in a process of its own, so that it can be killed: node sink.mjs http|grpc PORT [FILE]. Ids are in FILE before a
// request is acknowledged. It misbehaves as the parent tells it, see `modes` of upstream.mjs.
import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { gunzipSync } from 'node:zlib';
import { countSpans, field, spanIds } from './spans.mjs';

const [protocol, port, file] = process.argv.slice(2);
const output = file === undefined ? undefined : openSync(file, 'a');
const RETRY_SECONDS = 1;
let mode = 'ok';
let spans = 0;
process.on('message', (message) => {
  mode = message;
});
process.on('disconnect', () => process.exit());
setInterval(() => process.send?.({ spans }), 100).unref();

function record(bytes) {
  if (output === undefined) {
    spans += countSpans(bytes);
    return;
  }
  const ids = spanIds(bytes);
  spans += ids.length;
  writeSync(output, Buffer.concat(ids));
}

const sockets = new Set();
/** Not a session's own destroy(): in a callback of its stream that corrupts Node's memory. */
function cut() {
  setImmediate(() => {
    for (const socket of sockets) socket.destroy();
  });
}

/** `answer` gets the body unless the mode is not to answer. */
function receive(stream, answer) {
  const chunks = [];
  stream.on('error', () => undefined);
  stream.on('data', (chunk) => chunks.push(chunk));
  stream.on('end', () => {
    if (mode === 'cut') cut();
    else if (mode !== 'stall') answer(Buffer.concat(chunks));
  });
}

const statuses = { refuse: 503, 'refuse until': 503, throttle: 429, 'throttle until': 429 };

const http = createServer((request, response) =>
  receive(request, (body) => {
    const status = statuses[mode];
    if (status !== undefined) {
      const date = new Date(Date.now() + RETRY_SECONDS * 1000).toUTCString();
      response.writeHead(status, { 'retry-after': mode.endsWith('until') ? date : String(RETRY_SECONDS) }).end();
      return;
    }
    record(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  }),
);

/** UNAVAILABLE, ABORTED, RESOURCE_EXHAUSTED (which only a RetryInfo makes retryable), DEADLINE_EXCEEDED. */
const codes = { refuse: 14, 'refuse until': 10, throttle: 8, 'throttle until': 4 };
const retryInfo = Buffer.concat([
  field(0x0a, Buffer.from('type.googleapis.com/google.rpc.RetryInfo')),
  field(0x12, field(0x0a, Buffer.from([0x08, RETRY_SECONDS]))),
]);

const grpc = createHttp2Server();
grpc.on('stream', (stream) =>
  receive(stream, (body) => {
    const code = codes[mode];
    if (code !== undefined) {
      const details = Buffer.concat([Buffer.from([0x08, code]), field(0x1a, retryInfo)]).toString('base64');
      const told = code === 8 ? { 'grpc-status-details-bin': details } : {};
      const type = { ':status': 200, 'content-type': 'application/grpc' };
      stream.respond({ ...type, 'grpc-status': String(code), ...told }, { endStream: true });
      return;
    }
    // One message: a flag for gzip, four bytes of length, the request.
    record(body[0] === 1 ? gunzipSync(body.subarray(5)) : body.subarray(5));
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(5));
  }),
);

const server = protocol === 'grpc' ? grpc : http;
server.on('connection', (socket) => {
  sockets.add(socket);
  socket.on('error', () => undefined);
  socket.on('close', () => sockets.delete(socket));
});
server.listen(Number(port), '127.0.0.1', () => process.send?.({ ready: true }));
