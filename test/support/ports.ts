import { createServer } from 'node:net';

/** Below net.ipv4.ip_local_port_range: no port that the kernel gives to somebody else before the test listens. */
const FIRST = 10_000;
const PER_WORKER = 2_000;
const WORKERS = 10;
/** Of Jest's workers each has ports of its own. */
const first = FIRST + (Number(process.env['JEST_WORKER_ID'] ?? 1) % WORKERS) * PER_WORKER;
let next = Math.floor(Math.random() * PER_WORKER);

/** A port of 127.0.0.1 that nobody listens on, another one each time: for a server that cannot say which one it was given. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PER_WORKER; tries++) {
    const port = first + (next++ % PER_WORKER);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port');
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
