import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { type Detection, MORE, NO, REQUEST } from '../../src/wire/decoder.ts';
import { STATIC_TABLE } from '../../src/wire/hpack_static.ts';
import { detectHttp1 } from '../../src/wire/http1_detect.ts';
import { cipherName } from '../../src/wire/tls_ciphers.ts';
import { alertName, versionName } from '../../src/wire/tls_names.ts';

/** Tables of the protocols, against their documents or another program's. */

/** RFC 7541 appendix A. */
const STATIC = `
:authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|:status 200|:status 204|:status 206|:status 304|
:status 400|:status 404|:status 500|accept-charset|accept-encoding gzip, deflate|accept-language|accept-ranges|accept|
access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|content-encoding|content-language|content-length|
content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|
if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|server|
set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate`;

test('the static table of HPACK', () => {
  const expected = STATIC.replaceAll('\n', '').split('|');
  expect(STATIC_TABLE.map(([name, value]) => `${name} ${value}`.trim())).toEqual(expected);
  expect(expected).toHaveLength(61);
});

test('cipher suites have the names that OpenSSL knows as the standard ones', () => {
  const all = 'ALL:COMPLEMENTOFALL:eNULL@SECLEVEL=0';
  const lines = execFileSync('openssl', ['ciphers', '-V', '-stdname', all], { encoding: 'utf8' }).trim().split('\n');
  const standard = lines.map((line) => /^\s*0x(..),0x(..) - (TLS_\S+) /.exec(line)).filter((found) => found !== null);
  expect(standard.length).toBeGreaterThan(100);
  for (const [, high, low, name] of standard) {
    const code = Number.parseInt(`${high}${low}`, 16);
    expect([code.toString(16), cipherName(code)]).toEqual([code.toString(16), name]);
  }
});

/** https://www.iana.org/assignments/tls-parameters */
describe('TLS', () => {
  test.each([
    [0x0004, 'TLS_RSA_WITH_RC4_128_MD5'],
    [0x0005, 'TLS_RSA_WITH_RC4_128_SHA'],
    [0x000a, 'TLS_RSA_WITH_3DES_EDE_CBC_SHA'],
    [0x0016, 'TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA'],
    [0x1304, 'TLS_AES_128_CCM_SHA256'],
    [0x1305, 'TLS_AES_128_CCM_8_SHA256'],
    [0xc007, 'TLS_ECDHE_ECDSA_WITH_RC4_128_SHA'],
    [0xc008, 'TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA'],
    [0xc011, 'TLS_ECDHE_RSA_WITH_RC4_128_SHA'],
    [0xc012, 'TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA'],
  ])('a cipher suite that OpenSSL has no longer, %d', (code, name) => {
    expect(cipherName(code)).toBe(name);
  });

  test('versions', () => {
    expect([0x02ff, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x0305].map(versionName)).toEqual([
      '',
      '3',
      '1.0',
      '1.1',
      '1.2',
      '1.3',
      '',
    ]);
  });

  test('alerts', () => {
    const names = `0 close_notify 10 unexpected_message 20 bad_record_mac 21 decryption_failed 22 record_overflow
      30 decompression_failure 40 handshake_failure 41 no_certificate 42 bad_certificate 43 unsupported_certificate
      44 certificate_revoked 45 certificate_expired 46 certificate_unknown 47 illegal_parameter 48 unknown_ca 49 access_denied
      50 decode_error 51 decrypt_error 60 export_restriction 70 protocol_version 71 insufficient_security 80 internal_error
      86 inappropriate_fallback 90 user_canceled 100 no_renegotiation 109 missing_extension 110 unsupported_extension
      111 certificate_unobtainable 112 unrecognized_name 113 bad_certificate_status_response 114 bad_certificate_hash_value
      115 unknown_psk_identity 116 certificate_required 120 no_application_protocol 121 ech_required`;
    const known = Object.fromEntries([...names.matchAll(/(\d+) (\w+)/g)].map(([, code, name]) => [Number(code), name]));
    for (let code = 0; code < 256; code++) expect([code, alertName(code)]).toEqual([code, known[code] ?? 'unknown']);
  });
});

/** Known methods are believed before the line ends, others are not. */
test.each<[string, Detection]>([
  ...['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE'].map(
    (method): [string, Detection] => [method, REQUEST],
  ),
  ['PROPFIND', MORE],
  ['GE', MORE],
  ['GETS', MORE],
  ['GET\0', NO],
])('the first 80 bytes of %s', (method, expected) => {
  const target = method === 'CONNECT' ? `${'a'.repeat(80)}:443` : `/${'a'.repeat(80)}`;
  const bytes = Buffer.from(`${method} ${target}`.slice(0, 80), 'latin1');
  expect(detectHttp1(bytes, 0, bytes.length)).toBe(expected);
});
