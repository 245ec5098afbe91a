// gRPC with grpc-js, raw messages. The same calls and arguments as grpc_calls.py.
import { setTimeout as sleep } from 'node:timers/promises';
import * as grpc from '@grpc/grpc-js';

const SERVICE = 'shop.Cart';
const REPLIES = 3;
const LONG_MS = 1200;
const identity = (bytes) => bytes;

function definition(name, requestStream, responseStream) {
  return {
    path: `/${SERVICE}/${name}`,
    requestStream,
    responseStream,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  };
}

const failure = (code, text) => (_, callback) => callback({ code, details: `${text}: secret-text` });

const echo = (call) => call.on('data', (message) => call.write(message));

const methods = {
  Unary: [false, false, (call, callback) => callback(null, call.request)],
  Fail: [false, false, failure(grpc.status.NOT_FOUND, 'no such item')],
  Broken: [false, false, failure(grpc.status.INTERNAL, 'broken')],
  Late: [false, false, failure(grpc.status.DEADLINE_EXCEEDED, 'late')],
  Slow: [false, false, () => undefined],
  ServerStream: [
    false,
    true,
    (call) => {
      for (let at = 0; at < REPLIES; at++) call.write(call.request);
      call.end();
    },
  ],
  Long: [
    false,
    true,
    async (call) => {
      for (let at = 0; at < REPLIES; at++) {
        await sleep(LONG_MS / REPLIES);
        call.write(call.request);
      }
      call.end();
    },
  ],
  ClientStream: [
    true,
    false,
    (call, callback) => {
      let count = 0;
      call.on('data', () => count++);
      call.on('end', () => callback(null, Buffer.from(String(count))));
    },
  ],
  Both: [true, true, (call) => echo(call).on('end', () => call.end())],
  // A client that cancels ends its side first: an answer would be one to a call that was not cancelled yet.
  Cancel: [true, true, echo],
};

function serve(port) {
  const server = new grpc.Server();
  const entries = Object.entries(methods);
  server.addService(
    Object.fromEntries(entries.map(([name, [request, response]]) => [name, definition(name, request, response)])),
    Object.fromEntries(entries.map(([name, [, , handler]]) => [name, handler])),
  );
  server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error) => {
    if (error !== null) throw error;
  });
}

/** Resolves with the name of the status. */
function call(client, kind) {
  return new Promise((resolve) => {
    const done = (error) => resolve(grpc.status[error?.code ?? 0]);
    const path = `/${SERVICE}/${kind}`;
    const [request, response] = methods[kind] ?? [false, false];
    const messages = ['one', 'two'.repeat(1000), 'three', 'four'].map((text) => Buffer.from(text));
    if (!request && !response) {
      const deadline = Date.now() + (kind === 'Slow' ? 1000 : 10_000);
      client.makeUnaryRequest(path, identity, identity, Buffer.from('x'), { deadline }, done);
      return;
    }
    if (request && !response) {
      const sent = client.makeClientStreamRequest(path, identity, identity, done);
      for (const message of messages) sent.write(message);
      sent.end();
      return;
    }
    const stream = request
      ? client.makeBidiStreamRequest(path, identity, identity)
      : client.makeServerStreamRequest(path, identity, identity, Buffer.from('x'));
    stream.on('error', done);
    stream.on('end', () => done());
    stream.on('data', () => kind === 'Cancel' && stream.cancel());
    if (!request) return;
    for (const message of kind === 'Cancel' ? messages.slice(0, 1) : messages) stream.write(message);
    if (kind !== 'Cancel') stream.end();
  });
}

async function run(port, counts, concurrency) {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const waiting = Object.entries(counts).flatMap(([kind, count]) => Array(count).fill(kind));
  const results = {};
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (let kind = waiting.shift(); kind !== undefined; kind = waiting.shift()) {
        const status = await call(client, kind);
        results[kind] ??= {};
        results[kind][status] = (results[kind][status] ?? 0) + 1;
      }
    }),
  );
  client.close();
  console.log(JSON.stringify(results));
}

const [, , mode, port, counts, concurrency] = process.argv;
if (mode === 'server') serve(port);
else await run(port, JSON.parse(counts), Number(concurrency));
