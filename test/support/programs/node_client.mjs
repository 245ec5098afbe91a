// HTTP client of the tests in Node. Reads one JSON plan from argv; prints one JSON line: answers by status, failures.
// plan: { method, host, port, socketPath, paths, concurrency, keepAlive, bodyBytes, chunked, bodyDelayMs, headers }
import { Agent, request } from 'node:http';

const plan = JSON.parse(process.argv[2]);
const agent = new Agent({ keepAlive: plan.keepAlive, maxSockets: plan.concurrency });
const body = Buffer.alloc(plan.bodyBytes ?? 0, 'x');
const statuses = {};
const failures = [];

function send(path) {
  return new Promise((resolve) => {
    const { method, host, port, socketPath } = plan;
    const headers = {
      ...plan.headers,
      ...(plan.chunked || body.length === 0 ? {} : { 'Content-Length': body.length }),
    };
    // A server may answer before it has the whole body: the request is over when both are.
    let open = 2;
    const ended = () => --open === 0 && resolve();
    const sent = request({ method, path, agent, headers, ...(socketPath ? { socketPath } : { host, port }) });
    sent.on('response', (response) => {
      response.resume();
      response.on('close', () => {
        statuses[response.statusCode] = (statuses[response.statusCode] ?? 0) + 1;
        ended();
      });
    });
    sent.on('finish', ended);
    sent.on('error', (error) => {
      failures.push(`${path}: ${error.code ?? error.message}`);
      resolve();
    });
    if (plan.bodyDelayMs) {
      const half = body.length >> 1;
      sent.write(body.subarray(0, half));
      setTimeout(() => sent.end(body.subarray(half)), plan.bodyDelayMs);
    } else {
      sent.end(body.length > 0 ? body : undefined);
    }
  });
}

const waiting = [...plan.paths];
await Promise.all(
  Array.from({ length: plan.concurrency }, async () => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      await send(path);
    }
  }),
);
agent.destroy();
console.log(JSON.stringify({ statuses, failures }));
