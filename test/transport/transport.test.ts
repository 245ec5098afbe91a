import { getCiphers } from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import { decodeMessage } from '../../src/pdata/otlp/decode.ts';
import { bindAddress, parseListen, splitHostPort } from '../../src/transport/listen.ts';
import { decodePartialSuccess, decodeStatus, encodeStatus, statusJson } from '../../src/transport/rpc_status.ts';
import { opensslName } from '../../src/transport/tls_options.ts';

describe('google.rpc.Status', () => {
  test.each([
    { code: 3, message: 'bad' },
    { code: 14, message: '' },
    { code: 14, message: 'später', retryDelayMs: 1500 },
    { code: 8, message: 'x'.repeat(2000), retryDelayMs: 0 },
    { code: 8, message: 'long', retryDelayMs: 86_400_000_000 },
  ])('%o', (status) => {
    const bytes = encodeStatus(status);
    expect(decodeStatus(bytes)).toEqual(status);
    const { code = 0, message = '' } = decodeMessage('RpcStatus', bytes);
    expect({ code, message }).toEqual({ code: status.code, message: status.message });
  });

  test('in JSON', () => {
    expect(statusJson({ code: 3, message: 'a"b' })).toBe('{"code":3,"message":"a\\"b"}');
    expect(JSON.parse(statusJson({ code: 14, message: '', retryDelayMs: 1500 })).details).toEqual([
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' },
    ]);
  });

  test('garbage is refused', () => {
    for (const bytes of [[0xff], [0x0a, 5], [0x1a, 2, 0x12, 9]]) {
      expect(() => decodeStatus(Uint8Array.from(bytes))).toThrow();
    }
  });
});

test.each([
  [[], undefined],
  [[0x0a, 0], undefined],
  [[0x0a, 2, 0x08, 5], { rejected: 5, message: '' }],
  [[0x0a, 3, 0x12, 1, 0x41], { rejected: 0, message: 'A' }],
])('partial success %j', (bytes, expected) => {
  expect(decodePartialSuccess(Uint8Array.from(bytes))).toEqual(expected);
});

test.each([
  ['a:1', { host: 'a', port: '1' }],
  [':1', { host: '', port: '1' }],
  ['[::1]:1', { host: '::1', port: '1' }],
  ['a', 'address a: missing port in address'],
  ['::1', 'address ::1: too many colons in address'],
  ['[::1]', 'address [::1]: missing port in address'],
  ['[::1', "address [::1: missing ']' in address"],
])('host and port of %s', (text, expected) => {
  expect(splitHostPort(text)).toEqual(expected);
});

test.each(['a:x', 'a:', 'a:65536', 'a:-1'])('no port to listen on: %s', (text) => {
  expect(parseListen(text)).toBe(`invalid port "${text.slice(2)}"`);
});

test('localhost is bound by IPv4, nothing is every address', async () => {
  expect(await bindAddress('localhost:5')).toEqual({ host: '127.0.0.1', port: 5 });
  expect(await bindAddress(':5')).toEqual({ host: '', port: 5 });
});

test.each([
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_AES_128_GCM_SHA256',
])('OpenSSL knows %s', (suite) => {
  expect(getCiphers()).toContain(opensslName(suite).toLowerCase());
});
