import { describe, expect, test } from '@jest/globals';
import { CLIENT, SERVER } from '../../src/wire/decoder.ts';
import { createHttp2 } from '../../src/wire/http2.ts';
import { Driver } from './driver.ts';
import { concat, data, get, headers, message, PREFACE, reset, settings } from './http2_bytes.ts';

const call = (more: Readonly<Record<string, string>> = {}) =>
  headers(1, { ...get('/shop.Cart/Add', { 'content-type': 'application/grpc', ...more }), ':method': 'POST' });

function opened(kind: 'client' | 'server'): Driver {
  const http2 = createHttp2({ routes: [], maxRoutes: 100, headers: { request: [], response: [] }, query: 'scrub' });
  const driver = new Driver(http2, { kind });
  driver.data(CLIENT, concat(PREFACE, settings()), 0, true);
  driver.data(SERVER, settings(), 0, true);
  return driver;
}

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Errors". */
describe('a stream that is reset has the status of the code', () => {
  test.each<[number, string]>([
    [0, 'INTERNAL'],
    [1, 'INTERNAL'],
    [2, 'INTERNAL'],
    [3, 'INTERNAL'],
    [4, 'INTERNAL'],
    [6, 'INTERNAL'],
    [7, 'UNAVAILABLE'],
    [8, 'CANCELLED'],
    [9, 'INTERNAL'],
    [10, 'INTERNAL'],
    [11, 'RESOURCE_EXHAUSTED'],
    [12, 'PERMISSION_DENIED'],
  ])('%d: %s', (code, status) => {
    for (const side of [CLIENT, SERVER] as const) {
      const driver = opened('client');
      driver.data(CLIENT, concat(call(), data(1, message(3), true)), 1e9, true);
      driver.data(side, reset(1, code), 2e9, true);
      expect(driver.told).toEqual([
        expect.objectContaining({ 'rpc.status_code': status, 'error.type': status, error: true, end: 2e9 }),
      ]);
    }
  });

  test('a code without one: the name of the code', () => {
    const driver = opened('client');
    driver.data(CLIENT, call(), 1e9, true);
    driver.data(SERVER, reset(1, 13), 2e9, true);
    expect(driver.told).toEqual([expect.objectContaining({ 'error.type': 'http_1_1_required', error: true })]);
    expect(driver.told[0]).not.toHaveProperty(['rpc.status_code']);
  });
});

/** `grpc-timeout`, seconds until the cancellation, the status for the client and whether it is an error of the server. */
test.each<[string | undefined, number, string, boolean]>([
  ['200m', 0.21, 'DEADLINE_EXCEEDED', true],
  ['200m', 0.19, 'DEADLINE_EXCEEDED', true],
  ['200m', 0.1, 'CANCELLED', false],
  ['1H', 3590, 'DEADLINE_EXCEEDED', true],
  ['1M', 50, 'CANCELLED', false],
  ['2S', 2, 'DEADLINE_EXCEEDED', true],
  ['1000u', 0.001, 'DEADLINE_EXCEEDED', true],
  ['99999999n', 0.1, 'DEADLINE_EXCEEDED', true],
  ['123456789n', 1, 'CANCELLED', false],
  ['5x', 10, 'CANCELLED', false],
  [undefined, 10, 'CANCELLED', false],
])('a deadline of %s, cancelled after %d s: %s', (timeout, seconds, status, serverError) => {
  for (const kind of ['client', 'server'] as const) {
    const driver = opened(kind);
    driver.data(CLIENT, call(timeout === undefined ? {} : { 'grpc-timeout': timeout }), 1e9, true);
    driver.data(CLIENT, reset(1, 8), 1e9 + Math.round(seconds * 1e9), true);
    const error = kind === 'client' || serverError;
    expect(driver.told).toEqual([expect.objectContaining({ 'rpc.status_code': status, error })]);
    expect(driver.told[0]?.['error.type']).toBe(error ? status : undefined);
  }
});

test('a status that was told stays, whatever is reset behind it', () => {
  const driver = opened('client');
  driver.data(CLIENT, concat(call(), data(1, message(3))), 1e9, true);
  driver.data(
    SERVER,
    headers(1, { ':status': '200', 'content-type': 'application/grpc', 'grpc-status': '0' }, true),
    2e9,
    true,
  );
  driver.data(SERVER, reset(1, 0), 2e9, true);
  expect(driver.told).toEqual([expect.objectContaining({ 'rpc.status_code': 'OK', error: false })]);
});
