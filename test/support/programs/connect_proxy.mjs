// A proxy that only knows CONNECT. usage: connect_proxy.mjs PORT
import { createServer } from 'node:http';
import { connect } from 'node:net';

createServer()
  .on('connect', (request, socket, head) => {
    const { hostname, port } = new URL(`http://${request.url}`);
    const target = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.write(head);
      target.pipe(socket).pipe(target);
    });
    target.on('error', () => socket.destroy());
    socket.on('error', () => target.destroy());
  })
  .listen(Number(process.argv[2]), '127.0.0.1');
