import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { ConnectionLimit, connectionKey } from '../../src/transport/connection_limit.ts';
import { until } from '../support/until.ts';

const clients: Socket[] = [];
let server: Server;

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  server.close();
});

/** Every byte that comes is a request. */
async function start(limit: number) {
  let displaced = 0;
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => {
      connections.used(connectionKey(socket));
      socket.write('!');
    });
  });
  const connections = new ConnectionLimit(server, limit, () => displaced++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const join = async (): Promise<Socket> => {
    const client = connect(port, '127.0.0.1');
    clients.push(client);
    client.on('error', () => undefined);
    await once(client, 'connect');
    return client;
  };
  return { connections, join, displaced: () => displaced };
}

async function ask(client: Socket): Promise<void> {
  client.write('?');
  await once(client, 'data');
}

test('who comes when it is full takes the place of the least used connection', async () => {
  const { join, displaced } = await start(3);
  const busy = await join();
  const idle = [await join(), await join()];
  await ask(busy);
  const next = await join();
  await ask(next);
  await until(() => idle[0]?.closed === true, 'the first idle one to be closed');
  expect([busy.closed, idle[1]?.closed, next.closed]).toEqual([false, false, false]);
  await ask(busy);
  await ask(await join());
  await until(() => idle[1]?.closed === true, 'the second');
  await ask(busy);
  expect(displaced()).toBe(2);
});

test('places of closed connections are free', async () => {
  const { join, displaced, connections } = await start(2);
  for (let i = 0; i < 5; i++) {
    const client = await join();
    await ask(client);
    client.destroy();
    await until(
      () => new Promise<boolean>((resolve) => server.getConnections((_, count) => resolve(count === 0))),
      'the server to know it',
    );
  }
  expect(displaced()).toBe(0);
  const last = await join();
  await ask(last);
  connections.destroyAll();
  await until(() => last.closed, 'it to be closed');
});
