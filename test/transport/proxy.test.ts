import { expect, test } from '@jest/globals';
import { proxyFor } from '../../src/transport/proxy.ts';

const PROXY = 'http://proxy:3128/';

// golang.org/x/net/http/httpproxy/proxy_test.go and its documentation of FromEnvironment.
test.each([
  ['http://upstream:4318', { HTTP_PROXY: 'http://proxy:3128' }, true],
  ['http://upstream:4318', { HTTPS_PROXY: 'http://proxy:3128' }, false],
  ['https://upstream:4318', { HTTPS_PROXY: 'http://proxy:3128' }, true],
  ['https://upstream:4318', { https_proxy: 'proxy:3128' }, true],
  ['https://upstream:4318', { HTTPS_PROXY: '', https_proxy: 'proxy:3128' }, true],
  ['http://localhost:4318', { HTTP_PROXY: 'proxy:3128' }, false],
  ['http://127.0.0.2:4318', { HTTP_PROXY: 'proxy:3128' }, false],
  ['http://[::1]:4318', { HTTP_PROXY: 'proxy:3128' }, false],
  ['http://a.example.com', { HTTP_PROXY: 'proxy:3128', NO_PROXY: 'example.com' }, false],
  ['http://example.com', { HTTP_PROXY: 'proxy:3128', NO_PROXY: 'example.com' }, false],
  ['http://badexample.com', { HTTP_PROXY: 'proxy:3128', NO_PROXY: 'example.com' }, true],
  ['http://example.com', { HTTP_PROXY: 'proxy:3128', NO_PROXY: '.example.com' }, true],
  ['http://a.example.com', { HTTP_PROXY: 'proxy:3128', NO_PROXY: '*.example.com' }, false],
  ['http://example.com', { HTTP_PROXY: 'proxy:3128', NO_PROXY: 'other, EXAMPLE.com ' }, false],
  ['http://example.com:4318', { HTTP_PROXY: 'proxy:3128', NO_PROXY: 'example.com:80' }, true],
  ['http://example.com', { HTTP_PROXY: 'proxy:3128', NO_PROXY: 'example.com:80' }, false],
  ['http://example.com', { HTTP_PROXY: 'proxy:3128', NO_PROXY: '*' }, false],
  ['http://10.1.2.3:1', { HTTP_PROXY: 'proxy:3128', no_proxy: '10.0.0.0/8' }, false],
  ['http://11.1.2.3:1', { HTTP_PROXY: 'proxy:3128', no_proxy: '10.0.0.0/8' }, true],
  ['http://10.1.2.3:1', { HTTP_PROXY: 'proxy:3128', no_proxy: '10.1.2.3' }, false],
  ['http://[fd00::1]:1', { HTTP_PROXY: 'proxy:3128', no_proxy: 'fd00::/8' }, false],
  ['http://[fd00::1]:1', { HTTP_PROXY: 'proxy:3128', no_proxy: 'fd00::1' }, false],
  ['http://[fd00::1]:1', { HTTP_PROXY: 'proxy:3128', no_proxy: '[fd00::1]:1' }, false],
  ['http://[fd00::1]:1', { HTTP_PROXY: 'proxy:3128', no_proxy: '10.0.0.0/99,/,:,10.0.0.0/' }, true],
])('%s with %j: %s', (url, env, proxied) => {
  expect(proxyFor(new URL(url), '', env)?.href).toBe(proxied ? PROXY : undefined);
});

test('proxy_url comes before the environment, for loopback too', () => {
  const env = { HTTP_PROXY: 'http://other', NO_PROXY: '*' };
  expect(proxyFor(new URL('http://localhost'), 'http://proxy:3128', env)?.href).toBe(PROXY);
});

test('a proxy of another kind is an error that names the variable', () => {
  expect(() => proxyFor(new URL('http://a'), '', { HTTP_PROXY: 'socks5://proxy' })).toThrow(
    'HTTP_PROXY: proxies of the scheme "socks5" are not supported, use http or https',
  );
});
