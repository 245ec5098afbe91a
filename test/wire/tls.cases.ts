import type { Step, WireCase } from './driver.ts';
import { recorded } from './recorded.ts';

/** What the session knows at the end; what is not named is not compared. */
export interface TlsCase extends WireCase {
  readonly tls: Readonly<Record<string, unknown>> | undefined;
}

const RFC = 'https://www.rfc-editor.org/rfc/rfc8446';
const u8 = (value: number): string => String.fromCharCode(value & 255);
const u16 = (value: number): string => u8(value >> 8) + u8(value);
const u24 = (value: number): string => u8(value >> 16) + u16(value);

export const record = (type: number, body: string, version = 0x0303): string =>
  u8(type) + u16(version) + u16(body.length) + body;
export const handshake = (type: number, body: string): string => u8(type) + u24(body.length) + body;
const vector16 = (body: string): string => u16(body.length) + body;
export const extension = (type: number, body: string): string => u16(type) + vector16(body);
export const serverName = (name: string): string => extension(0, vector16(u8(0) + vector16(name)));
const alpn = (...names: string[]): string =>
  extension(16, vector16(names.map((name) => u8(name.length) + name).join('')));
const RANDOM = 'r'.repeat(32);

export const clientHello = (...extensions: string[]): string =>
  handshake(1, `\x03\x03${RANDOM}\0${vector16('\x13\x01\xc0\x2f')}\x01\0${vector16(extensions.join(''))}`);
export const serverHello = (cipher: number, ...extensions: string[]): string =>
  handshake(2, `\x03\x03${RANDOM}\0${u16(cipher)}\0${vector16(extensions.join(''))}`);
const chosen13 = extension(43, '\x03\x04');
const retry = handshake(
  2,
  `\x03\x03${Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex').toString('latin1')}\0\x13\x01\0${vector16(chosen13)}`,
);

const CCS = record(20, '\x01');
const alert = (level: number, code: number): string => record(21, u8(level) + u8(code));
const sealed = (length: number): string => record(23, 'x'.repeat(length));
/** What a server of TLS 1.3 sends in one go, and what the client ends with. */
const flight13 = record(22, serverHello(0x1301, chosen13)) + CCS + sealed(900);
const finished13 = CCS + sealed(53);
const shop = serverName('shop.example');
/** Cut into records of `size` bytes. */
const cut = (message: string, size: number): string =>
  (message.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []).map((part) => record(22, part)).join('');
const exchange = (client: string, server: string, last = ''): readonly Step[] => [
  ['client', client],
  ['server', server],
  ...(last === '' ? [] : [['client', last] as const]),
];

const openssl = (
  name: string,
  file: string,
  index: number,
  tls: TlsCase['tls'],
  changes: Partial<TlsCase> = {},
): TlsCase => ({
  name: `openssl: ${name}`,
  from: `test/fixtures/tls/${file}.json`,
  fromStart: true,
  steps: recorded(`tls/${file}`, index),
  expect: [],
  opaque: true,
  tls,
  ...changes,
});

export const recordings: readonly TlsCase[] = [
  openssl('TLS 1.2, ALPN', 'tls12', 0, {
    serverName: 'shop.example',
    offered: ['h2', 'http/1.1'],
    nextProtocol: 'h2',
    version: '1.2',
    cipher: 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
    resumed: false,
    established: true,
    clientAlerts: [],
    serverAlerts: [],
    partial: false,
  }),
  openssl('TLS 1.2, resumed by its ticket', 'tls12', 1, {
    serverName: 'shop.example',
    nextProtocol: '',
    version: '1.2',
    resumed: true,
    established: true,
  }),
  openssl('TLS 1.2 without a name and a ticket', 'tls12', 2, {
    serverName: '',
    version: '1.2',
    cipher: 'TLS_RSA_WITH_AES_128_CBC_SHA',
    resumed: false,
    established: true,
  }),
  openssl('TLS 1.3', 'tls13', 0, {
    serverName: 'shop.example',
    offered: ['h2', 'http/1.1'],
    nextProtocol: '',
    version: '1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    resumed: false,
    established: true,
  }),
  openssl('TLS 1.3, resumed', 'tls13', 1, { version: '1.3', resumed: true, established: true }),
  openssl('TLS 1.3, early data that is refused', 'tls13_early', 1, {
    version: '1.3',
    resumed: false,
    established: true,
    earlyData: true,
  }),
  openssl('TLS 1.3, the hello is asked for again', 'retry', 0, {
    serverName: 'shop.example',
    version: '1.3',
    established: true,
    retried: false,
  }),
  openssl('TLS 1.0', 'old', 0, { version: '1.0', cipher: 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', established: true }),
  openssl('the client refuses the certificate, TLS 1.2', 'verify12', 0, {
    version: '1.2',
    established: false,
    clientAlerts: ['unknown_ca'],
    failure: 'unknown_ca',
  }),
  openssl('the client refuses the certificate, TLS 1.3', 'verify13', 0, {
    version: '1.3',
    established: false,
    failure: 'unknown_ca',
  }),
  openssl('no common version', 'version', 0, {
    version: '',
    established: false,
    serverAlerts: ['protocol_version'],
    failure: 'protocol_version',
  }),
  openssl('no common cipher', 'cipher', 0, { established: false, failure: 'handshake_failure' }),
  openssl('no common protocol', 'alpn', 0, { established: false, failure: 'no_application_protocol' }),
];

const synthetic = (
  name: string,
  steps: readonly Step[],
  tls: TlsCase['tls'],
  changes: Partial<TlsCase> = {},
): TlsCase => ({ name, from: RFC, fromStart: true, steps, expect: [], opaque: true, tls, ...changes });

export const hellos: readonly TlsCase[] = [
  synthetic(
    'a ClientHello cut into records of eleven bytes',
    exchange(cut(clientHello(shop), 11), flight13, finished13),
    { serverName: 'shop.example', established: true, version: '1.3' },
  ),
  synthetic(
    'both hellos in records of three bytes',
    exchange(cut(clientHello(shop), 3), cut(serverHello(0x1301, chosen13), 3), sealed(53)),
    {
      serverName: 'shop.example',
      established: true,
    },
  ),
  synthetic(
    'GREASE where names and numbers are',
    exchange(
      record(22, clientHello(extension(0x0a0a, ''), shop, alpn('\x0a\x0a', 'h2'), extension(0xfafa, '\0'))),
      flight13,
      finished13,
    ),
    {
      serverName: 'shop.example',
      offered: ['h2'],
      established: true,
    },
  ),
  synthetic(
    'Encrypted Client Hello: the name is not known',
    exchange(record(22, clientHello(shop, extension(0xfe0d, 'x'.repeat(90)))), flight13, finished13),
    {
      serverName: '',
      encryptedHello: true,
      established: true,
    },
  ),
  synthetic(
    'a name with uppercase letters',
    exchange(record(22, clientHello(serverName('Shop_1.EXAMPLE'))), flight13, finished13),
    {
      serverName: 'shop_1.example',
    },
  ),
  synthetic(
    'TLS 1.2 without extensions',
    exchange(
      record(22, handshake(1, `\x03\x01${RANDOM}\0${vector16('\0\x2f')}\x01\0`)),
      record(22, handshake(2, `\x03\x01${RANDOM}\0\0\x2f\0`) + handshake(11, 'x'.repeat(700)) + handshake(14, '')),
      record(22, handshake(16, 'x'.repeat(66))) + CCS + record(22, 'x'.repeat(40)),
    ),
    {
      serverName: '',
      version: '1.0',
      cipher: 'TLS_RSA_WITH_AES_128_CBC_SHA',
      established: false,
    },
    { opaque: false },
  ),
  synthetic(
    'resumed: the server does not say that its hello is done',
    exchange(
      record(22, clientHello(shop)),
      record(22, serverHello(0xc02f)) + CCS + record(22, 'x'.repeat(40)),
      CCS + record(22, 'x'.repeat(40)),
    ),
    {
      version: '1.2',
      resumed: true,
      established: true,
    },
  ),
  synthetic(
    'accepted early data: payload comes before Finished',
    [
      ['client', record(22, clientHello(shop, extension(42, ''))) + CCS + sealed(300)],
      ['server', flight13],
      ['client', sealed(400) + sealed(21) + sealed(53)],
    ],
    { earlyData: true, established: true },
  ),
  synthetic(
    'an encrypted alert in place of Finished',
    [
      ...exchange(record(22, clientHello(shop)), flight13, CCS + sealed(19)),
      ['client ends', 'finished'],
      ['server ends', 'finished'],
    ],
    {
      clientAlerts: ['encrypted'],
      failure: 'encrypted',
      established: false,
    },
    { opaque: false },
  ),
  synthetic(
    'an encrypted alert after ChangeCipherSpec',
    exchange(
      record(22, clientHello(shop)),
      record(22, serverHello(0xc02f) + handshake(14, '')),
      CCS + record(21, 'x'.repeat(26)),
    ),
    {
      clientAlerts: ['encrypted'],
      established: false,
    },
    { opaque: false },
  ),
  synthetic('a warning is no failure', exchange(record(22, clientHello(shop)), alert(1, 112) + flight13, finished13), {
    serverAlerts: ['unrecognized_name'],
    established: true,
  }),
  synthetic('an alert without a name', exchange(record(22, clientHello(shop)), alert(2, 213)), {
    failure: 'unknown',
    established: false,
  }),
  synthetic(
    'a cipher without a name',
    exchange(record(22, clientHello(shop)), record(22, serverHello(0x5a5a, chosen13)), sealed(53)),
    {
      cipher: '',
      version: '1.3',
      established: true,
    },
  ),
  synthetic(
    'twice asked for another hello',
    [
      ['client', record(22, clientHello(shop))],
      ['server', record(22, retry) + CCS],
      ['client', CCS + record(22, clientHello(shop, extension(44, 'cookie')))],
      ['server', flight13],
      ['client', sealed(69)],
    ],
    { established: true, version: '1.3' },
  ),
];

export const hostile: readonly TlsCase[] = [
  synthetic(
    'a hello of SSL 2',
    [['client', `\x80\x2e\x01\0\x02\0\x15\0\0\0\x10${'c'.repeat(21)}${'r'.repeat(16)}`]],
    undefined,
    { rejects: { ssl2_hello: 1 } },
  ),
  synthetic(
    'a hello of SSL 2 that offers TLS',
    [['client', `\x80\x1c\x01\x03\x01\0\x03\0\0\0\x10\0\0\x2f${'r'.repeat(16)}`]],
    undefined,
    { rejects: { ssl2_hello: 1 } },
  ),
  synthetic('no record', [['client', '\x16\x07\x01\0\x10xxxxxxxxxxxxxxxx']], undefined, {
    rejects: { malformed_record: 1 },
  }),
  synthetic('a record without bytes', [['client', '\x16\x03\x01\0\0']], undefined, {
    rejects: { malformed_record: 1 },
  }),
  synthetic('a record longer than any', [['client', '\x16\x03\x01\xff\xff\x01\0\0\x20']], undefined, {
    rejects: { malformed_record: 1 },
  }),
  synthetic('a hello longer than any', [['client', '\x16\x03\x01\x20\0\x01\xff\xff\xff\x03\x03']], undefined, {
    rejects: { hello_too_long: 1 },
  }),
  synthetic('a hello in more records than any', [['client', cut(clientHello(shop), 1)]], undefined, {
    rejects: { hello_too_long: 1 },
  }),
  synthetic(
    'extensions longer than the hello',
    [['client', record(22, handshake(1, `\x03\x03${RANDOM}\0\0\x02\x13\x01\x01\0\x00\x20x`))]],
    undefined,
    { rejects: { malformed_hello: 1 } },
  ),
  synthetic(
    'a session id longer than any',
    [['client', record(22, handshake(1, `\x03\x03${RANDOM}\xff${'x'.repeat(255)}`))]],
    undefined,
    { rejects: { malformed_hello: 1 } },
  ),
  synthetic('a name that is none', [['client', record(22, clientHello(serverName('a\0b')))]], undefined, {
    rejects: { malformed_hello: 1 },
  }),
  synthetic('no name in the list of names', [['client', record(22, clientHello(extension(0, '\0\0')))]], undefined, {
    rejects: { malformed_hello: 1 },
  }),
  synthetic('a protocol of no length', [['client', record(22, clientHello(alpn('', 'h2')))]], undefined, {
    rejects: { malformed_hello: 1 },
  }),
  synthetic(
    'more extensions than any',
    [['client', record(22, clientHello(...Array.from({ length: 200 }, () => extension(9, ''))))]],
    undefined,
    { rejects: { malformed_hello: 1 } },
  ),
  synthetic(
    'a server that chooses a version of its own',
    exchange(record(22, clientHello(shop)), record(22, serverHello(0x1301, extension(43, '\x7f\x1c')))),
    { established: undefined, partial: true, serverName: 'shop.example' },
    { rejects: { malformed_hello: 1 } },
  ),
  synthetic(
    'the client goes on without an answer',
    [
      ['client', record(22, clientHello(shop)) + sealed(100)],
      ['client ends', 'finished'],
    ],
    { partial: true, established: undefined },
    { rejects: { unexpected_record: 1 }, whole: true },
  ),
  synthetic(
    'the end comes within the hello',
    [
      ['client', record(22, clientHello(shop)).slice(0, 40)],
      ['client ends', 'reset'],
      ['server ends', 'reset'],
    ],
    undefined,
    { rejects: { incomplete_record: 1 } },
  ),
];

export const losses: readonly TlsCase[] = [
  synthetic(
    'joined amid the payload',
    [['client', sealed(500)]],
    { partial: true, established: undefined, version: '' },
    { joined: true },
  ),
  synthetic(
    'a certificate that was not copied',
    [
      ['client', record(22, clientHello(shop))],
      ['server', record(22, serverHello(0xc02f) + handshake(11, 'x'.repeat(3000))).slice(0, 400)],
      ['server', 2500],
      ['server', 'x'.repeat(3000 - 2500 - (400 - 5 - serverHello(0xc02f).length - 4)) + record(22, handshake(14, ''))],
      ['client', CCS + record(22, 'x'.repeat(40))],
      ['server', CCS + record(22, 'x'.repeat(40))],
    ],
    { established: true, resumed: false, partial: false },
  ),
  synthetic(
    'the hello of the server is missing',
    [
      ['client', record(22, clientHello(shop))],
      ['server', 120],
    ],
    { serverName: 'shop.example', partial: true, established: undefined },
    { rejects: { handshake_lost: 1 } },
  ),
];
