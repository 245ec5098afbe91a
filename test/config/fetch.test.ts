// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expansions are what is tested
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { plain } from '../../src/config/decode.ts';
import { fetchText } from '../../src/config/fetch.ts';
import { loadAll } from '../../src/config/load.ts';
import { FetchNeeded } from '../../src/config/sources.ts';
import { TestAuthority } from '../support/certificates.ts';

const CONFIG = 'receivers: {otlp: {protocols: {grpc: {endpoint: "${env:HOST:-localhost}:4317"}}}}\n';
const answer: RequestListener = ({ url: target = '' }, response) => {
  const [url] = target.split('?', 1);
  if (url === '/config') response.end(CONFIG);
  else if (url === '/broken') response.end('receivers: [\n');
  else if (url === '/page') response.end('<html><body>Sign in</body></html>\n');
  else if (url === '/value') response.end('5s\n');
  else if (url === '/moved') response.writeHead(302, { location: '/config' }).end();
  else if (url === '/loop') response.writeHead(302, { location: '/loop' }).end();
  else if (url === '/elsewhere') response.writeHead(302, { location: 'file:///etc/passwd' }).end();
  else if (url === '/large') for (let i = 0; i < 17; i++) response.write(Buffer.alloc(1024 * 1024, 0x20));
  else if (url !== '/silent') response.writeHead(url === '/failing' ? 500 : 404).end();
};

const servers: (Server | ReturnType<typeof createTlsServer> | ReturnType<typeof createTcpServer>)[] = [];
const authority = new TestAuthority();
let http = '';
let https = '';
let cutting = '';

async function listen(server: (typeof servers)[number]): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  const { cert, key } = authority.issue('server');
  http = `http://${await listen(createServer(answer))}`;
  https = `https://${await listen(createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, answer))}`;
  cutting = `http://${await listen(createTcpServer((socket) => socket.destroy()))}`;
});
afterAll(() => {
  for (const server of servers) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  }
  authority.delete();
});

async function load(uris: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<unknown> {
  return plain(await loadAll({ uris, sets: [], env, warn: () => undefined }));
}

describe('https', () => {
  test('a private certificate authority is trusted by SSL_CERT_FILE or SSL_CERT_DIR', async () => {
    for (const env of [{ SSL_CERT_FILE: authority.ca }, { SSL_CERT_DIR: `/nonexistent:${authority.directory}` }]) {
      expect(await load([`${https}/config`], env)).toMatchObject({
        receivers: { otlp: { protocols: { grpc: { endpoint: 'localhost:4317' } } } },
      });
    }
  });

  test('and else refused, with what to do', async () => {
    const message = `--config=${https}/config: cannot resolve the configuration: cannot retrieve the configuration: unable to download the file via HTTP GET for uri "${https}/config": `;
    await expect(load([`${https}/config`])).rejects.toThrow(message);
    await expect(load([`${https}/config`])).rejects.toThrow(
      '(name the file of its certificate authority in SSL_CERT_FILE)',
    );
  });
});

test('what is secret in an address is not in a message', async () => {
  const address = http.replace('http://', 'http://me:hidden@');
  const failures = [`/failing?key=hidden`, `/broken?key=hidden`, `/value?key=hidden`].flatMap((path) => [
    load([address + path]),
    load([`yaml:a: "\${${address}${path}}"`, `${address}/failing?key=hidden`]),
  ]);
  for (const { reason } of (await Promise.allSettled(failures)) as PromiseRejectedResult[]) {
    expect(String(reason)).toContain('key=[REDACTED]');
    expect(String(reason)).not.toContain('hidden');
  }
});

test('a redirect is followed, and an expansion may name an address', async () => {
  expect(await load([`${http}/moved`], { HOST: 'h' })).toMatchObject({
    receivers: { otlp: { protocols: { grpc: { endpoint: 'h:4317' } } } },
  });
  expect(await load([`yaml:a: "\${${http}/value}"`])).toEqual({ a: '5s' });
});

describe('what goes wrong is told with the address', () => {
  test.each([
    ['/missing', 'failed to load resource from uri "<uri>". status code: 404'],
    ['/failing', 'failed to load resource from uri "<uri>". status code: 500'],
    ['/loop', 'failed to load resource from uri "<uri>". stopped after 10 redirects'],
    ['/elsewhere', 'failed to load resource from uri "<uri>". redirect to file:'],
    ['/large', 'failed to load resource from uri "<uri>". more than 16777216 bytes'],
  ])('%s', async (path, expected) => {
    const uri = `${http}${path}`;
    await expect(load([uri])).rejects.toThrow(
      `--config=${uri}: cannot resolve the configuration: cannot retrieve the configuration: ${expected.replace('<uri>', uri)}`,
    );
  });

  test('no YAML, and no map', async () => {
    await expect(load([`${http}/broken`])).rejects.toThrow(
      `${http}/broken:2:1: cannot resolve the configuration: invalid YAML: Flow sequence`,
    );
    await expect(load([`${http}/page`])).rejects.toThrow(
      `${http}/page:1:1: cannot resolve the configuration: retrieved value (type=string) cannot be used as a Conf`,
    );
  });

  test.each([
    ['nobody listens', () => 'http://127.0.0.1:1/x', 'connect ECONNREFUSED 127.0.0.1:1 (is the address right'],
    ['a connection that is cut', () => `${cutting}/x`, 'socket hang up'],
    ['HTTP where https is asked', () => `${http.replace('http', 'https')}/config`, 'wrong version number'],
    ['no host', () => 'http://', 'Invalid URL'],
  ])('%s', async (_, uri, expected) => {
    await expect(load([uri()])).rejects.toThrow(`unable to download the file via HTTP GET for uri "${uri()}": `);
    await expect(load([uri()])).rejects.toThrow(expected);
  });

  test('an answer that does not come', async () => {
    const needed = new FetchNeeded(`${http}/silent`, { source: 'x.yaml', line: 3, column: 7 });
    await expect(fetchText(needed, {}, 100)).rejects.toThrow(
      `x.yaml:3:7: cannot resolve the configuration: cannot retrieve the configuration: unable to download the file via HTTP GET for uri "${http}/silent": no answer within 0.1 s`,
    );
  });
});
