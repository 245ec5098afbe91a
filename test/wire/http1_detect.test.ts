import { expect, test } from '@jest/globals';
import { type Detection, MORE, NO, REQUEST, RESPONSE } from '../../src/wire/decoder.ts';
import { detectHttp1 } from '../../src/wire/http1_detect.ts';

const long = 'x'.repeat(70);

test.each<[string, Detection]>([
  ['', MORE],
  ['G', MORE],
  ['GET', MORE],
  ['GET ', MORE],
  ['GET /', MORE],
  ['GET / HTTP/1.1', MORE],
  ['GET / HTTP/1.1\r\n', REQUEST],
  ['GET / HTTP/1.0\n', REQUEST],
  ['PROPFIND /a HTTP/1.1\r\n', REQUEST],
  ['OPTIONS * HTTP/1.1\r\n', REQUEST],
  ['GET http://a/ HTTP/1.1\r\n', REQUEST],
  ['GET ht', MORE],
  ['CONNECT a:443 HTTP/1.1\r\n', REQUEST],
  [`GET /${long}`, REQUEST],
  [`PROPFIND /${long}`, MORE],
  [`PROPFIND /${'x'.repeat(1024)}`, REQUEST],
  ['get / HTTP/1.1\r\n', REQUEST],
  ['-ET /a HTTP/1.1\r\n', NO],
  ['+ET /a HTTP/1.1\r\n', NO],
  ['-', NO],
  // HTTP/0.9, HTTP/2, Redis inline, memcached, SMTP, SSH, TLS, RTSP, binary.
  ['GET /\r\n', NO],
  ['PRI * HTTP/2.0\r\n\r\n', NO],
  ['GET /key\r\n', NO],
  ['GET key\r\n', NO],
  ['get foo\r\n', NO],
  ['HELO example.com\r\n', NO],
  ['SSH-2.0-OpenSSH_9.2\r\n', NO],
  ['\x16\x03\x01\x02\x00', NO],
  ['DESCRIBE rtsp://a/ RTSP/1.0\r\n', NO],
  ['GET /\x00\x01', NO],
  [`${'A'.repeat(33)} / HTTP/1.1\r\n`, NO],
  [' GET / HTTP/1.1\r\n', NO],
  ['HTTP/1.', MORE],
  ['HTTP/1.1 20', MORE],
  ['HTTP/1.1 200', MORE],
  ['HTTP/1.1 200 ', RESPONSE],
  ['HTTP/1.1 200\r', RESPONSE],
  ['HTTP/1.0 404 Not Found\r\n', RESPONSE],
  ['HTTP/1.1 2x0 ', NO],
  ['HTTP/1.1  200', NO],
  ['HTTP/1.1 2000', NO],
  ['HTTP/2 200 OK\r\n', NO],
  ['RTSP/1.0 200 OK\r\n', NO],
])('%j', (text, expected) => {
  // With other bytes around: only [start, end) counts.
  const bytes = Buffer.from(`xx${text}\n\n`, 'latin1');
  expect(detectHttp1(bytes, 2, bytes.length - 2)).toBe(expected);
});
