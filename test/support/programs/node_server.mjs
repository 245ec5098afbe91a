// HTTP server of the tests in Node. Listens on every address given; one JSON line per request on stdout, from the first
// moment Node tells of the request to the end of the answer.
// usage: node_server.mjs ADDRESS:PORT|/path/to/socket ...
import { createRequire } from 'node:module';

// By require: the benchmark runs this server with the OpenTelemetry SDK too, which patches what is required.
const { createServer } = createRequire(import.meta.url)('node:http');

const handler = (request, response) => {
  const begin = performance.now();
  let received = 0;
  request.on('data', (chunk) => {
    received += chunk.length;
  });
  const answer = () => {
    const missing = request.url.includes('/missing/');
    const text = missing ? 'not found\n' : 'hello world\n';
    response.writeHead(missing ? 404 : 200, { 'Content-Type': 'text/plain', 'Content-Length': text.length });
    response.end(request.method === 'HEAD' ? undefined : text, () => {
      if (process.env.LOG === 'off') return;
      const seconds = (performance.now() - begin) / 1000;
      const { method, url: path } = request;
      process.stdout.write(`${JSON.stringify({ method, path, status: response.statusCode, seconds, received })}\n`);
    });
  };
  request.on('end', () => (request.url.includes('/slow/') ? setTimeout(answer, 30) : answer()));
};

for (const address of process.argv.slice(2)) {
  const server = createServer({ keepAliveTimeout: 60_000 }, handler);
  const match = /^(.*):(\d+)$/.exec(address);
  match === null ? server.listen(address) : server.listen(Number(match[2]), match[1]);
}
