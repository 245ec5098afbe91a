/** Parts of messages with every byte changed and cut at every length, as in damage.test.ts. */
import { expect, test } from '@jest/globals';
import { findFrame } from '../../src/wire/http2_boundary.ts';
import { TlsHandshake } from '../../src/wire/tls_handshake.ts';
import { readClientHello, readServerHello } from '../../src/wire/tls_hello.ts';
import { Count, recordedCounts } from './count.ts';
import { concat, data, frame, get, headers, PREFACE, reset, settings } from './http2_bytes.ts';
import { clientHello, extension, serverHello, serverName } from './tls.cases.ts';

/** Changed at each byte, and cut before it. With three other bytes in front and behind. */
function* damaged(bytes: Uint8Array): Generator<readonly [Uint8Array, number]> {
  const around = concat(new Uint8Array(3).fill(1), bytes, new Uint8Array(3).fill(1));
  yield [around, around.length - 3];
  for (let at = 3; at < around.length - 3; at++) {
    yield [around, at];
    const was = around[at] ?? 0;
    for (const value of [0, 0x20, 0x7f, 0xff, was + 1, was - 1]) {
      const changed = Uint8Array.from(around);
      changed[at] = value;
      yield [changed, around.length - 3];
    }
  }
}

const body = (message: string): Uint8Array => Buffer.from(message, 'latin1').subarray(4);
const protocols = extension(16, '\0\x0c\x02h2\x08http/1.1');
const hellos = {
  'a ClientHello': [readClientHello, body(clientHello(serverName('Shop-1.example'), protocols, extension(42, '')))],
  'a ClientHello with a hidden one': [readClientHello, body(clientHello(serverName('a'), extension(0xfe0d, 'x')))],
  'a ServerHello': [readServerHello, body(serverHello(0xc02f, extension(16, '\0\x03\x02h2')))],
  'a ServerHello of TLS 1.3': [
    readServerHello,
    body(serverHello(0x1301, extension(43, '\x03\x04'), extension(41, '\0\0'))),
  ],
} as const;

test.each(Object.entries(hellos))('%s', (name, [read, bytes]) => {
  const count = new Count();
  for (const [changed, end] of damaged(bytes)) {
    const into = new TlsHandshake();
    count.add(String(read(changed, 3, end, into)));
    const { serverName: asked, offered, nextProtocol, version, cipher, resumed, earlyData, encryptedHello } = into;
    const known = { asked, offered, nextProtocol, version, cipher, resumed, earlyData, encryptedHello };
    for (const [key, value] of Object.entries(known)) count.add(key, String(value).length);
  }
  expect(count.counts).toEqual(recordedCounts('tls', name, count.counts));
});

const fields = headers(1, get('/'), true);
const places = {
  'frames that follow each other': concat(Buffer.from('abc'), fields, data(1, 'xyz'), settings(), settings(true)),
  'two frames, and what is none': concat(Buffer.from('a\0bc'), reset(3, 8), data(3, 'x', true), Buffer.from('\0\0d')),
  'a connection behind another': concat(data(5, 'x'), PREFACE, settings()),
  'a frame that is longer than the bytes': concat(Buffer.alloc(5), frame(0, 0, 7, 'x'.repeat(40)).subarray(0, 30)),
};

test.each(Object.entries(places))('where frames begin again: %s', (name, bytes) => {
  const count = new Count();
  for (const [changed, end] of damaged(bytes)) {
    for (const boundary of [true, false]) {
      for (const open of [0, 1, 3]) {
        const found = findFrame(changed, 3, end, boundary, { has: (id) => id === open });
        count.add('at', found.at);
        count.add('sure', found.sure ? 1 : 0);
        count.add('preface', found.preface ? 1 : 0);
      }
    }
  }
  expect(count.counts).toEqual(recordedCounts('http2', name, count.counts));
});
