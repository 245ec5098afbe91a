// Cleartext HTTP/2 by Node's own implementation. usage: http2_server.mjs PORT
import { createServer } from 'node:http2';

const server = createServer();
server.on('stream', (stream, headers) => {
  stream.resume();
  stream.on('end', () => {
    const missing = headers[':path'].startsWith('/missing');
    stream.respond({ ':status': missing ? 404 : 200, 'content-type': 'text/plain' });
    if (headers[':path'].startsWith('/page')) stream.end('p'.repeat(20_011));
    else stream.end(missing ? 'not found\n' : 'hello world\n');
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1');
