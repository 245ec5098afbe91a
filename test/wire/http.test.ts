import { describe, expect, test } from '@jest/globals';
import { CLIENT, type ConnectionContext, SERVER } from '../../src/wire/decoder.ts';
import { createDecoders } from '../../src/wire/decoders.ts';
import type { HttpOptions } from '../../src/wire/http_mapping.ts';
import { httpDefinition } from '../../src/wire/http_metrics.ts';
import { parseAuthority, TargetTable } from '../../src/wire/http_target.ts';
import { Driver, type Told } from './driver.ts';

const defaults: HttpOptions = { routes: [], maxRoutes: 100, headers: { request: [], response: [] }, query: 'scrub' };

function decoderOf(options: Partial<HttpOptions> = {}) {
  const [decoder] = createDecoders({ http: { ...defaults, ...options }, db: { query: 'obfuscate' } });
  if (decoder === undefined) throw new Error('no decoder');
  return decoder;
}

function exchange(target: string, context: Partial<ConnectionContext>, decoder = decoderOf(), host = 'shop'): Told {
  const driver = new Driver(decoder, context);
  driver.data(CLIENT, Buffer.from(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, 'latin1'), 1000, true);
  driver.data(SERVER, Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), 2000, true);
  const [told] = driver.told;
  if (told === undefined) throw new Error('nothing told');
  return told;
}

describe('attributes', () => {
  test.each<[string, Told, Told]>([
    [
      'Unix socket without a valid Host',
      exchange(
        '/a',
        { transport: 'unix', local: { address: '/run/app.sock', port: 0 }, remote: { address: '', port: 0 } },
        undefined,
        '',
      ),
      {
        'server.address': '/run/app.sock',
        'server.port': undefined,
        'client.address': undefined,
        'network.peer.address': undefined,
        'network.transport': 'unix',
      },
    ],
    ['TLS', exchange('/a', { secure: true }), { 'url.scheme': 'https', 'server.port': 443 }],
    [
      'TLS, client',
      exchange('/a?b=1', { secure: true, kind: 'client' }, undefined, 'shop:8443'),
      { 'url.full': 'https://shop:8443/a?b=REDACTED', 'server.port': 8443 },
    ],
    [
      'client without a valid Host',
      exchange('/a', { kind: 'client', remote: { address: '::1', port: 81 } }, undefined, ''),
      { 'url.full': 'http://[::1]:81/a', 'server.address': '::1', 'server.port': 81 },
    ],
    [
      'client with a configured route',
      exchange('/users/7', { kind: 'client' }, decoderOf({ routes: ['/users/{id}'] })),
      { name: 'GET /users/{id}', 'url.template': '/users/{id}', 'http.route': undefined },
    ],
    ['query kept', exchange('/a?b=1', {}, decoderOf({ query: 'keep' })), { 'url.query': 'b=1', 'url.path': '/a' }],
    ['query dropped', exchange('/a?b=1', {}, decoderOf({ query: 'drop' })), { 'url.query': undefined }],
    [
      'no route is left',
      exchange('/a', {}, decoderOf({ maxRoutes: 0 })),
      { name: 'GET /*', 'http.route': '/*', 'sonde.route.overflow': true },
    ],
  ])('%s', (_, told, expected) => {
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, told[name]]))).toEqual(expected);
  });

  test('routes are bounded per service instance', () => {
    const decoder = decoderOf({ maxRoutes: 1 });
    const [one, other] = [{}, {}];
    const routes = [
      [one, '/a'],
      [one, '/b'],
      [other, '/b'],
      [one, '/a'],
      [other, '/a'],
    ] as const;
    expect(routes.map(([instance, path]) => exchange(path, { instance }, decoder)['http.route'])).toEqual([
      '/a',
      '/*',
      '/b',
      '/a',
      '/*',
    ]);
  });
});

describe('targets', () => {
  const table = new TargetTable('keep');
  test.each([
    ['/a?b#c', { path: '/a', query: 'b', authority: '', scheme: '' }],
    ['/a#c?b', { path: '/a', query: '', authority: '', scheme: '' }],
    ['http://h', { path: '/', query: '', authority: 'h', scheme: 'http' }],
    ['HTTPS://u:p@h:1/x', { path: '/x', query: '', authority: 'h:1', scheme: 'https' }],
    ['h:443', { path: '', query: '', authority: 'h:443', scheme: '' }],
    ['u:p@h:443', { path: '', query: '', authority: 'h:443', scheme: '' }],
    ['*', { path: '*', query: '', authority: '', scheme: '' }],
  ])('%s', (target, expected) => {
    expect(table.get(target)).toEqual(expected);
  });
});

describe('authorities', () => {
  test.each([
    ['Example.COM', 'example.com', 0],
    ['example.com:80', 'example.com', 80],
    ['example.com:', 'example.com', 0],
    ['[::1]:8080', '::1', 8080],
    ['[fe80::1%eth0]', 'fe80::1%eth0', 0],
    ['a_b.svc', 'a_b.svc', 0],
    ['a:99999', '', 0],
    ['a b', '', 0],
    ['a/b', '', 0],
    ['::1', '', 0],
    ['[::1', '', 0],
    ['x'.repeat(300), '', 0],
    ['', '', 0],
  ])('%s', (text, address, port) => {
    expect(parseAuthority(text)).toEqual({ address, port });
  });
});

describe('metrics', () => {
  test.each(['client', 'server'] as const)('%s', (kind) => {
    const definition = httpDefinition('http1', kind);
    expect(definition.metrics.map(({ name, unit }) => [name, unit])).toEqual([
      [`http.${kind}.request.duration`, 's'],
      [`http.${kind}.request.body.size`, 'By'],
      [`http.${kind}.response.body.size`, 'By'],
    ]);
    for (const { boundaries } of definition.metrics) expect([...boundaries].sort((a, b) => a - b)).toEqual(boundaries);
    // The semantic conventions' own boundaries are all there, so that the histograms add up with others'.
    const advised = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
    expect(definition.metrics[0]?.boundaries.filter((bound) => bound >= 0.005)).toEqual(advised);
    const told = exchange('/a', { kind });
    expect(told['metricValues']).toHaveLength(definition.metricKeys.length);
    definition.metricKeys.forEach((key, at) => {
      expect([key.name, (told['metricValues'] as unknown[])[at]]).toEqual([key.name, told[key.name]]);
    });
  });
});
